/* experiments/readouts/hebbian.c - see hebbian.h. */
#include "experiments/readouts/hebbian.h"

#include "experiments/readouts/order.h"
#include "sim/mathfn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Traces while a sample is shown. */
typedef struct course {
    double *x, *last_ms; /* [n_neurons], x as it was at last_ms */
    double *y, *score;   /* [n_classes] */
} course;

static int course_init(hk_ctx *ctx, const hk_hebbian *h, course *out)
{
    *out = (course){ .x = calloc(h->n_neurons, sizeof *out->x),
                     .last_ms = calloc(h->n_neurons, sizeof *out->last_ms),
                     .y = calloc(h->n_classes, sizeof *out->y),
                     .score = calloc(h->n_classes, sizeof *out->score) };
    return out->x != NULL && out->last_ms != NULL && out->y != NULL && out->score != NULL
               ? HK_OK
               : hk_fail(ctx, HK_ENOMEM, "hebbian readout: no memory for %u neurons", h->n_neurons);
}

static void course_fini(course *t)
{
    free(t->x);
    free(t->last_ms);
    free(t->y);
    free(t->score);
}

/* One synapse to each class, at a spike of their neuron whose trace is x. */
static void change(double *w, double *y, uint32_t n_classes, double x, double eta, hk_hebbian_rule rule, uint32_t label)
{
    for (uint32_t c = 0; c < n_classes; c++) {
        double target = c == label ? 1.0 : 0.0;
        double step = eta * x * (target - (rule == HK_HEBBIAN_DELTA ? y[c] : w[c]));
        w[c] += step;
        y[c] += step * x;
    }
}

/* Shows a sample; learns where `config` is given. Scores are left in the course. */
static void show(hk_hebbian *h, course *t, const hk_features *samples, size_t sample, const hk_hebbian_config *config,
                 double eta)
{
    const hk_sample_spike *spikes = samples->spikes + samples->first_spike[sample];
    size_t n = samples->first_spike[sample + 1] - samples->first_spike[sample];
    double now_ms = 0.0;
    memset(t->y, 0, h->n_classes * sizeof *t->y);
    memset(t->score, 0, h->n_classes * sizeof *t->score);
    for (size_t k = 0; k < n; k++) {
        uint32_t i = spikes[k].neuron;
        double *w = h->weights + (size_t)i * h->n_classes;
        double decay = hk_exp((now_ms - spikes[k].after_ms) / h->tau_ms);
        now_ms = spikes[k].after_ms;
        t->x[i] = t->x[i] * hk_exp((t->last_ms[i] - now_ms) / h->tau_ms) + 1.0;
        t->last_ms[i] = now_ms;
        for (uint32_t c = 0; c < h->n_classes; c++)
            t->y[c] = t->y[c] * decay + w[c];
        if (config != NULL)
            change(w, t->y, h->n_classes, t->x[i], eta, config->rule, samples->labels[sample]);
        for (uint32_t c = 0; c < h->n_classes; c++)
            t->score[c] += t->y[c];
    }
    for (size_t k = 0; k < n; k++)
        t->x[spikes[k].neuron] = t->last_ms[spikes[k].neuron] = 0.0;
}

static int check(hk_ctx *ctx, const hk_hebbian_config *c, const hk_features *samples)
{
    if (samples->spikes == NULL || samples->n_features > UINT32_MAX)
        return hk_fail(ctx, HK_ERANGE, "hebbian readout: the samples come without their spikes");
    if (!(c->tau_ms > 0.0 && c->tau_ms < INFINITY))
        return hk_fail(ctx, HK_ERANGE, "hebbian readout: tau_ms = %g, must be > 0", c->tau_ms);
    if (!(c->eta_end > 0.0 && c->eta_start >= c->eta_end && c->eta_start <= 1.0))
        return hk_fail(ctx, HK_ERANGE,
                       "hebbian readout: eta_start = %g and eta_end = %g, must be 1 >= start >= end > 0", c->eta_start,
                       c->eta_end);
    if (c->epochs == 0)
        return hk_fail(ctx, HK_ERANGE, "hebbian readout: epochs = 0, must be at least 1");
    return HK_OK;
}

/* Targets are 0 and 1 and a trace is at least 1 at its own spike, so sound weights are of the order of 1. */
static int check_weights(hk_ctx *ctx, const hk_hebbian *h)
{
    for (size_t k = 0; k < (size_t)h->n_neurons * h->n_classes; k++)
        if (!(fabs(h->weights[k]) < 1e6))
            return hk_fail(ctx, HK_ERANGE, "hebbian readout: weights grow without bound; eta_start is too large");
    return HK_OK;
}

int hk_hebbian_learn(hk_ctx *ctx, const hk_hebbian_config *config, const hk_features *samples, hk_hebbian *out)
{
    *out = (hk_hebbian){ 0 };
    int rc = check(ctx, config, samples);
    if (rc != HK_OK)
        return rc;
    *out = (hk_hebbian){ .tau_ms = config->tau_ms,
                         .n_neurons = (uint32_t)samples->n_features,
                         .n_classes = samples->n_classes,
                         .weights = calloc(samples->n_features * samples->n_classes, sizeof *out->weights) };
    course t;
    size_t *order = malloc(samples->n * sizeof *order);
    rc = course_init(ctx, out, &t);
    if (rc == HK_OK && (order == NULL || out->weights == NULL))
        rc = hk_fail(ctx, HK_ENOMEM, "hebbian readout: no memory for %u neurons", out->n_neurons);
    for (uint32_t epoch = 0; rc == HK_OK && epoch < config->epochs; epoch++) {
        hk_order_shuffle(order, samples->n, config->seed, "hebbian samples", epoch);
        for (size_t s = 0; s < samples->n; s++) {
            double done = ((double)epoch + (double)s / (double)samples->n) / (double)config->epochs;
            double eta = hk_order_fall(config->eta_start, config->eta_end, done);
            show(out, &t, samples, order[s], config, eta);
        }
    }
    if (rc == HK_OK)
        rc = check_weights(ctx, out);
    course_fini(&t);
    free(order);
    if (rc != HK_OK)
        hk_hebbian_fini(out);
    return rc;
}

void hk_hebbian_fini(hk_hebbian *hebbian)
{
    free(hebbian->weights);
    *hebbian = (hk_hebbian){ 0 };
}

int hk_hebbian_decide(hk_ctx *ctx, const hk_hebbian *hebbian, const hk_features *samples, int32_t *classes)
{
    if (samples->spikes == NULL)
        return hk_fail(ctx, HK_ERANGE, "hebbian readout: the samples come without their spikes");
    hk_hebbian h = *hebbian;
    course t;
    int rc = course_init(ctx, &h, &t);
    for (size_t s = 0; rc == HK_OK && s < samples->n; s++) {
        show(&h, &t, samples, s, NULL, 0.0);
        classes[s] = samples->first_spike[s] == samples->first_spike[s + 1] ? -1 : 0;
        for (uint32_t c = 1; classes[s] >= 0 && c < h.n_classes; c++)
            if (t.score[c] > t.score[classes[s]])
                classes[s] = (int32_t)c;
    }
    course_fini(&t);
    return rc;
}
