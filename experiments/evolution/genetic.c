/* experiments/evolution/genetic.c - see genetic.h. */
#include "experiments/evolution/genetic.h"

#include "sim/draw.h"
#include "sim/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int check(hk_ctx *ctx, const hk_genetic_config *c)
{
    if (c->n_genes < 1 || c->n_individuals < 2)
        return hk_fail(ctx, HK_ERANGE, "genetic: %u individuals of %zu genes, must be at least 2 and 1",
                       c->n_individuals, c->n_genes);
    if (c->elite >= c->n_individuals)
        return hk_fail(ctx, HK_ERANGE, "genetic: elite = %u, must be below the %u individuals", c->elite,
                       c->n_individuals);
    if (c->contest < 1)
        return hk_fail(ctx, HK_ERANGE, "genetic: contest = %u, must be >= 1", c->contest);
    if (!(c->bound > 0.0 && isfinite(c->bound) && c->step > 0.0))
        return hk_fail(ctx, HK_ERANGE, "genetic: bound = %g and step = %g, must be > 0", c->bound, c->step);
    if (!(c->mutation >= 0.0 && c->mutation <= 1.0))
        return hk_fail(ctx, HK_ERANGE, "genetic: mutation = %g, must be in [0, 1]", c->mutation);
    return HK_OK;
}

static hk_stream stream_of(const hk_genetic *genetic, uint32_t place)
{
    const uint64_t id = hk_name_id("genetic") + genetic->generation;
    return hk_stream_open(genetic->config.seed, HK_PURPOSE_EXPERIMENT, id, place);
}

static float between(hk_stream *stream, double low, double high)
{
    return (float)(low + (high - low) * hk_stream_uniform(stream));
}

int hk_genetic_init(hk_ctx *ctx, const hk_genetic_config *config, hk_genetic *out)
{
    *out = (hk_genetic){ .config = *config };
    int rc = check(ctx, config);
    if (rc != HK_OK)
        return rc;
    const size_t n = config->n_genes;
    out->genes = calloc(config->n_individuals, n * sizeof *out->genes);
    out->next = calloc(config->n_individuals, n * sizeof *out->next);
    if (out->genes == NULL || out->next == NULL) {
        hk_genetic_fini(out);
        return hk_fail(ctx, HK_ENOMEM, "genetic: no memory for %u individuals of %zu genes", config->n_individuals, n);
    }
    for (uint32_t i = 0; i < config->n_individuals; i++) {
        hk_stream stream = stream_of(out, i);
        for (size_t k = 0; k < n; k++)
            out->genes[i * n + k] = between(&stream, -config->bound, config->bound);
    }
    out->generation = 1;
    return HK_OK;
}

void hk_genetic_fini(hk_genetic *genetic)
{
    free(genetic->genes);
    free(genetic->next);
    *genetic = (hk_genetic){ 0 };
}

/* The fittest first, of equal ones the lower place. */
static uint32_t fittest(const double *fitness, uint32_t n, const bool *taken)
{
    uint32_t best = n;
    for (uint32_t i = 0; i < n; i++)
        if (!taken[i] && (best == n || fitness[i] > fitness[best]))
            best = i;
    return best;
}

static const float *choose_parent(const hk_genetic *g, const double *fitness, hk_stream *stream)
{
    uint32_t best = (uint32_t)hk_stream_below(stream, g->config.n_individuals);
    for (uint32_t k = 1; k < g->config.contest; k++) {
        uint32_t other = (uint32_t)hk_stream_below(stream, g->config.n_individuals);
        if (fitness[other] > fitness[best])
            best = other;
    }
    return g->genes + best * g->config.n_genes;
}

static void make_child(const hk_genetic *g, const double *fitness, uint32_t place)
{
    const hk_genetic_config *c = &g->config;
    hk_stream stream = stream_of(g, place);
    const float *parents[2];
    float *child = g->next + place * c->n_genes;
    uint32_t coins = 0;
    for (int k = 0; k < 2; k++)
        parents[k] = choose_parent(g, fitness, &stream);
    for (size_t k = 0; k < c->n_genes; k++) {
        coins = k % 32 == 0 ? hk_stream_u32(&stream) : coins >> 1;
        child[k] = parents[coins & 1][k];
        if (c->mutation > 0.0 && hk_stream_uniform(&stream) < c->mutation) {
            const double low = fmax(-c->bound, (double)child[k] - c->step);
            const double high = fmin(c->bound, (double)child[k] + c->step);
            child[k] = between(&stream, low, high);
        }
    }
}

int hk_genetic_breed(hk_ctx *ctx, hk_genetic *g, const double *fitness)
{
    const uint32_t n = g->config.n_individuals;
    for (uint32_t i = 0; i < n; i++)
        if (isnan(fitness[i]))
            return hk_fail(ctx, HK_ERANGE, "genetic: the fitness of individual %u is no number", i);
    bool *taken = calloc(n, sizeof *taken);
    if (taken == NULL)
        return hk_fail(ctx, HK_ENOMEM, "genetic: no memory for %u individuals", n);
    for (uint32_t place = 0; place < g->config.elite; place++) {
        const uint32_t best = fittest(fitness, n, taken);
        taken[best] = true;
        memcpy(g->next + place * g->config.n_genes, g->genes + best * g->config.n_genes,
               g->config.n_genes * sizeof *g->next);
    }
    free(taken);
    for (uint32_t place = g->config.elite; place < n; place++)
        make_child(g, fitness, place);
    float *children = g->next;
    g->next = g->genes;
    g->genes = children;
    g->generation++;
    return HK_OK;
}

int hk_genetic_archive(hk_genetic *genetic, hk_archive *archive)
{
    int rc = hk_archive_enter(archive, "genetic");
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "generation", HK_U64, &genetic->generation, 1);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "genes", HK_F32, genetic->genes,
                              genetic->config.n_individuals * genetic->config.n_genes);
    if (rc == HK_OK)
        hk_archive_leave(archive);
    return rc;
}
