/* sim/grid_slabs.c - draws the compact synapses of a simulation on the grid into the tables of its shards. See grid.h.
 *
 * One source population at a time: first the targets of all its projections, then row by row their weights and delays, from the
 * same streams as elsewhere, sorted by shard and delay. Rows are independent, so threads share them. */
#include "sim/batch.h"
#include "sim/connect.h"
#include "sim/delay_table.h"
#include "sim/grid.h"
#include "sim/memory.h"
#include "sim/storage.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROWS_AT_ONCE = 64,
    STRIDE = 8,
};

/* Slots of the tables: every delay that may occur. */
static int number_delays(hk_grid *grid, uint32_t **slot_of)
{
    int64_t most = 0;
    for (size_t k = 0; k < grid->n_projections; k++)
        if (grid->sim->projections[k]->on_slabs && grid->sim->projections[k]->most_delay > most)
            most = grid->sim->projections[k]->most_delay;
    uint32_t *slots = calloc((size_t)most + 1, sizeof *slots);
    grid->delay = calloc((size_t)most + 1, sizeof *grid->delay);
    if (slots == NULL || grid->delay == NULL) {
        free(slots);
        return HK_ENOMEM;
    }
    for (size_t k = 0; k < grid->n_projections; k++) {
        const hk_projection *p = grid->sim->projections[k];
        for (int64_t d = p->least_delay; p->on_slabs && d <= p->most_delay; d++)
            slots[d] = 1;
    }
    grid->n_slots = 0;
    for (int64_t d = 0; d <= most; d++)
        if (slots[d] != 0) {
            grid->delay[grid->n_slots] = (uint32_t)d;
            slots[d] = grid->n_slots++;
        }
    *slot_of = slots;
    return HK_OK;
}

/* --- drawing ------------------------------------------------------------------------------------------------------ */

typedef struct rows { /* of one projection */
    hk_projection *projection;
    uint64_t *row;    /* [n_pre + 1] */
    uint32_t *target; /* of a drawn one; a listed one stands in the projection */
    uint64_t target_bytes, n_expected;
    hk_delay_table delays;
} rows;

typedef struct job {
    hk_grid *grid;
    hk_population *pre;
    const uint32_t *slot_of; /* [longest delay + 1] */
    rows *of;                /* [n_of] */
    size_t n_of;
    uint64_t **at;      /* [n_shards][n_pre + 1] first synapse of each row */
    double *rounding;   /* [n_members][n_of] largest rounding error */
    uint64_t *checksum; /* [n_members][n_of] */
    atomic_uint next;
    atomic_int rc;
} job;

/* The projection with the k-th most synapses: large ones are drawn first, so that no thread is left with one at the end. */
static rows *kth_largest(const job *j, size_t k)
{
    for (size_t i = 0;; i++) {
        size_t n_larger = 0;
        for (size_t l = 0; l < j->n_of; l++) {
            uint64_t n = j->of[l].n_expected, of_i = j->of[i].n_expected;
            n_larger += n > of_i || (n == of_i && l < i);
        }
        if (n_larger == k)
            return &j->of[i];
    }
}

static void draw_targets(void *user, unsigned member)
{
    job *j = user;
    (void)member;
    for (size_t k; (k = atomic_fetch_add(&j->next, 1)) < j->n_of;) {
        rows *r = kth_largest(j, k);
        hk_projection *p = r->projection;
        hk_connecting connecting = hk_projection_connecting(p);
        uint32_t n_pre = p->pre->n;
        r->row = calloc((size_t)n_pre + 1, sizeof *r->row);
        int rc = r->row == NULL ? HK_ENOMEM : hk_connect_count(&connecting, r->row);
        for (uint32_t i = 0; rc == HK_OK && i < n_pre; i++)
            r->row[i + 1] += r->row[i];
        if (rc == HK_OK)
            rc = hk_delay_table_init(&r->delays, &p->asked.delay_ms, p->pre->sim->resolution_ms);
        if (rc == HK_OK) {
            p->n_synapses = r->row[n_pre];
            r->target_bytes = p->n_synapses * sizeof *r->target;
            r->target = hk_memory_alloc(r->target_bytes);
            rc = r->target == NULL ? HK_ENOMEM : hk_connect_fill(&connecting, r->row, r->target);
        }
        if (rc != HK_OK)
            atomic_store(&j->rc, rc);
    }
}

static void of_listed(rows *r)
{
    hk_projection *p = r->projection;
    for (uint32_t i = 0; i <= p->pre->n; i++)
        r->row[i] = p->n_slots == 0 ? 0 : p->begin[(uint64_t)i * p->n_slots];
}

static uint32_t shard_of(const hk_grid *grid, uint32_t population, uint32_t neuron)
{
    uint32_t s = 0;
    while (neuron >= grid->shards[s].slices[population].end || neuron < grid->shards[s].slices[population].begin)
        s++;
    return s;
}

static const uint32_t *targets_of(const rows *r)
{
    return r->target != NULL ? r->target : r->projection->target;
}

/* How many of n ascending targets are below `limit`. */
static uint64_t count_below(const uint32_t *target, uint64_t n, uint32_t limit)
{
    uint64_t low = 0;
    while (low < n) {
        uint64_t middle = low + (n - low) / 2;
        if (target[middle] < limit)
            low = middle + 1;
        else
            n = middle;
    }
    return low;
}

/* How many synapses of each row fall into each shard. */
static void measure_rows(void *user, unsigned member)
{
    job *j = user;
    (void)member;
    for (uint32_t begin; (begin = atomic_fetch_add(&j->next, ROWS_AT_ONCE)) < j->pre->n;)
        for (uint32_t i = begin; i < j->pre->n && i < begin + ROWS_AT_ONCE; i++)
            for (size_t k = 0; k < j->n_of; k++) {
                const rows *r = &j->of[k];
                uint32_t post = r->projection->post->index;
                const uint32_t *target = targets_of(r) + r->row[i];
                uint64_t n = r->row[i + 1] - r->row[i];
                for (uint64_t at = 0; r->target == NULL && at < n; at++)
                    j->at[shard_of(j->grid, post, target[at])][i + 1]++;
                for (uint32_t s = 0; r->target != NULL && s < j->grid->n_shards; s++) {
                    const hk_slice *slice = &j->grid->shards[s].slices[post];
                    if (slice->begin < slice->end)
                        j->at[s][i + 1] += count_below(target, n, slice->end) - count_below(target, n, slice->begin);
                }
            }
}

typedef struct drawn_synapse { /* while a row is sorted */
    uint32_t bin, packed;      /* shard * n_slots + slot; as in the table, with its weight */
} drawn_synapse;

typedef struct space { /* of one thread */
    drawn_synapse *row;
    size_t capacity;
    uint32_t *count; /* [n_shards * n_slots + 1] */
} space;

enum { BLOCK = 256 }; /* synapses that are drawn together */

typedef struct block { /* of one row */
    const uint32_t *target;
    const double *weight;
    uint32_t delay[BLOCK];
    uint32_t n;
} block;

/* What the rows of one projection have in common, and what is noted of them. */
typedef struct row_maker {
    uint32_t post, n_ports;
    double scale[HK_MOST_PORTS], per_scale[HK_MOST_PORTS];
    double *rounding;
    uint64_t *checksum;
} row_maker;

static void make_synapses(const job *j, uint32_t i, const row_maker *make, const block *in, drawn_synapse *out)
{
    const hk_grid *grid = j->grid;
    const row_maker m = *make;
    double rounding = *m.rounding;
    uint64_t checksum = 0;
    uint32_t s = 0;
    hk_slice slice = { 0 };
    for (uint32_t k = 0; k < in->n; k++) {
        uint32_t target = in->target[k], port = m.n_ports == 2 && in->weight[k] < 0.0 ? 1 : 0;
        if (target < slice.begin || target >= slice.end) {
            s = shard_of(grid, m.post, target);
            slice = grid->shards[s].slices[m.post];
        }
        int32_t units = hk_grid_units(in->weight[k], m.per_scale[port]);
        double error = fabs((double)units * m.scale[port] - in->weight[k]);
        rounding = error > rounding ? error : rounding;
        checksum += ((uint64_t)target + 1) * ((uint64_t)in->delay[k] + 3) * ((uint64_t)(uint16_t)units + 70001);
        out[k] = (drawn_synapse){ .bin = s * grid->n_slots + j->slot_of[in->delay[k]],
                                  .packed = (slice.first[port] + (target - slice.begin)) | (uint32_t)units << 16 };
    }
    *m.rounding = rounding;
    *m.checksum += checksum * (2 * (uint64_t)i + 1);
}

static uint32_t draw_delay(const job *j, const rows *r, hk_batch *delays)
{
    if (r->delays.n > 0)
        return hk_delay_table_draw(&r->delays, delays);
    double steps = nearbyint(hk_batch_draw(delays, &r->projection->asked.delay_ms) / j->grid->sim->resolution_ms);
    return steps < 1.0 ? 1 : (uint32_t)steps;
}

/* Row i of a listed projection: its synapses, delays and weights stand in the projection. */
static void read_row(const job *j, const rows *r, uint32_t i, const row_maker *make, drawn_synapse *out)
{
    const hk_projection *p = r->projection;
    for (uint32_t slab = 0; slab < p->n_slots; slab++) {
        uint64_t begin = p->begin[(uint64_t)i * p->n_slots + slab], end = p->begin[(uint64_t)i * p->n_slots + slab + 1];
        for (uint64_t at = begin; at < end; at += BLOCK) {
            block in = { .target = p->target + at, .weight = p->weight64 + at };
            in.n = end - at < BLOCK ? (uint32_t)(end - at) : BLOCK;
            for (uint32_t k = 0; k < in.n; k++)
                in.delay[k] = (uint32_t)p->delay[slab];
            make_synapses(j, i, make, &in, out);
            out += in.n;
        }
    }
}

/* Row i of a drawn projection. */
static void draw_row(const job *j, const rows *r, uint32_t i, const row_maker *make, drawn_synapse *out)
{
    const hk_projection *p = r->projection;
    const hk_sim *sim = j->grid->sim;
    uint64_t begin = r->row[i], n = r->row[i + 1] - begin, id = hk_name_id(p->name);
    hk_batch weights, delays;
    hk_batch_open(&weights, sim->cpu, hk_stream_open(sim->seed, HK_PURPOSE_WEIGHT, id, i), n);
    hk_batch_open(&delays, sim->cpu, hk_stream_open(sim->seed, HK_PURPOSE_DELAY, id, i), r->delays.n > 0 ? 2 * n : n);
    for (uint64_t at = 0; at < n; at += BLOCK) {
        double weight[BLOCK];
        block in = { .target = r->target + begin + at, .weight = weight };
        in.n = n - at < BLOCK ? (uint32_t)(n - at) : BLOCK;
        for (uint32_t k = 0; k < in.n; k++)
            weight[k] = hk_batch_draw(&weights, &p->asked.weight);
        for (uint32_t k = 0; k < in.n; k++)
            in.delay[k] = draw_delay(j, r, &delays);
        make_synapses(j, i, make, &in, out + at);
    }
}

static int write_row(const job *j, space *sp, uint32_t i, size_t n)
{
    const hk_grid *grid = j->grid;
    const int32_t units = grid->populations[j->pre->index].units;
    const size_t size = hk_synapse_bytes(units);
    uint32_t n_bins = grid->n_shards * grid->n_slots;
    memset(sp->count, 0, n_bins * sizeof *sp->count);
    for (size_t k = 0; k < n; k++)
        sp->count[sp->row[k].bin]++;
    uint32_t g = grid->populations[j->pre->index].first + i;
    for (uint32_t s = 0; s < grid->n_shards; s++) {
        hk_slab_row *row = hk_slab_row_of(&grid->slabs, g, s);
        uint32_t begin = 0, *count = sp->count + (size_t)s * grid->n_slots;
        for (uint32_t slot = 0; slot < grid->n_slots; slot++) {
            uint32_t length = count[slot];
            if (length > UINT16_MAX)
                return hk_fail(
                    grid->sim->ctx, HK_ERANGE,
                    "population %s: neuron %u has %u synapses of one delay in one of %u shards, must be at most "
                    "%d: let its projections keep single precision (weights = float)",
                    j->pre->name, i, length, grid->n_shards, UINT16_MAX);
            row->length[slot] = (uint16_t)length;
            count[slot] = begin;
            begin += length;
        }
        row->synapse = begin == 0 ? NULL : hk_slab_arena(&grid->slabs, j->pre->index, s) + j->at[s][i] * size;
    }
    for (size_t first = 0; first < STRIDE; first++) /* neighbours onto one accumulator would wait for each other */
        for (size_t k = first; k < n; k += STRIDE) {
            uint32_t s = sp->row[k].bin / grid->n_slots;
            void *arena = hk_slab_arena(&grid->slabs, j->pre->index, s);
            uint64_t at = j->at[s][i] + sp->count[sp->row[k].bin]++;
            if (units != 0)
                ((uint16_t *)arena)[at] = (uint16_t)sp->row[k].packed;
            else
                ((uint32_t *)arena)[at] = sp->row[k].packed;
        }
    return HK_OK;
}

static int make_row(const job *j, space *sp, uint32_t i, double *rounding, uint64_t *checksum)
{
    size_t n = 0;
    for (size_t k = 0; k < j->n_of; k++)
        n += j->of[k].row[i + 1] - j->of[k].row[i];
    if (n > sp->capacity) {
        drawn_synapse *row = realloc(sp->row, 2 * n * sizeof *row);
        if (row == NULL)
            return HK_ENOMEM;
        sp->row = row;
        sp->capacity = 2 * n;
    }
    drawn_synapse *out = sp->row;
    for (size_t k = 0; k < j->n_of; k++) {
        const rows *r = &j->of[k];
        const hk_grid_population *g = &j->grid->populations[r->projection->post->index];
        row_maker make = { .post = r->projection->post->index,
                           .n_ports = g->n_ports,
                           .rounding = &rounding[k],
                           .checksum = &checksum[k] };
        for (uint32_t port = 0; port < g->n_ports; port++) {
            make.scale[port] = g->scale[port];
            make.per_scale[port] = 1.0 / g->scale[port];
        }
        if (r->target == NULL)
            read_row(j, r, i, &make, out);
        else
            draw_row(j, r, i, &make, out);
        out += r->row[i + 1] - r->row[i];
    }
    return write_row(j, sp, i, n);
}

static void make_rows(void *user, unsigned member)
{
    job *j = user;
    (void)member;
    space sp = { .count = calloc((size_t)j->grid->n_shards * j->grid->n_slots + 1, sizeof *sp.count) };
    double *rounding = j->rounding + member * j->n_of;
    uint64_t *checksum = j->checksum + member * j->n_of;
    int rc = sp.count == NULL ? HK_ENOMEM : HK_OK;
    for (uint32_t begin; rc == HK_OK && (begin = atomic_fetch_add(&j->next, ROWS_AT_ONCE)) < j->pre->n;)
        for (uint32_t i = begin; rc == HK_OK && i < j->pre->n && i < begin + ROWS_AT_ONCE; i++)
            rc = make_row(j, &sp, i, rounding, checksum);
    if (rc != HK_OK)
        atomic_store(&j->rc, rc);
    free(sp.row);
    free(sp.count);
}

/* --- one source population ---------------------------------------------------------------------------------------- */

static int run(job *j, void (*work)(void *, unsigned))
{
    atomic_store(&j->next, 0);
    hk_team_run(j->grid->sim->team, work, j);
    return atomic_load(&j->rc);
}

/* The arenas of all groups of shards for the synapses of j->pre, and where each row begins in them. */
static int place_rows(job *j)
{
    hk_slab_tables *slabs = &j->grid->slabs;
    const size_t size = hk_synapse_bytes(j->grid->populations[j->pre->index].units);
    for (uint32_t group = 0; group < slabs->n_groups; group++) {
        uint64_t n = 0;
        for (uint32_t i = 0; i < j->pre->n; i++)
            for (uint32_t s = group; s < slabs->n_shards; s += slabs->n_groups) {
                j->at[s][i] = n;
                n += j->at[s][i + 1]; /* its length */
            }
        int rc = hk_slab_tables_add(slabs, j->pre->index, group, n * size);
        if (rc != HK_OK)
            return rc;
    }
    return HK_OK;
}

/* Explicit lists are sorted as elsewhere, with double weights, which are given back when they stand in the slabs. */
static int prepare_listed(rows *r)
{
    r->projection->asked.double_weights = true;
    int rc = hk_projection_draw(r->projection);
    r->projection->asked.double_weights = false;
    if (rc == HK_OK)
        r->row = calloc((size_t)r->projection->pre->n + 1, sizeof *r->row);
    if (rc == HK_OK && r->row == NULL)
        rc = HK_ENOMEM;
    if (rc == HK_OK)
        of_listed(r);
    return rc;
}

static int compare_rows(const void *a, const void *b)
{
    const rows *x = a, *y = b;
    bool listed_x = x->projection->asked.connect == HK_EXPLICIT, listed_y = y->projection->asked.connect == HK_EXPLICIT;
    uint32_t post_x = x->projection->post->index, post_y = y->projection->post->index;
    if (listed_x != listed_y)
        return listed_x ? 1 : -1;
    if (post_x != post_y)
        return post_x < post_y ? -1 : 1;
    return x->projection->index < y->projection->index ? -1 : 1;
}

static int find_rows(hk_grid *grid, job *j)
{
    const hk_population *pre = j->pre;
    j->of = calloc(pre->n_out + 1, sizeof *j->of);
    if (j->of == NULL)
        return HK_ENOMEM;
    for (size_t k = 0; k < pre->n_out; k++)
        if (pre->out[k]->on_slabs)
            j->of[j->n_of++] = (rows){ .projection = pre->out[k], .n_expected = pre->out[k]->n_synapses };
    qsort(j->of, j->n_of, sizeof *j->of, compare_rows); /* those to be drawn come first, then by target */
    j->at = calloc(grid->n_shards, sizeof *j->at);
    j->rounding = calloc(hk_team_size(grid->sim->team) * j->n_of + 1, sizeof *j->rounding);
    j->checksum = calloc(hk_team_size(grid->sim->team) * j->n_of + 1, sizeof *j->checksum);
    if (j->at == NULL || j->rounding == NULL || j->checksum == NULL)
        return HK_ENOMEM;
    for (uint32_t s = 0; s < grid->n_shards; s++) {
        j->at[s] = calloc((size_t)pre->n + 1, sizeof **j->at);
        if (j->at[s] == NULL)
            return HK_ENOMEM;
    }
    return HK_OK;
}

static void finish_rows(job *j)
{
    for (size_t k = 0; j->of != NULL && k < j->n_of; k++) {
        rows *r = &j->of[k];
        hk_projection *p = r->projection;
        if (p->asked.connect == HK_EXPLICIT)
            hk_projection_undraw(p);
        p->on_slabs = true;
        p->rounding_error = 0.0;
        p->slabs_checksum = 0;
        for (unsigned m = 0; j->rounding != NULL && j->checksum != NULL && m < hk_team_size(j->grid->sim->team); m++) {
            p->rounding_error = fmax(p->rounding_error, j->rounding[m * j->n_of + k]);
            p->slabs_checksum += j->checksum[m * j->n_of + k];
        }
        p->n_synapses = r->row == NULL ? 0 : r->row[j->pre->n];
        p->bytes = p->n_synapses * hk_synapse_bytes(j->grid->populations[j->pre->index].units);
        p->is_drawn = true;
        free(r->row);
        hk_memory_free(r->target, r->target_bytes);
        hk_delay_table_fini(&r->delays);
    }
    for (uint32_t s = 0; j->at != NULL && s < j->grid->n_shards; s++)
        free(j->at[s]);
    free(j->of);
    free(j->at);
    free(j->rounding);
    free(j->checksum);
}

static int make_population(hk_grid *grid, hk_population *pre, const uint32_t *slot_of)
{
    job j = { .grid = grid, .pre = pre, .slot_of = slot_of };
    int rc = find_rows(grid, &j);
    size_t n_all = j.n_of, n_drawn = 0;
    while (n_drawn < n_all && j.of[n_drawn].projection->asked.connect != HK_EXPLICIT)
        n_drawn++;
    for (size_t k = n_drawn; rc == HK_OK && k < n_all; k++)
        rc = prepare_listed(&j.of[k]);
    if (rc == HK_OK && n_all > 0) {
        j.n_of = n_drawn;
        rc = run(&j, draw_targets);
        j.n_of = n_all;
    }
    if (rc == HK_OK && n_all > 0)
        rc = run(&j, measure_rows);
    if (rc == HK_OK && n_all > 0)
        rc = place_rows(&j);
    if (rc == HK_OK && n_all > 0)
        rc = run(&j, make_rows);
    finish_rows(&j);
    return rc;
}

static int make_tables(hk_grid *grid)
{
    grid->slabs = (hk_slab_tables){ .row_bytes = hk_slab_row_bytes(grid->n_slots),
                                    .n_sources = grid->n_sources,
                                    .n_shards = grid->n_shards,
                                    .n_groups = hk_team_size(grid->sim->team),
                                    .n_populations = grid->n_populations };
    return hk_slab_tables_init(&grid->slabs);
}

static bool is_slot_used(const hk_grid *grid, uint32_t slot)
{
    for (uint32_t s = 0; s < grid->n_shards; s++)
        for (size_t source = 0; source < grid->n_sources; source++)
            if (hk_slab_row_of(&grid->slabs, source, s)->length[slot] > 0)
                return true;
    return false;
}

/* Neighbours of one size are one. */
static int find_senders(hk_grid *grid)
{
    grid->senders = calloc(grid->n_populations + 1, sizeof *grid->senders);
    if (grid->senders == NULL)
        return HK_ENOMEM;
    grid->n_senders = 0;
    for (uint32_t i = 0; i < grid->n_populations; i++) {
        int32_t units = grid->populations[i].units;
        if (i == 0 || grid->senders[grid->n_senders - 1].units != units)
            grid->senders[grid->n_senders++] = (hk_senders){ .first = i, .units = units };
        grid->senders[grid->n_senders - 1].end = i + 1;
    }
    return HK_OK;
}

int hk_grid_build_slabs(hk_grid *grid)
{
    uint32_t *slot_of = NULL;
    hk_grid_choose_projections(grid);
    int rc = number_delays(grid, &slot_of);
    if (rc == HK_OK)
        rc = hk_grid_check_memory(grid);
    if (rc == HK_OK && grid->n_slots > 0)
        rc = make_tables(grid);
    for (size_t i = 0; rc == HK_OK && grid->n_slots > 0 && i < grid->n_populations; i++)
        rc = make_population(grid, grid->sim->populations[i], slot_of);
    if (rc == HK_OK && grid->n_slots > 0)
        rc = hk_grid_check_sums(grid);
    while (rc == HK_OK && grid->n_slots > 1 && !is_slot_used(grid, grid->n_slots - 1))
        grid->n_slots--; /* delays may be drawn from a distribution with far tails: steps need not look for them */
    if (rc == HK_OK)
        rc = find_senders(grid);
    free(slot_of);
    return rc;
}
