/* sim/drive.c - see drive.h. */
#include "sim/drive.h"

#include <math.h>
#include <stdlib.h>

#define MOST_HZ 1e7

static int draw_next(hk_section *s, uint32_t i, hk_time now)
{
    hk_population *p = s->p;
    hk_stream stream = hk_stream_open(p->sim->seed, HK_PURPOSE_DRIVE, p->name_id, i);
    stream.counter = p->drive_counter[i];
    double after_ms = 1e3 / p->drive_rate_hz * hk_stream_exponential(&stream);
    p->drive_counter[i] = stream.counter;
    if (!(after_ms < 1e15)) /* not in this life */
        return HK_OK;
    hk_time at = hk_time_after(now, after_ms, p->sim->resolution_ms);
    return hk_queue_push(
        s->drive,
        &(hk_event){
            .step = at.step, .offset = at.offset, .kind = HK_EVENT_ARRIVAL, .group = HK_GROUP_DRIVE, .source = i });
}

static int start(hk_population *p)
{
    if (p->drive_counter == NULL && (p->drive_counter = calloc(p->n, sizeof *p->drive_counter)) == NULL)
        return HK_ENOMEM;
    int rc = HK_OK;
    for (uint32_t k = 0; rc == HK_OK && k < p->n_sections; k++) {
        hk_section *s = &p->sections[k];
        if (s->drive == NULL)
            rc = hk_queue_create(p->sim->ctx, p->sim->resolution_ms, &s->drive);
        if (rc == HK_OK)
            hk_queue_clear(s->drive);
        for (uint32_t i = s->begin; rc == HK_OK && p->drive_rate_hz > 0.0 && i < s->end; i++)
            rc = draw_next(s, i, hk_population_now(p));
    }
    return rc;
}

int hk_population_drive(hk_population *population, double rate_hz, double weight)
{
    hk_population *p = population;
    hk_ctx *ctx = p->sim->ctx;
    if (p->model->kind != HK_MODEL_NEURON)
        return hk_fail(ctx, HK_ESTATE, "population %s: %s neurons take no input", p->name, p->model->name);
    if (!(rate_hz >= 0.0 && rate_hz <= MOST_HZ))
        return hk_fail(ctx, HK_ERANGE, "population %s: drive: rate_hz = %g, must be in 0 ... %g", p->name, rate_hz,
                       MOST_HZ);
    if (!(fabs(weight) <= 1e37))
        return hk_fail(ctx, HK_ERANGE, "population %s: drive: weight = %g, must be within +-1e37", p->name, weight);
    double mean = 1e-3 * rate_hz * p->sim->resolution_ms;
    if (p->sim->grid != NULL && !(mean <= HK_COUNTS_MOST_MEAN))
        return hk_fail(ctx, HK_ERANGE, "population %s: drive: rate_hz = %g, must be at most %g in steps of %g ms",
                       p->name, rate_hz, HK_COUNTS_MOST_MEAN / (1e-3 * p->sim->resolution_ms), p->sim->resolution_ms);
    p->drive_rate_hz = rate_hz;
    p->drive_weight = weight;
    if (p->sim->grid != NULL) {
        p->drive_counts.n_limits = 0;
        if (mean > 0.0)
            hk_counts_prepare(mean, &p->drive_counts);
        return HK_OK;
    }
    int rc = start(p);
    return rc == HK_ENOMEM ? hk_fail(ctx, rc, "population %s: out of memory for its drive", p->name) : rc;
}

int hk_drive_take(hk_section *section, int64_t end, const hk_event **events, size_t *n)
{
    hk_section *s = section;
    *n = 0;
    while (s->drive != NULL && hk_queue_next_step(s->drive) < end) {
        hk_event event;
        (void)hk_queue_pop(s->drive, &event);
        if (*n == s->driven_capacity) {
            size_t capacity = 2 * s->driven_capacity + 256;
            hk_event *grown = realloc(s->driven, capacity * sizeof *grown);
            if (grown == NULL)
                return HK_ENOMEM;
            s->driven = grown;
            s->driven_capacity = capacity;
        }
        s->driven[(*n)++] = event;
        int rc = draw_next(s, event.source, hk_event_time(&event));
        if (rc != HK_OK)
            return rc;
    }
    *events = s->driven;
    return HK_OK;
}
