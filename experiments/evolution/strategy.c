/* experiments/evolution/strategy.c - see strategy.h. */
#include "experiments/evolution/strategy.h"

#include "sim/batch.h"

#include <math.h>
#include <stdlib.h>

#define FORGET_FIRST 0.9
#define FORGET_SECOND 0.999

int hk_strategy_init(hk_ctx *ctx, const hk_strategy_config *config, hk_strategy *out)
{
    *out = (hk_strategy){ .config = *config, .cpu = hk_cpu_best() };
    const size_t n = config->n_genes;
    if (n < 1 || config->pairs < 1)
        return hk_fail(ctx, HK_ERANGE, "strategy: %zu genes and %u pairs, must be at least 1 of each", n,
                       config->pairs);
    if (!(config->sigma > 0.0 && isfinite(config->sigma)))
        return hk_fail(ctx, HK_ERANGE, "strategy: sigma = %g, must be > 0", config->sigma);
    if (!(config->decay >= 0.0 && isfinite(config->decay)))
        return hk_fail(ctx, HK_ERANGE, "strategy: decay = %g, must be >= 0", config->decay);
    out->mean = calloc(n, sizeof *out->mean);
    out->slope = calloc(n, sizeof *out->slope);
    out->first = calloc(n, sizeof *out->first);
    out->second = calloc(n, sizeof *out->second);
    out->noise = n > SIZE_MAX / config->pairs ? NULL : calloc(n * config->pairs, sizeof *out->noise);
    if (out->mean != NULL && out->slope != NULL && out->first != NULL && out->second != NULL && out->noise != NULL)
        return HK_OK;
    hk_strategy_fini(out);
    return hk_fail(ctx, HK_ENOMEM, "strategy: no memory for %u pairs of %zu genes", config->pairs, n);
}

void hk_strategy_fini(hk_strategy *strategy)
{
    free(strategy->mean);
    free(strategy->slope);
    free(strategy->first);
    free(strategy->second);
    free(strategy->noise);
    *strategy = (hk_strategy){ 0 };
}

void hk_strategy_pair(hk_strategy *strategy, uint32_t pair, float *plus, float *minus)
{
    const size_t n = strategy->config.n_genes;
    const uint64_t id = hk_name_id("strategy") + strategy->generation;
    const hk_draw standard = { .kind = HK_NORMAL, .b = 1.0 };
    float *noise = strategy->noise + pair * n;
    hk_batch batch;
    hk_batch_open(&batch, strategy->cpu, hk_stream_open(strategy->config.seed, HK_PURPOSE_EXPERIMENT, id, pair), n);
    for (size_t k = 0; k < n; k++) {
        noise[k] = (float)hk_batch_draw(&batch, &standard);
        const double step = strategy->config.sigma * (double)noise[k];
        plus[k] = (float)(strategy->mean[k] + step);
        minus[k] = (float)(strategy->mean[k] - step);
    }
}

typedef struct place {
    double fitness;
    size_t of;
} place;

static int by_fitness(const void *a, const void *b)
{
    const place *x = a, *y = b;
    return (x->fitness > y->fitness) - (x->fitness < y->fitness);
}

int hk_strategy_ranks(hk_ctx *ctx, const double *fitness, size_t n, double *shaped)
{
    place *places = malloc(n * sizeof *places);
    if (places == NULL)
        return hk_fail(ctx, HK_ENOMEM, "strategy: no memory to rank %zu individuals", n);
    for (size_t k = 0; k < n; k++) {
        if (isnan(fitness[k])) {
            free(places);
            return hk_fail(ctx, HK_ERANGE, "strategy: the fitness of individual %zu is no number", k);
        }
        places[k] = (place){ fitness[k], k };
    }
    qsort(places, n, sizeof *places, by_fitness);
    for (size_t begin = 0, end; begin < n; begin = end) {
        for (end = begin + 1; end < n && places[end].fitness <= places[begin].fitness;)
            end++;
        const double rank = (double)(begin + end - 1) / 2.0;
        for (size_t k = begin; k < end; k++)
            shaped[places[k].of] = rank / (double)(n - 1) - 0.5;
    }
    free(places);
    return HK_OK;
}

static void estimate_slope(hk_strategy *s, const double *shaped)
{
    const size_t n = s->config.n_genes;
    for (size_t k = 0; k < n; k++)
        s->slope[k] = 0.0;
    for (uint32_t pair = 0; pair < s->config.pairs; pair++) {
        const double weight = (shaped[2 * pair] - shaped[2 * pair + 1]) /
                              (2.0 * (double)s->config.pairs * s->config.sigma);
        const float *noise = s->noise + pair * n;
        for (size_t k = 0; k < n; k++)
            s->slope[k] += weight * (double)noise[k];
    }
}

int hk_strategy_learn(hk_ctx *ctx, hk_strategy *s, const double *fitness, double rate)
{
    const size_t n_individuals = 2 * (size_t)s->config.pairs;
    double *shaped = malloc(n_individuals * sizeof *shaped);
    if (shaped == NULL)
        return hk_fail(ctx, HK_ENOMEM, "strategy: no memory to rank %zu individuals", n_individuals);
    int rc = hk_strategy_ranks(ctx, fitness, n_individuals, shaped);
    if (rc == HK_OK)
        estimate_slope(s, shaped);
    free(shaped);
    if (rc != HK_OK)
        return rc;
    s->generation++;
    const double first = 1.0 - pow(FORGET_FIRST, (double)s->generation);
    const double second = 1.0 - pow(FORGET_SECOND, (double)s->generation);
    for (size_t k = 0; k < s->config.n_genes; k++) {
        const double g = s->slope[k];
        s->first[k] += (1.0 - FORGET_FIRST) * (g - s->first[k]);
        s->second[k] += (1.0 - FORGET_SECOND) * (g * g - s->second[k]);
        const double step = s->first[k] / first / (sqrt(s->second[k] / second) + 1e-8);
        s->mean[k] += rate * (step - s->config.decay * s->mean[k]);
    }
    return HK_OK;
}

int hk_strategy_archive(hk_strategy *s, hk_archive *archive)
{
    const size_t n = s->config.n_genes;
    int rc = hk_archive_enter(archive, "strategy");
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "generation", HK_U64, &s->generation, 1);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "mean", HK_F64, s->mean, n);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "first", HK_F64, s->first, n);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "second", HK_F64, s->second, n);
    if (rc == HK_OK)
        hk_archive_leave(archive);
    return rc;
}
