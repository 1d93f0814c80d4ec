/* experiments/catalogue.h - the list of experiments. */
#ifndef HK_EXPERIMENTS_CATALOGUE_H
#define HK_EXPERIMENTS_CATALOGUE_H

#include "experiments/experiment.h"

#include <stddef.h>

/** A list of experiments; the program has one, tests make their own. */
typedef struct hk_catalogue {
    const hk_experiment *const *experiments; /* [n] */
    size_t n;
} hk_catalogue;

/** Every experiment of the program. */
hk_catalogue hk_experiments(void);

const hk_experiment *hk_catalogue_find(const hk_catalogue *catalogue, const char *name); /* NULL: no such name */

#endif
