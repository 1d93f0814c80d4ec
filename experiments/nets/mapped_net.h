/* experiments/nets/mapped_net.h - the course of a run in which a net learns, and a self-organising map orders what it says.
 *
 * The net is trained, or taken from the file that the option `net` names, and shown all images; a map learns its vectors of the
 * training images, and another one their pixels; in the end both meet images moved, turned and scaled. The net itself is the
 * experiment's: features-som and capsule-som. */
#ifndef HK_MAPPED_NET_H
#define HK_MAPPED_NET_H

#include "experiments/choice.h"
#include "experiments/nets/robustness.h"
#include "experiments/nets/training.h"

enum { HK_LEARNT, HK_TESTED, HK_N_SETS };

typedef struct hk_mapped_net {
    hk_run *run;
    hk_choice images;
    hk_team *team;
    hk_multiplier *multiplier;
    hk_training_config config; /* unless the net comes from a file, as all of the training */
    hk_training training;
    double training_s, training_cpu_s;
    hk_features vectors[HK_N_SETS];
    size_t n_right; /* by the net, of the images it was last shown */
    double net_accuracy[HK_N_SETS];
    hk_som_config map_config;
    hk_vector_map map, pixel_map;
    hk_robustness robustness;
    bool is_done;
} hk_mapped_net;

/** What the experiment does; `user` is its own. */
typedef struct hk_mapped_net_parts {
    /** Draws the net and gives it to hk_mapped_net_train(). */
    int (*train)(void *user);
    /** Vectors of images; sets n_right. */
    hk_vectors_fn show;
    /** NULL, or puts other vectors into the place of those that `show` gave, the run going on to `shown`. */
    int (*respond)(void *user);
    /** Adds the net to the results. */
    int (*put)(const void *user, hk_results *file);
    const char *map; /* its name on the progress line */
    double shown;    /* share of the run that is over before the map learns */
} hk_mapped_net_parts;

/** Loads the images, makes the threads ready; HK_ERANGE, too: a map larger than the data. To be freed in any case. */
HK_MUST_CHECK int hk_mapped_net_init(hk_run *run, hk_mapped_net *out);
void hk_mapped_net_fini(hk_mapped_net *net);

/** hk_training_run() with the time it took. */
HK_MUST_CHECK int hk_mapped_net_train(hk_mapped_net *net, const hk_training_config *config);
/** The whole course; HK_OK with is_done false: stopped, what was trained is saved. */
HK_MUST_CHECK int hk_mapped_net_run(hk_mapped_net *net, const hk_mapped_net_parts *parts, void *user);
/** The output file, if there is one: the net, the map, the curve of the training, robustness. */
HK_MUST_CHECK int hk_mapped_net_write(const hk_mapped_net *net, const hk_mapped_net_parts *parts, const void *user);

const hk_images *hk_mapped_net_images(const hk_mapped_net *net, int set);

#endif
