/* experiments/bench_encode.c - see bench_encode.h. */
#include "experiments/bench_encode.h"

#include "encoders/catalogue.h"
#include "experiments/clock.h"
#include "experiments/datasets/glyphs.h"

#include <math.h>
#include <stdlib.h>

enum { N_IMAGES = 200, MAX_PARAMS = 16 };

static const double window_ms = 350.0;

static void draw_images(float *values)
{
    for (size_t image = 0; image < N_IMAGES; image++) {
        uint8_t pixels[HK_GLYPH_PIXELS];
        hk_glyph_draw(1, image, pixels);
        for (size_t i = 0; i < HK_GLYPH_PIXELS; i++)
            values[image * HK_GLYPH_PIXELS + i] = (float)pixels[i] / 255.0f;
    }
}

/* Encodes all the images once; counts what they gave. */
static int encode_round(hk_ctx *ctx, const hk_encoder *encoder, const double *params, const float *values,
                        hk_spikes_in *spikes, size_t *n_spikes)
{
    *n_spikes = 0;
    for (size_t image = 0; image < N_IMAGES; image++) {
        hk_encoding encoding = {
            .values = values + image * HK_GLYPH_PIXELS,
            .n = HK_GLYPH_PIXELS,
            .window_ms = window_ms,
            .params = params,
            .seed = 1,
            .sample = image,
        };
        int rc = hk_encode(ctx, encoder, &encoding, spikes);
        if (rc != HK_OK)
            return rc;
        *n_spikes += spikes->n;
    }
    return HK_OK;
}

static int measure(hk_ctx *ctx, double seconds, const hk_encoder *encoder, const float *values,
                   hk_bench_encode_row *row)
{
    double params[MAX_PARAMS], best_s = INFINITY, start_s = hk_clock_wall_s();
    hk_spikes_in spikes = { 0 };
    size_t n_spikes = 0;
    int rc = HK_OK;
    if (encoder->n_params > MAX_PARAMS)
        return hk_fail(ctx, HK_ERANGE, "bench encode: %s has %zu parameters, room is for %d", encoder->name,
                       encoder->n_params, MAX_PARAMS);
    hk_encoder_defaults(encoder, params);
    while (rc == HK_OK && (best_s == INFINITY || hk_clock_wall_s() - start_s < seconds)) {
        double before_s = hk_clock_thread_cpu_s();
        rc = encode_round(ctx, encoder, params, values, &spikes, &n_spikes);
        best_s = fmin(best_s, hk_clock_thread_cpu_s() - before_s);
    }
    hk_spikes_in_fini(&spikes);
    *row = (hk_bench_encode_row){
        .encoder = encoder->name,
        .spikes_per_image = (double)n_spikes / N_IMAGES,
        .us_per_image = 1e6 * best_s / N_IMAGES,
        .ns_per_spike = 1e9 * best_s / (double)n_spikes,
    };
    return rc;
}

int hk_bench_encode(hk_ctx *ctx, double seconds, hk_bench_encode_row *rows, size_t *n_rows)
{
    *n_rows = 0;
    if (!(seconds > 0.0))
        return hk_fail(ctx, HK_ERANGE, "bench encode: seconds = %g, must be > 0", seconds);
    float *values = malloc(N_IMAGES * HK_GLYPH_PIXELS * sizeof *values);
    if (values == NULL)
        return hk_fail(ctx, HK_ENOMEM, "bench encode: no memory for images");
    draw_images(values);
    int rc = HK_OK;
    for (size_t e = 0; e < HK_BENCH_ENCODE_MAX_ROWS && hk_encoder_at(e) != NULL && rc == HK_OK; e++) {
        rc = measure(ctx, seconds, hk_encoder_at(e), values, &rows[e]);
        *n_rows += rc == HK_OK;
    }
    free(values);
    return rc;
}
