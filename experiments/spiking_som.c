/* experiments/spiking_som.c - a self-organising map of spiking neurons (spiking_map.h): does it keep the order of what it is shown?
 *
 * `line` and `square` are manifolds of which the answer is known: positions on them, which inputs with bell-shaped fields see.
 * The units' own positions, the means of what each answers to first, must then lie on the manifold as the units do on the grid:
 * measured by the correlation of the distances of all pairs, before and after learning. Of images the units are named by what they
 * answer to, and name others. A map can be in order everywhere but folded: neighbours then are neighbours, while distances agree
 * less. All answers are spikes: the first unit to spike wins, and the topographic error is the share of
 * samples whose first two are no neighbours on the grid. Answers are taken with lateral synapses and inhibition silent. */
#include "experiments/datasets/dataset.h"
#include "experiments/experiment.h"
#include "experiments/nets/outcome.h"
#include "experiments/readouts/order.h"
#include "experiments/spiking_map.h"
#include "sim/draw.h"
#include "sim/mathfn.h"
#include "sim/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LINE, SQUARE, N_MANIFOLDS };
enum { LINE_INPUTS = 40, SQUARE_SIDE = 12, SAMPLED = 200, N_STAGES = 200 };
#define NO_UNIT UINT32_MAX
#define MARGIN 0.15 /* fields lie beyond the ends of the manifold, so that its ends are no different */

static const char *const data_names[] = { "line", "square", "auto", "mnist", "fashion", "glyphs", NULL };

#define NUMBER(option, default_, low, high, text)                                                               \
    {                                                                                                           \
        .name = option, .type = HK_OPTION_NUMBER, .initial = default_, .min = low, .max = high, .meaning = text \
    }
#define COUNT(option, default_, low, high, text)                                                                 \
    {                                                                                                            \
        .name = option, .type = HK_OPTION_INTEGER, .initial = default_, .min = low, .max = high, .meaning = text \
    }

static const hk_option options[] = {
    { .name = "data",
      .type = HK_OPTION_CHOICE,
      .text = "square",
      .choices = data_names,
      .meaning = "positions on a line or a square, or images" },
    COUNT("rows", 10, 1, 50, "of units"),
    COUNT("cols", 10, 2, 50, "of units; a map for a line has rows = 1"),
    COUNT("train", 3000, 10, 1e6, "samples to learn from"),
    COUNT("test", 1000, 10, 1e6, "others, on which all is measured"),
    COUNT("passes", 1, 1, 1000, "times the samples to learn from are shown"),
    { .name = "sigma_start",
      .type = HK_OPTION_NUMBER,
      .min = 0.05,
      .max = 100.0,
      .automatic = "0.6 longer side",
      .meaning = "width of the lateral excitation at first, in distances of neighbours" },
    NUMBER("sigma_end", 0.7, 0.05, 100.0, "the same at the end"),
    NUMBER("strength", 1.0, 0.0, 1000.0, "of lateral excitation, in thresholds; 0: units do not know of each other"),
    NUMBER("match", 0.7, 0.01, 0.99, "part of the threshold to which a sample takes a unit that fits it"),
    NUMBER("lr_start", 0.1, 1e-6, 1.0, "learning rate at first"),
    NUMBER("lr_end", 0.02, 1e-6, 1.0, "the same at the end"),
};

typedef struct samples { /* values and, of manifolds, positions; of images, classes */
    size_t n;
    float *values;     /* [n][n_inputs] */
    double *positions; /* [n][2] */
    uint32_t *labels;  /* [n] */
} samples;

typedef struct answers {
    uint32_t *first; /* [n] or NO_UNIT */
    size_t n_none, n_apart;
} answers;

typedef struct state {
    hk_run *run;
    hk_dataset data;
    size_t n_inputs, n_units, rows, cols; /* of inputs */
    samples train, test;
    hk_spiking_map map;
    answers learnt, tested;
    int32_t *names;    /* [n_units] -1: answers to nothing */
    double *places;    /* [n_units][2], NaN where it answers to nothing */
    double *confusion; /* [classes][classes] */
    double *per_unit;  /* [n_units][classes] training images answered to */
    double order_before;
    uint64_t n_shown, n_together; /* while learning: samples, and spikes of units */
} state;

static bool is_manifold(const state *s)
{
    return hk_run_choice(s->run, "data") < N_MANIFOLDS;
}

/* ---- samples --------------------------------------------------------------------------------------------------------- */

static int make_room(state *s, size_t n, samples *out)
{
    out->n = n;
    out->values = calloc(n * s->n_inputs, sizeof *out->values);
    out->positions = calloc(2 * n, sizeof *out->positions);
    out->labels = calloc(n, sizeof *out->labels);
    return out->values == NULL || out->positions == NULL || out->labels == NULL
               ? hk_fail(hk_run_ctx(s->run), HK_ENOMEM, "spiking-som: no memory for %zu samples", n)
               : HK_OK;
}

static double bell(double distance, double width)
{
    return hk_exp(-0.5 * distance * distance / (width * width));
}

static double centre(size_t k, size_t n)
{
    return -MARGIN + (1.0 + 2.0 * MARGIN) * (double)k / (double)(n - 1);
}

static void draw_positions(state *s, uint32_t which, samples *out)
{
    hk_stream stream = hk_stream_open(hk_run_seed(s->run), HK_PURPOSE_SHUFFLE, hk_name_id("manifold"), which);
    for (size_t k = 0; k < out->n; k++) {
        float *values = out->values + k * s->n_inputs;
        double x = hk_stream_uniform(&stream), y = s->rows > 1 ? hk_stream_uniform(&stream) : 0.0;
        out->positions[2 * k] = x;
        out->positions[2 * k + 1] = y;
        for (size_t row = 0; row < s->rows; row++)
            for (size_t col = 0; col < s->cols; col++)
                values[row * s->cols + col] = (float)(s->rows == 1 ? bell(x - centre(col, s->cols), 0.08)
                                                                   : bell(x - centre(col, s->cols), 0.12) *
                                                                         bell(y - centre(row, s->rows), 0.12));
    }
}

static void take_images(const state *s, const hk_images *images, samples *out)
{
    for (size_t k = 0; k < out->n; k++) {
        hk_images_values(images, k, out->values + k * s->n_inputs);
        out->labels[k] = images->labels[k];
    }
}

static int load(state *s)
{
    const size_t n_train = (size_t)hk_run_integer(s->run, "train"), n_test = (size_t)hk_run_integer(s->run, "test");
    int rc = HK_OK;
    s->rows = hk_run_choice(s->run, "data") == LINE ? 1 : SQUARE_SIDE;
    s->cols = hk_run_choice(s->run, "data") == LINE ? LINE_INPUTS : SQUARE_SIDE;
    if (!is_manifold(s)) {
        rc = hk_dataset_load(hk_run_ctx(s->run),
                             &(hk_dataset_request){ .name = hk_run_text(s->run, "data"),
                                                    .n_train = n_train,
                                                    .n_test = n_test,
                                                    .glyph_seed = hk_run_seed(s->run) },
                             &s->data);
        if (rc != HK_OK)
            return rc;
        hk_run_report(s->run, "data: %s", s->data.report);
        s->rows = s->data.train.rows;
        s->cols = s->data.train.cols;
    }
    s->n_inputs = s->rows * s->cols;
    rc = make_room(s, n_train, &s->train);
    if (rc == HK_OK)
        rc = make_room(s, n_test, &s->test);
    if (rc == HK_OK && is_manifold(s)) {
        draw_positions(s, 0, &s->train);
        draw_positions(s, 1, &s->test);
    } else if (rc == HK_OK) {
        take_images(s, &s->data.train, &s->train);
        take_images(s, &s->data.test, &s->test);
    }
    return rc;
}

/* Mean length of the first samples as vectors of spikes. */
static int find_length(const state *s, double *length)
{
    const size_t n = s->train.n < SAMPLED ? s->train.n : SAMPLED;
    double *counts = calloc(s->n_inputs, sizeof *counts), sum = 0.0;
    hk_spikes_in spikes = { .n = 0 };
    int rc = counts == NULL ? hk_fail(hk_run_ctx(s->run), HK_ENOMEM, "spiking-som: out of memory") : HK_OK;
    for (size_t k = 0; k < n && rc == HK_OK; k++) {
        double square = 0.0;
        rc = hk_spiking_map_encode(hk_run_ctx(s->run), s->train.values + k * s->n_inputs, (uint32_t)s->n_inputs,
                                   &spikes);
        memset(counts, 0, s->n_inputs * sizeof *counts);
        for (size_t i = 0; i < spikes.n; i++)
            counts[spikes.spikes[i].source]++;
        for (size_t i = 0; i < s->n_inputs; i++)
            square += counts[i] * counts[i];
        sum += sqrt(square);
    }
    *length = sum / (double)n;
    hk_spikes_in_fini(&spikes);
    free(counts);
    return rc;
}

/* ---- learning and answers -------------------------------------------------------------------------------------------- */

static double sigma_start(const state *s)
{
    const hk_spiking_map_config *c = &s->map.config;
    if (hk_run_is_given(s->run, "sigma_start"))
        return hk_run_number(s->run, "sigma_start");
    return fmax(0.6 * (double)(c->rows > c->cols ? c->rows : c->cols), hk_run_number(s->run, "sigma_end"));
}

static int learn(state *s)
{
    const size_t n = s->train.n, n_all = n * (size_t)hk_run_integer(s->run, "passes");
    size_t *order = malloc(n * sizeof *order);
    int rc = order == NULL ? hk_fail(hk_run_ctx(s->run), HK_ENOMEM, "spiking-som: out of memory") : HK_OK;
    for (size_t k = 0; k < n_all && rc == HK_OK && !hk_run_stopping(s->run); k++) {
        double done = (double)k / (double)n_all;
        if (k % n == 0)
            hk_order_shuffle(order, n, hk_run_seed(s->run), "spiking-som", (uint32_t)(k / n));
        if (k % (n_all / N_STAGES + 1) == 0)
            rc = hk_spiking_map_bind(
                &s->map, hk_order_fall(sigma_start(s), hk_run_number(s->run, "sigma_end"), done),
                hk_order_fall(hk_run_number(s->run, "lr_start"), hk_run_number(s->run, "lr_end"), done));
        if (rc == HK_OK)
            rc = hk_spiking_map_show(&s->map, s->train.values + order[k % n] * s->n_inputs, k);
        s->n_shown++;
        s->n_together += s->map.n_spiked;
        hk_run_progress(s->run, "learning", 0.1 + 0.6 * done, hk_sim_now_ms(s->map.sim));
    }
    free(order);
    return rc;
}

static bool are_apart(const hk_spiking_map *map)
{
    return map->n_spiked > 1 && hk_spiking_map_distance(map, map->spiked[0], map->spiked[1]) > 1.5;
}

static int ask(state *s, const samples *of, double progress, answers *out)
{
    hk_spiking_map_free(&s->map);
    out->n_none = out->n_apart = 0;
    for (size_t k = 0; k < of->n; k++) {
        int rc = hk_run_stopping(s->run) ? HK_OK : hk_spiking_map_show(&s->map, of->values + k * s->n_inputs, 0);
        if (rc != HK_OK)
            return rc;
        out->first[k] = s->map.n_spiked > 0 ? s->map.spiked[0] : NO_UNIT;
        out->n_none += s->map.n_spiked == 0;
        out->n_apart += are_apart(&s->map);
        hk_run_progress(s->run, "asking", progress, hk_sim_now_ms(s->map.sim));
    }
    return HK_OK;
}

/* Places of the units: means of the positions they answer to. */
static void find_places(state *s, const samples *of, const answers *a)
{
    for (size_t u = 0; u < s->n_units; u++) {
        double sum[2] = { 0.0 }, n = 0.0;
        for (size_t k = 0; k < of->n; k++)
            if (a->first[k] == u) {
                sum[0] += of->positions[2 * k];
                sum[1] += of->positions[2 * k + 1];
                n++;
            }
        s->places[2 * u] = n > 0.0 ? sum[0] / n : (double)NAN;
        s->places[2 * u + 1] = n > 0.0 ? sum[1] / n : (double)NAN;
    }
}

static double apart(const double *a, const double *b)
{
    return sqrt((a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]));
}

/* Correlation of distances on the grid and between places, over all pairs of units that have one. */
static double find_order(const state *s)
{
    double n = 0.0, sx = 0.0, sy = 0.0, sxx = 0.0, syy = 0.0, sxy = 0.0;
    for (uint32_t a = 0; a < s->n_units; a++)
        for (uint32_t b = a + 1; b < s->n_units; b++) {
            double x = hk_spiking_map_distance(&s->map, a, b), y = apart(s->places + 2 * a, s->places + 2 * b);
            if (isnan(y))
                continue;
            n++;
            sx += x;
            sy += y;
            sxx += x * x;
            syy += y * y;
            sxy += x * y;
        }
    double product = (n * sxx - sx * sx) * (n * syy - sy * sy);
    return product > 0.0 ? (n * sxy - sx * sy) / sqrt(product) : 0.0;
}

static void name_units(state *s)
{
    for (size_t k = 0; k < s->train.n; k++)
        if (s->learnt.first[k] != NO_UNIT)
            s->per_unit[s->learnt.first[k] * HK_DATASET_CLASSES + s->train.labels[k]]++;
    for (size_t u = 0; u < s->n_units; u++) {
        const double *row = s->per_unit + u * HK_DATASET_CLASSES;
        size_t best = 0;
        for (size_t c = 1; c < HK_DATASET_CLASSES; c++)
            best = row[c] > row[best] ? c : best;
        s->names[u] = row[best] > 0.0 ? (int32_t)best : -1;
    }
}

/* ---- what comes out -------------------------------------------------------------------------------------------------- */

static size_t n_used(const state *s, const samples *of, const answers *a)
{
    size_t n = 0;
    for (size_t u = 0; u < s->n_units; u++) {
        bool used = false;
        for (size_t k = 0; k < of->n && !used; k++)
            used = a->first[k] == u;
        n += used;
    }
    return n;
}

static void report_manifold(state *s, hk_summary *summary)
{
    double error = 0.0, n = 0.0, order = find_order(s);
    for (size_t k = 0; k < s->test.n; k++)
        if (s->tested.first[k] != NO_UNIT) {
            double off = apart(s->places + 2 * (size_t)s->tested.first[k], s->test.positions + 2 * k);
            error += isnan(off) ? 0.0 : off;
            n += isnan(off) ? 0.0 : 1.0;
        }
    hk_summary_number(summary, "order", order);
    hk_summary_number(summary, "order_before", s->order_before);
    hk_summary_number(summary, "position_error", n > 0.0 ? error / n : (double)NAN);
    hk_run_report(s->run, "order of the map: %.4f (before learning %.4f); a position is off by %.4f", order,
                  s->order_before, n > 0.0 ? error / n : (double)NAN);
}

static void report_images(state *s, hk_summary *summary)
{
    double right = 0.0;
    for (size_t k = 0; k < s->test.n; k++) {
        int32_t name = s->tested.first[k] == NO_UNIT ? -1 : s->names[s->tested.first[k]];
        right += name == (int32_t)s->test.labels[k];
        if (name >= 0)
            s->confusion[s->test.labels[k] * HK_DATASET_CLASSES + (uint32_t)name]++;
    }
    hk_summary_text(summary, "data", s->data.name);
    hk_summary_number(summary, "test_accuracy", right / (double)s->test.n);
    hk_run_report(s->run, "accuracy on %zu test images: %.2f %%", s->test.n, 100.0 * right / (double)s->test.n);
}

static void report(state *s)
{
    hk_summary *summary = hk_run_summary(s->run);
    const hk_sim_stats stats = hk_sim_get_stats(s->map.sim);
    const double topographic = (double)s->tested.n_apart / (double)s->test.n;
    hk_summary_count(summary, "units", s->n_units);
    hk_summary_count(summary, "units_used", n_used(s, &s->test, &s->tested));
    hk_summary_number(summary, "topographic_error", topographic);
    hk_summary_number(summary, "spikes_together", (double)s->n_together / (double)s->n_shown);
    hk_summary_count(summary, "unanswered", s->tested.n_none);
    hk_run_events(s->run, stats.spikes, stats.synaptic_events);
    if (is_manifold(s))
        report_manifold(s, summary);
    else
        report_images(s, summary);
    hk_run_report(s->run, "topographic error %.4f; %.2f units spiked together while learning", topographic,
                  (double)s->n_together / (double)s->n_shown);
}

static int save(state *s)
{
    hk_results *file;
    float *weights = malloc(s->n_units * s->n_inputs * sizeof *weights);
    if (weights == NULL)
        return hk_fail(hk_run_ctx(s->run), HK_ENOMEM, "spiking-som: out of memory");
    int rc = hk_outcome_open(s->run, &file);
    if (rc != HK_OK) {
        free(weights);
        return rc;
    }
    hk_spiking_map_weights(&s->map, weights);
    const struct {
        const char *name;
        hk_array array;
    } arrays[] = {
        { "receptive_fields",
          { .type = HK_F32,
            .n_dims = 3,
            .shape = { s->n_units, s->rows, s->cols },
            .values = weights,
            .unit = "mV",
            .description = "weights of each unit, row by row of the map" } },
        { "map/answers",
          { .type = HK_U32,
            .n_dims = 1,
            .shape = { s->test.n },
            .values = s->tested.first,
            .description = "the unit that spiked first at each test sample; 4294967295: none" } },
        { "map/places",
          { .type = HK_F64,
            .n_dims = 2,
            .shape = { s->n_units, 2 },
            .values = s->places,
            .description = "mean position that each unit answers to; NaN: none" } },
        { "map/names",
          { .type = HK_I32, .n_dims = 1, .shape = { s->n_units }, .values = s->names, .description = "-1: none" } },
        { "map/per_class",
          { .type = HK_F64,
            .n_dims = 2,
            .shape = { s->n_units, HK_DATASET_CLASSES },
            .values = s->per_unit,
            .description = "images to learn from that each unit answers to, by class" } },
        { "confusion",
          { .type = HK_F64,
            .n_dims = 2,
            .shape = { HK_DATASET_CLASSES, HK_DATASET_CLASSES },
            .values = s->confusion,
            .description = "true class by answer" } },
    };
    const bool of_manifold[] = { true, true, true, false, false, false };
    const bool of_images[] = { true, true, false, true, true, true };
    for (size_t k = 0; k < sizeof arrays / sizeof *arrays && rc == HK_OK; k++)
        if (is_manifold(s) ? of_manifold[k] : of_images[k])
            rc = hk_results_put(file, arrays[k].name, &arrays[k].array);
    free(weights);
    if (rc == HK_OK)
        return hk_results_close(file);
    hk_results_discard(file);
    return rc;
}

/* ---- the run --------------------------------------------------------------------------------------------------------- */

static int prepare(state *s)
{
    hk_spiking_map_config config = { .rows = (uint32_t)hk_run_integer(s->run, "rows"),
                                     .cols = (uint32_t)hk_run_integer(s->run, "cols"),
                                     .strength = hk_run_number(s->run, "strength"),
                                     .match = hk_run_number(s->run, "match"),
                                     .seed = hk_run_seed(s->run) };
    s->n_units = (size_t)config.rows * config.cols;
    int rc = load(s);
    config.n_inputs = (uint32_t)s->n_inputs;
    if (rc == HK_OK)
        rc = find_length(s, &config.length);
    if (rc == HK_OK)
        rc = hk_spiking_map_create(hk_run_ctx(s->run), &config, &s->map);
    if (rc != HK_OK)
        return rc;
    hk_run_watch(s->run, s->map.sim);
    s->learnt.first = calloc(s->train.n, sizeof *s->learnt.first);
    s->tested.first = calloc(s->test.n, sizeof *s->tested.first);
    s->names = calloc(s->n_units, sizeof *s->names);
    s->places = calloc(2 * s->n_units, sizeof *s->places);
    s->per_unit = calloc(s->n_units * HK_DATASET_CLASSES, sizeof *s->per_unit);
    s->confusion = calloc(HK_DATASET_CLASSES * HK_DATASET_CLASSES, sizeof *s->confusion);
    if (s->learnt.first == NULL || s->tested.first == NULL || s->names == NULL || s->places == NULL ||
        s->per_unit == NULL || s->confusion == NULL)
        rc = hk_fail(hk_run_ctx(s->run), HK_ENOMEM, "spiking-som: no memory for %zu units", s->n_units);
    return rc;
}

static int go_through(state *s)
{
    int rc = HK_OK;
    if (is_manifold(s)) {
        rc = ask(s, &s->test, 0.05, &s->tested);
        find_places(s, &s->test, &s->tested);
        s->order_before = find_order(s);
    }
    if (rc == HK_OK)
        rc = learn(s);
    if (rc == HK_OK)
        rc = ask(s, &s->train, 0.8, &s->learnt);
    if (rc == HK_OK)
        rc = ask(s, &s->test, 0.95, &s->tested);
    if (rc != HK_OK || hk_run_stopping(s->run))
        return rc;
    find_places(s, &s->train, &s->learnt);
    name_units(s);
    report(s);
    return hk_run_out(s->run) != NULL ? save(s) : HK_OK;
}

static void samples_fini(samples *s)
{
    free(s->values);
    free(s->positions);
    free(s->labels);
}

static int run(hk_run *run)
{
    state s = { .run = run };
    int rc = prepare(&s);
    if (rc == HK_OK)
        rc = go_through(&s);
    hk_run_watch(run, NULL);
    hk_spiking_map_destroy(&s.map);
    samples_fini(&s.train);
    samples_fini(&s.test);
    free(s.learnt.first);
    free(s.tested.first);
    free(s.names);
    free(s.places);
    free(s.per_unit);
    free(s.confusion);
    hk_dataset_fini(&s.data);
    return rc;
}

static const hk_summary_key keys[] = {
    { "units", "", "of the map" },
    { "units_used", "", "that spike first at some test sample" },
    { "topographic_error", "", "share of test samples whose first two units are no neighbours on the grid" },
    { "spikes_together", "", "units that spiked at a sample while learning, on average: winner and neighbours" },
    { "unanswered", "", "test samples at which no unit spiked" },
    { "order", "", "manifolds: correlation of distances on the grid and between the places units answer to" },
    { "order_before", "", "the same before learning" },
    { "position_error", "", "manifolds: mean distance of a test sample from its unit's place; the side is 1" },
    { "data", "", "images used" },
    { "test_accuracy", "", "images: share of test images whose first unit is named by their class" },
};

const hk_experiment hk_experiment_spiking_som = {
    .name = "spiking-som",
    .summary = "a self-organising map of spiking neurons, its neighbourhood made of synapses",
    .source = "after Rumbell, Denham & Wennekers (2014), IEEE Trans. Neural Netw. Learn. Syst. 25:894-907",
    .example = "spiking-som --set data=line --set rows=1 --set cols=30",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .keys = keys,
    .n_keys = sizeof keys / sizeof keys[0],
    .run = run,
};
