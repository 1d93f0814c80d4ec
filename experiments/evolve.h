/* experiments/evolve.h - the parts of the evolve experiment: who is judged how, and what comes out.
 *
 * A task says what genomes are: weights of a spiking network (evolve_weights.c) or filters (evolve_filters.c). The rest, generations,
 * threads, checkpoints and reports, is the same for both. */
#ifndef HK_EVOLVE_H
#define HK_EVOLVE_H

#include "experiments/datasets/dataset.h"
#include "experiments/evolution/genetic.h"
#include "experiments/evolution/strategy.h"
#include "experiments/experiment.h"
#include "sim/results.h"
#include "sim/team.h"

typedef struct hk_evolve hk_evolve;

/** What a thread has of its own. */
typedef struct hk_evolve_member {
    hk_ctx *ctx;
    int rc;
    double cpu_s;        /* of the last generation */
    uint32_t first, end; /* its individuals, an even number of them */
    float *genes;        /* [end - first][n_genes] */
    void *own;           /* of the task */
} hk_evolve_member;

typedef struct hk_evolve_task {
    /** Number of genes, before anything else is there. */
    size_t (*n_genes)(const hk_evolve *e);
    /** What all threads share, and the genome that a strategy starts from (it is 0 before). HK_OK with hk_run_stopping() when stopped. */
    int (*prepare)(hk_evolve *e);
    void (*clean_up)(hk_evolve *e);
    /** What one member needs, and frees. */
    int (*join)(hk_evolve *e, hk_evolve_member *member);
    void (*leave)(hk_evolve_member *member);
    /** Fitness and accuracy of a member's individuals in generation `generation`, the same whoever judges them. */
    int (*judge)(hk_evolve *e, hk_evolve_member *member, uint64_t generation);
    /** Accuracy of one genome on `n` validation images, in the caller's thread. */
    int (*check)(hk_evolve *e, const float *genes, size_t n, double *accuracy);
    /** After the last generation: e->outcome of e->best; puts what it has into the summary, and, when there is a file, into that. */
    int (*finish)(hk_evolve *e);
    int (*put)(hk_evolve *e, hk_results *file);
} hk_evolve_task;

extern const hk_evolve_task hk_evolve_weights, hk_evolve_filters;

enum { HK_EVOLVE_MOST_CHECKS = 1000 };

/** Fitness of a generation: history[generation]. */
typedef struct hk_evolve_history {
    double best, mean, worst, mean_accuracy;
} hk_evolve_history;

typedef struct hk_evolve_outcome {
    double validation, test; /* accuracy on all images of each */
    double confusion[HK_DATASET_CLASSES][HK_DATASET_CLASSES];
} hk_evolve_outcome;

struct hk_evolve {
    hk_run *run;
    const hk_evolve_task *task;
    bool is_genetic;
    hk_dataset data;
    hk_images train, validation; /* parts of it */
    uint64_t n_generations;
    uint32_t n_individuals; /* even */
    size_t n_genes, batch;
    hk_strategy strategy;
    hk_genetic genetic;
    hk_team *team;
    hk_evolve_member *members;  /* [hk_team_size()] */
    double *fitness, *accuracy; /* [n_individuals] of the present generation */
    hk_evolve_history *history; /* [n_generations] */
    size_t n_checks;
    double *checks;                   /* [n_checks + 1] accuracy after generation k n_generations / n_checks */
    float *best;                      /* [n_genes] what came out */
    double cpu_s;                     /* of all threads, up to the last generation, those of runs resumed included */
    uint64_t spikes, synaptic_events; /* of the inputs */
    hk_evolve_outcome outcome;
    void *own; /* of the task */
};

/** The same images for all individuals of a generation: n of the `among` first, into chosen[n]. */
void hk_evolve_choose(const hk_evolve *e, uint64_t generation, uint32_t purpose, size_t among, size_t n,
                      size_t *chosen);

static inline uint64_t hk_evolve_generation(const hk_evolve *e)
{
    return e->is_genetic ? e->genetic.generation - 1 : e->strategy.generation;
}

/** Prints, fills the summary and writes the file (evolve_report.c). */
HK_MUST_CHECK int hk_evolve_report(hk_evolve *e);

#endif
