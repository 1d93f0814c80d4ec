/* sim/drive.c - see drive.h. */
#include "sim/drive.h"

#include <math.h>
#include <stdlib.h>

#define MOST_HZ 1e9

static int draw_next(hk_population *p, uint32_t i, hk_time now)
{
    hk_stream stream = hk_stream_open(p->sim->seed, HK_PURPOSE_DRIVE, p->name_id, i);
    stream.counter = p->drive_counter[i];
    double after_ms = 1e3 / p->drive_rate_hz * hk_stream_exponential(&stream);
    p->drive_counter[i] = stream.counter;
    hk_time at = hk_time_after(now, after_ms, p->sim->resolution_ms);
    return hk_queue_push(
        p->drive,
        &(hk_event){
            .step = at.step, .offset = at.offset, .kind = HK_EVENT_ARRIVAL, .group = HK_GROUP_DRIVE, .source = i });
}

static int start(hk_population *p)
{
    int rc = p->drive == NULL ? hk_queue_create(p->sim->ctx, p->sim->resolution_ms, &p->drive) : HK_OK;
    if (rc == HK_OK && p->drive_counter == NULL && (p->drive_counter = calloc(p->n, sizeof *p->drive_counter)) == NULL)
        rc = HK_ENOMEM;
    if (rc != HK_OK)
        return rc;
    hk_queue_clear(p->drive);
    for (uint32_t i = 0; rc == HK_OK && p->drive_rate_hz > 0.0 && i < p->n; i++)
        rc = draw_next(p, i, hk_population_now(p));
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
        return hk_fail(ctx, HK_ERANGE, "population %s: drive: rate_hz = %g, must be at most %g on a grid of %g ms",
                       p->name, rate_hz, HK_COUNTS_MOST_MEAN / (1e-3 * p->sim->resolution_ms), p->sim->resolution_ms);
    p->drive_rate_hz = rate_hz;
    p->drive_weight = weight;
    if (p->sim->grid != NULL) {
        if (rate_hz > 0.0)
            hk_counts_prepare(mean, &p->drive_counts);
        return HK_OK;
    }
    int rc = start(p);
    return rc == HK_ENOMEM ? hk_fail(ctx, rc, "population %s: out of memory for its drive", p->name) : rc;
}

int hk_drive_take(hk_population *population, int64_t end, const hk_event **events, size_t *n)
{
    hk_population *p = population;
    *n = 0;
    while (p->drive != NULL && hk_queue_next_step(p->drive) < end) {
        hk_event event;
        (void)hk_queue_pop(p->drive, &event);
        if (*n == p->drive_capacity) {
            size_t capacity = 2 * p->drive_capacity + 256;
            hk_event *grown = realloc(p->drive_events, capacity * sizeof *grown);
            if (grown == NULL)
                return HK_ENOMEM;
            p->drive_events = grown;
            p->drive_capacity = capacity;
        }
        p->drive_events[(*n)++] = event;
        int rc = draw_next(p, event.source, hk_event_time(&event));
        if (rc != HK_OK)
            return rc;
    }
    *events = p->drive_events;
    return HK_OK;
}

void hk_drive_fini(hk_population *population)
{
    hk_queue_destroy(population->drive);
    free(population->drive_counter);
    free(population->drive_events);
}
