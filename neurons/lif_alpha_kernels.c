/* neurons/lif_alpha_kernels.c - see lif_alpha_kernels.h. HK_KERNEL_ISA is plain, avx2 or avx512.
 *
 * Every path does the same operations in the same order on each neuron, so the bits agree; hits are reported in
 * ascending order of the slab. */
#include "neurons/lif_alpha_kernels.h"

#include <math.h>

enum {
    BLOCK = 64
}; /* hits are rare: a block of neurons is looked at without branches, and looked through when it has one */
enum { EX = HK_ALPHA_EX, IN = HK_ALPHA_IN };

static inline double potential(const hk_alpha_columns *c, uint32_t i, const hk_alpha_instant *now)
{
    double ex = c->j[EX][i] * now->g[EX] + c->r[EX][i] * now->h[EX];
    double in = c->j[IN][i] * now->g[IN] + c->r[IN][i] * now->h[IN];
    return now->fall * (c->a[i] + (ex + in));
}

static inline double bound(const hk_alpha_columns *c, uint32_t i, const hk_alpha_instant *now)
{
    double d = potential(c, i, now), later = d * now->relax;
    return (later > d ? later : d) + (c->j[EX][i] * now->reach_j + c->r[EX][i] * now->reach_r);
}

static inline void receive_one(const hk_alpha_columns *c, uint32_t i, double w, const hk_alpha_instant *now,
                               hk_hits *hits)
{
    int k = w >= 0.0 ? EX : IN;
    c->r[k][i] += w * now->to_r[k];
    c->j[k][i] += w * now->to_j[k];
    c->a[i] += w * now->to_a[k];
    if (bound(c, i, now) >= c->low[i])
        hk_hits_add(hits, i);
}

static void receive(const hk_alpha_columns *c, const hk_slab *slab, const hk_alpha_instant *now, hk_hits *hits)
{
    for (uint32_t k = 0; k < slab->n; k++)
        receive_one(c, hk_slab_target(slab, k), slab->weight64 != NULL ? slab->weight64[k] : (double)slab->weight[k],
                    now, hits);
}

static void sweep(const hk_alpha_columns *columns, const hk_alpha_instant *instant, uint32_t n, hk_hits *hits)
{
    const hk_alpha_columns c = *columns;
    const hk_alpha_instant now = *instant;
    for (uint32_t first = 0; first < n; first += BLOCK) {
        uint32_t end = n - first < BLOCK ? n : first + BLOCK;
        int64_t any = 0;
        for (uint32_t i = first; i < end; i++)
            any |= bound(&c, i, &now) >= c.low[i] ? 1 : 0;
        for (uint32_t i = first; any != 0 && i < end; i++)
            if (bound(&c, i, &now) >= c.low[i])
                hk_hits_add(hits, i);
    }
}

static void rebase(const hk_alpha_columns *columns, const hk_alpha_instant *instant, const hk_alpha_move *move,
                   uint32_t n)
{
    const hk_alpha_columns c = *columns;
    const hk_alpha_instant now = *instant;
    for (uint32_t i = 0; i < n; i++) {
        double d = potential(&c, i, &now);
        c.a[i] = c.a[i] == -HUGE_VAL ? c.a[i] : d;
    }
    for (int k = 0; k < HK_ALPHA_N_CURRENTS; k++) {
        double *restrict j = c.j[k], *restrict r = c.r[k];
        for (uint32_t i = 0; i < n; i++) {
            j[i] = (j[i] + r[i] * move->x) * move->fall_i[k];
            r[i] *= move->fall_i[k];
        }
    }
}

static inline __attribute__((always_inline)) void step_all(const hk_alpha_stepping *stepping, uint32_t n_ports,
                                                           const double *restrict limits, hk_hits *hits)
{
    const hk_alpha_stepping q = *stepping;
    double *restrict d = q.d, *restrict i0 = q.i[0], *restrict i1 = q.i[1], *restrict z0 = q.z[0],
                     *restrict z1 = q.z[1];
    const double *restrict in0 = q.in[0], *restrict in1 = q.in[1];
    for (uint32_t begin = 0; begin < q.n; begin += BLOCK) {
        uint32_t end = q.n - begin < BLOCK ? q.n : begin + BLOCK;
        int64_t any = 0;
        for (uint32_t k = begin; k < end; k++) {
            double v = d[k] * q.fall + (i0[k] * q.i_to_d[0] + z0[k] * q.z_to_d[0]);
            i0[k] = i0[k] * q.fall_i[0] + z0[k] * q.z_to_i[0];
            z0[k] = z0[k] * q.fall_i[0] + in0[k];
            if (n_ports == 2) {
                v = v + (i1[k] * q.i_to_d[1] + z1[k] * q.z_to_d[1]);
                i1[k] = i1[k] * q.fall_i[1] + z1[k] * q.z_to_i[1];
                z1[k] = z1[k] * q.fall_i[1] + in1[k];
            }
            d[k] = v;
            any |= v >= (limits != NULL ? limits[k] : q.gap) ? 1 : 0;
        }
        for (uint32_t k = begin; any != 0 && k < end; k++)
            if (d[k] >= (limits != NULL ? limits[k] : q.gap))
                hk_hits_add(hits, q.first + k);
    }
}

static void step(const hk_alpha_stepping *q, hk_hits *hits)
{
    if (q->n_ports == 1 && q->limits == NULL)
        step_all(q, 1, NULL, hits);
    else if (q->n_ports == 1)
        step_all(q, 1, q->limits, hits);
    else if (q->limits == NULL)
        step_all(q, 2, NULL, hits);
    else
        step_all(q, 2, q->limits, hits);
}

#define HK_TABLE_NAME(isa) hk_alpha_kernels_##isa
#define HK_TABLE(isa) HK_TABLE_NAME(isa)
const hk_alpha_kernels HK_TABLE(HK_KERNEL_ISA) = { .receive = receive, .sweep = sweep, .rebase = rebase, .step = step };
