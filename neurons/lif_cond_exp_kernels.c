/* neurons/lif_cond_exp_kernels.c - see lif_cond_exp_kernels.h. HK_KERNEL_ISA is plain, avx2 or avx512.
 *
 * The targets of a slab are copied side by side, moved to the present in as many rounds of steps as the slowest needs, each
 * round on those that are not there yet, and copied back. A lane's arithmetic is that of hk_cond_later(), whatever the
 * other lanes hold. Hits come in ascending order of the slab. */
#include "neurons/lif_cond_exp_kernels.h"

#include "sim/mathfn.h"

#include <math.h>
#include <string.h>

#if defined(__AVX512F__)
enum { WIDTH = 8 };
#elif defined(__AVX2__)
enum { WIDTH = 4 };
#else
enum { WIDTH = 2 };
#endif
typedef double reals __attribute__((vector_size(8 * WIDTH)));

#define HK_REAL reals
#include "neurons/lif_cond_exp_series.h"

enum { GROUP = 64, LONG = 64 }; /* LONG as in lif_cond_exp_membrane.c */

typedef struct group {
    uint32_t n, target[GROUP];
    double u[GROUP], x[GROUP], y[GROUP], theta[GROUP], dt[GROUP], quiet[GROUP]; /* [n] */
    double add_x[GROUP], add_y[GROUP];                                          /* [n] what comes in, 1/ms */
} group;

/* Those of a group that are on their way to the present, side by side; after the last, lanes that stand still. */
typedef struct journey {
    uint32_t n;
    uint8_t who[GROUP];
    double u[GROUP + WIDTH], x[GROUP + WIDTH], y[GROUP + WIDTH], h[GROUP + WIDTH], left[GROUP]; /* ms */
} journey;

/* Copies targets until the group is full, or one comes again: it has to be moved first. Returns the next synapse. */
static uint32_t fill(group *g, const hk_cond_columns *c, const hk_cond_cell *cell, const hk_slab *slab, uint32_t k,
                     double now_ms)
{
    for (g->n = 0; k < slab->n && g->n < GROUP; k++) {
        uint32_t i = hk_slab_target(slab, k), n = g->n;
        if (slab->repeats && n > 0 && g->target[n - 1] == i)
            break;
        double add = cell->per_pf * (slab->weight64 != NULL ? slab->weight64[k] : (double)slab->weight[k]);
        g->target[n] = i;
        g->u[n] = c->u[i];
        g->x[n] = c->x[i];
        g->y[n] = c->y[i];
        g->theta[n] = c->theta[i];
        g->dt[n] = now_ms - c->at[i];
        g->add_x[n] = add < 0.0 ? 0.0 : add; /* a weight that is no number goes here, to be found */
        g->add_y[n] = add < 0.0 ? -add : 0.0;
        g->n++;
    }
    return k;
}

static void start(journey *j, group *g, const hk_cond_cell *cell)
{
    uint32_t n = 0;
    for (uint32_t k = 0; k < g->n; k++) {
        if (g->u[k] == -HUGE_VAL || !(g->dt[k] > 0.0))
            continue;
        hk_cond_state s = { .u = g->u[k], .x = g->x[k], .y = g->y[k] };
        double left = g->dt[k];
        if (!(hk_cond_pace(cell, s.x, s.y) * left <= LONG))
            left -= hk_cond_skip_ms(cell, &s, left);
        g->u[k] = s.u;
        j->who[n] = (uint8_t)k;
        j->u[n] = s.u;
        j->x[n] = s.x;
        j->y[n] = s.y;
        j->left[n] = left;
        n += left > 0.0;
    }
    j->n = n;
}

static inline reals load(const double *at)
{
    reals r;
    memcpy(&r, at, sizeof r);
    return r;
}

static inline void save(double *at, reals r)
{
    memcpy(at, &r, sizeof r);
}

static void step(journey *j, const hk_cond_cell *cell)
{
    const hk_cond_cell c = *cell; /* a copy: no store below can change it */
    for (uint32_t k = 0; k < j->n; k++) {
        double pace = hk_cond_pace(&c, j->x[k], j->y[k]);
        j->h[k] = j->left[k] * pace <= 1.0 ? j->left[k] : 1.0 / pace;
    }
    for (uint32_t k = j->n; k < j->n + WIDTH; k++)
        j->u[k] = j->x[k] = j->y[k] = j->h[k] = 0.0;
    for (uint32_t k = 0; k < j->n; k += WIDTH) {
        hk_cond_series series;
        reals x = load(j->x + k), y = load(j->y + k);
        hk_cond_expand(&c, load(j->h + k), load(j->u + k), x, y, &series);
        save(j->u + k, series.end);
        save(j->x + k, x * series.fall_ex);
        save(j->y + k, y * series.fall_in);
    }
}

static void move_potentials(group *g, const hk_cond_cell *cell)
{
    journey j;
    for (start(&j, g, cell); j.n > 0;) {
        step(&j, cell);
        uint32_t n = 0;
        for (uint32_t k = 0; k < j.n; k++) {
            g->u[j.who[k]] = j.u[k];
            j.who[n] = j.who[k];
            j.u[n] = j.u[k];
            j.x[n] = j.x[k];
            j.y[n] = j.y[k];
            j.left[n] = j.left[k] - j.h[k];
            n += j.left[n] > 0.0;
        }
        j.n = n;
    }
}

static void move_conductances(group *g, const hk_cond_cell *cell)
{
    const hk_cond_cell c = *cell;
    for (uint32_t k = 0; k < g->n; k++) {
        g->x[k] = g->x[k] * hk_exp(-g->dt[k] * c.fall_ex) + g->add_x[k];
        g->y[k] = g->y[k] * hk_exp(-g->dt[k] * c.fall_in) + g->add_y[k];
    }
    if (c.adapts != 0.0)
        for (uint32_t k = 0; k < g->n; k++)
            g->theta[k] *= hk_exp(-g->dt[k] * c.fall_theta);
    for (uint32_t k = 0; k < g->n; k++)
        g->quiet[k] = hk_cond_quiet_ms(&c, g->u[k], g->x[k], g->y[k], g->theta[k]);
}

static void receive(const hk_cond_columns *c, const hk_cond_cell *cell, const hk_slab *slab, double now_ms,
                    double horizon_ms, hk_hits *hits)
{
    group g;
    for (uint32_t next = 0; next < slab->n;) {
        next = fill(&g, c, cell, slab, next, now_ms);
        move_potentials(&g, cell);
        move_conductances(&g, cell);
        for (uint32_t k = 0; k < g.n; k++) {
            uint32_t i = g.target[k];
            c->u[i] = g.u[k];
            c->x[i] = g.x[k];
            c->y[i] = g.y[k];
            c->theta[i] = g.theta[k];
            c->at[i] = now_ms;
            if (g.u[k] == -HUGE_VAL)
                continue;
            c->quiet[i] = now_ms + g.quiet[k];
            if (c->quiet[i] <= horizon_ms)
                hk_hits_add(hits, i);
        }
    }
}

static void sweep(const double *quiet, uint32_t begin, uint32_t end, double horizon_ms, hk_hits *hits)
{
    enum { BLOCK = 64 };
    for (uint32_t first = begin; first < end; first += BLOCK) {
        uint32_t last = end - first < BLOCK ? end : first + BLOCK;
        int64_t any = 0;
        for (uint32_t i = first; i < last; i++)
            any |= quiet[i] <= horizon_ms ? 1 : 0;
        for (uint32_t i = first; any != 0 && i < last; i++)
            if (quiet[i] <= horizon_ms)
                hk_hits_add(hits, i);
    }
}

#define HK_TABLE_NAME(isa) hk_cond_kernels_##isa
#define HK_TABLE(isa) HK_TABLE_NAME(isa)
const hk_cond_kernels HK_TABLE(HK_KERNEL_ISA) = { .receive = receive, .sweep = sweep };
