/* neurons/adaptive.h - leaky integrate-and-fire between events: drive, adaptive threshold and reset, for models with exact times.
 *
 * Their columns begin with the scaled potential u, counted from v_inf, where constant drive alone would lead, and scaled so that
 * it does not change between inputs; -infinity while the neuron is held. Then theta, the adaptive part of the threshold, kept as
 * b = theta exp(x / tau_theta), x being the time since the epoch; `low`, the lowest that the threshold gets in the present window,
 * below which a neuron needs no look; and `gap`, the base threshold. All but b are counted from v_inf. */
#ifndef HK_ADAPTIVE_H
#define HK_ADAPTIVE_H

#include "sim/model.h"

enum { HK_ADAPTIVE_U, HK_ADAPTIVE_B, HK_ADAPTIVE_LOW, HK_ADAPTIVE_GAP, HK_ADAPTIVE_N_COLUMNS };
/** ADAPTS: some threshold does or can. ALIKE: neurons agree in what `kind` lists. HORIZON_STEP: the first step behind the window for
 *  which `low` was found. */
enum { HK_ADAPTIVE_ADAPTS, HK_ADAPTIVE_ALIKE, HK_ADAPTIVE_HORIZON_STEP, HK_ADAPTIVE_N_GLOBALS };

/** A model: indices of its parameters. */
typedef struct hk_adaptive {
    int e_l, tau_m, c_m, i_e, v_th, v_reset, t_ref, theta_plus, tau_theta;
    const int *taus; /* [n_taus] all time constants, tau_theta among them */
    size_t n_taus;
    const int *kind; /* [n_kind] neurons that agree in these decay alike */
    size_t n_kind;
} hk_adaptive;

/** HK_ERANGE, naming the first neuron of the population of `model`, unless v_reset is below v_th and every time constant at least
 *  a fiftieth of the resolution. */
HK_MUST_CHECK int hk_adaptive_check(hk_ctx *ctx, const hk_neuron_view *view, const hk_neuron_model *model,
                                    const hk_adaptive *of);

double hk_adaptive_v_inf(const hk_neuron_view *view, const hk_adaptive *of, uint32_t i);
/** Finds the columns and globals above, but for u and b. */
void hk_adaptive_prepare(const hk_neuron_view *view, const hk_adaptive *of);
/** The shortest time constant of what changes. */
double hk_adaptive_shortest_tau_ms(const hk_neuron_view *view, const hk_adaptive *of);

/** theta, x ms after the epoch. */
double hk_adaptive_theta(const hk_neuron_view *view, const hk_adaptive *of, uint32_t i, double x);
void hk_adaptive_write_theta(const hk_neuron_view *view, const hk_adaptive *of, uint32_t i, double x, double theta_mv);
/** The epoch moves by x: b of these neurons. */
void hk_adaptive_rebase(const hk_neuron_view *view, const hk_adaptive *of, uint32_t begin, uint32_t end, double x);

/** n neurons that are alike, i and those behind it, with `left` ms to go: those that may reach `low` are hits, counted from i. */
typedef void (*hk_adaptive_sweep_fn)(const hk_neuron_view *view, uint32_t i, uint32_t n, double x, double left,
                                     hk_hits *hits);
/** One slab for neurons that are alike, neuron i being one of them. */
typedef void (*hk_adaptive_receive_fn)(const hk_neuron_view *view, hk_cpu cpu, uint32_t i, const hk_slab *slab,
                                       double x, double left, hk_hits *hits);

/* As in hk_neuron_model. */
void hk_adaptive_sweep(const hk_neuron_view *view, const hk_adaptive *of, hk_adaptive_sweep_fn alike, uint32_t begin,
                       uint32_t end, hk_time now, hk_time horizon, hk_hits *hits);
void hk_adaptive_receive(const hk_neuron_view *view, hk_adaptive_receive_fn alike, const hk_slab *slab, hk_time now,
                         hk_time horizon, hk_hits *hits);
double hk_adaptive_fire(const hk_neuron_view *view, const hk_adaptive *of, uint32_t i, hk_time now);
void hk_adaptive_hold(const hk_neuron_view *view, uint32_t begin, uint32_t end, hk_time now);

#endif
