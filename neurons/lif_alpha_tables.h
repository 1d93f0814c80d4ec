/* neurons/lif_alpha_tables.h - what the two forms of lif_alpha share: exact in lif_alpha.c, on the grid in lif_alpha_grid.c. Its
 * parameters are those of lif_exp. */
#ifndef HK_LIF_ALPHA_TABLES_H
#define HK_LIF_ALPHA_TABLES_H

#include "neurons/lif_exp_tables.h"

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

extern const hk_column hk_lif_alpha_state[HK_LIF_ALPHA_N_STATE];
extern const hk_neuron_model hk_lif_alpha_grid;

int hk_lif_alpha_check(hk_ctx *ctx, const hk_neuron_view *view);

#endif
