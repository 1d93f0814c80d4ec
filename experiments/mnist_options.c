/* experiments/mnist_options.c - the options of mnist, and each code's own values for those left alone. */
#include "experiments/mnist.h"

#include "encoders/catalogue.h"
#include "sim/time.h"

#include <math.h>
#include <string.h>

static const char *const codes[] = { "rate", "regular", "latency", "binary", NULL };
static const char *const splits[] = { "test", "validation", NULL };
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
      .choices = codes,
      .meaning = "how pixels become spikes: Poisson or equidistant trains, one spike, bursts of the bright ones" },
    { .name = "data",
      .type = HK_OPTION_CHOICE,
      .text = "auto",
      .choices = hk_dataset_names,
      .meaning = "which images" },
    { .name = "neurons",
      .type = HK_OPTION_INTEGER,
      .initial = 400,
      .min = 2,
      .max = 60000,
      .meaning = "size of the competing layer" },
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
      .choices = splits,
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
    AUTO("code_threshold", "", 0.0, 1.0, "latency and binary: dimmer pixels do not spike"),
    AUTO("bins", "", 0.0, 1e6, "latency: times at which pixels can spike; 0: any"),
    AUTO("burst", "", 1.0, 1000.0, "binary: spikes of a bright pixel"),
    AUTO("tau_m_ms", "ms", 1e-1, 1e9, "membrane time constant"),
    AUTO("v_th_mv", "mV", 1e-6, 1e6, "threshold above rest, before adaptation"),
    AUTO("t_ref_ms", "ms", 0.0, 1e9, "refractory period of the winner"),
    AUTO("hold_ms", "ms", 0.0, 1e9, "how long the winner silences the others"),
    AUTO("theta_plus_mv", "mV", 0.0, 1e6, "threshold increment of a spike, at the start of training"),
    AUTO("theta_plus_end_mv", "mV", 0.0, 1e6, "the same at its end (falls geometrically)"),
    AUTO("tau_trace_ms", "ms", 1e-1, 1e9, "time constant of the presynaptic trace"),
    AUTO("lr", "", 0.0, 1.0, "learning rate at the start of training"),
    AUTO("lr_end", "", 0.0, 1.0, "the same at its end (falls geometrically)"),
    AUTO("weight_sum", "mV", 1e-6, 1e9, "sum of a neuron's incoming weights"),
    AUTO("clock_spikes", "", 0.0, 1000.0, "equidistant spikes in the window that push every neuron: 0 none"),
    AUTO("clock_mv", "mV", 0.0, 1e6, "potential of each clock spike"),
    AUTO("decide_spikes", "", 0.0, 1e6, "so many first spikes of an image decide; 0: all"),
};

/* Found on the validation split, for layers of `tuned_for` neurons; results/mnist.md has the commands. */
typedef struct preset {
    const char *code;
    double tuned_for; /* of several presets of a code, the one whose size is nearest (in ratio) is taken */
    double window_ms, ink, rate_max_hz, code_threshold, bins, burst;
    double tau_m_ms, v_th_mv, t_ref_ms, hold_ms, theta_plus_mv, theta_plus_end_mv;
    double tau_trace_ms, lr, lr_end, weight_sum, clock_spikes, clock_mv;
    bool balanced, one_winner, turns;
    double decide_spikes;
} preset;

#define TRAINS(code_)                                                                                               \
    { .code = code_,                                                                                                \
      .tuned_for = 400,                                                                                             \
      .window_ms = 250.0,                                                                                           \
      .ink = 100.0,                                                                                                 \
      .rate_max_hz = 42.0,                                                                                          \
      .tau_m_ms = 1000.0,                                                                                           \
      .v_th_mv = 20.0,                                                                                              \
      .t_ref_ms = 5.0,                                                                                              \
      .hold_ms = 5.0,                                                                                               \
      .theta_plus_mv = 0.12,                                                                                        \
      .theta_plus_end_mv = 0.06,                                                                                    \
      .tau_trace_ms = 100.0,                                                                                        \
      .lr = 0.1,                                                                                                    \
      .lr_end = 0.005,                                                                                              \
      .weight_sum = 78.4,                                                                                           \
      .clock_mv = 1.0 },                                                                                            \
    {                                                                                                               \
        .code = code_, .tuned_for = 1600, .window_ms = 350.0, .ink = 100.0, .rate_max_hz = 40.0, .tau_m_ms = 700.0, \
        .v_th_mv = 20.0, .t_ref_ms = 5.0, .hold_ms = 5.0, .theta_plus_mv = 0.4, .theta_plus_end_mv = 0.12,          \
        .tau_trace_ms = 100.0, .lr = 0.2, .lr_end = 0.01, .weight_sum = 78.4, .clock_mv = 1.0                       \
    }

static const preset presets[] = {
    TRAINS("rate"),
    TRAINS("regular"),
    { .code = "latency",
      .tuned_for = 400,
      .window_ms = 110.0,
      .code_threshold = 0.1,
      .bins = 33.0,
      .tau_m_ms = 1e6,
      .v_th_mv = 70.0,
      .t_ref_ms = 110.0,
      .hold_ms = 110.0,
      .theta_plus_mv = 2.0,
      .theta_plus_end_mv = 0.2,
      .tau_trace_ms = 60.0,
      .lr = 0.1,
      .lr_end = 0.03,
      .weight_sum = 78.4,
      .clock_spikes = 22.0,
      .clock_mv = 3.0,
      .balanced = true,
      .one_winner = true,
      .turns = true,
      .decide_spikes = 4.0 },
    { .code = "binary",
      .tuned_for = 400,
      .window_ms = 30.0,
      .code_threshold = 0.5,
      .burst = 3.0,
      .tau_m_ms = 1e6,
      .v_th_mv = 25.0,
      .t_ref_ms = 30.0,
      .hold_ms = 5.0,
      .theta_plus_mv = 2.0,
      .theta_plus_end_mv = 0.2,
      .tau_trace_ms = 1e6,
      .lr = 1.0,
      .lr_end = 0.01,
      .weight_sum = 78.4,
      .clock_mv = 1.0,
      .balanced = true,
      .one_winner = true },
};

static const preset *find_preset(const char *code, double neurons)
{
    const preset *best = NULL;
    for (size_t k = 0; k < sizeof presets / sizeof presets[0]; k++) {
        const preset *p = &presets[k];
        if (strcmp(p->code, code) == 0 &&
            (best == NULL || fabs(log(neurons / p->tuned_for)) < fabs(log(neurons / best->tuned_for))))
            best = p;
    }
    return best;
}

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

static int choose_encoder(hk_run *run, const preset *p, hk_mnist_settings *s)
{
    int rc = hk_encoder_find(hk_run_ctx(run), p->code, &s->encoder);
    if (rc != HK_OK)
        return rc;
    for (size_t k = 0; k < s->encoder->n_params; k++)
        s->encoder_params[k] = s->encoder->params[k].initial;
    encoder_param(s, "rate_max_hz", chosen(run, "rate_max_hz", p->rate_max_hz));
    encoder_param(s, "threshold", chosen(run, "code_threshold", p->code_threshold));
    encoder_param(s, "n_bins", round(chosen(run, "bins", p->bins)));
    encoder_param(s, "n_spikes", round(chosen(run, "burst", p->burst)));
    encoder_param(s, "phase_random", strcmp(p->code, "binary") == 0 ? 0.0 : 1.0); /* bursts come together */
    return HK_OK;
}

int hk_mnist_settle(hk_run *run, hk_mnist_settings *out)
{
    double neurons = (double)hk_run_integer(run, "neurons");
    const preset *p = find_preset(hk_run_text(run, "code"), neurons);
    if (p == NULL)
        return hk_fail(hk_run_ctx(run), HK_ENAME, "mnist: no settings for code '%s'", hk_run_text(run, "code"));
    double larger = neurons / p->tuned_for; /* more neurons need larger steps, for each of them wins less often */
    *out = (hk_mnist_settings){
        .window_ms = chosen(run, "window_ms", p->window_ms),
        .ink = chosen(run, "ink", p->ink),
        .tau_m_ms = chosen(run, "tau_m_ms", p->tau_m_ms),
        .v_th_mv = chosen(run, "v_th_mv", p->v_th_mv),
        .t_ref_ms = chosen(run, "t_ref_ms", p->t_ref_ms),
        .hold_ms = chosen(run, "hold_ms", p->hold_ms),
        .theta_plus_mv = chosen(run, "theta_plus_mv", p->theta_plus_mv * pow(larger, 0.7)),
        .theta_plus_end_mv = chosen(run, "theta_plus_end_mv", p->theta_plus_end_mv * pow(larger, 0.7)),
        .balanced = p->balanced,
        .tau_trace_ms = chosen(run, "tau_trace_ms", p->tau_trace_ms),
        .lr = chosen(run, "lr", fmin(1.0, p->lr * sqrt(larger))),
        .lr_end = chosen(run, "lr_end", fmin(1.0, p->lr_end * sqrt(larger))),
        .weight_sum = chosen(run, "weight_sum", p->weight_sum),
        .clock_spikes = (uint32_t)chosen(run, "clock_spikes", p->clock_spikes),
        .clock_mv = chosen(run, "clock_mv", p->clock_mv),
        .neurons = (uint32_t)neurons,
        .passes = (uint32_t)hk_run_integer(run, "passes"),
        .one_winner = p->one_winner,
        .turns = p->turns,
        .decide_spikes = (uint32_t)chosen(run, "decide_spikes", p->decide_spikes),
    };
    if (!(out->lr_end <= out->lr && out->theta_plus_end_mv <= out->theta_plus_mv))
        return hk_fail(hk_run_ctx(run), HK_ERANGE,
                       "mnist: lr_end = %g and theta_plus_end_mv = %g, must be at most lr = %g and "
                       "theta_plus_mv = %g",
                       out->lr_end, out->theta_plus_end_mv, out->lr, out->theta_plus_mv);
    if (hk_steps_in_ms(out->window_ms, HK_MNIST_RESOLUTION_MS) < 1)
        return hk_fail(hk_run_ctx(run), HK_ERANGE, "mnist: window_ms = %g, must be a whole number of steps of %g ms",
                       out->window_ms, HK_MNIST_RESOLUTION_MS);
    return choose_encoder(run, p, out);
}
