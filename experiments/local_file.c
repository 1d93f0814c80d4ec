/* experiments/local_file.c - the output file of `local`. */
#include "experiments/local.h"

#include "experiments/outcome.h"

#include <stdlib.h>

enum { MOST_DRAWN = 256 }; /* fields shown by `hillock plot` */

static int put_fields(hk_results *file, const hk_gabor *bank)
{
    const size_t side = bank->patch;
    int rc = hk_results_put(file, "receptive_fields",
                            &(hk_array){ .type = HK_F32,
                                         .n_dims = 3,
                                         .shape = { bank->n < MOST_DRAWN ? bank->n : MOST_DRAWN, side, side },
                                         .values = bank->fields,
                                         .unit = "mV/ms",
                                         .description = "weights of the first hidden neurons on their patches" });
    if (rc == HK_OK)
        rc = hk_results_put(file, "hidden/weights",
                            &(hk_array){ .type = HK_F32,
                                         .n_dims = 3,
                                         .shape = { bank->n, side, side },
                                         .values = bank->fields,
                                         .unit = "mV/ms",
                                         .description = "weights of all hidden neurons" });
    if (rc == HK_OK)
        rc = hk_results_put(file, "hidden/corner",
                            &(hk_array){ .type = HK_U32,
                                         .n_dims = 1,
                                         .shape = { bank->n },
                                         .values = bank->corner,
                                         .description = "upper left pixel of each patch, row * columns + column" });
    if (rc == HK_OK)
        rc = hk_results_put(file, "hidden/threshold",
                            &(hk_array){ .type = HK_F64,
                                         .n_dims = 1,
                                         .shape = { bank->n },
                                         .values = bank->threshold,
                                         .description = "taken off the weighted sum of pixels, in 0 ... 1" });
    return rc;
}

static int put_readout(hk_results *file, const hk_local_results *r)
{
    const hk_array bias = { .type = HK_F32,
                            .n_dims = 1,
                            .shape = { HK_LOCAL_CLASSES },
                            .values = r->readout->bias,
                            .description = "by class" };
    const hk_array weights = { .type = HK_F32,
                               .n_dims = 2,
                               .shape = { r->readout->n_features, HK_LOCAL_LANES },
                               .values = r->readout->weights,
                               .description = "by hidden neuron and class; columns from 10 on are padding" };
    const hk_array curve = { .type = HK_F64,
                             .n_dims = 2,
                             .shape = { r->n_passes, r->n_columns },
                             .values = r->curve,
                             .description = "share decided right in each pass" };
    const hk_array confusion = { .type = HK_F64,
                                 .n_dims = 2,
                                 .shape = { HK_LOCAL_CLASSES, HK_LOCAL_CLASSES },
                                 .values = r->confusion,
                                 .description = "test images: true class, class decided" };
    int rc = hk_results_put(file, "readout/weights", &weights);
    if (rc == HK_OK)
        rc = hk_results_put(file, "readout/bias", &bias);
    if (rc == HK_OK)
        rc = hk_results_put(file, "accuracy_over_training", &curve);
    if (rc == HK_OK)
        rc = hk_results_put_text(file, "accuracy_over_training", "columns", r->columns);
    return rc == HK_OK ? hk_results_put(file, "confusion", &confusion) : rc;
}

static int put_examples(hk_results *file, const hk_local_results *r)
{
    const hk_local_network *net = r->network;
    if (net->n_kept == 0)
        return HK_OK;
    const hk_array times = { .type = HK_F64,
                             .n_dims = 1,
                             .shape = { net->n_kept },
                             .values = net->times_ms,
                             .unit = "ms",
                             .description = "spikes of the first test images, one presentation after the other" };
    const hk_array ids = { .type = HK_U32,
                           .n_dims = 1,
                           .shape = { net->n_kept },
                           .values = net->ids,
                           .description = "pixels, then hidden neurons" };
    const hk_array labels = { .type = HK_U8,
                              .n_dims = 1,
                              .shape = { r->n_examples },
                              .values = r->examples,
                              .description = "true classes of the images" };
    int rc = hk_results_put(file, "examples/times_ms", &times);
    if (rc == HK_OK)
        rc = hk_results_put(file, "examples/ids", &ids);
    if (rc == HK_OK)
        rc = hk_results_put(file, "examples/labels", &labels);
    if (rc == HK_OK)
        rc = hk_results_put_number(file, "examples", "n_inputs", net->n_pixels);
    if (rc == HK_OK)
        rc = hk_results_put_number(file, "examples", "n_hidden", net->n_hidden);
    return rc == HK_OK ? hk_results_put_number(file, "examples", "window_ms", hk_local_network_ms(net)) : rc;
}

int hk_local_write(hk_run *run, const hk_local_results *results)
{
    if (hk_run_out(run) == NULL)
        return HK_OK;
    hk_results *file = NULL;
    int rc = hk_outcome_open(run, &file);
    if (rc == HK_OK)
        rc = put_fields(file, results->bank);
    if (rc == HK_OK)
        rc = put_readout(file, results);
    if (rc == HK_OK)
        rc = put_examples(file, results);
    if (rc == HK_OK)
        return hk_results_close(file);
    hk_results_discard(file);
    return rc;
}
