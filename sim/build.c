/* sim/build.c - building projections: predicts their size, draws them, and sorts each row by delay and target. */
#include "sim/connect.h"
#include "sim/draw.h"
#include "sim/memory.h"
#include "sim/storage.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SLOTS = 65535 }; /* slots are 16 bits in an event */

#define MAX_WEIGHT 1e37 /* in single precision, with room for the tails of a normal distribution */

typedef struct synapse { /* one synapse while its row is sorted */
    uint32_t delay, target;
    double weight;
} synapse;

typedef struct build_plan {
    hk_connecting connecting;
    hk_layout layout;
    uint64_t n_synapses, n_weights, stride, bytes;
    double n_slots; /* most there can be */
} build_plan;

static bool one_delay(const hk_projection_config *cfg)
{
    return cfg->delay_ms.kind == HK_CONSTANT && !(cfg->connect == HK_EXPLICIT && cfg->list_delay_ms != NULL);
}

/* At most so many distinct delays stand in the list: no more than connections, nor than steps between its ends. */
static double listed_slots(const hk_projection_config *cfg, double resolution_ms)
{
    double low = HUGE_VAL, high = 0.0;
    for (uint64_t k = 0; k < cfg->n; k++) {
        low = fmin(low, cfg->list_delay_ms[k]);
        high = fmax(high, cfg->list_delay_ms[k]);
    }
    return fmax(1.0, fmin((double)cfg->n, (high - low) / resolution_ms + 2.0));
}

static double expected_slots(const hk_projection_config *cfg, double resolution_ms)
{
    const hk_draw *d = &cfg->delay_ms;
    if (one_delay(cfg))
        return 1.0;
    if (cfg->connect == HK_EXPLICIT && cfg->list_delay_ms != NULL)
        return listed_slots(cfg, resolution_ms);
    if (d->kind == HK_UNIFORM)
        return (d->b - d->a) / resolution_ms + 2.0;
    double low = d->a - 5.0 * d->b, high = d->a + 5.0 * d->b;
    if (d->min != 0.0 || d->max != 0.0) {
        low = fmax(low, d->min);
        high = fmin(high, d->max);
    }
    return (high - fmax(low, 0.0)) / resolution_ms + 2.0;
}

static int check_config(hk_sim *sim, const hk_projection_config *cfg)
{
    if (cfg->pre == NULL || cfg->post == NULL || cfg->pre->sim != sim || cfg->post->sim != sim)
        return hk_fail(sim->ctx, HK_ERANGE, "projection: pre and post must be populations of this simulation");
    if (cfg->post->model->kind != HK_MODEL_NEURON)
        return hk_fail(sim->ctx, HK_ERANGE, "projection onto %s: %s neurons take no input", cfg->post->name,
                       cfg->post->model->name);
    if (cfg->connect == HK_EXPLICIT && cfg->n > 0 && (cfg->list_pre == NULL || cfg->list_post == NULL))
        return hk_fail(sim->ctx, HK_ERANGE, "projection: explicit connections need list_pre and list_post");
    if (cfg->double_weights && (cfg->connect != HK_EXPLICIT || cfg->plastic))
        return hk_fail(sim->ctx, HK_ERANGE,
                       "projection: double_weights are for explicit connections that are not plastic");
    int rc = hk_draw_check(sim->ctx, "projection: weight", &cfg->weight);
    if (rc == HK_OK && !(fabs(cfg->weight.a) <= MAX_WEIGHT && fabs(cfg->weight.b) <= MAX_WEIGHT))
        rc = hk_fail(sim->ctx, HK_ERANGE, "projection: weight: a = %g, b = %g, must be within +-%g", cfg->weight.a,
                     cfg->weight.b, MAX_WEIGHT);
    if (rc == HK_OK)
        rc = hk_draw_check(sim->ctx, "projection: delay_ms", &cfg->delay_ms);
    if (rc == HK_OK && cfg->delay_ms.kind == HK_UNIFORM &&
        !(cfg->delay_ms.b <= HK_MOST_DELAY_STEPS * sim->resolution_ms))
        rc = hk_fail(sim->ctx, HK_ERANGE, "projection: delay_ms up to %g, must be at most %g", cfg->delay_ms.b,
                     HK_MOST_DELAY_STEPS * sim->resolution_ms);
    if (rc == HK_OK && one_delay(cfg) && hk_steps_in_ms(cfg->delay_ms.a, sim->resolution_ms) < 1)
        rc = hk_fail(sim->ctx, HK_ERANGE,
                     "projection: delay_ms = %g, must be a whole number of steps of %g ms, at least one",
                     cfg->delay_ms.a, sim->resolution_ms);
    return rc;
}

/* On the grid, drawn when the network is complete: a projection whose weights round badly takes twice as much. */
static bool may_be_compact(const hk_sim *sim, const hk_projection_config *cfg, hk_layout layout)
{
    return sim->grid != NULL && layout == HK_LAYOUT_SPARSE && !cfg->plastic && !cfg->double_weights &&
           cfg->weights == HK_WEIGHTS_COMPACT;
}

static int make_plan(hk_sim *sim, const hk_projection_config *cfg, const char *name, build_plan *out)
{
    int rc = check_config(sim, cfg);
    if (rc != HK_OK)
        return rc;
    uint32_t n_pre = cfg->pre->n, n_post = cfg->post->n;
    *out = (build_plan){ .connecting = { .cfg = cfg,
                                         .seed = sim->seed,
                                         .name_id = hk_name_id(name),
                                         .n_pre = n_pre,
                                         .n_post = n_post,
                                         .within = cfg->pre == cfg->post,
                                         .cpu = sim->cpu } };
    rc = hk_connect_check(sim->ctx, &out->connecting);
    if (rc != HK_OK)
        return rc;
    bool all_allowed = !out->connecting.within || (cfg->pairs & HK_PAIRS_AUTAPSES) != 0;
    if (cfg->connect == HK_ALL_TO_ALL && one_delay(cfg) && all_allowed)
        out->layout = HK_LAYOUT_DENSE;
    else if (cfg->connect == HK_ONE_TO_ONE && one_delay(cfg))
        out->layout = HK_LAYOUT_DIAGONAL;
    out->n_slots = out->layout == HK_LAYOUT_SPARSE ? expected_slots(cfg, sim->resolution_ms) : 1.0;
    out->n_synapses = out->n_weights = hk_connect_expected(&out->connecting);
    out->n_slots = fmin(out->n_slots, fmax(1.0, (double)out->n_synapses));
    if (out->layout == HK_LAYOUT_DENSE) {
        out->stride = ((uint64_t)n_post + 15) / 16 * 16;
        out->n_weights = out->stride * n_pre;
    }
    double bytes = (cfg->double_weights ? 8.0 : 4.0) * (double)out->n_weights;
    if (out->layout == HK_LAYOUT_SPARSE)
        bytes += 4.0 * (double)out->n_synapses + 8.0 * ((double)n_pre * out->n_slots + 1.0) + 8.0 * (double)n_pre;
    if (out->layout == HK_LAYOUT_DIAGONAL || (out->layout == HK_LAYOUT_SPARSE && cfg->plastic))
        bytes += 8.0 * (double)out->n_synapses + 8.0 * (double)n_post;
    if (may_be_compact(sim, cfg, out->layout))
        bytes = 4.0 * (double)out->n_synapses;
    if (!(bytes < 0x1p62))
        return hk_fail(sim->ctx, HK_ENOMEM, "projection %s: %.3g synapses would take %.3g bytes", name,
                       (double)out->n_synapses, bytes);
    out->bytes = (uint64_t)bytes;
    return HK_OK;
}

static char *full_name(const hk_projection_config *cfg)
{
    if (cfg->name != NULL)
        return strdup(cfg->name);
    if (cfg->pre == NULL || cfg->post == NULL)
        return strdup("?");
    size_t size = strlen(cfg->pre->name) + strlen(cfg->post->name) + 3;
    char *name = malloc(size);
    if (name != NULL)
        snprintf(name, size, "%s->%s", cfg->pre->name, cfg->post->name);
    return name;
}

int hk_projection_predict(hk_sim *sim, const hk_projection_config *cfg, uint64_t *n_synapses, uint64_t *bytes)
{
    char *name = full_name(cfg);
    if (name == NULL)
        return hk_fail(sim->ctx, HK_ENOMEM, "projection: out of memory");
    build_plan p;
    int rc = make_plan(sim, cfg, name, &p);
    free(name);
    if (rc == HK_OK) {
        *n_synapses = p.n_synapses;
        *bytes = p.bytes;
    }
    return rc;
}

/* --- delays ---------------------------------------------------------------------------------------------- */

static int to_steps(hk_sim *sim, const char *name, double ms, uint32_t *steps)
{
    double whole = nearbyint(ms / sim->resolution_ms);
    if (!(whole < HK_MOST_DELAY_STEPS))
        return hk_fail(sim->ctx, HK_ERANGE, "projection %s: a delay of %g ms, must be below %g ms", name, ms,
                       HK_MOST_DELAY_STEPS * sim->resolution_ms);
    *steps = whole < 1.0 ? 1 : (uint32_t)whole;
    return HK_OK;
}

static int compare_synapses(const void *a, const void *b)
{
    const synapse *x = a, *y = b;
    if (x->delay != y->delay)
        return x->delay < y->delay ? -1 : 1;
    if (x->target != y->target)
        return x->target < y->target ? -1 : 1;
    return x->weight < y->weight ? -1 : x->weight > y->weight;
}

/* Which delays occur, as slots: slot_of[delay] afterwards. */
typedef struct slots {
    uint32_t *slot_of; /* [capacity]: 1 where the delay occurs, then its slot */
    uint32_t capacity;
} slots;

static int note_delay(slots *s, uint32_t delay)
{
    if (delay >= s->capacity) {
        uint32_t capacity = delay + 256;
        uint32_t *grown = realloc(s->slot_of, capacity * sizeof *grown);
        if (grown == NULL)
            return HK_ENOMEM;
        memset(grown + s->capacity, 0, (capacity - s->capacity) * sizeof *grown);
        s->slot_of = grown;
        s->capacity = capacity;
    }
    s->slot_of[delay] = 1;
    return HK_OK;
}

static int number_slots(hk_projection *p, slots *s)
{
    for (uint32_t d = 0; d < s->capacity; d++)
        p->n_slots += s->slot_of[d];
    p->delay = malloc((p->n_slots + 1) * sizeof *p->delay);
    if (p->delay == NULL)
        return HK_ENOMEM;
    if (p->n_slots > MAX_SLOTS)
        return hk_fail(p->pre->sim->ctx, HK_ERANGE,
                       "projection %s: %u distinct delays, must be at most %d; a coarser "
                       "resolution has fewer",
                       p->name, p->n_slots, MAX_SLOTS);
    uint32_t slot = 0;
    for (uint32_t d = 0; d < s->capacity; d++)
        if (s->slot_of[d] != 0) {
            p->delay[slot] = d;
            s->slot_of[d] = slot++;
        }
    return HK_OK;
}

/* --- sparse rows ------------------------------------------------------------------------------------------ */

typedef struct row_space { /* for the longest row, and for its delays */
    synapse *drawn, *sorted;
    uint32_t *start;
    size_t start_capacity;
} row_space;

/* Sorts a row, whose targets ascend, by delay: by counting, which keeps the targets in order. */
static int sort_row(row_space *space, uint64_t n)
{
    const synapse *row = space->drawn;
    uint32_t first = UINT32_MAX, last = 0;
    for (uint64_t k = 0; k < n; k++) {
        first = row[k].delay < first ? row[k].delay : first;
        last = row[k].delay > last ? row[k].delay : last;
    }
    if (n == 0)
        return HK_OK;
    size_t n_delays = (size_t)(last - first) + 2;
    if (n_delays > space->start_capacity) {
        uint32_t *start = realloc(space->start, 2 * n_delays * sizeof *start);
        if (start == NULL)
            return HK_ENOMEM;
        space->start = start;
        space->start_capacity = 2 * n_delays;
    }
    memset(space->start, 0, n_delays * sizeof *space->start);
    for (uint64_t k = 0; k < n; k++)
        space->start[row[k].delay - first + 1]++;
    for (size_t d = 1; d < n_delays; d++)
        space->start[d] += space->start[d - 1];
    for (uint64_t k = 0; k < n; k++)
        space->sorted[space->start[row[k].delay - first]++] = row[k];
    return HK_OK;
}

/* Draws weights and delays of one row (targets ascending) and sorts it by delay; delay[] per synapse is kept aside. */
static int finish_row(hk_projection *p, const hk_projection_config *cfg, uint64_t name_id, uint32_t pre, uint64_t begin,
                      uint64_t n, uint32_t *delay, row_space *space)
{
    synapse *row = space->drawn;
    hk_sim *sim = p->pre->sim;
    hk_stream weights = hk_stream_open(sim->seed, HK_PURPOSE_WEIGHT, name_id, pre);
    hk_stream delays = hk_stream_open(sim->seed, HK_PURPOSE_DELAY, name_id, pre);
    for (uint64_t k = 0; k < n; k++) {
        row[k] = (synapse){ .target = p->target[begin + k], .weight = hk_draw_value(&cfg->weight, &weights) };
        int rc = to_steps(sim, p->name, hk_draw_value(&cfg->delay_ms, &delays), &row[k].delay);
        if (rc != HK_OK)
            return rc;
    }
    if (delay != NULL) { /* one delay: already in order */
        int rc = sort_row(space, n);
        if (rc != HK_OK)
            return rc;
        row = space->sorted;
    }
    for (uint64_t k = 0; k < n; k++) {
        p->target[begin + k] = row[k].target;
        p->weight[begin + k] = (float)row[k].weight;
        if (delay != NULL)
            delay[begin + k] = row[k].delay;
    }
    return HK_OK;
}

/* From the delays of all synapses, rows beginning at row[pre], to the table of slabs. */
static int make_slabs(hk_projection *p, const uint64_t *row, const uint32_t *delay, uint32_t the_delay)
{
    slots s = { 0 };
    int rc = delay == NULL ? note_delay(&s, the_delay) : HK_OK;
    for (uint64_t k = 0; rc == HK_OK && delay != NULL && k < p->n_synapses; k++)
        if (delay[k] >= s.capacity || s.slot_of[delay[k]] == 0)
            rc = note_delay(&s, delay[k]);
    if (rc == HK_OK)
        rc = number_slots(p, &s);
    uint64_t n_slabs = (uint64_t)p->pre->n * p->n_slots;
    p->begin = rc == HK_OK ? malloc((n_slabs + 1) * sizeof *p->begin) : NULL;
    if (rc == HK_OK && p->begin == NULL)
        rc = HK_ENOMEM;
    for (uint32_t pre = 0; rc == HK_OK && pre < p->pre->n; pre++) {
        uint64_t at = row[pre];
        for (uint32_t slot = 0; slot < p->n_slots; slot++) {
            p->begin[(uint64_t)pre * p->n_slots + slot] = at;
            while (at < row[pre + 1] && (delay == NULL ? 0 : s.slot_of[delay[at]]) == slot)
                at++;
        }
    }
    if (rc == HK_OK) {
        p->begin[n_slabs] = p->n_synapses;
        for (uint64_t slab = 0; !p->repeats && slab < n_slabs; slab++)
            for (uint64_t k = p->begin[slab] + 1; k < p->begin[slab + 1]; k++)
                p->repeats = p->repeats || p->target[k] == p->target[k - 1];
        p->bytes = (p->weight64 == NULL ? 8 : 12) * p->n_synapses + 8 * (n_slabs + 1);
    }
    free(s.slot_of);
    return rc;
}

static int allocate_synapses(hk_projection *p, bool double_weights)
{
    p->n_weights = p->n_synapses;
    p->target = hk_memory_alloc(p->n_synapses * sizeof *p->target);
    if (double_weights)
        p->weight64 = hk_memory_alloc(p->n_synapses * sizeof *p->weight64);
    else
        p->weight = hk_memory_alloc(p->n_synapses * sizeof *p->weight);
    return p->target == NULL || (p->weight == NULL && p->weight64 == NULL) ? HK_ENOMEM : HK_OK;
}

static int build_drawn(hk_projection *p, const build_plan *plan)
{
    const hk_projection_config *cfg = plan->connecting.cfg;
    uint32_t n_pre = p->pre->n, longest = 0;
    bool single = one_delay(cfg);
    uint32_t *delay = NULL;
    row_space space = { 0 };
    uint64_t *row = calloc((size_t)n_pre + 1, sizeof *row);
    int rc = row == NULL ? HK_ENOMEM : hk_connect_count(&plan->connecting, row);
    for (uint32_t pre = 0; rc == HK_OK && pre < n_pre; pre++) {
        longest = row[pre + 1] > longest ? (uint32_t)row[pre + 1] : longest;
        row[pre + 1] += row[pre];
    }
    if (rc == HK_OK) {
        p->n_synapses = row[n_pre];
        rc = allocate_synapses(p, false);
    }
    if (rc == HK_OK)
        rc = hk_connect_fill(&plan->connecting, row, p->target);
    if (rc == HK_OK && !single && (delay = hk_memory_alloc(p->n_synapses * sizeof *delay)) == NULL)
        rc = HK_ENOMEM;
    if (rc == HK_OK) {
        space.drawn = malloc(((size_t)longest + 1) * sizeof *space.drawn);
        space.sorted = malloc(((size_t)longest + 1) * sizeof *space.sorted);
        if (space.drawn == NULL || space.sorted == NULL)
            rc = HK_ENOMEM;
    }
    if (rc == HK_OK && single && cfg->weight.kind == HK_CONSTANT)
        for (uint64_t k = 0; k < p->n_synapses; k++)
            p->weight[k] = (float)cfg->weight.a;
    else
        for (uint32_t pre = 0; rc == HK_OK && pre < n_pre; pre++)
            rc = finish_row(p, cfg, plan->connecting.name_id, pre, row[pre], row[pre + 1] - row[pre], delay, &space);
    if (rc == HK_OK)
        rc = make_slabs(p, row, delay,
                        (uint32_t)hk_steps_in_ms(single ? cfg->delay_ms.a : 0.0, p->pre->sim->resolution_ms));
    hk_memory_free(delay, p->n_synapses * sizeof *delay);
    free(space.drawn);
    free(space.sorted);
    free(space.start);
    free(row);
    return rc;
}

typedef struct listed {
    uint32_t pre;
    synapse synapse;
} listed;

static int compare_listed(const void *a, const void *b)
{
    const listed *x = a, *y = b;
    if (x->pre != y->pre)
        return x->pre < y->pre ? -1 : 1;
    return compare_synapses(&x->synapse, &y->synapse);
}

static int read_listed(hk_projection *p, const hk_projection_config *cfg, uint64_t name_id, listed *all)
{
    hk_sim *sim = p->pre->sim;
    hk_stream weights = hk_stream_open(sim->seed, HK_PURPOSE_WEIGHT, name_id, 0);
    hk_stream delays = hk_stream_open(sim->seed, HK_PURPOSE_DELAY, name_id, 0);
    for (uint64_t k = 0; k < cfg->n; k++) {
        double w = cfg->list_weight != NULL ? cfg->list_weight[k] : hk_draw_value(&cfg->weight, &weights);
        double d = cfg->list_delay_ms != NULL ? cfg->list_delay_ms[k] : hk_draw_value(&cfg->delay_ms, &delays);
        all[k] = (listed){ .pre = cfg->list_pre[k], .synapse = { .target = cfg->list_post[k], .weight = w } };
        if (all[k].pre >= p->pre->n || all[k].synapse.target >= p->post->n)
            return hk_fail(sim->ctx, HK_ERANGE,
                           "projection %s: connection %llu is from %u to %u, must be below %u and %u", p->name,
                           (unsigned long long)k, all[k].pre, all[k].synapse.target, p->pre->n, p->post->n);
        if (!(fabs(w) <= MAX_WEIGHT))
            return hk_fail(sim->ctx, HK_ERANGE, "projection %s: weight %g of connection %llu, must be finite", p->name,
                           w, (unsigned long long)k);
        if (cfg->list_delay_ms != NULL && hk_steps_in_ms(d, sim->resolution_ms) < 1)
            return hk_fail(sim->ctx, HK_ERANGE,
                           "projection %s: delay %g ms of connection %llu, must be whole steps of %g ms, "
                           "at least one",
                           p->name, d, (unsigned long long)k, sim->resolution_ms);
        int rc = to_steps(sim, p->name, d, &all[k].synapse.delay);
        if (rc != HK_OK)
            return rc;
    }
    return HK_OK;
}

static int build_listed(hk_projection *p, const build_plan *plan)
{
    const hk_projection_config *cfg = plan->connecting.cfg;
    p->n_synapses = cfg->n;
    listed *all = malloc((cfg->n + 1) * sizeof *all);
    uint32_t *delay = malloc((cfg->n + 1) * sizeof *delay);
    uint64_t *row = calloc((size_t)p->pre->n + 1, sizeof *row);
    int rc = all == NULL || delay == NULL || row == NULL ? HK_ENOMEM : allocate_synapses(p, cfg->double_weights);
    if (rc == HK_OK)
        rc = read_listed(p, cfg, plan->connecting.name_id, all);
    if (rc == HK_OK) {
        qsort(all, cfg->n, sizeof *all, compare_listed); /* the order of the list does not matter */
        for (uint64_t k = 0; k < cfg->n; k++) {
            row[all[k].pre + 1]++;
            p->target[k] = all[k].synapse.target;
            if (p->weight64 != NULL)
                p->weight64[k] = all[k].synapse.weight;
            else
                p->weight[k] = (float)all[k].synapse.weight;
            delay[k] = all[k].synapse.delay;
        }
        for (uint32_t pre = 0; pre < p->pre->n; pre++)
            row[pre + 1] += row[pre];
        rc = make_slabs(p, row, delay, 0);
    }
    free(all);
    free(delay);
    free(row);
    return rc;
}

static int build_other(hk_projection *p, const build_plan *plan)
{
    p->stride = plan->stride;
    p->n_weights = plan->n_weights;
    p->n_synapses = plan->n_synapses;
    p->bytes = plan->bytes;
    return hk_build_rows(p, plan->connecting.cfg);
}

static int check_memory(hk_sim *sim, const char *name, const build_plan *plan)
{
    uint64_t available = hk_memory_available();
    uint64_t needed = plan->bytes + (plan->n_slots > 1.0 ? 4 * plan->n_synapses : 0); /* delays while building */
    if (needed > available)
        return hk_fail(sim->ctx, HK_ENOMEM,
                       "projection %s: %.4g synapses need %.1f MB, the machine has %.1f MB available", name,
                       (double)plan->n_synapses, (double)needed / 1e6, (double)available / 1e6);
    return HK_OK;
}

/* --- projections ------------------------------------------------------------------------------------------------ */

/* On the grid synapses wait until the network is complete. */
static bool waits(const hk_sim *sim, const build_plan *plan)
{
    return sim->grid != NULL && plan->layout == HK_LAYOUT_SPARSE && !plan->connecting.cfg->plastic;
}

/* Keeps what was asked for. Explicit lists are looked through at once: an error belongs where the lists come from. */
static int let_wait(hk_projection *p, const build_plan *plan)
{
    const hk_projection_config *cfg = plan->connecting.cfg;
    int rc = hk_projection_keep(p, cfg);
    p->n_synapses = plan->n_synapses;
    p->bytes = plan->bytes;
    if (rc == HK_OK && cfg->connect == HK_EXPLICIT) {
        rc = build_listed(p, plan);
        hk_projection_undraw(p);
    }
    return rc;
}

static int build(hk_projection *p, const build_plan *plan)
{
    int rc;
    if (p->layout != HK_LAYOUT_SPARSE)
        rc = build_other(p, plan);
    else
        rc = plan->connecting.cfg->connect == HK_EXPLICIT ? build_listed(p, plan) : build_drawn(p, plan);
    if (rc == HK_OK && p->layout == HK_LAYOUT_SPARSE && plan->connecting.cfg->plastic)
        rc = hk_build_incoming(p);
    p->is_drawn = rc == HK_OK;
    if (rc == HK_OK && p->n_slots > 0) {
        p->least_delay = p->delay[0];
        p->most_delay = p->delay[p->n_slots - 1];
    }
    return rc;
}

hk_connecting hk_projection_connecting(const hk_projection *projection)
{
    return (hk_connecting){ .cfg = &projection->asked,
                            .seed = projection->pre->sim->seed,
                            .name_id = hk_name_id(projection->name),
                            .n_pre = projection->pre->n,
                            .n_post = projection->post->n,
                            .within = projection->pre == projection->post,
                            .cpu = projection->pre->sim->cpu };
}

int hk_projection_draw(hk_projection *projection)
{
    build_plan plan;
    int rc = make_plan(projection->pre->sim, &projection->asked, projection->name, &plan);
    return rc == HK_OK ? build(projection, &plan) : rc;
}

int hk_projection_create(hk_sim *sim, const hk_projection_config *cfg, hk_projection **out)
{
    *out = NULL;
    build_plan plan;
    char *name = full_name(cfg);
    int rc = name == NULL ? hk_fail(sim->ctx, HK_ENOMEM, "projection: out of memory")
                          : make_plan(sim, cfg, name, &plan);
    if (rc == HK_OK)
        rc = check_memory(sim, name, &plan);
    hk_projection *p = rc == HK_OK ? calloc(1, sizeof *p) : NULL;
    if (p == NULL) {
        free(name);
        return rc == HK_OK ? hk_fail(sim->ctx, HK_ENOMEM, "projection: out of memory") : rc;
    }
    *p = (hk_projection){
        .pre = cfg->pre,
        .post = cfg->post,
        .name = name,
        .layout = plan.layout,
        .index = (uint32_t)sim->n_projections,
        .born = sim->step,
    };
    hk_ctx_clear(sim->ctx);
    rc = waits(sim, &plan) ? let_wait(p, &plan) : build(p, &plan);
    if (rc == HK_OK)
        rc = hk_sim_add_projection(sim, p);
    else if (rc == HK_ENOMEM)
        hk_fail(sim->ctx, rc, "projection %s: out of memory for %.4g synapses", name, (double)plan.n_synapses);
    if (rc != HK_OK) {
        hk_projection_destroy(p);
        return rc;
    }
    *out = p;
    return HK_OK;
}
