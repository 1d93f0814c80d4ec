/* neurons/lif_tables.h - what the two forms of lif share: exact in lif.c, on the grid in lif_grid.c. */
#ifndef HK_LIF_TABLES_H
#define HK_LIF_TABLES_H

#include "neurons/adaptive.h"

enum {
    HK_LIF_TAU_M,
    HK_LIF_C_M,
    HK_LIF_E_L,
    HK_LIF_V_TH,
    HK_LIF_V_RESET,
    HK_LIF_T_REF,
    HK_LIF_I_E,
    HK_LIF_THETA_PLUS,
    HK_LIF_TAU_THETA,
    HK_LIF_N_PARAMS,
};
enum { HK_LIF_V, HK_LIF_THETA, HK_LIF_N_STATE };

extern const hk_column hk_lif_params[HK_LIF_N_PARAMS], hk_lif_state[HK_LIF_N_STATE];
extern const hk_adaptive hk_lif_adaptive;
extern const hk_neuron_model hk_lif_grid;

int hk_lif_check(hk_ctx *ctx, const hk_neuron_view *view);

#endif
