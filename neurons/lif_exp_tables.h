/* neurons/lif_exp_tables.h - what the two forms of lif_exp share: exact in lif_exp.c, on the grid in lif_exp_grid.c. */
#ifndef HK_LIF_EXP_TABLES_H
#define HK_LIF_EXP_TABLES_H

#include "neurons/adaptive.h"

enum {
    HK_LIF_EXP_TAU_M,
    HK_LIF_EXP_C_M,
    HK_LIF_EXP_TAU_EX,
    HK_LIF_EXP_TAU_IN,
    HK_LIF_EXP_E_L,
    HK_LIF_EXP_V_TH,
    HK_LIF_EXP_V_RESET,
    HK_LIF_EXP_T_REF,
    HK_LIF_EXP_I_E,
    HK_LIF_EXP_THETA_PLUS,
    HK_LIF_EXP_TAU_THETA,
    HK_LIF_EXP_N_PARAMS,
};
enum { HK_LIF_EXP_V, HK_LIF_EXP_I_EX, HK_LIF_EXP_I_IN, HK_LIF_EXP_THETA, HK_LIF_EXP_N_STATE };

extern const hk_column hk_lif_exp_params[HK_LIF_EXP_N_PARAMS], hk_lif_exp_state[HK_LIF_EXP_N_STATE];
extern const hk_adaptive hk_lif_exp_adaptive; /* and of lif_alpha, which has the same parameters */
extern const hk_neuron_model hk_lif_exp_grid;

int hk_lif_exp_check(hk_ctx *ctx, const hk_neuron_view *view);

#endif
