/* experiments/nets/distort.c - see distort.h. */
#include "experiments/nets/distort.h"

#include "sim/mathfn.h"
#include "sim/rng.h"

#include <math.h>

/* Sine by its series: |x| <= pi, terms to x^25 / 25! leave less than 1e-15. Same bits on every machine. */
static double sine(double x)
{
    double term = x, sum = x;
    for (int k = 2; k < 26; k += 2) {
        term *= -x * x / (double)(k * (k + 1));
        sum += term;
    }
    return sum;
}

static double evenly(hk_stream *stream, double most)
{
    return most * (2.0 * hk_stream_uniform(stream) - 1.0);
}

hk_distortion hk_distortion_draw(const hk_distortion *most, uint64_t seed, uint64_t sample, uint32_t epoch)
{
    hk_stream stream = hk_stream_open(seed, HK_PURPOSE_EXPERIMENT, sample, epoch);
    double right = evenly(&stream, most->right_px + 0.5), down = evenly(&stream, most->down_px + 0.5);
    double turn = evenly(&stream, most->turn_deg), scale = evenly(&stream, hk_log(most->scale));
    return (hk_distortion){ floor(right + 0.5), floor(down + 0.5), turn, hk_exp(scale) };
}

static double pixel(const hk_images *images, size_t i, double row, double col)
{
    if (!(row >= 0.0 && col >= 0.0 && row < images->rows && col < images->cols))
        return 0.0;
    return (double)images->pixels[(i * images->rows + (size_t)row) * images->cols + (size_t)col];
}

static double between(const hk_images *images, size_t i, double row, double col)
{
    double top = floor(row), left = floor(col), down = row - top, right = col - left;
    return (1.0 - down) * ((1.0 - right) * pixel(images, i, top, left) + right * pixel(images, i, top, left + 1.0)) +
           down * ((1.0 - right) * pixel(images, i, top + 1.0, left) + right * pixel(images, i, top + 1.0, left + 1.0));
}

void hk_distort(const hk_images *images, size_t i, const hk_distortion *distortion, double *values)
{
    const size_t rows = images->rows, cols = images->cols;
    const double pi = 3.14159265358979323846, angle = distortion->turn_deg * pi / 180.0;
    const double s = sine(angle), half = sine(0.5 * angle), c = 1.0 - 2.0 * half * half;
    const double middle_row = 0.5 * (double)(rows - 1), middle_col = 0.5 * (double)(cols - 1);
    const bool is_moved_only = distortion->turn_deg == 0.0 && distortion->scale == 1.0;
    for (size_t row = 0; row < rows; row++)
        for (size_t col = 0; col < cols; col++) {
            double y = (double)row - distortion->down_px, x = (double)col - distortion->right_px;
            if (!is_moved_only) { /* rounding would take part of a pixel from its neighbour */
                double v = (y - middle_row) / distortion->scale, u = (x - middle_col) / distortion->scale;
                y = c * v - s * u + middle_row;
                x = s * v + c * u + middle_col;
            }
            values[row * cols + col] = between(images, i, y, x) / 255.0;
        }
}
