/* neurons/lif_cond_exp_grid_kernels.c - see lif_cond_exp_grid_kernels.h. HK_KERNEL_ISA is plain, avx2 or avx512. */
#include "neurons/lif_cond_exp_grid_kernels.h"

#include "sim/kernels/arrived.h"

enum { BLOCK = 128 };

#define REAL double
#define LANES hk_reals
#define TAKE hk_arrived_take
#define TAKE_LANES hk_arrived_take_lanes
#define BITS int64_t
#define NAME(name) name##_double
#include "neurons/lif_cond_exp_step.h"

#define REAL float
#define LANES hk_singles
#define TAKE hk_arrived_take_single
#define TAKE_LANES hk_arrived_take_single_lanes
#define BITS int32_t
#define NAME(name) name##_single
#include "neurons/lif_cond_exp_step.h"

#define HK_STEP_NAME(isa) hk_cond_step_##isa
#define HK_STEP(isa) HK_STEP_NAME(isa)
void HK_STEP(HK_KERNEL_ISA)(const hk_cond_step *q, hk_hits *hits)
{
    if (q->is_single)
        step_single(q, hits);
    else
        step_double(q, hits);
}
