/* neurons/lif_exp.h - leaky integrate-and-fire neuron with exponential currents, integrated exactly.
 *
 *   c_m dv/dt = -(c_m / tau_m)(v - e_l) + i_e + i_ex + i_in
 *   tau_syn_ex d i_ex/dt = -i_ex      an input of weight w >= 0 (pA) does i_ex += w
 *   tau_syn_in d i_in/dt = -i_in      an input of weight w < 0 does i_in += w
 *   spike when v >= v_th + theta; then v = v_reset for t_ref, while currents go on and take inputs
 *   tau_theta d theta/dt = -theta     a spike does theta += theta_plus
 *
 * The threshold is crossed between inputs: a bound over the window rules that out for nearly every neuron, the rest get the
 * exact first root (crossing.h). Equal to NEST's iaf_psc_exp_ps. The time constants may be equal.
 * Source: Rotter & Diesmann (1999), Biol. Cybern. 81:381-402; exact spike times as in Hanuschkin et al. (2010), Front.
 * Neuroinform. 4:113. */
#ifndef HK_LIF_EXP_H
#define HK_LIF_EXP_H

#include "sim/model.h"

extern const hk_neuron_model hk_lif_exp;

#endif
