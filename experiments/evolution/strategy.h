/* experiments/evolution/strategy.h - evolution strategy: the mean of a cloud of genomes climbs what it estimates of the slope.
 *
 *   a generation    individuals mean + sigma e_k and mean - sigma e_k, e_k standard normal       (antithetic pairs)
 *   u               ranks of their fitness, -1/2 the worst to 1/2 the best; equals share the mean of their ranks
 *   slope           g = 1 / (2 pairs sigma)  sum_k (u(+k) - u(-k)) e_k
 *   step            Adam: m += (1 - 0.9) (g - m), v += (1 - 0.999) (g^2 - v), both corrected for their start at 0;
 *                   mean += rate (m / (sqrt(v) + 1e-8) - decay mean)
 *
 * Fitness counts by its order alone. The noise of a pair is a function of seed, generation and pair, so that pairs can be made
 * anywhere, in any order.
 *
 * Sources: Wierstra et al. (2014), J. Mach. Learn. Res. 15:949-980 (rank shaping); Salimans et al. (2017), arXiv 1703.03864
 * (antithetic pairs); Kingma & Ba (2015), ICLR (Adam). */
#ifndef HK_STRATEGY_H
#define HK_STRATEGY_H

#include "sim/archive.h"
#include "sim/cpu.h"

typedef struct hk_strategy_config {
    size_t n_genes; /* >= 1 */
    uint32_t pairs; /* >= 1 */
    double sigma;   /* > 0 */
    double decay;   /* >= 0 */
    uint64_t seed;
} hk_strategy_config;

typedef struct hk_strategy {
    hk_strategy_config config;
    hk_cpu cpu;
    uint64_t generation;
    double *mean;                   /* [n_genes], 0 at first; writable before the first generation */
    double *slope, *first, *second; /* [n_genes]; of Adam: m, v */
    float *noise;                   /* [pairs][n_genes] of the present generation */
} hk_strategy;

/** HK_ERANGE: a field outside the interval above; HK_ENOMEM. */
HK_MUST_CHECK int hk_strategy_init(hk_ctx *ctx, const hk_strategy_config *config, hk_strategy *out);
void hk_strategy_fini(hk_strategy *strategy);

/** Makes the individuals of one pair: plus[n_genes], minus[n_genes]. Different pairs may be made at the same time. */
void hk_strategy_pair(hk_strategy *strategy, uint32_t pair, float *plus, float *minus);

/** fitness[pairs][2], plus then minus, of a generation of which every pair has been made; rate > 0. Begins the next one. HK_ENOMEM;
 *  HK_ERANGE: a fitness that is no number. */
HK_MUST_CHECK int hk_strategy_learn(hk_ctx *ctx, hk_strategy *strategy, const double *fitness, double rate);

/** shaped[n]: the ranks u of fitness[n], n >= 2. */
HK_MUST_CHECK int hk_strategy_ranks(hk_ctx *ctx, const double *fitness, size_t n, double *shaped);

/** Saves or loads what changes. Between generations. */
HK_MUST_CHECK int hk_strategy_archive(hk_strategy *strategy, hk_archive *archive);

#endif
