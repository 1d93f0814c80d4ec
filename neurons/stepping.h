/* neurons/stepping.h - what the leaky integrate-and-fire models share on the grid: threshold, reset, and the walk over neurons.
 *
 * Their columns begin with the potential d, the adaptive part of the threshold, and the base threshold, all from the same zero.
 * The threshold is tested at the ends of steps only. A held neuron has d = -infinity, which stays by itself. */
#ifndef HK_STEPPING_H
#define HK_STEPPING_H

#include "sim/model.h"

enum { HK_STEPPING_D, HK_STEPPING_THETA, HK_STEPPING_GAP, HK_STEPPING_N_COLUMNS };
enum { HK_STEPPING_ADAPTS, HK_STEPPING_ONE_KIND, HK_STEPPING_ONE_GAP, HK_STEPPING_N_GLOBALS };

/** The step of n neurons that are alike, i and those behind it: those at limits[0 ... n - 1], or at the base threshold of neuron i
 *  where it is NULL, are reported. What arrives for neuron i stands at in[port][offset]. */
typedef void (*hk_stepping_fn)(const hk_neuron_view *view, uint32_t i, uint32_t n, const double *const *in,
                               uint32_t offset, const double *limits, hk_hits *hits);

/** A model: indices of its parameters, where its potentials are counted from, and its step. */
typedef struct hk_stepping {
    int e_l, v_th, v_reset, t_ref, theta_plus, tau_theta;
    const int *kind; /* [n_kind] neurons that agree in these are alike */
    size_t n_kind;
    const int *gap; /* [n_gap] what the base threshold follows from */
    size_t n_gap;
    double (*zero_mv)(const hk_neuron_view *view, uint32_t i);
    hk_stepping_fn step;
} hk_stepping;

/** exp(-h / tau) */
double hk_stepping_fall(const hk_neuron_view *view, int tau, uint32_t i);

/** Finds the columns and globals above. */
void hk_stepping_prepare(const hk_neuron_view *view, const hk_stepping *model);
/** The potential as users see it; one that is written to a refractory neuron is not taken. */
double hk_stepping_read_v(const hk_neuron_view *view, const hk_stepping *model, uint32_t i);
void hk_stepping_write_v(const hk_neuron_view *view, const hk_stepping *model, uint32_t i, double v_mv);

/** Whether all neurons are alike and their thresholds the same and at rest. */
bool hk_stepping_is_uniform(const hk_neuron_view *view);

/* As in hk_neuron_model. */
void hk_stepping_step(const hk_neuron_view *view, const hk_stepping *model, uint32_t begin, uint32_t end,
                      const double *const *in, hk_hits *hits);
/** `jump_mv` is what arrives now at the potential itself. */
bool hk_stepping_wake(const hk_neuron_view *view, const hk_stepping *model, uint32_t i, double jump_mv);
double hk_stepping_fire(const hk_neuron_view *view, const hk_stepping *model, uint32_t i);
/** All potentials to rest. */
void hk_stepping_settle(const hk_neuron_view *view, const hk_stepping *model);
double hk_stepping_excess(const hk_neuron_view *view, uint32_t i, hk_time now);
void hk_stepping_hold(const hk_neuron_view *view, uint32_t begin, uint32_t end, hk_time now);

#endif
