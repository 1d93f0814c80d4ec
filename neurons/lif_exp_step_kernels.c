/* neurons/lif_exp_step_kernels.c - see lif_exp_step_kernels.h. HK_KERNEL_ISA is plain, avx2 or avx512. */
#include "neurons/lif_exp_step_kernels.h"

#include "sim/kernels/arrived.h"

/* Neurons of a block are advanced without branches, and looked through only when it has hits, which are rare. */
enum { BLOCK = 128 };

#define REAL double
#define LANES hk_reals
#define BITS int64_t
#define TAKE hk_arrived_take
#define TAKE_LANES hk_arrived_take_lanes
#define NAME(name) name##_double
#include "neurons/lif_exp_step.h"

#define REAL float
#define LANES hk_singles
#define BITS int32_t
#define TAKE hk_arrived_take_single
#define TAKE_LANES hk_arrived_take_single_lanes
#define NAME(name) name##_single
#include "neurons/lif_exp_step.h"

static void step(const hk_lif_exp_stepping *q, hk_hits *hits)
{
    if (q->is_single)
        step_single(q, hits);
    else
        step_double(q, hits);
}

#define HK_TABLE_NAME(isa) hk_lif_exp_step_kernels_##isa
#define HK_TABLE(isa) HK_TABLE_NAME(isa)
const hk_lif_exp_step_kernels HK_TABLE(HK_KERNEL_ISA) = { .step = step };
