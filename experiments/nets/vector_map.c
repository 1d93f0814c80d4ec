/* experiments/nets/vector_map.c - see vector_map.h. */
#include "experiments/nets/vector_map.h"

#include <math.h>
#include <stdlib.h>

enum { CLASSES = HK_DATASET_CLASSES };

hk_som_config hk_vector_map_settle(const hk_run *run)
{
    const double rows = (double)hk_run_integer(run, "side"), end = hk_run_number(run, "sigma_end");
    const double cols = hk_run_is_given(run, "cols") ? (double)hk_run_integer(run, "cols") : rows;
    const double third = fmax(fmax(rows, cols) / 3.0, end);
    return (hk_som_config){ .rows = (uint32_t)rows,
                            .cols = (uint32_t)cols,
                            .epochs = (uint32_t)hk_run_integer(run, "map_epochs"),
                            .parts = 10,
                            .sigma_start = hk_run_is_given(run, "sigma_start") ? hk_run_number(run, "sigma_start")
                                                                               : third,
                            .sigma_end = end,
                            .eta_start = 0.5, /* of maps that learn sample by sample: not used, but checked */
                            .eta_end = 0.01,
                            .seed = hk_run_seed(run) };
}

static uint64_t hash_on(uint64_t hash, uint32_t value) /* FNV-1a */
{
    for (unsigned byte = 0; byte < 4; byte++)
        hash = (hash ^ (value >> 8 * byte & 255)) * 0x100000001b3u;
    return hash;
}

static double share_right(const hk_som *som, const hk_features *samples, const hk_som_hit *hits)
{
    size_t n_right = 0;
    for (size_t s = 0; s < samples->n; s++)
        n_right += som->labels[hits[s].first] == (int32_t)samples->labels[s];
    return (double)n_right / (double)samples->n;
}

int hk_vector_map_judge(hk_ctx *ctx, const hk_vector_map *map, const hk_features *samples, hk_team *team,
                        double *accuracy)
{
    hk_som_hit *hits = malloc(samples->n * sizeof *hits);
    int rc = hits == NULL ? hk_fail(ctx, HK_ENOMEM, "no memory to judge %zu samples", samples->n)
                          : hk_som_find(ctx, &map->som, samples, team, hits);
    if (rc == HK_OK)
        *accuracy = share_right(&map->som, samples, hits);
    free(hits);
    return rc;
}

static int test(hk_ctx *ctx, hk_vector_map *map, const hk_features *samples, hk_team *team)
{
    hk_som_hit *hits = malloc(samples->n * sizeof *hits);
    int rc = hits == NULL ? hk_fail(ctx, HK_ENOMEM, "no memory to test %zu samples", samples->n)
                          : hk_som_find(ctx, &map->som, samples, team, hits);
    if (rc == HK_OK)
        rc = hk_som_measure(ctx, &map->som, samples, hits, &map->quality);
    map->hash = 0xcbf29ce484222325u;
    for (size_t s = 0; rc == HK_OK && s < samples->n; s++) {
        uint32_t answer = (uint32_t)map->som.labels[hits[s].first];
        map->confusion[samples->labels[s] * CLASSES + answer] += 1.0;
        map->hash = hash_on(map->hash, answer);
    }
    if (rc == HK_OK)
        map->test_accuracy = share_right(&map->som, samples, hits);
    free(hits);
    return rc;
}

int hk_vector_map_learn(hk_run *run, const hk_som_config *config, const hk_features *learn, const hk_features *test_on,
                        hk_team *team, const char *what, double begin, double end, hk_vector_map *out)
{
    hk_ctx *ctx = hk_run_ctx(run);
    *out = (hk_vector_map){ .learnt = malloc(learn->n * sizeof *out->learnt) };
    int rc = out->learnt == NULL ? hk_fail(ctx, HK_ENOMEM, "no memory for a map of %zu samples", learn->n)
                                 : hk_som_create(ctx, config, learn, &out->som);
    for (uint32_t epoch = 0; epoch < config->epochs && rc == HK_OK; epoch++) {
        rc = hk_som_learn(ctx, &out->som, learn, epoch, team);
        hk_run_progress(run, what, begin + (end - begin) * (epoch + 1.0) / config->epochs, 0.0);
        if (hk_run_stopping(run)) {
            hk_vector_map_fini(out);
            return rc;
        }
    }
    if (rc == HK_OK)
        rc = hk_som_find(ctx, &out->som, learn, team, out->learnt);
    if (rc == HK_OK)
        rc = hk_som_name(ctx, &out->som, learn, out->learnt);
    if (rc != HK_OK)
        return rc;
    out->learnt_accuracy = share_right(&out->som, learn, out->learnt);
    return test(ctx, out, test_on, team);
}

int hk_vector_map_learn_pixels(hk_run *run, const hk_som_config *config, const hk_images *learn,
                               const hk_images *test_on, hk_team *team, double begin, double end, hk_vector_map *out)
{
    hk_features pixels[2] = { 0 };
    int rc = hk_features_of_images(hk_run_ctx(run), learn, &pixels[0]);
    if (rc == HK_OK)
        rc = hk_features_of_images(hk_run_ctx(run), test_on, &pixels[1]);
    pixels[0].n_classes = pixels[1].n_classes = CLASSES;
    if (rc == HK_OK)
        rc = hk_vector_map_learn(run, config, &pixels[0], &pixels[1], team, "map of the pixels", begin, end, out);
    hk_features_fini(&pixels[0]);
    hk_features_fini(&pixels[1]);
    return rc;
}

void hk_vector_map_fini(hk_vector_map *map)
{
    hk_som_fini(&map->som);
    free(map->learnt);
    *map = (hk_vector_map){ 0 };
}

/* fields[n_units][n_pixels]: mean of the images that a unit wins, 0 where it wins none. */
static void draw_fields(const hk_vector_map *map, const hk_images *images, float *fields)
{
    const size_t n_pixels = (size_t)images->rows * images->cols;
    for (size_t u = 0; u < map->som.n_units; u++) {
        float *field = fields + u * n_pixels;
        double n = 0.0;
        for (size_t s = 0; s < images->n; s++)
            n += map->learnt[s].first == u;
        for (size_t s = 0; s < images->n; s++)
            for (size_t k = 0; k < n_pixels && map->learnt[s].first == u; k++)
                field[k] += (float)(images->pixels[s * n_pixels + k] / (255.0 * n));
    }
}

int hk_vector_map_put(hk_ctx *ctx, const hk_vector_map *map, const hk_images *images, hk_results *file)
{
    const size_t n_units = map->som.n_units;
    const uint32_t shape[2] = { map->som.config.rows, map->som.config.cols };
    float *fields = calloc(n_units * images->rows * images->cols, sizeof *fields);
    if (fields == NULL)
        return hk_fail(ctx, HK_ENOMEM, "no memory to draw %zu units", n_units);
    draw_fields(map, images, fields);
    const struct {
        const char *name;
        hk_array array;
    } arrays[] = {
        { "map/weights",
          { .type = HK_F32,
            .n_dims = 2,
            .shape = { n_units, map->som.n_features },
            .values = map->som.weights,
            .description = "prototypes, row by row of the map" } },
        { "map/labels", { .type = HK_I32, .n_dims = 1, .shape = { n_units }, .values = map->som.labels } },
        { "map/shape",
          { .type = HK_U32, .n_dims = 1, .shape = { 2 }, .values = shape, .description = "rows, columns" } },
        { "confusion",
          { .type = HK_F64,
            .n_dims = 2,
            .shape = { CLASSES, CLASSES },
            .values = map->confusion,
            .description = "samples tested: true class, class by the map" } },
        { "receptive_fields",
          { .type = HK_F32,
            .n_dims = 3,
            .shape = { n_units, images->rows, images->cols },
            .values = fields,
            .description = "mean of the training images that each unit of the map wins" } },
    };
    int rc = HK_OK;
    for (size_t k = 0; k < sizeof arrays / sizeof arrays[0] && rc == HK_OK; k++)
        rc = hk_results_put(file, arrays[k].name, &arrays[k].array);
    if (rc == HK_OK)
        rc = hk_results_put_text(file, "receptive_fields", "label", "mean pixel of what the unit wins");
    free(fields);
    return rc;
}
