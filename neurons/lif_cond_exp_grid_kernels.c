/* neurons/lif_cond_exp_grid_kernels.c - see lif_cond_exp_grid_kernels.h. HK_KERNEL_ISA is plain, avx2 or avx512. */
#include "neurons/lif_cond_exp_grid_kernels.h"

/* Hits are rare: a block of neurons is advanced without branches, and looked through only when it has one. */
static inline __attribute__((always_inline)) void step_all(const hk_cond_step *q, const double *restrict limits,
                                                           hk_hits *hits)
{
    enum { BLOCK = 64 };
    double *restrict v = q->v, *restrict x = q->x, *restrict y = q->y;
    const double *restrict in_ex = q->in_ex, *restrict in_in = q->in_in;
    const hk_cond_step c = *q;
    for (uint32_t begin = 0; begin < c.n; begin += BLOCK) {
        uint32_t end = c.n - begin < BLOCK ? c.n : begin + BLOCK;
        int64_t any = 0;
        for (uint32_t k = begin; k < end; k++) {
            double mean_x = x[k] * c.mean_ex, mean_y = y[k] * c.mean_in;
            double a = c.h * (c.leak + (mean_x + mean_y));
            double pull = c.drive + (mean_x * c.e_ex + mean_y * c.e_in);
            double square = 12.0 + a * a, slope = 6.0 * a;
            double after = (12.0 * c.h * pull + v[k] * (square - slope)) / (square + slope);
            x[k] = x[k] * c.fall_ex + in_ex[k] * c.per_c;
            y[k] = y[k] * c.fall_in - in_in[k] * c.per_c;
            v[k] = after;
            any |= after >= (limits != NULL ? limits[k] : c.v_th) ? 1 : 0;
        }
        for (uint32_t k = begin; any != 0 && k < end; k++)
            if (v[k] >= (limits != NULL ? limits[k] : c.v_th))
                hk_hits_add(hits, c.first + k);
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
