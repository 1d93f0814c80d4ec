/* neurons/ttfs.h - time to first spike: a neuron that computes max(0, bias + sum w x) with one spike, exactly.
 *
 * A presentation begins when the simulation is settled (hk_sim_settle; the first one when the population is created). In it
 *
 *   before t_min    dv/dt = sum of the weights (mV/ms) of the inputs that have arrived; v = 0 at the beginning
 *   from t_min on   dv/dt = 1 mV/ms; what arrives now changes nothing
 *   spike           when v reaches window - bias: once, and not after t_max
 *
 *   t_min = beginning + onset_ms,   t_max = t_min + window_ms
 *
 * An input that arrives at t_min - x ms counts x, so v(t_min) = sum w x, and the spike comes at
 *
 *   t_max - t_spike = max(0, bias + sum w x)          no spike where that is 0, and
 *   t_spike = t_min at the earliest                   where it is more than the window: it saturates. Make the window wide
 *
 * With onset_ms of the next layer = onset_ms + window_ms + the delay between them, its x is just this value: layers
 * of such neurons are a network of rectified linear units. Its last layer has window_ms = 0: these neurons never spike; their v_mv,
 * from t_min on constant, is sum w x, to which the reader adds the bias.
 *
 * A presentation, with x of every input known, spikes at begin + onset_ms - delay - x of the input population:
 *
 *   hk_sim_settle(sim);  hk_spike_source_add(inputs, ...);  hk_sim_run(sim, onset_ms + window_ms);   spikes: a window callback
 *   hk_population_get(outputs, "v_mv", values);                                                     (hk_sim_on_window)
 *
 * Fast where the shortest delay between neurons, which is how far the engine looks ahead, is a small part of the window (1 ms, say): an
 * input that comes so near to t_min makes each of its targets predict its spike anew.
 *
 * The encoder `latency` over a window of T ms gives x = value (T - t_min_ms) when onset_ms = T + delay. There is no form for the grid.
 *
 * Source: Stanojevic, Wozniak, Bellec, Cherubini, Pantazi & Gerstner (2024), Nat. Commun. 15:6793, the neuron B1. */
#ifndef HK_TTFS_H
#define HK_TTFS_H

#include "sim/model.h"

extern const hk_neuron_model hk_ttfs;

#endif
