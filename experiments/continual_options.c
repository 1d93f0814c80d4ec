/* experiments/continual_options.c - the options of continual. Found on the validation split: results/learning.md. */
#include "experiments/continual.h"

#include <math.h>

static const char *const methods[] = { "forgetting", "plain", NULL };
static const char *const orders[] = { "classes", "mixed", "drift", NULL };
static const char *const splits[] = { "test", "validation", NULL };
static const char *const records[] = { "hidden", "none", NULL };

const hk_option hk_continual_options[HK_CONTINUAL_N_OPTIONS] = {
    { .name = "method",
      .type = HK_OPTION_CHOICE,
      .text = "forgetting",
      .choices = methods,
      .meaning =
          "forgetting: controlled, what is new recruits the least useful neuron; plain: STDP alone, which forgets" },
    { .name = "order",
      .type = HK_OPTION_CHOICE,
      .text = "classes",
      .choices = orders,
      .meaning =
          "of the stream. classes: all of 0, then all of 1, ...; drift: from 0 to 9 without a boundary; mixed: any" },
    { .name = "data",
      .type = HK_OPTION_CHOICE,
      .text = "auto",
      .choices = hk_dataset_names,
      .meaning = "which images" },
    { .name = "train", .type = HK_OPTION_INTEGER, .max = 1e9, .meaning = "images of the stream; 0: all there are" },
    { .name = "test", .type = HK_OPTION_INTEGER, .max = 1e9, .meaning = "images of the test at the end; 0: all" },
    { .name = "probe",
      .type = HK_OPTION_INTEGER,
      .initial = 2000,
      .max = 1e9,
      .meaning = "the first so many of them measure the accuracy of each class after each block; 0: all" },
    { .name = "split",
      .type = HK_OPTION_CHOICE,
      .text = "test",
      .choices = splits,
      .meaning = "validation: the last sixth of the training images is kept back and tested instead (for every choice "
                 "of parameters; the test images are for the end)" },
    { .name = "passes",
      .type = HK_OPTION_INTEGER,
      .initial = 1,
      .min = 1,
      .max = 1e5,
      .meaning = "times the stream goes through its images, each time in a new order; 1: each image once" },
    { .name = "neurons",
      .type = HK_OPTION_INTEGER,
      .initial = 6400,
      .min = 2,
      .max = 60000,
      .meaning = "size of the layer: all the memory there is" },
    { .name = "match",
      .type = HK_OPTION_NUMBER,
      .min = 0.0,
      .max = 1.0,
      .automatic = "0.55 + 0.045 log2(neurons / 400)",
      .meaning = "forgetting: an image is new when no neuron matches it so well; 1: weights and image are the same" },
    { .name = "lr_min",
      .type = HK_OPTION_NUMBER,
      .max = 1.0,
      .meaning = "forgetting: the learning rate, 1 / wins, does not fall below this" },
    { .name = "memory_images",
      .type = HK_OPTION_NUMBER,
      .max = 1e15,
      .meaning = "forgetting: a neuron that wins no more loses half of its usefulness in so many images; 0: nothing" },
    { .name = "lr", .type = HK_OPTION_NUMBER, .initial = 0.05, .max = 1.0, .meaning = "plain: learning rate" },
    { .name = "theta_plus_mv",
      .type = HK_OPTION_NUMBER,
      .unit = "mV",
      .initial = 2.0,
      .max = 1e6,
      .meaning = "plain: threshold increment of a winner; the others share it as a loss" },
    { .name = "votes",
      .type = HK_OPTION_INTEGER,
      .initial = 12,
      .min = 1,
      .max = 100,
      .meaning = "neurons that spike for an image, best match first, and decide by their names" },
    { .name = "phases",
      .type = HK_OPTION_INTEGER,
      .initial = 4,
      .min = 1,
      .max = 12,
      .meaning = "bits of a pixel: it is coded by up to so many spikes, the least significant one first" },
    { .name = "record", .type = HK_OPTION_CHOICE, .text = "hidden", .choices = records, .meaning = "spikes to record" },
    { .name = "file_images",
      .type = HK_OPTION_INTEGER,
      .initial = 20000,
      .min = 1,
      .max = 1e12,
      .meaning = "images of the stream after which the next file of spikes begins" },
    { .name = "keep_files",
      .type = HK_OPTION_INTEGER,
      .max = 1e9,
      .meaning = "only so many of the latest files of spikes are kept, for runs of days; 0: all" },
};

int hk_continual_settle(hk_run *run, hk_continual_settings *out)
{
    double neurons = (double)hk_run_integer(run, "neurons");
    *out = (hk_continual_settings){
        .method = (hk_continual_method)hk_run_choice(run, "method"),
        .order = (hk_continual_order)hk_run_choice(run, "order"),
        .neurons = (uint32_t)neurons,
        .votes = (uint32_t)hk_run_integer(run, "votes"),
        .passes = (uint64_t)hk_run_integer(run, "passes"),
        .match = hk_run_is_given(run, "match") ? hk_run_number(run, "match")
                                               : fmin(1.0, fmax(0.0, 0.55 + 0.045 * log2(neurons / 400.0))),
        .lr_min = hk_run_number(run, "lr_min"),
        .memory_images = hk_run_number(run, "memory_images"),
        .lr = hk_run_number(run, "lr"),
        .theta_mv = hk_run_number(run, "theta_plus_mv"),
        .phases = (uint32_t)hk_run_integer(run, "phases"),
    };
    if (out->votes > out->neurons)
        return hk_fail(hk_run_ctx(run), HK_ERANGE, "continual: votes = %u, must be at most neurons = %u", out->votes,
                       out->neurons);
    return HK_OK;
}
