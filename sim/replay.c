/* sim/replay.c - see replay.h. */
#include "sim/replay.h"

#include "sim/memory.h"

#include <math.h>

enum { MOST_AGAIN = 1000 }; /* spikes at one time */

static int add_fired(hk_shard *shard, uint32_t i, double offset)
{
    hk_dense_shard *d = shard->dense;
    uint32_t *fired = hk_memory_grow(shard->fired, &shard->fired_capacity, shard->n_fired + 1, sizeof *fired);
    if (fired == NULL)
        return HK_ENOMEM;
    shard->fired = fired;
    double *offsets = hk_memory_grow(d->fired_offset, &d->fired_offset_capacity, shard->n_fired + 1, sizeof *offsets);
    if (offsets == NULL)
        return HK_ENOMEM;
    d->fired_offset = offsets;
    d->fired_offset[shard->n_fired] = offset;
    shard->fired[shard->n_fired++] = i;
    return HK_OK;
}

static int fire(hk_shard *shard, hk_population *p, const hk_neuron_view *view, uint32_t i, hk_time now)
{
    double refractory_ms = p->model->fire(view, i, now);
    p->held_until[i] = hk_time_after(now, refractory_ms, view->resolution_ms);
    p->counts[i]++;
    return add_fired(shard, i, now.offset);
}

/* Adds what comes at the time of inputs[0]; returns how many there are. `may_cross`: whether it may spike in this step. */
static size_t receive(const hk_population *p, const hk_neuron_view *view, uint32_t i, hk_time now, hk_time end,
                      const hk_input *inputs, size_t n, bool *may_cross)
{
    uint32_t hit;
    size_t taken = 0;
    do {
        hk_hits hits = { .neuron = &hit, .capacity = 1 };
        hk_slab slab = { .weight64 = &inputs[taken].weight, .first = i, .n = 1 };
        p->model->receive(view, &slab, now, end, &hits);
        *may_cross = hits.n > 0;
        taken++;
    } while (taken < n && inputs[taken].z == inputs[0].z);
    return taken;
}

static bool sweep(const hk_population *p, const hk_neuron_view *view, uint32_t i, hk_time now, hk_time end)
{
    uint32_t hit;
    hk_hits hits = { .neuron = &hit, .capacity = 1 };
    p->model->sweep(view, i, i + 1, now, end, &hits);
    return hits.n > 0;
}

int hk_replay(hk_shard *shard, hk_population *population, uint32_t i, int64_t step, const hk_input *inputs, size_t n)
{
    hk_population *p = population;
    const hk_neuron_view *view = &shard->dense->slices[p->index].view;
    double resolution_ms = view->resolution_ms;
    hk_time now = hk_time_grid(step, resolution_ms), end = hk_time_grid(step + 1, resolution_ms);
    bool held = p->held_until[i].step != INT64_MIN, may_cross = !held && sweep(p, view, i, now, end);
    size_t n_again = 0;
    for (size_t k = 0;;) {
        hk_time next = k < n ? (hk_time){ .step = step, .offset = inputs[k].z * resolution_ms } : end;
        if (held && !hk_time_before(next, p->held_until[i])) {
            n_again = hk_time_equal(now, p->held_until[i]) ? n_again + 1 : 0;
            now = p->held_until[i];
            p->model->release(view, i, i + 1, now);
            p->held_until[i] = HK_NOT_HELD;
            held = false;
            may_cross = sweep(p, view, i, now, end);
            if (n_again > MOST_AGAIN)
                return hk_fail(p->sim->ctx, HK_EBLOWUP,
                               "population %s: neuron %u spikes again and again at %.4f ms; its threshold is below its "
                               "reset potential and nothing holds it",
                               p->name, i, hk_time_to_ms(now, resolution_ms));
        }
        double after_ms = may_cross ? p->model->predict(view, i, now, next) : (double)INFINITY;
        if (after_ms < (double)INFINITY) {
            hk_time at = hk_time_after(now, after_ms, resolution_ms);
            if (hk_time_before(at, next) || (k == n && !hk_time_before(next, at))) { /* else the input comes first */
                int rc = fire(shard, p, view, i, at);
                if (rc != HK_OK)
                    return rc;
                now = at;
                held = true;
                may_cross = false;
                continue;
            }
        }
        if (k == n)
            break;
        now = next;
        k += receive(p, view, i, now, end, inputs + k, n - k, &may_cross);
    }
    if (!held)
        return HK_OK;
    hk_event release = {
        .step = p->held_until[i].step, .offset = p->held_until[i].offset, .kind = HK_EVENT_RELEASE, .source = i
    };
    return hk_releases_push(&shard->slices[p->index].releases, &release);
}
