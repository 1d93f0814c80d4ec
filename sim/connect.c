/* sim/connect.c - see connect.h. EXPLICIT lists are sorted in explicit.c. */
#include "sim/connect.h"

#include "sim/batch.h"
#include "sim/exponential.h"
#include "sim/mathfn.h"
#include "sim/rng.h"

#include <stdlib.h>
#include <string.h>

/* Where drawn synapses go: counted per presynaptic neuron, or stored behind a cursor per presynaptic neuron. */
typedef struct sink {
    uint64_t *row;    /* counting: row[pre + 1]; storing: the cursors */
    uint32_t *target; /* NULL: counting */
} sink;

static inline void put(sink *to, uint32_t pre, uint32_t post)
{
    if (to->target == NULL)
        to->row[pre + 1]++;
    else
        to->target[to->row[pre]++] = post;
}

static bool excludes_self(const hk_connecting *c)
{
    return c->within && (c->cfg->pairs & HK_PAIRS_AUTAPSES) == 0;
}

/* Presynaptic neurons that may connect to one postsynaptic neuron. */
static uint64_t partners(const hk_connecting *c)
{
    return (uint64_t)c->n_pre - (excludes_self(c) ? 1 : 0);
}

static uint32_t partner(const hk_connecting *c, uint64_t k, uint32_t post)
{
    return (uint32_t)(excludes_self(c) && k >= post ? k + 1 : k);
}

int hk_connect_check(hk_ctx *ctx, const hk_connecting *c)
{
    const hk_projection_config *cfg = c->cfg;
    bool multapses = (cfg->pairs & HK_PAIRS_MULTAPSES) != 0;
    if ((cfg->pairs & ~(unsigned)(HK_PAIRS_AUTAPSES | HK_PAIRS_MULTAPSES)) != 0)
        return hk_fail(ctx, HK_ERANGE,
                       "projection: pairs = %u, must be a sum of HK_PAIRS_AUTAPSES and HK_PAIRS_MULTAPSES", cfg->pairs);
    switch (cfg->connect) {
    case HK_ALL_TO_ALL:
    case HK_EXPLICIT:
        return HK_OK;
    case HK_ONE_TO_ONE:
        if (c->n_pre != c->n_post)
            return hk_fail(ctx, HK_ERANGE, "projection: one-to-one from %u to %u neurons, must be as many", c->n_pre,
                           c->n_post);
        return HK_OK;
    case HK_FIXED_PROBABILITY:
        if (!(cfg->probability >= 0.0 && cfg->probability <= 1.0))
            return hk_fail(ctx, HK_ERANGE, "projection: probability = %g, must be in 0 ... 1", cfg->probability);
        return HK_OK;
    case HK_FIXED_INDEGREE:
        if ((!multapses && cfg->n > partners(c)) || (multapses && cfg->n > 0 && partners(c) == 0) ||
            cfg->n >= 0xffffffffu)
            return hk_fail(ctx, HK_ERANGE, "projection: in-degree n = %llu, must be at most %llu without multapses",
                           (unsigned long long)cfg->n, (unsigned long long)partners(c));
        return HK_OK;
    case HK_FIXED_TOTAL:
        if ((!multapses && cfg->n > partners(c) * c->n_post) || (multapses && cfg->n > 0 && partners(c) == 0) ||
            cfg->n >= (uint64_t)1 << 48)
            return hk_fail(ctx, HK_ERANGE, "projection: total n = %llu, must be at most %llu without multapses",
                           (unsigned long long)cfg->n, (unsigned long long)(partners(c) * c->n_post));
        return HK_OK;
    }
    return hk_fail(ctx, HK_ERANGE, "projection: connect = %d, must be one of hk_connect", (int)cfg->connect);
}

uint64_t hk_connect_expected(const hk_connecting *c)
{
    switch (c->cfg->connect) {
    case HK_ALL_TO_ALL:
        return partners(c) * c->n_post;
    case HK_ONE_TO_ONE:
        return c->n_post;
    case HK_FIXED_PROBABILITY:
        return (uint64_t)(c->cfg->probability * (double)partners(c) * (double)c->n_post + 0.5);
    case HK_FIXED_INDEGREE:
        return c->cfg->n * c->n_post;
    default:
        return c->cfg->n;
    }
}

static void all_to_all(const hk_connecting *c, sink *to)
{
    bool no_self = excludes_self(c);
    for (uint32_t pre = 0; pre < c->n_pre; pre++)
        for (uint32_t post = 0; post < c->n_post; post++)
            if (!no_self || pre != post)
                put(to, pre, post);
}

/* Exponential numbers of one row's stream, drawn a batch ahead. */
enum { BATCH_BLOCKS = 64 };
typedef struct exponentials {
    uint64_t at[BATCH_BLOCKS];
    double first[BATCH_BLOCKS], second[BATCH_BLOCKS];
    uint32_t next, counter; /* numbers read of this batch; blocks drawn so far */
} exponentials;

static inline double next_exponential(exponentials *e, const hk_connecting *c, uint32_t row)
{
    if (e->next == 2 * BATCH_BLOCKS) {
        for (uint32_t k = 0; k < BATCH_BLOCKS; k++)
            e->at[k] = (uint64_t)row << 32 | (uint32_t)(e->counter + k);
        hk_exponential_kernel(c->cpu)(c->seed, HK_PURPOSE_CONNECT, c->name_id, BATCH_BLOCKS, e->at, e->first,
                                      e->second);
        e->counter += BATCH_BLOCKS;
        e->next = 0;
    }
    uint32_t k = e->next++;
    return k % 2 == 0 ? e->first[k / 2] : e->second[k / 2];
}

/* log(1 - p), right also where 1 - p rounds. */
static double log_of_rest(double p)
{
    double rest = 1.0 - p;
    return rest > 0.0 ? hk_log(rest) - ((rest - 1.0) + p) / rest : -HUGE_VAL;
}

/* Distances between connected pairs of a row are geometric: one logarithm a synapse, not one draw a pair. */
static void fixed_probability(const hk_connecting *c, sink *to)
{
    double p = c->cfg->probability;
    if (p <= 0.0)
        return;
    double per_log = p < 1.0 ? -1.0 / log_of_rest(p) : 0.0;
    bool no_self = excludes_self(c);
    double width = (double)c->n_post - (no_self ? 1.0 : 0.0);
    for (uint32_t pre = 0; pre < c->n_pre; pre++) {
        exponentials e = { .next = 2 * BATCH_BLOCKS };
        double k = -1.0;
        for (;;) {
            k += 1.0 + (p < 1.0 ? floor(next_exponential(&e, c, pre) * per_log) : 0.0);
            if (!(k < width))
                break;
            uint32_t post = (uint32_t)k;
            put(to, pre, no_self && post >= pre ? post + 1 : post);
        }
    }
}

typedef struct marks { /* which partners a neuron already has, or is to lack */
    uint32_t *of;      /* [n_pre], post + 1 where marked */
} marks;

/* k different partners: drawn again when taken; where more than half are wanted, the missing ones are drawn. */
static void different_partners(const hk_connecting *c, hk_stream *stream, uint32_t post, uint64_t k, marks *m, sink *to)
{
    uint64_t all = partners(c);
    bool complement = k > all / 2;
    for (uint64_t left = complement ? all - k : k; left > 0;) {
        uint32_t pre = partner(c, hk_stream_below(stream, all), post);
        if (m->of[pre] == post + 1)
            continue;
        m->of[pre] = post + 1;
        left--;
        if (!complement)
            put(to, pre, post);
    }
    for (uint64_t i = 0; complement && i < all; i++) {
        uint32_t pre = partner(c, i, post);
        if (m->of[pre] != post + 1)
            put(to, pre, post);
    }
}

enum { BLOCKS_OF_A_STREAM = UINT32_MAX - 8 * HK_BATCH_BLOCKS };

/* The stream of whole projections goes on in another one before its blocks are used up; k numbers what it has drawn. */
static void open_shared(const hk_connecting *c, hk_batch *batch, uint64_t k)
{
    uint64_t id = k == 0 ? c->name_id : c->name_id + k + 1;
    hk_batch_open(batch, c->cpu, hk_stream_open(c->seed, HK_PURPOSE_CONNECT, id, UINT32_MAX), c->cfg->n - k);
}

/* Shares all synapses out to n neurons. */
static void share(const hk_connecting *c, uint32_t n, uint64_t *degree)
{
    hk_batch batch;
    open_shared(c, &batch, 0);
    for (uint64_t k = 0; k < c->cfg->n; k++) {
        if (batch.stream.counter >= BLOCKS_OF_A_STREAM)
            open_shared(c, &batch, k);
        degree[hk_batch_below(&batch, n)]++;
    }
}

/* In-degrees of FIXED_TOTAL without multapses: each synapse falls on a uniformly drawn pair that is still free. */
static void share_free(const hk_connecting *c, uint64_t *degree)
{
    uint64_t all = partners(c);
    hk_batch batch;
    open_shared(c, &batch, 0);
    for (uint64_t k = 0; k < c->cfg->n;) {
        if (batch.stream.counter >= BLOCKS_OF_A_STREAM)
            open_shared(c, &batch, k);
        uint32_t post = hk_batch_below(&batch, c->n_post);
        if (hk_batch_below(&batch, (uint32_t)all) >= all - degree[post])
            continue;
        degree[post]++;
        k++;
    }
}

static int by_indegree(const hk_connecting *c, sink *to)
{
    bool multapses = (c->cfg->pairs & HK_PAIRS_MULTAPSES) != 0;
    bool total = c->cfg->connect == HK_FIXED_TOTAL;
    uint64_t *degree = total ? calloc(c->n_post, sizeof *degree) : NULL;
    hk_batch batch;
    marks m = { .of = multapses ? NULL : calloc(c->n_pre, sizeof *m.of) };
    int rc = (total && degree == NULL) || (!multapses && m.of == NULL) ? HK_ENOMEM : HK_OK;
    if (rc == HK_OK && total)
        share_free(c, degree);
    for (uint32_t post = 0; rc == HK_OK && post < c->n_post; post++) {
        uint64_t k = total ? degree[post] : c->cfg->n;
        hk_stream stream = hk_stream_open(c->seed, HK_PURPOSE_CONNECT, c->name_id, post);
        if (!multapses) {
            different_partners(c, &stream, post, k, &m, to);
            continue;
        }
        uint32_t n = (uint32_t)partners(c);
        hk_batch_open(&batch, c->cpu, stream, k);
        if (to->target == NULL)
            for (uint64_t i = 0; i < k; i++)
                to->row[partner(c, hk_batch_below(&batch, n), post) + 1]++;
        else
            for (uint64_t i = 0; i < k; i++)
                to->target[to->row[partner(c, hk_batch_below(&batch, n), post)]++] = post;
    }
    free(degree);
    free(m.of);
    return rc;
}

/* Ascending order of n targets below 2^32: by their lower digits, then the higher ones, as many as n_post needs. */
static void sort_targets(uint32_t *target, uint32_t *spare, uint64_t n, uint32_t n_post)
{
    enum { DIGIT = 8, N_BINS = 1 << DIGIT };
    uint32_t *from = target, *into = spare;
    for (unsigned shift = 0; shift < 32 && (n_post - 1) >> shift > 0; shift += DIGIT) {
        uint64_t at[N_BINS + 1] = { 0 };
        for (uint64_t k = 0; k < n; k++)
            at[(from[k] >> shift & (N_BINS - 1)) + 1]++;
        for (unsigned bin = 0; bin < N_BINS; bin++)
            at[bin + 1] += at[bin];
        for (uint64_t k = 0; k < n; k++)
            into[at[from[k] >> shift & (N_BINS - 1)]++] = from[k];
        uint32_t *other = from;
        from = into;
        into = other;
    }
    if (from != target)
        memcpy(target, from, n * sizeof *target);
}

/* FIXED_TOTAL with multapses: each synapse falls on a uniformly drawn pair. So first on a row; then rows draw their targets. */
static int total_by_row(const hk_connecting *c, sink *to)
{
    if (to->target == NULL) {
        share(c, c->n_pre, to->row + 1);
        return HK_OK;
    }
    uint64_t longest = 0;
    for (uint32_t pre = 0; pre < c->n_pre; pre++)
        longest = to->row[pre + 1] - to->row[pre] > longest ? to->row[pre + 1] - to->row[pre] : longest;
    uint32_t *spare = malloc((longest + 1) * sizeof *spare), n = c->n_post - (excludes_self(c) ? 1 : 0);
    if (spare == NULL)
        return HK_ENOMEM;
    for (uint32_t pre = 0; pre < c->n_pre; pre++) {
        uint32_t *target = to->target + to->row[pre];
        uint64_t n_targets = to->row[pre + 1] - to->row[pre];
        hk_batch batch;
        hk_batch_open(&batch, c->cpu, hk_stream_open(c->seed, HK_PURPOSE_CONNECT, c->name_id, pre), n_targets);
        for (uint64_t k = 0; k < n_targets; k++)
            target[k] = partner(c, hk_batch_below(&batch, n), pre);
        sort_targets(target, spare, n_targets, c->n_post);
    }
    free(spare);
    return HK_OK;
}

static int connect(const hk_connecting *c, sink *to)
{
    if (c->cfg->connect == HK_FIXED_TOTAL && (c->cfg->pairs & HK_PAIRS_MULTAPSES) != 0)
        return total_by_row(c, to);

    switch (c->cfg->connect) {
    case HK_ALL_TO_ALL:
        all_to_all(c, to);
        return HK_OK;
    case HK_ONE_TO_ONE:
        for (uint32_t i = 0; i < c->n_post; i++)
            put(to, i, i);
        return HK_OK;
    case HK_FIXED_PROBABILITY:
        fixed_probability(c, to);
        return HK_OK;
    default:
        return by_indegree(c, to);
    }
}

int hk_connect_count(const hk_connecting *connecting, uint64_t *row)
{
    sink to = { .row = row };
    return connect(connecting, &to);
}

int hk_connect_fill(const hk_connecting *connecting, const uint64_t *row, uint32_t *target)
{
    sink to = { .row = malloc(((size_t)connecting->n_pre + 1) * sizeof *to.row), .target = target };
    if (to.row == NULL)
        return HK_ENOMEM;
    memcpy(to.row, row, ((size_t)connecting->n_pre + 1) * sizeof *to.row);
    int rc = connect(connecting, &to);
    free(to.row);
    return rc;
}
