/* experiments/spiking_som.c - a self-organising map of spiking neurons (spiking_map.h): does it keep the order of what it is shown?
 *
 * `line` and `square` are manifolds of which the answer is known: positions on them, which inputs with bell-shaped fields see.
 * The units' own positions, the means of what each answers to first, must then lie on the manifold as the units do on the grid:
 * measured by the correlation of the distances of all pairs, before and after learning. Of images the units are named by what they
 * answer to, and name others. A map can be in order everywhere but folded: neighbours then are neighbours, while distances agree
 * less. All answers are spikes: the first unit to spike wins, and the topographic error is the share of
 * samples whose first two are no neighbours on the grid. Answers are taken with lateral synapses and inhibition silent.
 *
 * Meant to keep a map from folding: lateral excitation that at first joins most of the map and shrinks slowly, and a width that
 * differs from sample to sample, so that the neighbourhood has no sharp edge on average. Were it so wide that all units learnt
 * from every sample, they would become alike, and spike together within a step.
 *
 * A run is a row of samples, shown in phases; a checkpoint is taken between two of them. */
#include "experiments/spiking_som.h"

#include "experiments/readouts/order.h"
#include "experiments/through_code.h"
#include "sim/draw.h"
#include "sim/mathfn.h"
#include "sim/rng.h"

#include <math.h>
#include <stdlib.h>

enum { BEFORE, LEARN, LABEL, TEST, N_PHASES };
static const char *const phase_names[N_PHASES] = { "asking before", "learning", "asking", "testing" };

static const char *const data_names[] = { "line", "square", "auto", "mnist", "fashion", "glyphs", NULL };

static const hk_option options[] = {
    { .name = "data",
      .type = HK_OPTION_CHOICE,
      .text = "square",
      .choices = data_names,
      .meaning = "positions on a line or a square, or images" },
    { .name = "split",
      .type = HK_OPTION_CHOICE,
      .text = "test",
      .choices = hk_choice_splits,
      .meaning = "images: validation keeps the last sixth of the training images back and tests on it; for choices" },
    HK_THROUGH_OPTIONS,
    HK_AUTOMATIC("rows", HK_OPTION_INTEGER, 1, 50, "by data", "of units: 10; line 1; images 16"),
    HK_AUTOMATIC("cols", HK_OPTION_INTEGER, 2, 50, "by data", "of units: 10; line 30; images 16"),
    HK_COUNT("train", 0, 0, 1e6, "samples to learn from; 0: 10,000 positions or all images"),
    HK_COUNT("label", 0, 0, 1e6, "of these, samples that say where units lie or name them; 0: all"),
    HK_COUNT("test", 0, 0, 1e6, "others, on which all is measured; 0: 1,000 positions or all images"),
    HK_COUNT("passes", 1, 1, 1000, "times the samples to learn from are shown"),
    HK_AUTOMATIC("sigma_start", HK_OPTION_NUMBER, 0.05, 100.0, "0.7 longer side",
                 "width of the lateral excitation at first, in distances of neighbours"),
    HK_AUTOMATIC("sigma_end", HK_OPTION_NUMBER, 0.05, 100.0, "by data",
                 "the same when it has shrunk: 0.7; images 0.5. Below 0.85 winners mostly learn alone"),
    HK_NUMBER("sigma_spread", 0.3, 0.0, 1.0, "standard deviation of the logarithm of the width from sample to sample"),
    HK_AUTOMATIC("shrink", HK_OPTION_NUMBER, 0.01, 1.0, "by data",
                 "share of the presentations over which the width shrinks: 1; images 0.5"),
    HK_NUMBER("strength", 1.0, 0.0, 1000.0, "of lateral excitation, in thresholds; 0: units do not know of each other"),
    HK_NUMBER("match", 0.7, 0.01, 0.99, "part of the threshold to which a sample takes a unit that fits it"),
    HK_NUMBER("lr_start", 0.3, 1e-6, 1.0, "learning rate at first"),
    HK_NUMBER("lr_end", 0.02, 1e-6, 1.0, "the same at the end"),
};

/* ---- what an option that was not given stands for ---------------------------------------------------------------------- */

static uint32_t side_of(const hk_run *run, const char *option, uint32_t of_line, uint32_t of_square, uint32_t of_images)
{
    if (hk_run_is_given(run, option))
        return (uint32_t)hk_run_integer(run, option);
    const size_t data = hk_run_choice(run, "data");
    return data == HK_SOM_LINE ? of_line : data == HK_SOM_SQUARE ? of_square : of_images;
}

static double chosen(const hk_spiking_som *s, const char *option, double of_manifold, double of_images)
{
    return hk_run_is_given(s->run, option) ? hk_run_number(s->run, option)
           : hk_som_is_manifold(s)         ? of_manifold
                                           : of_images;
}

/* Images are many more than units, and named better by units that have learnt alone for long. */
static double sigma_end(const hk_spiking_som *s)
{
    return chosen(s, "sigma_end", 0.7, 0.5);
}

static double shrink(const hk_spiking_som *s)
{
    return chosen(s, "shrink", 1.0, 0.5);
}

static double sigma_start(const hk_spiking_som *s)
{
    const hk_spiking_map_config *c = &s->map.config;
    const double wide = fmax(0.7 * (double)(c->rows > c->cols ? c->rows : c->cols), sigma_end(s));
    return chosen(s, "sigma_start", wide, wide);
}

/* ---- checkpoints ----------------------------------------------------------------------------------------------------- */

static uint64_t length_of(const hk_spiking_som *s, uint64_t phase)
{
    switch (phase) {
    case BEFORE:
        return hk_som_is_manifold(s) ? s->test.n : 0;
    case LEARN:
        return s->train.n * (uint64_t)hk_run_integer(s->run, "passes");
    case LABEL:
        return s->label.n;
    case TEST:
        return s->test.n;
    default:
        return 0;
    }
}

static int archive_answers(hk_archive *archive, const char *name, hk_som_answers *answers, size_t n)
{
    uint64_t row[] = { answers->n_none, answers->n_apart };
    int rc = hk_archive_enter(archive, name);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "first", HK_U32, answers->first, n);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "counters", HK_U64, row, 2);
    answers->n_none = row[0];
    answers->n_apart = row[1];
    if (rc == HK_OK)
        hk_archive_leave(archive);
    return rc;
}

static int archive_counters(hk_spiking_som *s, hk_archive *archive)
{
    uint64_t row[] = { s->phase, s->at, s->n_shown, s->n_together };
    int rc = hk_archive_array(archive, "counters", HK_U64, row, 4);
    if (rc == HK_OK && row[1] > length_of(s, row[0]))
        rc = hk_fail(hk_archive_ctx(archive), HK_EFORMAT, "checkpoint: sample %llu of phase %llu does not exist",
                     (unsigned long long)row[1], (unsigned long long)row[0]);
    s->phase = row[0];
    s->at = row[1];
    s->n_shown = row[2];
    s->n_together = row[3];
    return rc == HK_OK ? hk_archive_array(archive, "order_before", HK_F64, &s->outcome.order_before, 1) : rc;
}

/* Units without a place or a name among the answers would be read out of bounds. */
static int check_answers(const hk_spiking_som *s, hk_archive *archive, const hk_som_answers *answers, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (answers->first[k] >= s->n_units && answers->first[k] != HK_SOM_NO_UNIT)
            return hk_fail(hk_archive_ctx(archive), HK_EFORMAT, "checkpoint: an answer is unit %u of %zu",
                           answers->first[k], s->n_units);
    return HK_OK;
}

static int archive_state(hk_spiking_som *s, hk_archive *archive)
{
    int rc = hk_archive_enter(archive, "spiking-som");
    if (rc == HK_OK)
        rc = hk_archive_expect(archive, "config", hk_run_config(s->run));
    if (rc == HK_OK) /* `auto` may find something else than it did before */
        rc = hk_archive_expect(archive, "data", hk_som_is_manifold(s) ? "manifold" : s->images.data.name);
    if (rc == HK_OK)
        rc = archive_counters(s, archive);
    if (rc == HK_OK)
        rc = archive_answers(archive, "labelled", &s->labelled, s->label.n);
    if (rc == HK_OK)
        rc = archive_answers(archive, "tested", &s->tested, s->test.n);
    if (rc == HK_OK)
        rc = check_answers(s, archive, &s->labelled, s->label.n);
    if (rc == HK_OK)
        rc = check_answers(s, archive, &s->tested, s->test.n);
    if (rc != HK_OK)
        return rc;
    hk_archive_leave(archive);
    return hk_sim_archive(s->map.sim, archive);
}

static int save(hk_spiking_som *s)
{
    hk_archive *archive = NULL;
    int rc = hk_archive_create(hk_run_ctx(s->run), hk_run_checkpoint(s->run), &archive);
    if (rc == HK_OK)
        rc = archive_state(s, archive);
    if (rc == HK_OK)
        rc = hk_archive_commit(archive);
    hk_archive_destroy(archive);
    return rc;
}

static int resume(hk_spiking_som *s)
{
    hk_archive *archive = NULL;
    int rc = hk_archive_open(hk_run_ctx(s->run), hk_run_resume(s->run), &archive);
    if (rc == HK_OK)
        rc = archive_state(s, archive);
    hk_archive_destroy(archive);
    if (rc == HK_OK)
        hk_run_report(s->run, "resumed: %s, sample %llu of %llu", phase_names[s->phase], (unsigned long long)s->at,
                      (unsigned long long)length_of(s, s->phase));
    return rc;
}

/* ---- learning and answers -------------------------------------------------------------------------------------------- */

static double spread_of(const hk_spiking_som *s)
{
    hk_stream stream = hk_stream_open(hk_run_seed(s->run), HK_PURPOSE_EXPERIMENT, hk_name_id("sigma_spread"),
                                      (uint32_t)s->at);
    return hk_exp(hk_run_number(s->run, "sigma_spread") * hk_stream_normal(&stream));
}

static int learn(hk_spiking_som *s, size_t *order, float *values)
{
    const hk_run *run = s->run;
    const size_t n = s->train.n;
    const double done = (double)s->at / (double)length_of(s, LEARN), shrunk = done / shrink(s);
    const double sigma = hk_order_fall(sigma_start(s), sigma_end(s), fmin(shrunk, 1.0));
    const double lr = hk_order_fall(hk_run_number(run, "lr_start"), hk_run_number(run, "lr_end"), done);
    if (s->at % n == 0)
        hk_order_shuffle(order, n, hk_run_seed(run), "spiking-som", (uint32_t)(s->at / n));
    int rc = hk_spiking_map_bind(&s->map, sigma * spread_of(s), lr);
    hk_som_values(&s->train, order[s->at % n], values);
    if (rc == HK_OK)
        rc = hk_spiking_map_show(&s->map, values);
    s->n_shown++;
    s->n_together += s->map.n_spiked;
    return rc;
}

static int ask(hk_spiking_som *s, const hk_som_samples *of, hk_som_answers *out, float *values)
{
    const hk_spiking_map *map = &s->map;
    hk_spiking_map_free(&s->map);
    hk_som_values(of, (size_t)s->at, values);
    int rc = hk_spiking_map_show(&s->map, values);
    out->first[s->at] = map->n_spiked > 0 ? map->spiked[0] : HK_SOM_NO_UNIT;
    out->n_none += map->n_spiked == 0;
    out->n_apart += map->n_spiked > 1 && hk_spiking_map_distance(map, map->spiked[0], map->spiked[1]) > 1.5;
    return rc;
}

static int show_next(hk_spiking_som *s, size_t *order, float *values)
{
    int rc = s->phase == LEARN   ? learn(s, order, values)
             : s->phase == LABEL ? ask(s, &s->label, &s->labelled, values)
                                 : ask(s, &s->test, &s->tested, values);
    s->at++;
    return rc;
}

static void end_phase(hk_spiking_som *s)
{
    if (s->phase == BEFORE && hk_som_is_manifold(s)) {
        hk_som_find_places(s, &s->test, &s->tested);
        s->outcome.order_before = hk_som_find_order(s);
        s->tested.n_none = s->tested.n_apart = 0;
    }
    s->phase++;
    s->at = 0;
}

static void tell(const hk_spiking_som *s)
{
    uint64_t done = s->at, all = 0;
    const hk_sim_stats stats = hk_sim_get_stats(s->map.sim);
    for (uint64_t phase = 0; phase < N_PHASES; phase++) {
        done += phase < s->phase ? length_of(s, phase) : 0;
        all += length_of(s, phase);
    }
    hk_run_progress(s->run, phase_names[s->phase], (double)done / (double)all, hk_sim_now_ms(s->map.sim));
    hk_run_events(s->run, stats.spikes, stats.synaptic_events);
}

static int show_all(hk_spiking_som *s, size_t *order, float *values)
{
    for (; s->phase < N_PHASES; end_phase(s))
        while (s->at < length_of(s, s->phase)) {
            int rc = show_next(s, order, values);
            if (s->at % 16 == 0)
                tell(s);
            const bool stopping = hk_run_stopping(s->run);
            if (rc == HK_OK && hk_run_checkpoint(s->run) != NULL && (stopping || hk_run_checkpoint_due(s->run)))
                rc = save(s);
            if (rc != HK_OK || stopping)
                return rc;
        }
    return HK_OK;
}

/* ---- the run --------------------------------------------------------------------------------------------------------- */

static int make_room(hk_spiking_som *s)
{
    hk_som_outcome *o = &s->outcome;
    s->labelled.first = calloc(s->label.n, sizeof *s->labelled.first);
    s->tested.first = calloc(s->test.n, sizeof *s->tested.first);
    o->places = calloc(2 * s->n_units, sizeof *o->places);
    o->u_matrix = calloc(s->n_units, sizeof *o->u_matrix);
    o->per_class = calloc(s->n_units * HK_DATASET_CLASSES, sizeof *o->per_class);
    o->names = calloc(s->n_units, sizeof *o->names);
    o->confusion = calloc(HK_DATASET_CLASSES * HK_DATASET_CLASSES, sizeof *o->confusion);
    return s->labelled.first == NULL || s->tested.first == NULL || o->places == NULL || o->u_matrix == NULL ||
                   o->per_class == NULL || o->names == NULL || o->confusion == NULL
               ? hk_fail(hk_run_ctx(s->run), HK_ENOMEM, "spiking-som: no memory for %zu units", s->n_units)
               : HK_OK;
}

static int prepare(hk_spiking_som *s)
{
    hk_spiking_map_config config = { .rows = side_of(s->run, "rows", 1, 10, 16),
                                     .cols = side_of(s->run, "cols", 30, 10, 16),
                                     .strength = hk_run_number(s->run, "strength"),
                                     .match = hk_run_number(s->run, "match"),
                                     .seed = hk_run_seed(s->run) };
    s->n_units = (size_t)config.rows * config.cols;
    int rc = hk_som_samples_make(s);
    config.n_inputs = (uint32_t)s->train.n_inputs;
    if (rc == HK_OK)
        rc = hk_som_length(s, &config.length);
    if (rc == HK_OK)
        rc = hk_spiking_map_create(hk_run_ctx(s->run), &config, &s->map);
    if (rc == HK_OK)
        rc = make_room(s);
    return rc == HK_OK && hk_run_resume(s->run) != NULL ? resume(s) : rc;
}

static int go_through(hk_spiking_som *s)
{
    size_t *order = malloc(s->train.n * sizeof *order);
    float *values = malloc(s->train.n_inputs * sizeof *values);
    int rc = order == NULL || values == NULL ? hk_fail(hk_run_ctx(s->run), HK_ENOMEM, "spiking-som: out of memory")
                                             : HK_OK;
    if (rc == HK_OK && s->phase == LEARN)
        hk_order_shuffle(order, s->train.n, hk_run_seed(s->run), "spiking-som", (uint32_t)(s->at / s->train.n));
    if (rc == HK_OK)
        rc = show_all(s, order, values);
    free(order);
    free(values);
    if (rc != HK_OK || s->phase < N_PHASES)
        return rc;
    rc = hk_som_judge(s);
    if (rc != HK_OK)
        return rc;
    hk_som_report(s);
    return hk_run_out(s->run) != NULL ? hk_som_save(s) : HK_OK;
}

static int run(hk_run *run)
{
    hk_spiking_som s = { .run = run };
    int rc = prepare(&s);
    if (rc == HK_OK)
        rc = go_through(&s);
    hk_spiking_map_destroy(&s.map);
    hk_som_samples_free(&s);
    free(s.labelled.first);
    free(s.tested.first);
    free(s.outcome.places);
    free(s.outcome.u_matrix);
    free(s.outcome.per_class);
    free(s.outcome.names);
    free(s.outcome.confusion);
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
    HK_THROUGH_KEYS,
};

const hk_experiment hk_experiment_spiking_som = {
    .name = "spiking-som",
    .summary = "a self-organising map of spiking neurons, its neighbourhood made of synapses",
    .source = "after Rumbell, Denham & Wennekers (2014), IEEE Trans. Neural Netw. Learn. Syst. 25:894-907",
    .example = "spiking-som --set data=line",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .keys = keys,
    .n_keys = sizeof keys / sizeof keys[0],
    .resumable = true,
    .run = run,
};
