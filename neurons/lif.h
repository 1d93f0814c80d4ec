/* neurons/lif.h - leaky integrate-and-fire neuron, jump synapses, integrated in closed form.
 *
 *   tau_m dv/dt = -(v - e_l) + (tau_m / c_m) i_e            an input of weight w (mV) does v += w
 *   spike when v >= v_th + theta; then v = v_reset for t_ref, inputs arriving meanwhile are lost
 *   tau_theta d theta/dt = -theta                           a spike does theta += theta_plus
 *
 * v can cross the threshold at an input, by constant drive, or because the threshold falls: all three are exact.
 * Equal to NEST's iaf_psc_delta_ps. Source: Brette (2007), Neural Comput. 19:2604-2609; adaptive threshold as in
 * Diehl & Cook (2015), Front. Comput. Neurosci. 9:99. */
#ifndef HK_LIF_H
#define HK_LIF_H

#include "sim/model.h"

extern const hk_neuron_model hk_lif;

#endif
