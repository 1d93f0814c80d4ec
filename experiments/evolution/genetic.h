/* experiments/evolution/genetic.h - genetic algorithm: genomes within bounds, the fittest of which have children.
 *
 *   at first        every gene uniform in [-bound, bound]
 *   a generation    the `elite` fittest stay as they are; each further place gets the child of two parents
 *   a parent        the fittest of `contest` individuals drawn at random
 *   a child         each gene from either parent alike, then with probability `mutation` drawn anew, uniform within
 *                   `step` of what it was and within the bounds
 *
 * All draws of a child are a function of seed, generation and place.
 *
 * Sources: Holland (1975), Adaptation in Natural and Artificial Systems; Syswerda (1989), ICGA 3:2-9 (uniform crossover);
 * Miller & Goldberg (1995), Complex Syst. 9:193-212 (contests). */
#ifndef HK_GENETIC_H
#define HK_GENETIC_H

#include "sim/archive.h"

typedef struct hk_genetic_config {
    size_t n_genes;         /* >= 1 */
    uint32_t n_individuals; /* >= 2 */
    uint32_t elite;         /* below n_individuals */
    uint32_t contest;       /* >= 1 */
    double bound;           /* > 0 */
    double mutation;        /* in [0, 1] */
    double step;            /* > 0 */
    uint64_t seed;
} hk_genetic_config;

typedef struct hk_genetic {
    hk_genetic_config config;
    uint64_t generation;
    float *genes; /* [n_individuals][n_genes] */
    float *next;  /* where children grow */
} hk_genetic;

/** HK_ERANGE: a field outside the interval above; HK_ENOMEM. */
HK_MUST_CHECK int hk_genetic_init(hk_ctx *ctx, const hk_genetic_config *config, hk_genetic *out);
void hk_genetic_fini(hk_genetic *genetic);

/** Replaces the population by the next generation, the elite first. HK_ENOMEM; HK_ERANGE: a fitness[n_individuals] that is no
 *  number. */
HK_MUST_CHECK int hk_genetic_breed(hk_ctx *ctx, hk_genetic *genetic, const double *fitness);

/** Saves or loads what changes. */
HK_MUST_CHECK int hk_genetic_archive(hk_genetic *genetic, hk_archive *archive);

#endif
