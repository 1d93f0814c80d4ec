/* experiments/mnist_options.c - the options of mnist, and each code's own values for those left alone. */
#include "experiments/mnist.h"

#include "encoders/catalogue.h"
#include "experiments/choice.h"
#include "experiments/matching.h"
#include "experiments/mnist_presets.h"
#include "sim/time.h"

#include <math.h>
#include <string.h>

static const char *const rules[] = { "homeostasis", "novelty", NULL };
static const char *const orders[] = { "given", "shuffled", NULL };
static const char *const records[] = { "hidden", "all", "none", NULL };

#define AUTO(option, unit_, low, high, text)                                                                      \
    {                                                                                                             \
        .name = option, .type = HK_OPTION_NUMBER, .unit = unit_, .min = low, .max = high, .automatic = "by code", \
        .meaning = text                                                                                           \
    }

const hk_option hk_mnist_options[HK_MNIST_N_OPTIONS] = {
    { .name = "code",
      .type = HK_OPTION_CHOICE,
      .text = "rate",
      .choices = hk_encoder_names,
      .meaning = "how pixels become spikes; 'hillock list codes' says what each is" },
    HK_DATA_OPTION,
    { .name = "neurons",
      .type = HK_OPTION_INTEGER,
      .initial = 400,
      .min = 2,
      .max = 60000,
      .meaning = "size of the competing layer" },
    { .name = "rule",
      .type = HK_OPTION_CHOICE,
      .text = "homeostasis",
      .choices = rules,
      .meaning =
          "homeostasis: rates fall with the progress of training, thresholds lead all neurons to win equally often; "
          "novelty, for code=phase and layers of thousands of neurons: what no neuron matches becomes the "
          "weights of an unused one, and each learns at 1/n from the n-th image that it wins" },
    { .name = "match",
      .type = HK_OPTION_NUMBER,
      .min = 0.0,
      .max = 1.0,
      .automatic = "0.55 + 0.045 log2(neurons / 400), 0.76 + ... with data=glyphs",
      .meaning = "rule=novelty: an image is new when no neuron matches it so well; 1: weights and image are the same" },
    { .name = "passes",
      .type = HK_OPTION_INTEGER,
      .initial = 1,
      .min = 1,
      .max = 1000,
      .meaning = "times the training images are shown" },
    { .name = "train",
      .type = HK_OPTION_INTEGER,
      .initial = 0,
      .min = 0,
      .max = 1e9,
      .meaning = "training images; 0: all there are" },
    { .name = "order",
      .type = HK_OPTION_CHOICE,
      .text = "given",
      .choices = orders,
      .meaning =
          "of the training images. given: as the data has them; shuffled: drawn from the seed (with rule=novelty "
          "nothing else depends on the seed)" },
    { .name = "test", .type = HK_OPTION_INTEGER, .initial = 0, .min = 0, .max = 1e9, .meaning = "test images; 0: all" },
    { .name = "label",
      .type = HK_OPTION_INTEGER,
      .initial = 10000,
      .min = 10,
      .max = 1e9,
      .meaning = "the last so many training images name the neurons, shown again after training" },
    { .name = "split",
      .type = HK_OPTION_CHOICE,
      .text = "test",
      .choices = hk_choice_splits,
      .meaning = "validation: the last sixth of the training images is kept back and tested instead (for every choice "
                 "of parameters; the test images are for the end)" },
    { .name = "record",
      .type = HK_OPTION_CHOICE,
      .text = "hidden",
      .choices = records,
      .meaning = "spikes that go to the file" },
    AUTO("window_ms", "ms", 0.1, 1e6, "how long an image is shown"),
    AUTO("ink", "", 0.0, 1e6, "each image is scaled to this sum of pixel values; 0: as it is"),
    AUTO("rate_max_hz", "Hz", 0.0, 1e5, "rate and regular: rate of a pixel of value 1"),
    AUTO("code_threshold", "", 0.0, 1.0, "latency, latency_log, rank, temporal and binary: dimmer pixels do not spike"),
    AUTO("bins", "", 0.0, 1e6, "latency and rank: times at which pixels can spike; 0: any"),
    AUTO("burst", "", 1.0, 1000.0, "binary and temporal: spikes of a bright pixel; burst: of the brightest"),
    AUTO("phases", "", 1.0, 24.0, "phase: bits of a pixel, the least one first"),
    AUTO("slot_ms", "ms", 0.1, 1e6, "phase: length of a phase; burst: interval of its spikes"),
    AUTO("growth", "", 1.0, 16.0, "burst: a spike counts so many times the one before it"),
    AUTO("charge_ms", "ms", 1e-3, 1e6, "latency_log: time constant of the neurons whose first spikes code"),
    AUTO("step", "", 1e-4, 1.0, "delta: change of a pixel that makes a spike"),
    AUTO("saccade_px", "", 0.0, 8.0, "delta: the image comes up, then goes so far right, down and back; 0: it stays"),
    AUTO("tau_m_ms", "ms", 1e-1, 1e9, "membrane time constant"),
    AUTO("v_th_mv", "mV", 1e-6, 1e6, "threshold above rest, before adaptation"),
    AUTO("t_ref_ms", "ms", 0.0, 1e9, "refractory period of the winner"),
    AUTO("hold_ms", "ms", 0.0, 1e9, "how long the winner silences the others"),
    AUTO("theta_plus_mv", "mV", 0.0, 1e6, "threshold increment of a spike, at the start of training"),
    AUTO("theta_plus_end_mv", "mV", 0.0, 1e6, "the same at its end (falls geometrically)"),
    AUTO("tau_trace_ms", "ms", 1e-1, 1e9, "time constant of the presynaptic trace"),
    AUTO("lr", "", 0.0, 1.0, "learning rate at the start of training; rule=novelty: at a neuron's first win"),
    AUTO("lr_end", "", 0.0, 1.0,
         "the same at its end (falls geometrically); rule=novelty: it does not fall below this"),
    AUTO("weight_sum", "mV", 1e-6, 1e9, "sum of a neuron's incoming weights"),
    AUTO("clock_spikes", "", 0.0, 1000.0, "equidistant spikes in the window that push every neuron: 0 none"),
    AUTO("clock_mv", "mV", 0.0, 1e6, "potential of each clock spike"),
    AUTO("decide_spikes", "", 0.0, 1e6, "so many first spikes of an image decide; 0: all"),
};

static double chosen(hk_run *run, const char *name, double preset_value)
{
    return hk_run_is_given(run, name) ? hk_run_number(run, name) : preset_value;
}

/* Sets the encoder's parameter of that name. */
static void encoder_param(hk_mnist_settings *s, const char *name, double value)
{
    long which = hk_column_find(s->encoder->params, s->encoder->n_params, name);
    if (which >= 0)
        s->encoder_params[which] = value;
}

static int choose_encoder(hk_run *run, const hk_mnist_preset *p, hk_mnist_settings *s)
{
    int rc = hk_encoder_find(hk_run_ctx(run), p->code, &s->encoder);
    if (rc != HK_OK)
        return rc;
    hk_encoder_defaults(s->encoder, s->encoder_params);
    encoder_param(s, "rate_max_hz", chosen(run, "rate_max_hz", p->rate_max_hz));
    encoder_param(s, "threshold", chosen(run, "code_threshold", p->code_threshold));
    encoder_param(s, "n_bins", round(chosen(run, "bins", p->bins)));
    encoder_param(s, "n_spikes", round(chosen(run, "burst", p->burst)));
    encoder_param(s, "n_max", round(chosen(run, "burst", p->burst)));
    encoder_param(s, "n_phases", round(chosen(run, "phases", p->phases)));
    encoder_param(s, "phase_ms", chosen(run, "slot_ms", p->slot_ms));
    encoder_param(s, "slot_ms", chosen(run, "slot_ms", p->slot_ms));
    encoder_param(s, "growth", chosen(run, "growth", p->growth));
    encoder_param(s, "tau_ms", chosen(run, "charge_ms", p->charge_ms));
    encoder_param(s, "step", chosen(run, "step", p->step));
    encoder_param(s, "phase_random", strcmp(p->code, "binary") == 0 ? 0.0 : 1.0); /* bursts come together */
    encoder_param(s, "least_first", 1.0);
    encoder_param(s, "n_bursts", 1.0);
    return HK_OK;
}

/* Codes whose spikes have weights: a membrane and traces that fall by the code's factor from slot to slot do the weighing. */
static double leak_ms(hk_run *run, const hk_mnist_preset *p)
{
    double factor = strcmp(p->code, "burst") == 0 ? chosen(run, "growth", p->growth) : 2.0;
    return factor > 1.0 ? fmin(chosen(run, "slot_ms", p->slot_ms) / log(factor), 1e9) : 1e9;
}

static double window_ms(hk_run *run, const hk_mnist_preset *p)
{
    double n_slots = round(strcmp(p->code, "burst") == 0 ? chosen(run, "burst", p->burst)
                                                         : chosen(run, "phases", p->phases));
    return chosen(run, "window_ms", p->leak_weighs ? n_slots * chosen(run, "slot_ms", p->slot_ms) : p->window_ms);
}

/* What an option means under one rule alone is refused under the other. */
static int check_rule(hk_run *run, bool novelty)
{
    static const char *const of_homeostasis[] = { "ink", "theta_plus_mv", "theta_plus_end_mv", "weight_sum" };
    for (size_t k = 0; novelty && k < sizeof of_homeostasis / sizeof of_homeostasis[0]; k++)
        if (hk_run_is_given(run, of_homeostasis[k]))
            return hk_fail(hk_run_ctx(run), HK_ERANGE, "mnist: %s is for rule=homeostasis, but rule = novelty",
                           of_homeostasis[k]);
    if (!novelty && hk_run_is_given(run, "match"))
        return hk_fail(hk_run_ctx(run), HK_ERANGE, "mnist: match is for rule=novelty, but rule = homeostasis");
    return HK_OK;
}

/* Novelty: the threshold of a used neuron. Potentials are read some steps before the end of the window, when they, and the traces
 * that the weights were learnt from, are not yet halved to what matching.h says. */
static double used_mv(hk_run *run, const hk_mnist_preset *p, const hk_mnist_settings *s)
{
    double early_ms = s->clock_spikes * HK_MNIST_RESOLUTION_MS;
    return chosen(run, "match", hk_match_for(s->neurons, hk_run_text(run, "data"))) * HK_MATCH_FULL_MV *
           exp2(2.0 * early_ms / chosen(run, "slot_ms", p->slot_ms));
}

int hk_mnist_settle(hk_run *run, hk_mnist_settings *out)
{
    const bool novelty = hk_run_choice(run, "rule") == 1;
    double neurons = (double)hk_run_integer(run, "neurons");
    const hk_mnist_preset *p = hk_mnist_find_preset(hk_run_text(run, "code"), novelty, neurons);
    if (p == NULL)
        return hk_fail(hk_run_ctx(run), HK_ERANGE, "mnist: code = %s has no settings for rule = %s; code=phase has",
                       hk_run_text(run, "code"), hk_run_text(run, "rule"));
    int rc = check_rule(run, novelty);
    if (rc != HK_OK)
        return rc;
    /* more neurons need larger steps, for each of them wins less often; with novelty each counts its own wins */
    double larger = novelty ? 1.0 : neurons / p->tuned_for;
    *out = (hk_mnist_settings){
        .novelty = novelty,
        .phases = (uint32_t)round(chosen(run, "phases", p->phases)),
        .window_ms = window_ms(run, p),
        .ink = chosen(run, "ink", p->ink),
        .tau_m_ms = chosen(run, "tau_m_ms", p->leak_weighs ? leak_ms(run, p) : p->tau_m_ms),
        .v_th_mv = chosen(run, "v_th_mv", p->v_th_mv),
        .t_ref_ms = chosen(run, "t_ref_ms", p->t_ref_ms),
        .hold_ms = chosen(run, "hold_ms", p->hold_ms),
        .theta_plus_mv = chosen(run, "theta_plus_mv", p->theta_plus_mv * pow(larger, 0.7)),
        .theta_plus_end_mv = chosen(run, "theta_plus_end_mv", p->theta_plus_end_mv * pow(larger, 0.7)),
        .balanced = p->balanced,
        .tau_trace_ms = chosen(run, "tau_trace_ms", p->leak_weighs ? leak_ms(run, p) : p->tau_trace_ms),
        .adds = p->adds,
        .lr = chosen(run, "lr", fmin(1.0, p->lr * sqrt(larger))),
        .lr_end = chosen(run, "lr_end", fmin(1.0, p->lr_end * sqrt(larger))),
        .weight_sum = chosen(run, "weight_sum", p->weight_sum),
        .clock_spikes = (uint32_t)chosen(run, "clock_spikes", p->clock_spikes),
        .clock_mv = chosen(run, "clock_mv", p->clock_mv),
        .clock_at_end = p->clock_at_end,
        .saccade_px = (uint32_t)chosen(run, "saccade_px", p->saccade_px),
        .neurons = (uint32_t)neurons,
        .passes = (uint32_t)hk_run_integer(run, "passes"),
        .one_winner = p->one_winner,
        .turns = p->turns,
        .decide_spikes = (uint32_t)chosen(run, "decide_spikes", p->decide_spikes),
    };
    if (novelty)
        out->theta_plus_mv = out->theta_plus_end_mv = used_mv(run, p, out);
    if (!(out->lr_end <= out->lr && out->theta_plus_end_mv <= out->theta_plus_mv))
        return hk_fail(hk_run_ctx(run), HK_ERANGE,
                       "mnist: lr_end = %g and theta_plus_end_mv = %g, must be at most lr = %g and "
                       "theta_plus_mv = %g",
                       out->lr_end, out->theta_plus_end_mv, out->lr, out->theta_plus_mv);
    if (hk_steps_in_ms(out->window_ms, HK_MNIST_RESOLUTION_MS) < 1)
        return hk_fail(hk_run_ctx(run), HK_ERANGE, "mnist: window_ms = %g, must be a whole number of steps of %g ms",
                       out->window_ms, HK_MNIST_RESOLUTION_MS);
    if (out->clock_at_end && !((out->clock_spikes + 1) * HK_MNIST_RESOLUTION_MS <= out->window_ms))
        return hk_fail(hk_run_ctx(run), HK_ERANGE,
                       "mnist: clock_spikes = %u, %g ms apart at the end, must fit into window_ms = %g",
                       out->clock_spikes, HK_MNIST_RESOLUTION_MS, out->window_ms);
    return choose_encoder(run, p, out);
}
