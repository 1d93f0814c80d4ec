/* experiments/codes_trial.c - trains and tests one network under one code; see codes.h. */
#include "experiments/codes.h"

#include "experiments/clock.h"
#include "sim/time.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const hk_codes_metric_names[HK_N_METRICS] = {
    "accuracy",        "decision_ms",  "window_ms", "input_spikes",       "hidden_spikes", "train_synaptic_events",
    "synaptic_events", "train_cpu_ms", "cpu_ms",    "energy_proxy_events"
};

typedef struct trial {
    hk_ctx *ctx;
    const hk_codes_task *task;
    hk_mnist_network net;
    hk_vote vote;
    hk_spikes_in spikes; /* of one image */
    double *times_ms;    /* and as the simulation takes them; [capacity] */
    uint32_t *sources;
    size_t capacity;
    double *v_mv, *theta_mv; /* [neurons] */
    uint32_t *leading;       /* [neurons] spikes there would be */
    int decided[HK_CODES_READS];
} trial;

static int prepare(trial *t)
{
    const uint32_t n = t->task->neurons;
    hk_mnist_settings settings;
    hk_codes_settings(t->task->encoder, t->task->values, n, &settings);
    int rc = hk_mnist_network_create(t->ctx, t->task->seed, &settings, t->task->data, &t->net);
    t->v_mv = calloc(n, sizeof *t->v_mv);
    t->theta_mv = calloc(n, sizeof *t->theta_mv);
    t->leading = calloc(n, sizeof *t->leading);
    if (rc == HK_OK &&
        (t->v_mv == NULL || t->theta_mv == NULL || t->leading == NULL || hk_vote_init(&t->vote, n) != HK_OK))
        rc = hk_fail(t->ctx, HK_ENOMEM, "codes: out of memory");
    return rc;
}

static void clean_up(trial *t)
{
    hk_mnist_network_destroy(&t->net);
    hk_vote_fini(&t->vote);
    hk_spikes_in_fini(&t->spikes);
    free(t->times_ms);
    free(t->sources);
    free(t->v_mv);
    free(t->theta_mv);
    free(t->leading);
}

/* ---- an image that something happens to -------------------------------------------------------------------------- */

static int give_spikes(trial *t)
{
    const double now_ms = hk_sim_now_ms(t->net.sim);
    const size_t n = t->spikes.n;
    if (n > t->capacity) {
        double *times_ms = realloc(t->times_ms, 2 * n * sizeof *times_ms);
        if (times_ms != NULL)
            t->times_ms = times_ms;
        uint32_t *sources = realloc(t->sources, 2 * n * sizeof *sources);
        if (sources != NULL)
            t->sources = sources;
        if (times_ms == NULL || sources == NULL)
            return hk_fail(t->ctx, HK_ENOMEM, "codes: out of memory for %zu spikes", n);
        t->capacity = 2 * n;
    }
    for (size_t k = 0; k < n; k++) {
        t->times_ms[k] = now_ms + t->spikes.spikes[k].after_ms;
        t->sources[k] = t->spikes.spikes[k].source;
    }
    return hk_spike_source_add(t->net.inputs, n, t->times_ms, t->sources);
}

/* What would be decided now: as many of the neurons furthest above their adaptation as the clock lets spike. */
static int decide_now(trial *t, int *decision)
{
    const uint32_t n = t->task->neurons;
    double highest = 0.0;
    int rc = hk_population_get(t->net.hidden, "v_mv", t->v_mv);
    if (rc == HK_OK)
        rc = hk_population_get(t->net.hidden, "theta_mv", t->theta_mv);
    if (rc != HK_OK)
        return rc;
    memset(t->leading, 0, n * sizeof *t->leading);
    for (uint32_t j = 0; j < n; j++)
        highest = fmax(highest, t->v_mv[j]);
    for (uint32_t k = 0; highest > 0.0 && k < t->net.settings.clock_spikes && k < n; k++) {
        uint32_t best = n;
        for (uint32_t j = 0; j < n; j++)
            if (t->leading[j] == 0 && (best == n || t->v_mv[j] - t->theta_mv[j] > t->v_mv[best] - t->theta_mv[best]))
                best = j;
        t->leading[best] = 1;
    }
    *decision = highest > 0.0 ? hk_vote_by_class(&t->vote, t->leading) : -1; /* nothing has arrived yet */
    return HK_OK;
}

/* Shows image i with a disturbance; `reads`: in pieces, after each of which the decision is looked at. */
static int show(trial *t, const hk_images *images, size_t i, uint64_t sample, hk_disturbance kind, double level,
                bool reads)
{
    const uint64_t seed = t->task->seed;
    const double window_ms = t->net.settings.window_ms;
    hk_mnist_load(&t->net, images, i);
    hk_disturb_pixels(kind, level, seed, sample, t->net.values, t->net.n_pixels);
    int rc = hk_mnist_begin(&t->net);
    hk_encoding encoding = hk_mnist_encoding(&t->net, sample);
    if (rc == HK_OK)
        rc = hk_encode(t->ctx, t->net.settings.encoder, &encoding, &t->spikes);
    if (rc != HK_OK)
        return rc;
    hk_disturb_spikes(kind, level, seed, sample, window_ms, &t->spikes);
    rc = give_spikes(t);
    const int64_t n_steps = hk_steps_in_ms(window_ms, HK_MNIST_RESOLUTION_MS);
    int64_t done = 0;
    for (int k = reads ? 0 : HK_CODES_READS - 1; rc == HK_OK && k < HK_CODES_READS; k++) {
        int64_t until = n_steps * (k + 1) / HK_CODES_READS;
        rc = hk_sim_run(t->net.sim, (double)(until - done) * HK_MNIST_RESOLUTION_MS);
        done = until;
        if (rc == HK_OK && k + 1 < HK_CODES_READS)
            rc = decide_now(t, &t->decided[k]);
    }
    if (rc == HK_OK) /* and in the end as the spikes say */
        t->decided[HK_CODES_READS - 1] = hk_vote_by_class(&t->vote, t->net.counts);
    return rc;
}

static bool stopped(const trial *t)
{
    return hk_run_stopping(t->task->run);
}

/* ---- passes over images ------------------------------------------------------------------------------------------ */

typedef struct totals {
    double cpu_s, input_spikes, hidden_spikes, events;
} totals;

static totals totals_now(const trial *t)
{
    hk_sim_stats stats = hk_sim_get_stats(t->net.sim);
    return (totals){ .cpu_s = hk_clock_thread_cpu_s(),
                     .input_spikes = (double)t->net.input_spikes,
                     .events = (double)stats.synaptic_events };
}

static totals since(const trial *t, totals start, double n)
{
    totals now = totals_now(t);
    return (totals){ .cpu_s = (now.cpu_s - start.cpu_s) / n,
                     .input_spikes = (now.input_spikes - start.input_spikes) / n,
                     .hidden_spikes = start.hidden_spikes / n,
                     .events = (now.events - start.events) / n };
}

static int train(trial *t, totals *out)
{
    const hk_images *images = &t->task->train;
    totals start = totals_now(t);
    int rc = HK_OK;
    for (size_t i = 0; rc == HK_OK && i < images->n && !stopped(t); i++) {
        if (i % 64 == 0)
            rc = hk_mnist_learn(&t->net, (double)i / (double)images->n);
        if (rc == HK_OK)
            rc = hk_mnist_show(&t->net, images, i, i);
    }
    *out = since(t, start, (double)images->n);
    start = totals_now(t);
    if (rc == HK_OK)
        rc = hk_mnist_freeze(&t->net);
    for (size_t i = 0; rc == HK_OK && i < t->task->label.n && !stopped(t); i++) {
        rc = hk_mnist_show(&t->net, &t->task->label, i, UINT64_C(1) << 40 | i);
        hk_vote_add(&t->vote, t->task->label.labels[i], t->net.counts);
    }
    hk_vote_fit(&t->vote);
    return rc;
}

static int test(trial *t, totals *out, double *accuracy)
{
    const hk_images *images = &t->task->test;
    totals start = totals_now(t);
    double right = 0.0;
    int rc = HK_OK;
    for (size_t i = 0; rc == HK_OK && i < images->n && !stopped(t); i++) {
        rc = hk_mnist_show(&t->net, images, i, UINT64_C(2) << 40 | i);
        right += hk_vote_by_class(&t->vote, t->net.counts) == images->labels[i];
        for (uint32_t j = 0; j < t->task->neurons; j++)
            start.hidden_spikes += (double)hk_population_counts(t->net.hidden)[j];
    }
    *out = since(t, start, (double)images->n);
    *accuracy = right / (double)images->n;
    return rc;
}

/* Accuracy of the first n_probed test images. */
static int probe(trial *t, hk_disturbance kind, double level, double *accuracy)
{
    double right = 0.0;
    int rc = HK_OK;
    for (size_t i = 0; rc == HK_OK && i < t->task->n_probed && !stopped(t); i++) {
        rc = show(t, &t->task->test, i, UINT64_C(2) << 40 | i, kind, level, false);
        right += t->decided[HK_CODES_READS - 1] == t->task->test.labels[i];
    }
    *accuracy = right / (double)t->task->n_probed;
    return rc;
}

/* The first read after which the decision stays what it is in the end. */
static int time_to_decide(const int *decided)
{
    int k = HK_CODES_READS - 1;
    while (k > 0 && decided[k - 1] == decided[HK_CODES_READS - 1])
        k--;
    return k;
}

static int watch_decisions(trial *t, hk_codes_measures *out)
{
    const size_t n = t->task->n_probed;
    double parts = 0.0;
    int rc = HK_OK;
    for (size_t i = 0; rc == HK_OK && i < n && !stopped(t); i++) {
        rc = show(t, &t->task->test, i, UINT64_C(2) << 40 | i, HK_N_DISTURBANCES, 0.0, true);
        for (int k = 0; k < HK_CODES_READS; k++)
            out->over_time[k] += (t->decided[k] == t->task->test.labels[i] ? 1.0 : 0.0) / (double)n;
        parts += (double)(time_to_decide(t->decided) + 1) / HK_CODES_READS;
    }
    out->metrics[HK_DECISION_MS] = parts / (double)n * t->net.settings.window_ms;
    return rc;
}

static int disturb_weights(trial *t, hk_disturbance kind, double level, double *accuracy)
{
    uint64_t n;
    float *weights = hk_projection_weights(t->net.projection, &n), *kept = malloc(n * sizeof *kept);
    if (kept == NULL)
        return hk_fail(t->ctx, HK_ENOMEM, "codes: out of memory for %llu weights", (unsigned long long)n);
    memcpy(kept, weights, n * sizeof *kept);
    hk_disturb_weights(kind, level, t->task->seed, weights, n);
    int rc = probe(t, kind, level, accuracy);
    memcpy(hk_projection_weights(t->net.projection, &n), kept, n * sizeof *kept);
    free(kept);
    return rc;
}

static int measure(trial *t, hk_codes_measures *out)
{
    totals training, testing = { 0 };
    int rc = prepare(t);
    if (rc == HK_OK)
        rc = train(t, &training);
    if (rc == HK_OK)
        rc = test(t, &testing, &out->metrics[HK_ACCURACY]);
    if (rc != HK_OK || t->task->n_probed == 0)
        return rc;
    const double own[HK_N_METRICS] = { [HK_WINDOW_MS] = t->net.settings.window_ms,
                                       [HK_INPUT_SPIKES] = testing.input_spikes,
                                       [HK_HIDDEN_SPIKES] = testing.hidden_spikes,
                                       [HK_TRAIN_EVENTS] = training.events,
                                       [HK_TEST_EVENTS] = testing.events,
                                       [HK_TRAIN_CPU_MS] = 1e3 * training.cpu_s,
                                       [HK_TEST_CPU_MS] = 1e3 * testing.cpu_s,
                                       [HK_ENERGY] = testing.input_spikes + testing.hidden_spikes + testing.events };
    for (int m = HK_WINDOW_MS; m < HK_N_METRICS; m++)
        out->metrics[m] = own[m];
    rc = watch_decisions(t, out);
    for (int kind = 0; rc == HK_OK && kind < HK_N_DISTURBANCES; kind++)
        for (int k = 0; rc == HK_OK && k < HK_CODES_LEVELS; k++) {
            double level = hk_disturbance_levels[kind][k], *to = &out->disturbed[kind][k];
            rc = kind >= HK_WEIGHT_NOISE ? disturb_weights(t, (hk_disturbance)kind, level, to)
                                         : probe(t, (hk_disturbance)kind, level, to);
        }
    return rc;
}

int hk_codes_measure(hk_ctx *ctx, const hk_codes_task *task, hk_codes_measures *out, bool *complete)
{
    trial t = { .ctx = ctx, .task = task };
    *out = (hk_codes_measures){ .metrics = { 0.0 } };
    int rc = measure(&t, out);
    *complete = rc == HK_OK && !stopped(&t);
    clean_up(&t);
    return rc;
}
