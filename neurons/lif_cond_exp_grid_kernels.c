/* neurons/lif_cond_exp_grid_kernels.c - see lif_cond_exp_grid_kernels.h. HK_KERNEL_ISA is plain, avx2 or avx512. */
#include "neurons/lif_cond_exp_grid_kernels.h"

enum { BLOCK = 64 };

/* Neurons begin ... begin + n - 1; returns whether any of them is a hit. */
static inline __attribute__((always_inline)) bool step_block(const hk_cond_step *q, const double *limits,
                                                             uint32_t begin, uint32_t n)
{
    double *restrict v = q->v + begin, *restrict x = q->x + begin, *restrict y = q->y + begin;
    const double *restrict in_ex = q->in_ex + begin, *restrict in_in = q->in_in + begin;
    const double *restrict limit = limits != NULL ? limits + begin : NULL;
    const hk_cond_step c = *q;
    int64_t any = 0;
    for (uint32_t k = 0; k < n; k++) {
        double mean_x = x[k] * c.mean_ex, mean_y = y[k] * c.mean_in;
        double a = c.h * (c.leak + (mean_x + mean_y));
        double pull = c.drive + (mean_x * c.e_ex + mean_y * c.e_in);
        double square = 12.0 + a * a, slope = 6.0 * a;
        double after = (12.0 * c.h * pull + v[k] * (square - slope)) / (square + slope);
        x[k] = x[k] * c.fall_ex + in_ex[k] * c.per_c;
        y[k] = y[k] * c.fall_in - in_in[k] * c.per_c;
        v[k] = after;
        any |= after >= (limit != NULL ? limit[k] : c.v_th) ? 1 : 0;
    }
    return any != 0;
}

/* Hits are rare: a block of neurons is advanced without branches, and looked through only when it has one. Whole blocks have a length
 * that the compiler knows. */
static inline __attribute__((always_inline)) void step_all(const hk_cond_step *q, const double *limits, hk_hits *hits)
{
    for (uint32_t begin = 0; begin < q->n; begin += BLOCK) {
        uint32_t n = q->n - begin < BLOCK ? q->n - begin : BLOCK;
        bool any = n == BLOCK ? step_block(q, limits, begin, BLOCK) : step_block(q, limits, begin, n);
        for (uint32_t k = begin; any && k < begin + n; k++)
            if (q->v[k] >= (limits != NULL ? limits[k] : q->v_th))
                hk_hits_add(hits, q->first + k);
    }
}

#define HK_STEP_NAME(isa) hk_cond_step_##isa
#define HK_STEP(isa) HK_STEP_NAME(isa)
void HK_STEP(HK_KERNEL_ISA)(const hk_cond_step *step, hk_hits *hits)
{
    if (step->limits == NULL)
        step_all(step, NULL, hits);
    else
        step_all(step, step->limits, hits);
}
