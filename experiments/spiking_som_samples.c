/* experiments/spiking_som_samples.c - positions on a line or a square as inputs with bell-shaped fields see them, or images; see
 * spiking_som.h. */
#include "experiments/spiking_som.h"

#include "experiments/class_warning.h"
#include "experiments/through_code.h"
#include "sim/draw.h"
#include "sim/mathfn.h"
#include "sim/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_INPUTS = 40, SQUARE_SIDE = 12, SAMPLED = 200, LEARNT_POSITIONS = 10000, TESTED_POSITIONS = 1000 };
#define MARGIN 0.15 /* fields lie beyond the ends of the manifold, so that its ends are no different */
#define LINE_WIDTH 0.08
#define SQUARE_WIDTH 0.12

bool hk_som_is_manifold(const hk_spiking_som *som)
{
    return hk_run_choice(som->run, "data") < HK_SOM_MANIFOLDS;
}

static size_t wanted(const hk_spiking_som *som, const char *option, size_t usual)
{
    int64_t n = hk_run_integer(som->run, option);
    return n == 0 ? usual : (size_t)n;
}

static int draw_positions(const hk_spiking_som *som, size_t n, uint32_t which, hk_som_samples *out)
{
    const size_t side = SQUARE_SIDE;
    const bool is_line = hk_run_choice(som->run, "data") == HK_SOM_LINE;
    hk_stream stream = hk_stream_open(hk_run_seed(som->run), HK_PURPOSE_SHUFFLE, hk_name_id("manifold"), which);
    *out = (hk_som_samples){ .n = n,
                             .rows = is_line ? 1 : side,
                             .cols = is_line ? LINE_INPUTS : side,
                             .positions = malloc(2 * n * sizeof *out->positions) };
    out->n_inputs = out->rows * out->cols;
    if (out->positions == NULL)
        return hk_fail(hk_run_ctx(som->run), HK_ENOMEM, "spiking-som: no memory for %zu positions", n);
    for (size_t k = 0; k < n; k++) {
        out->positions[2 * k] = (float)hk_stream_uniform(&stream);
        out->positions[2 * k + 1] = is_line ? 0.0f : (float)hk_stream_uniform(&stream);
    }
    return HK_OK;
}

static hk_som_samples samples_of(const hk_images *images)
{
    return (hk_som_samples){ .n = images->n,
                             .images = images,
                             .rows = images->rows,
                             .cols = images->cols,
                             .n_inputs = (size_t)images->rows * images->cols };
}

int hk_som_samples_make(hk_spiking_som *som)
{
    int rc;
    if (hk_som_is_manifold(som)) {
        rc = draw_positions(som, wanted(som, "train", LEARNT_POSITIONS), 0, &som->train);
        if (rc == HK_OK)
            rc = draw_positions(som, wanted(som, "test", TESTED_POSITIONS), 1, &som->test);
        if (rc == HK_OK)
            rc = hk_through_code(som->run, NULL, 0);
    } else {
        rc = hk_choice_load_through_code(som->run, &som->images);
        som->train = samples_of(&som->images.train);
        som->test = samples_of(&som->images.test);
    }
    som->label = som->train;
    const size_t n_label = wanted(som, "label", som->train.n);
    som->label.n = n_label < som->train.n ? n_label : som->train.n;
    if (rc == HK_OK && som->n_units > som->train.n)
        rc = hk_fail(hk_run_ctx(som->run), HK_ERANGE,
                     "spiking-som: %zu units, must be at most as many as the %zu samples to learn from", som->n_units,
                     som->train.n);
    if (rc == HK_OK && !hk_som_is_manifold(som) && som->label.n < som->train.n) {
        const hk_images named_by = hk_images_part(&som->images.train, 0, som->label.n);
        hk_warn_of_classes(som->run, &named_by, "to name units by");
    }
    return rc;
}

void hk_som_samples_free(hk_spiking_som *som)
{
    free(som->train.positions); /* label has the same */
    free(som->test.positions);
    hk_choice_fini(&som->images);
}

static double bell(double distance, double width)
{
    return hk_exp(-0.5 * distance * distance / (width * width));
}

static double centre(size_t k, size_t n)
{
    return -MARGIN + (1.0 + 2.0 * MARGIN) * (double)k / (double)(n - 1);
}

void hk_som_values(const hk_som_samples *samples, size_t k, float *values)
{
    if (samples->images != NULL) {
        hk_images_values(samples->images, k, values);
        return;
    }
    const double x = (double)samples->positions[2 * k], y = (double)samples->positions[2 * k + 1];
    const double width = samples->rows == 1 ? LINE_WIDTH : SQUARE_WIDTH;
    for (size_t row = 0; row < samples->rows; row++) {
        const double across = samples->rows == 1 ? 1.0 : bell(y - centre(row, samples->rows), width);
        for (size_t col = 0; col < samples->cols; col++)
            values[row * samples->cols + col] = (float)(across * bell(x - centre(col, samples->cols), width));
    }
}

static int length_of(const hk_spiking_som *som, size_t k, float *values, double *counts, hk_spikes_in *spikes,
                     double *length)
{
    double square = 0.0;
    hk_som_values(&som->train, k, values);
    int rc = hk_spiking_map_encode(hk_run_ctx(som->run), values, (uint32_t)som->train.n_inputs, spikes);
    memset(counts, 0, som->train.n_inputs * sizeof *counts);
    for (size_t i = 0; i < spikes->n; i++)
        counts[spikes->spikes[i].source]++;
    for (size_t i = 0; i < som->train.n_inputs; i++)
        square += counts[i] * counts[i];
    *length = sqrt(square);
    return rc;
}

int hk_som_length(const hk_spiking_som *som, double *length)
{
    const size_t n = som->train.n < SAMPLED ? som->train.n : SAMPLED;
    float *values = malloc(som->train.n_inputs * sizeof *values);
    double *counts = malloc(som->train.n_inputs * sizeof *counts), one, sum = 0.0;
    hk_spikes_in spikes = { .n = 0 };
    int rc = counts == NULL || values == NULL ? hk_fail(hk_run_ctx(som->run), HK_ENOMEM, "spiking-som: out of memory")
                                              : HK_OK;
    for (size_t k = 0; k < n && rc == HK_OK; k++) {
        rc = length_of(som, k, values, counts, &spikes, &one);
        sum += one;
    }
    *length = sum / (double)n;
    hk_spikes_in_fini(&spikes);
    free(values);
    free(counts);
    return rc;
}
