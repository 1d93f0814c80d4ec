/* tests/odd_neurons.h - leaky neurons with awkward parameters. */
#ifndef HK_ODD_NEURONS_H
#define HK_ODD_NEURONS_H

#include "tests/sim_rig.h"

static const char *const leaky[] = { "lif", "lif_exp", "lif_alpha" };

/* Awkward parameters; the models share these names. */
enum { TAU_M, C_M, E_L, V_TH, V_RESET, T_REF, N_NAMED };
static const char *const names[N_NAMED] = { "tau_m_ms", "c_m_pf", "e_l_mv", "v_th_mv", "v_reset_mv", "t_ref_ms" };
static const double odd[N_NAMED] = { 17.31, 211.7, -68.35, -54.1, -71.9, 2.385 };

static inline hk_population *odd_neurons(rig *r, const char *model, uint32_t n)
{
    hk_population *p = rig_neurons(r, "neurons", model, n);
    for (int k = 0; k < N_NAMED; k++)
        rig_set(r, p, names[k], odd[k]);
    rig_set(r, p, "v_mv", odd[E_L]);
    return p;
}

#endif
