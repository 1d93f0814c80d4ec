/* experiments/features_som_options.c - see features_som.h. The best setting was chosen on validation images; results/learning.md
 * has the commands. */
#include "experiments/features_som.h"

#include "experiments/choice.h"
#include "experiments/nets/vector_map.h"
#include "experiments/through_code.h"

/* What the option `setting` stands for. */
typedef struct preset {
    double hidden, epochs, learning_rate, learning_rate_end, init_sd, smoothing;
    hk_descent_method method;
} preset;

enum { BEST, ORIGINAL };
static const char *const settings[] = { "best", "original", NULL };
static const preset presets[] = {
    [BEST] = { .hidden = 340.0,
               .epochs = 12.0,
               .learning_rate = 1e-3,
               .learning_rate_end = 2e-5,
               .smoothing = 0.1,
               .method = HK_DESCENT_ADAM },
    [ORIGINAL] = { .epochs = 10.0,
                   .learning_rate = 0.0005 * 64,
                   .learning_rate_end = 0.0005 * 64,
                   .init_sd = 0.01,
                   .method = HK_DESCENT_MOMENTUM },
};

static const char *const methods[] = { "auto", "plain", "adam", NULL };
enum { SPIKES, ACTIVATIONS, OUTPUTS };
static const char *const vectors[] = { "spikes", "activations", "outputs", NULL };

const hk_option hk_features_som_options[HK_FEATURES_SOM_N_OPTIONS] = {
    { .name = "setting",
      .type = HK_OPTION_CHOICE,
      .text = "best",
      .choices = settings,
      .meaning = "what stands for options left alone: the best found, or the original's small net and plain descent" },
    HK_CHOICE_OPTIONS,
    HK_THROUGH_OPTIONS,
    HK_AUTOMATIC("hidden", HK_OPTION_INTEGER, 0, 10000, "340; original: 0",
                 "units before the features; 0: no such layer"),
    HK_COUNT("features", 42, 1, 10000, "units whose activations, or spikes, are the features"),
    HK_AUTOMATIC("init_sd", HK_OPTION_NUMBER, 0, 10, "0; original: 0.01",
                 "weights start normal with this spread; 0: sqrt(2 / inputs)"),
    { .name = "method",
      .type = HK_OPTION_CHOICE,
      .text = "auto",
      .choices = methods,
      .meaning = "steps of plain gradient descent, or of Adam; auto: adam; original: plain" },
    HK_AUTOMATIC("epochs", HK_OPTION_INTEGER, 1, 100000, "12; original: 10", "times the net learns from all images"),
    HK_COUNT("batch", 64, 1, 10000, "images a step"),
    HK_AUTOMATIC("learning_rate", HK_OPTION_NUMBER, 1e-12, 1e3, "0.001; original: 0.032",
                 "of the first step; of the mean over a batch"),
    HK_AUTOMATIC("learning_rate_end", HK_OPTION_NUMBER, 1e-12, 1e3, "2e-5; original: learning_rate",
                 "of the last step; it falls geometrically"),
    HK_AUTOMATIC("smoothing", HK_OPTION_NUMBER, 0, 0.9, "0.1; original: 0",
                 "share of the label that all classes have alike, which draws the features of a class together"),
    HK_COUNT("shift_px", 0, 0, 10, "training images are moved by up to so many pixels"),
    { .name = "vectors",
      .type = HK_OPTION_CHOICE,
      .text = "spikes",
      .choices = vectors,
      .meaning =
          "what the map learns from: times of the features' spikes in the simulated net, their activations, or the "
          "net's ten outputs; these two without spikes" },
    HK_MAP_OPTIONS,
    { .name = "net",
      .type = HK_OPTION_TEXT,
      .text = "",
      .meaning = "take the net from this results file of features-som in place of training one" },
};

static double given_or(const hk_run *run, const char *name, double otherwise)
{
    return hk_run_is_given(run, name) ? hk_run_number(run, name) : otherwise;
}

static double count_or(const hk_run *run, const char *name, double otherwise)
{
    return hk_run_is_given(run, name) ? (double)hk_run_integer(run, name) : otherwise;
}

int hk_features_som_settle(hk_run *run, hk_features_som_settings *out)
{
    const preset *p = &presets[hk_run_choice(run, "setting")];
    const size_t hidden = (size_t)count_or(run, "hidden", p->hidden), method = hk_run_choice(run, "method");
    *out = (hk_features_som_settings){
        .n_layers = hidden > 0 ? 3 : 2,
        .init_sd = given_or(run, "init_sd", p->init_sd),
        .smoothing = given_or(run, "smoothing", p->smoothing),
        .shift_px = (double)hk_run_integer(run, "shift_px"),
        .method = method == 0   ? p->method
                  : method == 1 ? HK_DESCENT_MOMENTUM
                                : HK_DESCENT_ADAM,
        .rate_start = given_or(run, "learning_rate", p->learning_rate),
        .rate_end = given_or(run, "learning_rate_end", p->learning_rate_end),
        .epochs = (uint32_t)count_or(run, "epochs", p->epochs),
        .batch = (uint32_t)hk_run_integer(run, "batch"),
        .in_spikes = hk_run_choice(run, "vectors") == SPIKES,
        .of_outputs = hk_run_choice(run, "vectors") == OUTPUTS,
    };
    out->sizes[1] = hidden;
    out->sizes[out->n_layers - 1] = (size_t)hk_run_integer(run, "features");
    out->sizes[out->n_layers] = HK_DATASET_CLASSES;
    if (!hk_run_is_given(run, "learning_rate_end") && p->learning_rate_end == p->learning_rate)
        out->rate_end = out->rate_start;
    if (out->rate_end > out->rate_start)
        return hk_fail(hk_run_ctx(run), HK_ERANGE,
                       "features-som: learning_rate_end = %g, must be at most learning_rate, %g", out->rate_end,
                       out->rate_start);
    return HK_OK;
}
