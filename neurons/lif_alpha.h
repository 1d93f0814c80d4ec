/* neurons/lif_alpha.h - leaky integrate-and-fire neuron with currents in the shape of an alpha function, integrated exactly.
 *
 *   c_m dv/dt = -(c_m / tau_m)(v - e_l) + i_e + i_ex + i_in
 *   tau_syn_ex d i_ex/dt = e z_ex - i_ex
 *   tau_syn_ex d z_ex/dt = -z_ex      an input of weight w >= 0 (pA) does z_ex += w; the same for i_in, z_in with w < 0
 *   spike when v >= v_th + theta; then v = v_reset for t_ref, while currents go on and take inputs
 *   tau_theta d theta/dt = -theta     a spike does theta += theta_plus
 *
 * so that one input makes the current i(t) = w e t / tau_syn exp(-t / tau_syn), whose peak is w, after tau_syn.
 *
 * The threshold is crossed between inputs: a bound over the window rules that out for nearly every neuron, the rest get the
 * exact first root (crossing.h). The equations of NEST's iaf_psc_alpha. The time constants may be equal.
 * Source: Rotter & Diesmann (1999), Biol. Cybern. 81:381-402; exact spike times as in Hanuschkin et al. (2010), Front.
 * Neuroinform. 4:113. */
#ifndef HK_LIF_ALPHA_H
#define HK_LIF_ALPHA_H

#include "sim/model.h"

extern const hk_neuron_model hk_lif_alpha;

#endif
