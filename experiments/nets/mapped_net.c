/* experiments/nets/mapped_net.c - see mapped_net.h. */
#include "experiments/nets/mapped_net.h"

#include "experiments/clock.h"
#include "experiments/outcome.h"

#include <string.h>

#define MAPPED 0.9 /* share of the run that is over when the first map has learnt */

int hk_mapped_net_init(hk_run *run, hk_mapped_net *out)
{
    hk_ctx *ctx = hk_run_ctx(run);
    *out = (hk_mapped_net){ .run = run, .map_config = hk_vector_map_settle(run) };
    int rc = hk_choice_load_through_code(run, &out->images);
    if (rc == HK_OK) /* rather than after the training */
        rc = hk_som_check(ctx, &out->map_config, out->images.train.n);
    if (rc == HK_OK)
        rc = hk_team_create(ctx, hk_run_threads(run) - 1, &out->team);
    return rc == HK_OK ? hk_multiplier_create(ctx, out->team, &out->multiplier) : rc;
}

void hk_mapped_net_fini(hk_mapped_net *net)
{
    hk_vector_map_fini(&net->pixel_map);
    hk_vector_map_fini(&net->map);
    for (int set = 0; set < HK_N_SETS; set++)
        hk_features_fini(&net->vectors[set]);
    hk_training_fini(&net->training);
    hk_multiplier_destroy(net->multiplier);
    hk_team_destroy(net->team);
    hk_choice_fini(&net->images);
    memset(net, 0, sizeof *net);
}

const hk_images *hk_mapped_net_images(const hk_mapped_net *net, int set)
{
    return set == HK_LEARNT ? &net->images.train : &net->images.test;
}

int hk_mapped_net_train(hk_mapped_net *net, const hk_training_config *config)
{
    const double cpu_start = hk_clock_process_cpu_s(), wall_start = hk_clock_wall_s();
    net->config = *config;
    int rc = hk_training_run(net->run, net->multiplier, &net->config, &net->training);
    net->training_s = hk_clock_wall_s() - wall_start;
    net->training_cpu_s = hk_clock_process_cpu_s() - cpu_start;
    return rc;
}

static int learn_maps(hk_mapped_net *net, const hk_mapped_net_parts *parts)
{
    const bool has_pixels = hk_run_flag(net->run, "pixels");
    int rc = hk_vector_map_learn(net->run, &net->map_config, &net->vectors[HK_LEARNT], &net->vectors[HK_TESTED],
                                 net->team, parts->map, parts->shown, has_pixels ? MAPPED : 1.0, &net->map);
    if (rc == HK_OK && has_pixels && !hk_run_stopping(net->run))
        rc = hk_vector_map_learn_pixels(net->run, &net->map_config, &net->images.train, &net->images.test, net->team,
                                        MAPPED, 1.0, &net->pixel_map);
    return rc;
}

int hk_mapped_net_run(hk_mapped_net *net, const hk_mapped_net_parts *parts, void *user)
{
    hk_run *run = net->run;
    const bool trains = hk_run_text(run, "net")[0] == '\0';
    int rc = trains ? parts->train(user) : HK_OK;
    if (rc != HK_OK || net->training.at < net->training.n_batches)
        return rc;
    for (int set = 0; set < HK_N_SETS && rc == HK_OK; set++) {
        const hk_images *images = hk_mapped_net_images(net, set);
        rc = parts->show(user, images, NULL, &net->vectors[set]);
        net->net_accuracy[set] = (double)net->n_right / (double)images->n;
    }
    if (rc == HK_OK && parts->respond != NULL)
        rc = parts->respond(user);
    if (rc == HK_OK && !hk_run_stopping(run))
        rc = learn_maps(net, parts);
    if (rc == HK_OK && !hk_run_stopping(run))
        rc = hk_robustness_measure(run, &net->map, &net->images.test, (size_t)hk_run_integer(run, "probe"), net->team,
                                   parts->show, user, &net->robustness);
    net->is_done = rc == HK_OK && !hk_run_stopping(run);
    if (rc == HK_OK && !net->is_done && trains && hk_run_checkpoint(run) != NULL)
        rc = hk_training_save(run, &net->config, &net->training);
    return rc;
}

int hk_mapped_net_write(const hk_mapped_net *net, const hk_mapped_net_parts *parts, const void *user)
{
    hk_results *file;
    hk_ctx *ctx = hk_run_ctx(net->run);
    if (hk_run_out(net->run) == NULL)
        return HK_OK;
    int rc = hk_outcome_open(net->run, &file);
    if (rc == HK_OK)
        rc = parts->put(user, file);
    if (rc == HK_OK)
        rc = hk_vector_map_put(ctx, &net->map, &net->images.train, file);
    if (rc == HK_OK)
        rc = hk_robustness_put(&net->robustness, file);
    if (rc == HK_OK)
        rc = hk_training_put(ctx, &net->training, net->config.epochs, file);
    if (rc == HK_OK)
        return hk_results_close(file);
    hk_results_discard(file);
    return rc;
}
