/* experiments/readouts/readout_som.c - the self-organising map for `hillock readout`: see som.h. */
#include "experiments/figures/figures.h"
#include "experiments/readouts/catalogue.h"
#include "experiments/readouts/som.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const grids[] = { "square", "hexagonal", NULL };
static const char *const methods[] = { "batch", "online", NULL };

#define LARGEST_SIDE 1000.0

static const hk_option options[] = {
    HK_READOUT_INPUT("rate"),
    { .name = "side",
      .type = HK_OPTION_INTEGER,
      .initial = 10,
      .min = 1,
      .max = LARGEST_SIDE,
      .meaning = "rows, and columns too" },
    { .name = "cols",
      .type = HK_OPTION_INTEGER,
      .min = 1,
      .max = LARGEST_SIDE,
      .automatic = "side",
      .meaning = "columns" },
    { .name = "grid",
      .type = HK_OPTION_CHOICE,
      .text = "square",
      .choices = grids,
      .meaning = "units have four nearest neighbours, or six" },
    { .name = "method",
      .type = HK_OPTION_CHOICE,
      .text = "batch",
      .choices = methods,
      .meaning = "prototypes move a few times an epoch, or with every sample (slower)" },
    { .name = "epochs",
      .type = HK_OPTION_INTEGER,
      .initial = 10,
      .min = 1,
      .max = 1e6,
      .meaning = "times all samples are learnt from" },
    { .name = "parts",
      .type = HK_OPTION_INTEGER,
      .initial = 10,
      .min = 1,
      .max = 1e6,
      .meaning = "batch: moves an epoch; 1 is the batch map of the literature" },
    { .name = "sigma_start",
      .type = HK_OPTION_NUMBER,
      .min = 1e-3,
      .max = LARGEST_SIDE,
      .automatic = "longer side / 3",
      .meaning = "width of the neighbourhood at first, in distances of neighbours" },
    { .name = "sigma_end",
      .type = HK_OPTION_NUMBER,
      .initial = 0.3,
      .min = 1e-3,
      .max = LARGEST_SIDE,
      .meaning = "the same at the end: smaller decides better, larger keeps more order (0.8)" },
    { .name = "eta_start",
      .type = HK_OPTION_NUMBER,
      .initial = 0.5,
      .min = 1e-9,
      .max = 1.0,
      .meaning = "online: learning rate" },
    { .name = "eta_end",
      .type = HK_OPTION_NUMBER,
      .initial = 0.01,
      .min = 1e-9,
      .max = 1.0,
      .meaning = "the same at the end" },
    { .name = "conscience",
      .type = HK_OPTION_NUMBER,
      .initial = 0.0,
      .min = 0.0,
      .max = 1e6,
      .meaning = "how far units that win too often step back while learning; 0: not" },
    HK_COUNT("label", 0, 0, 1e9, "of the samples to learn from, the first so many whose labels name the units; 0: all"),
};

enum { EXAMPLES = 10 }; /* samples kept of each unit */

/* A map with what was seen while and after it learnt. */
typedef struct model {
    hk_som som;
    double *answers; /* [n_units][n_classes] samples to learn from that each unit won, by class */
    double *changed; /* [epochs] share of these samples whose winner the epoch changed; the first: NaN */
    /* Of the samples that a unit won those nearest to its prototype: their numbers, nearest first, -1 behind the last, and the
     * vector of the first, 0 where there is none. */
    int32_t *examples; /* [n_units][EXAMPLES] */
    float *nearest;    /* [n_units][n_features] */
    size_t n_labels;   /* that named the units; 0: in another run */
} model;

static void destroy(void *m)
{
    model *map = m;
    if (map == NULL)
        return;
    hk_som_fini(&map->som);
    free(map->answers);
    free(map->changed);
    free(map->examples);
    free(map->nearest);
    free(map);
}

static hk_som_config config_of(const hk_readout_job *job)
{
    double rows = hk_readout_number(job, "side"), cols = hk_readout_number(job, "cols");
    double start = hk_readout_number(job, "sigma_start"), end = hk_readout_number(job, "sigma_end");
    if (isnan(cols))
        cols = rows;
    if (isnan(start))
        start = fmax(fmax(rows, cols) / 3.0, end);
    return (hk_som_config){ .rows = (uint32_t)rows,
                            .cols = (uint32_t)cols,
                            .grid = (hk_som_grid)hk_readout_number(job, "grid"),
                            .method = (hk_som_method)hk_readout_number(job, "method"),
                            .epochs = (uint32_t)hk_readout_number(job, "epochs"),
                            .parts = (uint32_t)hk_readout_number(job, "parts"),
                            .sigma_start = start,
                            .sigma_end = end,
                            .eta_start = hk_readout_number(job, "eta_start"),
                            .eta_end = hk_readout_number(job, "eta_end"),
                            .conscience = hk_readout_number(job, "conscience"),
                            .seed = job->seed };
}

static bool make_room(model *map, size_t n_classes, size_t n_epochs)
{
    const hk_som *som = &map->som;
    map->answers = calloc(som->n_units * n_classes, sizeof *map->answers);
    map->changed = calloc(n_epochs, sizeof *map->changed);
    map->examples = malloc(som->n_units * EXAMPLES * sizeof *map->examples);
    map->nearest = calloc(som->n_units * som->n_features, sizeof *map->nearest);
    return map->answers != NULL && map->changed != NULL && map->examples != NULL && map->nearest != NULL;
}

static double square_distance(const float *a, const float *b, size_t n)
{
    double sum = 0.0;
    for (size_t k = 0; k < n; k++)
        sum += ((double)a[k] - (double)b[k]) * ((double)a[k] - (double)b[k]);
    return sum;
}

/* Fills in examples and nearest; of equally near samples the earlier comes first. */
static int find_examples(hk_ctx *ctx, const hk_features *samples, const hk_som_hit *hits, model *map)
{
    const hk_som *som = &map->som;
    const size_t d = som->n_features;
    double *squares = malloc(som->n_units * EXAMPLES * sizeof *squares);
    if (squares == NULL)
        return hk_fail(ctx, HK_ENOMEM, "som: no memory for the examples of %zu units", som->n_units);
    for (size_t k = 0; k < som->n_units * EXAMPLES; k++) {
        squares[k] = HUGE_VAL;
        map->examples[k] = -1;
    }
    for (size_t s = 0; s < samples->n; s++) {
        const size_t unit = hits[s].first;
        double square = square_distance(hk_features_row(samples, s), som->weights + unit * d, d);
        double *row = squares + unit * EXAMPLES;
        int32_t *numbers = map->examples + unit * EXAMPLES;
        if (!(square < row[EXAMPLES - 1]))
            continue;
        int at = EXAMPLES - 1;
        for (; at > 0 && square < row[at - 1]; at--) {
            row[at] = row[at - 1];
            numbers[at] = numbers[at - 1];
        }
        row[at] = square;
        numbers[at] = (int32_t)s;
    }
    for (size_t u = 0; u < som->n_units; u++)
        if (map->examples[u * EXAMPLES] >= 0)
            memcpy(map->nearest + u * d, hk_features_row(samples, (size_t)map->examples[u * EXAMPLES]),
                   d * sizeof *map->nearest);
    free(squares);
    return HK_OK;
}

static int train(const hk_readout_job *job, const hk_features *samples, model *map, hk_som_hit *hits[2])
{
    int rc = HK_OK;
    for (uint32_t epoch = 0; epoch < map->som.config.epochs && rc == HK_OK; epoch++) {
        size_t n_changed = 0;
        hk_som_hit *now = hits[epoch % 2], *before = hits[(epoch + 1) % 2];
        rc = hk_som_learn(job->ctx, &map->som, samples, epoch, job->team);
        if (rc == HK_OK)
            rc = hk_som_find(job->ctx, &map->som, samples, job->team, now);
        for (size_t s = 0; rc == HK_OK && s < samples->n && epoch > 0; s++)
            n_changed += now[s].first != before[s].first;
        map->changed[epoch] = epoch == 0 ? NAN : (double)n_changed / (double)samples->n;
    }
    const hk_som_hit *last = hits[(map->som.config.epochs - 1) % 2];
    for (size_t s = 0; rc == HK_OK && s < samples->n; s++)
        map->answers[last[s].first * (size_t)samples->n_classes + samples->labels[s]] += 1.0;
    if (rc == HK_OK)
        rc = find_examples(job->ctx, samples, last, map);
    const size_t n_wanted = (size_t)hk_readout_number(job, "label");
    hk_features named_by = *samples;
    named_by.n = map->n_labels = n_wanted > 0 && n_wanted < samples->n ? n_wanted : samples->n;
    return rc == HK_OK ? hk_som_name(job->ctx, &map->som, &named_by, last) : rc;
}

static int learn(const hk_readout_job *job, const hk_features *samples, void **out)
{
    hk_som_config config = config_of(job);
    model *map = calloc(1, sizeof *map);
    hk_som_hit *hits[2] = { malloc(samples->n * sizeof *hits[0]), malloc(samples->n * sizeof *hits[1]) };
    int rc = map == NULL || hits[0] == NULL || hits[1] == NULL ? HK_ENOMEM : HK_OK;
    *out = NULL;
    if (rc == HK_OK)
        rc = hk_som_create(job->ctx, &config, samples, &map->som);
    else
        rc = hk_fail(job->ctx, rc, "som: no memory for %zu samples", samples->n);
    if (rc == HK_OK && !make_room(map, samples->n_classes, config.epochs))
        rc = hk_fail(job->ctx, HK_ENOMEM, "som: no memory for %zu units", map->som.n_units);
    if (rc == HK_OK)
        rc = train(job, samples, map, hits);
    free(hits[0]);
    free(hits[1]);
    if (rc == HK_OK)
        *out = map;
    else
        destroy(map);
    return rc;
}

static int decide(const hk_readout_job *job, const void *m, const hk_features *samples, int32_t *classes)
{
    const model *map = m;
    hk_som_hit *hits = malloc(samples->n * sizeof *hits);
    int rc = hits == NULL ? hk_fail(job->ctx, HK_ENOMEM, "som: no memory for %zu samples", samples->n)
                          : hk_som_find(job->ctx, &map->som, samples, job->team, hits);
    for (size_t s = 0; rc == HK_OK && s < samples->n; s++)
        classes[s] = map->som.labels[hits[s].first];
    free(hits);
    return rc;
}

static void shape(const void *m, size_t *n_features, uint32_t *n_classes)
{
    const model *map = m;
    *n_features = map->som.n_features;
    *n_classes = map->som.n_classes;
}

static int report(const hk_readout_job *job, const void *m, const hk_features *samples, hk_summary *summary)
{
    const model *map = m;
    hk_som_quality quality;
    hk_som_hit *hits = malloc(samples->n * sizeof *hits);
    double *per_class = calloc(map->som.n_classes, sizeof *per_class);
    int rc = hits == NULL || per_class == NULL
                 ? hk_fail(job->ctx, HK_ENOMEM, "som: no memory for %zu samples", samples->n)
                 : hk_som_find(job->ctx, &map->som, samples, job->team, hits);
    if (rc == HK_OK)
        rc = hk_som_measure(job->ctx, &map->som, samples, hits, &quality);
    if (rc == HK_OK) {
        for (size_t u = 0; u < map->som.n_units; u++)
            per_class[map->som.labels[u]]++;
        hk_summary_count(summary, "units", map->som.n_units);
        hk_summary_number(summary, "quantisation_error", quality.quantisation_error);
        hk_summary_number(summary, "topographic_error", quality.topographic_error);
        hk_summary_count(summary, "dead_units", quality.n_dead);
        if (map->n_labels > 0)
            hk_summary_count(summary, "labels_used", map->n_labels);
        hk_summary_array(summary, "units_per_class", per_class, map->som.n_classes);
        hk_summary_array(summary, "winners_changed_by_epoch", map->changed, map->som.config.epochs);
    }
    free(hits);
    free(per_class);
    return rc;
}

static int save(const void *m, hk_results *file)
{
    const model *map = m;
    const hk_som *som = &map->som;
    const uint32_t shape_[] = { som->config.rows, som->config.cols, som->config.grid };
    const struct {
        const char *name;
        hk_array array;
    } arrays[] = {
        { "model/weights",
          { .type = HK_F32, .n_dims = 2, .shape = { som->n_units, som->n_features }, .values = som->weights } },
        { "model/labels", { .type = HK_I32, .n_dims = 1, .shape = { som->n_units }, .values = som->labels } },
        { "model/map",
          { .type = HK_U32,
            .n_dims = 1,
            .shape = { 3 },
            .values = shape_,
            .description = "rows, columns, 0 square or 1 hexagonal" } },
        { "model/answers",
          { .type = HK_F64,
            .n_dims = 2,
            .shape = { som->n_units, som->n_classes },
            .values = map->answers,
            .description = "samples that each unit won, by class" } },
        { "model/changed",
          { .type = HK_F64,
            .n_dims = 1,
            .shape = { som->config.epochs },
            .values = map->changed,
            .description = "share of the samples whose winner each epoch changed" } },
        { "model/examples",
          { .type = HK_I32,
            .n_dims = 2,
            .shape = { som->n_units, EXAMPLES },
            .values = map->examples,
            .description =
                "of the samples that each unit won those nearest to its prototype, nearest first: their numbers "
                "among the samples to learn from, -1 behind the last" } },
        { "model/nearest",
          { .type = HK_F32,
            .n_dims = 2,
            .shape = { som->n_units, som->n_features },
            .values = map->nearest,
            .description = "the first of these samples" } },
    };
    int rc = HK_OK;
    for (size_t k = 0; k < sizeof arrays / sizeof arrays[0] && rc == HK_OK; k++)
        rc = hk_results_put(file, arrays[k].name, &arrays[k].array);
    return rc;
}

static int load_arrays(hk_ctx *ctx, hk_results *file, model *map)
{
    hk_som *som = &map->som;
    const hk_results_entry *weights = hk_results_find(file, "model/weights");
    const hk_results_entry *answers = hk_results_find(file, "model/answers");
    const hk_results_entry *changed = hk_results_find(file, "model/changed");
    const hk_results_entry *examples = hk_results_find(file, "model/examples");
    const hk_results_entry *nearest = hk_results_find(file, "model/nearest");
    uint32_t map_[3];
    int rc = hk_results_get(file, "model/map", HK_U32, map_, 3);
    if (rc != HK_OK)
        return rc;
    if (weights == NULL || answers == NULL || changed == NULL || examples == NULL || nearest == NULL ||
        weights->n_dims != 2 || answers->n_dims != 2 || map_[2] > 1 || map_[1] == 0 ||
        weights->shape[0] != (uint64_t)map_[0] * map_[1] || answers->shape[0] != weights->shape[0] || weights->n == 0 ||
        answers->shape[1] == 0 || answers->shape[1] > HK_MOST_CLASSES || changed->n == 0 || changed->n > 1000000 ||
        examples->n != weights->shape[0] * EXAMPLES || nearest->n != weights->n)
        return hk_fail(ctx, HK_EFORMAT, "som: the arrays of the group `model` do not fit each other");
    som->config = (hk_som_config){
        .rows = map_[0], .cols = map_[1], .grid = (hk_som_grid)map_[2], .epochs = (uint32_t)changed->n
    };
    som->n_units = weights->shape[0];
    som->n_features = weights->shape[1];
    som->n_classes = (uint32_t)answers->shape[1];
    som->weights = malloc(weights->n * sizeof *som->weights);
    som->labels = malloc(som->n_units * sizeof *som->labels);
    if (som->weights == NULL || som->labels == NULL || !make_room(map, som->n_classes, changed->n))
        return hk_fail(ctx, HK_ENOMEM, "som: no memory for %zu units", som->n_units);
    rc = hk_results_get(file, "model/weights", HK_F32, som->weights, weights->n);
    if (rc == HK_OK)
        rc = hk_results_get(file, "model/labels", HK_I32, som->labels, som->n_units);
    if (rc == HK_OK)
        rc = hk_results_get(file, "model/answers", HK_F64, map->answers, answers->n);
    if (rc == HK_OK)
        rc = hk_results_get(file, "model/changed", HK_F64, map->changed, changed->n);
    if (rc == HK_OK)
        rc = hk_results_get(file, "model/examples", HK_I32, map->examples, examples->n);
    if (rc == HK_OK)
        rc = hk_results_get(file, "model/nearest", HK_F32, map->nearest, nearest->n);
    for (size_t k = 0; rc == HK_OK && k < weights->n; k++)
        if (!isfinite(som->weights[k]))
            rc = hk_fail(ctx, HK_EFORMAT, "model/weights: number %zu is %g, must be finite", k,
                         (double)som->weights[k]);
    for (size_t u = 0; rc == HK_OK && u < som->n_units; u++)
        if (som->labels[u] < 0 || som->labels[u] >= (int32_t)som->n_classes)
            rc = hk_fail(ctx, HK_EFORMAT, "model/labels: unit %zu is named %d, must be 0 to %u", u, som->labels[u],
                         som->n_classes - 1);
    return rc;
}

static int load(const hk_readout_job *job, hk_results *file, void **out)
{
    model *map = calloc(1, sizeof *map);
    int rc = map == NULL ? hk_fail(job->ctx, HK_ENOMEM, "som: out of memory") : load_arrays(job->ctx, file, map);
    *out = rc == HK_OK ? map : NULL;
    if (rc != HK_OK)
        destroy(map);
    return rc;
}

static int draw(const hk_readout_job *job, const char *prefix, const char *what, const char *title, const float *values,
                size_t n, size_t rows, size_t cols)
{
    size_t size = strlen(prefix) + strlen(what) + 8;
    char *path = malloc(size);
    if (path == NULL)
        return hk_fail(job->ctx, HK_ENOMEM, "no memory for a path");
    snprintf(path, size, "%s-%s.svg", prefix, what);
    hk_picture picture = { .path = path, .format = HK_PICTURE_SVG, .title = title };
    int rc = hk_figure_fields(job->ctx, &picture, values, n, rows, cols, title);
    free(path);
    return rc;
}

/* A value a unit, each a square of several pixels; rows of hexagonal maps are drawn unshifted. */
static int draw_map(const hk_readout_job *job, const char *prefix, const char *what, const char *title,
                    const hk_som *som, const double *heights)
{
    enum { PICTURE = 60 }; /* pixels across, about; few pixels make a small picture */
    size_t rows = som->config.rows, cols = som->config.cols, longer = rows > cols ? rows : cols;
    size_t size = longer < PICTURE ? PICTURE / longer : 1;
    float *pixels = malloc(som->n_units * size * size * sizeof *pixels);
    if (pixels == NULL)
        return hk_fail(job->ctx, HK_ENOMEM, "no memory for a picture of %zu units", som->n_units);
    for (size_t y = 0; y < rows * size; y++)
        for (size_t x = 0; x < cols * size; x++) {
            size_t unit = y / size * cols + x / size;
            pixels[y * cols * size + x] = heights != NULL ? (float)heights[unit] : (float)som->labels[unit];
        }
    int rc = draw(job, prefix, what, title, pixels, 1, rows * size, cols * size);
    free(pixels);
    return rc;
}

/* Prototypes, and the samples nearest to them, are drawn where features can be the pixels of a square. */
static int plot(const hk_readout_job *job, const void *m, const char *prefix)
{
    const model *map = m;
    const hk_som *som = &map->som;
    size_t side = (size_t)lround(sqrt((double)som->n_features));
    double *heights = malloc(som->n_units * sizeof *heights);
    if (heights == NULL)
        return hk_fail(job->ctx, HK_ENOMEM, "no memory for %zu units", som->n_units);
    hk_som_u_matrix(som, heights);
    int rc = draw_map(job, prefix, "umatrix", "distance from neighbours", som, heights);
    free(heights);
    if (rc == HK_OK)
        rc = draw_map(job, prefix, "labels", "class", som, NULL);
    if (rc == HK_OK && side * side == som->n_features)
        rc = draw(job, prefix, "prototypes", "prototype", som->weights, som->n_units, side, side);
    if (rc == HK_OK && side * side == som->n_features)
        rc = draw(job, prefix, "examples", "nearest sample", map->nearest, som->n_units, side, side);
    return rc;
}

const hk_readout hk_readout_som = {
    .name = "som",
    .summary = "self-organising map: units on a grid learn the vectors, named by majority",
    .source = "Kohonen (1990), Proc. IEEE 78:1464-1480",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .learn = learn,
    .decide = decide,
    .shape = shape,
    .report = report,
    .weights = "model/weights",
    .save = save,
    .load = load,
    .plot = plot,
    .destroy = destroy,
};
