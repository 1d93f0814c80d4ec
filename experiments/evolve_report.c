/* experiments/evolve_report.c - what evolve says: lines, the summary, a file; see evolve.h. */
#include "experiments/evolve.h"

#include "experiments/outcome.h"

#include <stdlib.h>

static void summarise(const hk_evolve *e)
{
    hk_summary *s = hk_run_summary(e->run);
    hk_summary_number(s, "accuracy", e->outcome.test);
    hk_summary_number(s, "validation_accuracy", e->outcome.validation);
    hk_summary_count(s, "genes", e->n_genes);
    hk_summary_count(s, "generations", e->n_generations);
    hk_summary_count(s, "evaluations", e->n_generations * e->n_individuals * e->batch);
    hk_summary_number(s, "evolution_cpu_s", e->cpu_s);
    hk_summary_array(s, "checks", e->checks, e->n_checks + 1);
}

static int put_curves(const hk_evolve *e, hk_results *file)
{
    enum { COLUMNS = 3 };
    double *rows = calloc((e->n_checks + 1) * COLUMNS, sizeof *rows);
    if (rows == NULL)
        return hk_fail(hk_run_ctx(e->run), HK_ENOMEM, "evolve: out of memory");
    uint64_t first = 0;
    rows[1] = e->history[0].mean_accuracy; /* the first generation is what evolution begins with */
    rows[2] = e->checks[0];
    for (size_t k = 1; k <= e->n_checks;
         k++) { /* by then as many generations as `check` in evolve.c says, rounded up */
        const uint64_t end = ((uint64_t)k * e->n_generations + e->n_checks - 1) / e->n_checks;
        rows[k * COLUMNS] = (double)end;
        for (uint64_t g = first; g < end; g++)
            rows[k * COLUMNS + 1] += e->history[g].mean_accuracy / (double)(end - first);
        rows[k * COLUMNS + 2] = e->checks[k];
        first = end;
    }
    int rc = hk_results_put(file, "accuracy_over_training",
                            &(hk_array){ .type = HK_F64,
                                         .n_dims = 2,
                                         .shape = { e->n_checks + 1, COLUMNS },
                                         .values = rows,
                                         .description = "after so many generations" });
    free(rows);
    return rc == HK_OK ? hk_results_put_text(file, "accuracy_over_training", "columns",
                                             "generations, mean of the individuals, validation images")
                       : rc;
}

static int put_all(hk_evolve *e, hk_results *file)
{
    const hk_array history = { .type = HK_F64,
                               .n_dims = 2,
                               .shape = { (size_t)e->n_generations, sizeof *e->history / sizeof(double) },
                               .values = e->history,
                               .description = "by generation" };
    const hk_array genome = {
        .type = HK_F32, .n_dims = 1, .shape = { e->n_genes }, .values = e->best, .description = "that came out"
    };
    const hk_array confusion = { .type = HK_F64,
                                 .n_dims = 2,
                                 .shape = { HK_DATASET_CLASSES, HK_DATASET_CLASSES },
                                 .values = e->outcome.confusion,
                                 .description = "test images by true class and answer" };
    int rc = hk_results_put(file, "evolution/fitness", &history);
    if (rc == HK_OK)
        rc = hk_results_put_text(file, "evolution/fitness", "columns", "best, mean, worst, mean accuracy");
    if (rc == HK_OK)
        rc = hk_results_put(file, "evolution/genome", &genome);
    if (rc == HK_OK)
        rc = hk_results_put(file, "confusion", &confusion);
    if (rc == HK_OK)
        rc = put_curves(e, file);
    return rc == HK_OK ? e->task->put(e, file) : rc;
}

static int write_file(hk_evolve *e)
{
    hk_results *file = NULL;
    int rc = hk_outcome_open(e->run, &file);
    if (rc == HK_OK)
        rc = put_all(e, file);
    if (rc == HK_OK)
        return hk_results_close(file);
    hk_results_discard(file);
    return rc;
}

int hk_evolve_report(hk_evolve *e)
{
    summarise(e);
    hk_run_report(
        e->run,
        "%llu generations of %u, %zu genes: %.2f %% of the validation images, %.2f %% of the test images; %.0f s",
        (unsigned long long)e->n_generations, e->n_individuals, e->n_genes, 100.0 * e->outcome.validation,
        100.0 * e->outcome.test, e->cpu_s);
    return hk_run_out(e->run) != NULL ? write_file(e) : HK_OK;
}
