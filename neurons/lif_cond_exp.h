/* neurons/lif_cond_exp.h - leaky integrate-and-fire neuron with exponential conductances.
 *
 *   c_m dv/dt = -g_l (v - e_l) - g_ex (v - e_ex) - g_in (v - e_in) + i_e
 *   tau_syn_ex d g_ex/dt = -g_ex      an input of weight w >= 0 (nS) does g_ex += w
 *   tau_syn_in d g_in/dt = -g_in      an input of weight w < 0 does g_in += |w|: no conductance is ever negative
 *   spike when v >= v_th + theta; then v = v_reset for t_ref, while conductances go on and take inputs
 *   tau_theta d theta/dt = -theta     a spike does theta += theta_plus
 *
 * There is no closed form. Between two events of a neuron v is a Taylor series of order 16, in steps so short that what is
 * cut off stays below 1e-11 mV (lif_cond_exp_series.h); crossings of the threshold between inputs are the roots of that
 * polynomial (lif_cond_exp_membrane.h). The state moves at events alone, so looking at it, or cutting a run, changes no bit.
 * A neuron whose total conductance exceeds 1e6 c_m per ms is reported as a state that is no number.
 *
 * The equations of NEST's iaf_cond_exp, without its grid. Source: Meffin, Burkitt & Grayden (2004), J. Comput. Neurosci.
 * 16:159-175. */
#ifndef HK_LIF_COND_EXP_H
#define HK_LIF_COND_EXP_H

#include "sim/model.h"

extern const hk_neuron_model hk_lif_cond_exp;

#endif
