/* neurons/lif_alpha_tables.h - what the two forms of lif_alpha share: exact in lif_alpha.c, on the grid in lif_alpha_grid.c. */
#ifndef HK_LIF_ALPHA_TABLES_H
#define HK_LIF_ALPHA_TABLES_H

#include "sim/model.h"

enum {
    HK_LIF_ALPHA_TAU_M,
    HK_LIF_ALPHA_C_M,
    HK_LIF_ALPHA_TAU_EX,
    HK_LIF_ALPHA_TAU_IN,
    HK_LIF_ALPHA_E_L,
    HK_LIF_ALPHA_V_TH,
    HK_LIF_ALPHA_V_RESET,
    HK_LIF_ALPHA_T_REF,
    HK_LIF_ALPHA_I_E,
    HK_LIF_ALPHA_THETA_PLUS,
    HK_LIF_ALPHA_TAU_THETA,
    HK_LIF_ALPHA_N_PARAMS,
};
enum {
    HK_LIF_ALPHA_V,
    HK_LIF_ALPHA_I_EX,
    HK_LIF_ALPHA_Z_EX,
    HK_LIF_ALPHA_I_IN,
    HK_LIF_ALPHA_Z_IN,
    HK_LIF_ALPHA_THETA,
    HK_LIF_ALPHA_N_STATE
};

#define HK_LIF_ALPHA_E 2.718281828459045235

extern const hk_column hk_lif_alpha_params[HK_LIF_ALPHA_N_PARAMS], hk_lif_alpha_state[HK_LIF_ALPHA_N_STATE];
extern const hk_neuron_model hk_lif_alpha_grid;

int hk_lif_alpha_check(hk_ctx *ctx, const hk_neuron_view *view);

#endif
