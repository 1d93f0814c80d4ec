/* experiments/evolve.c - spiking networks that learn nothing and evolve instead.
 *
 *   method=genetic    a population of weights with crossover and bounded mutation: the baseline
 *   method=strategy   the same network under an evolution strategy with antithetic pairs and ranks
 *   method=features   the strategy on the filters in front of a self-organising map, with what the map gets right as fitness
 *
 * Choices are judged on validation images, the last part of the training file; the test images are read once, in the end.
 * Threads (--jobs) share out the individuals of a generation, and nothing that comes out depends on how many there are. */
#include "experiments/evolve.h"

#include "experiments/choice.h"
#include "experiments/class_warning.h"
#include "experiments/clock.h"
#include "experiments/through_code.h"
#include "sim/draw.h"
#include "sim/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const methods[] = { "strategy", "genetic", "features", NULL };
static const char *const starts[] = { "random", "edges", NULL };
static const char *const fitnesses[] = { "likelihood", "accuracy", NULL };
static const char *const inputs[] = { "edges", "pixels", NULL };

static const hk_option options[] = {
    { .name = "method",
      .type = HK_OPTION_CHOICE,
      .text = "strategy",
      .choices = methods,
      .meaning = "what evolves, and how: weights by a strategy, weights by a genetic algorithm, or filters" },
    HK_DATA_OPTION,
    HK_THROUGH_OPTIONS,
    HK_AUTOMATIC("generations", HK_OPTION_INTEGER, 1, 1e9, "3000; features: 200", "how many"),
    HK_AUTOMATIC("individuals", HK_OPTION_INTEGER, 2, 1e5, "64; features: 16", "of a generation, an even number"),
    HK_AUTOMATIC("batch", HK_OPTION_INTEGER, 1, 1e6, "128; features: 800",
                 "images on which a generation is judged, others each time"),
    HK_AUTOMATIC("sigma", HK_OPTION_NUMBER, 1e-9, 1e6, "0.1; features: 0.3",
                 "strategy: spread of the individuals about their mean"),
    HK_AUTOMATIC("rate", HK_OPTION_NUMBER, 1e-9, 1e3, "0.02; features: 0.15",
                 "strategy: longest step of a gene at first; it falls to 0 as a cosine"),
    HK_NUMBER("decay", 0.0, 0.0, 1e3, "strategy: of the mean, per rate"),
    HK_NUMBER("bound", 1.0, 1e-9, 1e6, "genetic: largest gene"),
    HK_NUMBER("mutation", 0.02, 0.0, 1.0, "genetic: share of the genes of a child that change"),
    HK_NUMBER("step", 0.2, 1e-9, 1e6, "genetic: largest change of one"),
    HK_COUNT("elite", 4, 0, 1e5, "genetic: so many live on unchanged"),
    HK_COUNT("contest", 3, 1, 1e5, "genetic: a parent is the fittest of so many"),
    { .name = "inputs",
      .type = HK_OPTION_CHOICE,
      .text = "edges",
      .choices = inputs,
      .meaning = "weights: what the network sees, spikes of neurons for 8 directions of edges, or pixels" },
    HK_COUNT("hidden", 0, 0, 1000, "weights: hidden neurons, which evolve too"),
    HK_COUNT("filters", 8, 1, 64, "features: how many"),
    { .name = "start",
      .type = HK_OPTION_CHOICE,
      .text = "random",
      .choices = starts,
      .meaning = "features: filters at first, drawn from wide ranges, or evenly spread directions chosen by hand" },
    { .name = "fitness",
      .type = HK_OPTION_CHOICE,
      .text = "likelihood",
      .choices = fitnesses,
      .meaning = "features: how sure a map is of the right class, or how often it is right" },
    HK_COUNT("map", 8, 2, 100, "features: side of the maps that judge them"),
    HK_COUNT("map_train", 600, 100, 1e6, "features: images that a map learns from, others in each generation"),
    HK_COUNT("last_map", 30, 2, 300, "features: side of the maps in the end"),
    HK_COUNT("train", 50000, 10, 1e6, "training images"),
    HK_COUNT("validation", 10000, 10, 1e6, "further images, for choices"),
    HK_COUNT("test", 10000, 10, 1e6, "test images, read once"),
    HK_COUNT("checks", 20, 1, HK_EVOLVE_MOST_CHECKS,
             "how often accuracy on validation images is measured on the way, after once at the beginning"),
    HK_COUNT("check_map", 16, 2, 300, "features: side of the maps that do it; they learn from as many training images"),
    HK_COUNT("checked", 2000, 10, 1e6, "on so many of them"),
};

static bool sees_filters(const hk_run *run)
{
    return strcmp(hk_run_text(run, "method"), "features") == 0;
}

static double number_or(const hk_run *run, const char *name, double weights, double filters)
{
    return hk_run_is_given(run, name) ? hk_run_number(run, name) : sees_filters(run) ? filters : weights;
}

static uint64_t count_or(const hk_run *run, const char *name, uint64_t weights, uint64_t filters)
{
    return hk_run_is_given(run, name) ? (uint64_t)hk_run_integer(run, name) : sees_filters(run) ? filters : weights;
}

void hk_evolve_choose(const hk_evolve *e, uint64_t generation, uint32_t purpose, size_t among, size_t n, size_t *chosen)
{
    const uint64_t id = hk_name_id("images of a generation") + generation;
    hk_stream stream = hk_stream_open(hk_run_seed(e->run), HK_PURPOSE_EXPERIMENT, id, purpose);
    for (size_t k = 0; k < n; k++)
        chosen[k] = (size_t)hk_stream_below(&stream, among);
}

/* ---- checkpoints ------------------------------------------------------------------------------------------------- */

static int archive_state(void *user, hk_archive *archive)
{
    hk_evolve *e = user;
    uint64_t seed = hk_run_seed(e->run);
    int rc = hk_archive_enter(archive, "evolve");
    if (rc == HK_OK)
        rc = hk_archive_expect(archive, "config", hk_run_config(e->run));
    if (rc == HK_OK)
        rc = hk_archive_expect(archive, "data", e->data.name);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "seed", HK_U64, &seed, 1);
    if (rc == HK_OK && seed != hk_run_seed(e->run))
        rc = hk_fail(hk_archive_ctx(archive), HK_EFORMAT, "checkpoint: seed %llu, must be %llu",
                     (unsigned long long)seed, (unsigned long long)hk_run_seed(e->run));
    if (rc == HK_OK)
        rc = e->is_genetic ? hk_genetic_archive(&e->genetic, archive) : hk_strategy_archive(&e->strategy, archive);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "history", HK_F64, e->history,
                              e->n_generations * (sizeof *e->history / sizeof(double)));
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "checks", HK_F64, e->checks, e->n_checks + 1);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "cpu_s", HK_F64, &e->cpu_s, 1);
    if (rc == HK_OK && hk_evolve_generation(e) > e->n_generations)
        rc = hk_fail(hk_archive_ctx(archive), HK_EFORMAT, "checkpoint: generation %llu, must be at most %llu",
                     (unsigned long long)hk_evolve_generation(e), (unsigned long long)e->n_generations);
    if (rc == HK_OK)
        hk_archive_leave(archive);
    return rc;
}

static int save(hk_evolve *e)
{
    const char *path = hk_run_checkpoint(e->run);
    return path != NULL ? hk_archive_save(hk_run_ctx(e->run), path, archive_state, e) : HK_OK;
}

static int resume(hk_evolve *e)
{
    if (hk_run_resume(e->run) == NULL)
        return HK_OK;
    int rc = hk_archive_load(hk_run_ctx(e->run), hk_run_resume(e->run), archive_state, e);
    if (rc == HK_OK)
        hk_run_report(e->run, "resumed: %llu of %llu generations are done", (unsigned long long)hk_evolve_generation(e),
                      (unsigned long long)e->n_generations);
    return rc;
}

/* ---- generations ------------------------------------------------------------------------------------------------- */

static void do_share(void *user, unsigned index)
{
    hk_evolve *e = user;
    hk_evolve_member *member = &e->members[index];
    const double before_s = hk_clock_thread_cpu_s();
    for (uint32_t k = member->first; k < member->end; k += 2) {
        float *first = member->genes + (k - member->first) * e->n_genes, *second = first + e->n_genes;
        if (e->is_genetic)
            memcpy(first, e->genetic.genes + k * e->n_genes, 2 * e->n_genes * sizeof *first);
        else
            hk_strategy_pair(&e->strategy, k / 2, first, second);
    }
    member->rc = member->first < member->end ? e->task->judge(e, member, hk_evolve_generation(e)) : HK_OK;
    member->cpu_s = hk_clock_thread_cpu_s() - before_s;
}

static void keep_history(hk_evolve *e)
{
    hk_evolve_history *h = &e->history[hk_evolve_generation(e)];
    *h = (hk_evolve_history){ .best = e->fitness[0], .worst = e->fitness[0] };
    for (uint32_t k = 0; k < e->n_individuals; k++) {
        h->best = fmax(h->best, e->fitness[k]);
        h->worst = fmin(h->worst, e->fitness[k]);
        h->mean += e->fitness[k] / e->n_individuals;
        h->mean_accuracy += e->accuracy[k] / e->n_individuals;
    }
}

/* The genome that stands for the population: the mean, or the fittest of the generation before. */
static const float *foremost(hk_evolve *e)
{
    for (size_t k = 0; !e->is_genetic && k < e->n_genes; k++)
        e->best[k] = (float)e->strategy.mean[k];
    return e->is_genetic ? e->genetic.genes : e->best;
}

static int do_generation(hk_evolve *e)
{
    hk_team_run(e->team, do_share, e);
    for (unsigned k = 0; k < hk_team_size(e->team); k++)
        if (e->members[k].rc != HK_OK)
            return hk_fail(hk_run_ctx(e->run), e->members[k].rc, "%s", hk_ctx_message(e->members[k].ctx));
    keep_history(e);
    if (e->is_genetic)
        return hk_genetic_breed(hk_run_ctx(e->run), &e->genetic, e->fitness);
    const double done = (double)hk_evolve_generation(e) / (double)e->n_generations;
    const double rate = number_or(e->run, "rate", 0.02, 0.15) * 0.5 * (1.0 + cos(3.14159265358979323846 * done));
    return hk_strategy_learn(hk_run_ctx(e->run), &e->strategy, e->fitness, rate);
}

static int check(hk_evolve *e)
{
    const uint64_t done = hk_evolve_generation(e);
    const size_t k = (size_t)(done * e->n_checks / e->n_generations); /* checks that are due by now */
    if (done > 0 && k == (size_t)((done - 1) * e->n_checks / e->n_generations))
        return HK_OK;
    return e->task->check(e, foremost(e), (size_t)hk_run_integer(e->run, "checked"), &e->checks[k]);
}

static int evolve(hk_evolve *e)
{
    double cpu_s = hk_clock_thread_cpu_s();
    int rc = hk_evolve_generation(e) == 0 ? check(e) : HK_OK;
    while (rc == HK_OK && hk_evolve_generation(e) < e->n_generations && !hk_run_stopping(e->run)) {
        rc = do_generation(e);
        if (rc == HK_OK)
            rc = check(e);
        const double now_s = hk_clock_thread_cpu_s();
        e->cpu_s += now_s - cpu_s; /* with the first member's share */
        for (unsigned k = 1; k < hk_team_size(e->team); k++)
            e->cpu_s += e->members[k].cpu_s;
        cpu_s = now_s;
        hk_run_progress(e->run, "generations", (double)hk_evolve_generation(e) / (double)e->n_generations, 0.0);
        if (rc == HK_OK && hk_run_checkpoint_due(e->run))
            rc = save(e);
    }
    return rc;
}

/* The genome that came out: of the genetic algorithm's last generation the one that does best on validation images. */
static int choose_best(hk_evolve *e)
{
    double best = -1.0, accuracy = 0.0;
    if (!e->is_genetic) {
        foremost(e);
        return HK_OK;
    }
    for (uint32_t k = 0; k < e->n_individuals; k++) {
        const float *genes = e->genetic.genes + k * e->n_genes;
        int rc = e->task->check(e, genes, (size_t)hk_run_integer(e->run, "checked"), &accuracy);
        if (rc != HK_OK)
            return rc;
        if (accuracy > best)
            memcpy(e->best, genes, e->n_genes * sizeof *e->best);
        best = fmax(best, accuracy);
    }
    return HK_OK;
}

/* ---- the run ----------------------------------------------------------------------------------------------------- */

static int load(hk_evolve *e)
{
    const size_t n_train = (size_t)hk_run_integer(e->run, "train");
    const size_t n_validation = (size_t)hk_run_integer(e->run, "validation");
    const hk_dataset_request request = { .name = hk_run_text(e->run, "data"),
                                         .n_train = n_train + n_validation,
                                         .n_test = (size_t)hk_run_integer(e->run, "test"),
                                         .glyph_seed = hk_run_seed(e->run) };
    int rc = hk_dataset_load(hk_run_ctx(e->run), &request, &e->data);
    if (rc != HK_OK)
        return rc;
    e->train = hk_images_part(&e->data.train, 0, n_train);
    e->validation = hk_images_part(&e->data.train, n_train, n_validation);
    hk_run_report(e->run, "data: %s", e->data.report);
    hk_warn_of_classes(e->run, &e->train, "to learn from");
    const hk_through_part parts[] = { { .images = e->train, .first = 0 },
                                      { .images = e->validation, .first = n_train },
                                      { .images = e->data.test, .first = HK_THROUGH_TEST } };
    return hk_through_code(e->run, parts, 3);
}

static int begin(hk_evolve *e)
{
    hk_run *run = e->run;
    hk_ctx *ctx = hk_run_ctx(run);
    e->task = sees_filters(run) ? &hk_evolve_filters : &hk_evolve_weights;
    e->is_genetic = strcmp(hk_run_text(run, "method"), "genetic") == 0;
    e->n_generations = count_or(run, "generations", 3000, 200);
    e->n_individuals = (uint32_t)count_or(run, "individuals", 64, 16);
    e->batch = (size_t)count_or(run, "batch", 128, 800);
    e->n_checks = (size_t)hk_run_integer(run, "checks");
    if (e->n_checks > e->n_generations)
        e->n_checks = (size_t)e->n_generations;
    if (e->n_individuals % 2 != 0)
        return hk_fail(ctx, HK_ERANGE, "evolve: individuals = %u, must be an even number", e->n_individuals);
    e->n_genes = e->task->n_genes(e);
    e->fitness = calloc(e->n_individuals, sizeof *e->fitness);
    e->accuracy = calloc(e->n_individuals, sizeof *e->accuracy);
    e->history = calloc(e->n_generations, sizeof *e->history);
    e->checks = calloc(e->n_checks + 1, sizeof *e->checks);
    e->best = calloc(e->n_genes, sizeof *e->best);
    if (e->fitness == NULL || e->accuracy == NULL || e->history == NULL || e->checks == NULL || e->best == NULL)
        return hk_fail(ctx, HK_ENOMEM, "evolve: no memory for %llu generations of %u individuals of %zu genes",
                       (unsigned long long)e->n_generations, e->n_individuals, e->n_genes);
    if (e->is_genetic)
        return hk_genetic_init(ctx,
                               &(hk_genetic_config){ .n_genes = e->n_genes,
                                                     .n_individuals = e->n_individuals,
                                                     .elite = (uint32_t)hk_run_integer(run, "elite"),
                                                     .contest = (uint32_t)hk_run_integer(run, "contest"),
                                                     .bound = hk_run_number(run, "bound"),
                                                     .mutation = hk_run_number(run, "mutation"),
                                                     .step = hk_run_number(run, "step"),
                                                     .seed = hk_run_seed(run) },
                               &e->genetic);
    return hk_strategy_init(ctx,
                            &(hk_strategy_config){ .n_genes = e->n_genes,
                                                   .pairs = e->n_individuals / 2,
                                                   .sigma = number_or(run, "sigma", 0.1, 0.3),
                                                   .decay = hk_run_number(run, "decay"),
                                                   .seed = hk_run_seed(run) },
                            &e->strategy);
}

/* Pairs go to the members as evenly as they can. */
static int join_all(hk_evolve *e)
{
    const unsigned n = hk_team_size(e->team);
    const uint32_t pairs = e->n_individuals / 2;
    e->members = calloc(n, sizeof *e->members);
    if (e->members == NULL)
        return hk_fail(hk_run_ctx(e->run), HK_ENOMEM, "evolve: out of memory");
    for (unsigned k = 0; k < n; k++) {
        hk_evolve_member *member = &e->members[k];
        member->first = 2 * (uint32_t)((uint64_t)pairs * k / n);
        member->end = 2 * (uint32_t)((uint64_t)pairs * (k + 1) / n);
        if (member->first == member->end)
            continue;
        member->ctx = hk_ctx_create();
        member->genes = calloc(member->end - member->first, e->n_genes * sizeof *member->genes);
        if (member->ctx == NULL || member->genes == NULL)
            return hk_fail(hk_run_ctx(e->run), HK_ENOMEM, "evolve: out of memory");
        int rc = e->task->join(e, member);
        if (rc != HK_OK)
            return hk_fail(hk_run_ctx(e->run), rc, "%s", hk_ctx_message(member->ctx));
    }
    return HK_OK;
}

static void end(hk_evolve *e)
{
    for (unsigned k = 0; e->members != NULL && k < hk_team_size(e->team); k++) {
        e->task->leave(&e->members[k]);
        free(e->members[k].genes);
        hk_ctx_destroy(e->members[k].ctx);
    }
    if (e->task != NULL)
        e->task->clean_up(e);
    free(e->members);
    hk_strategy_fini(&e->strategy);
    hk_genetic_fini(&e->genetic);
    free(e->fitness);
    free(e->accuracy);
    free(e->history);
    free(e->checks);
    free(e->best);
    hk_dataset_fini(&e->data);
    hk_team_destroy(e->team);
    free(e);
}

static int run(hk_run *run)
{
    hk_evolve *e = calloc(1, sizeof *e);
    if (e == NULL)
        return hk_fail(hk_run_ctx(run), HK_ENOMEM, "evolve: out of memory");
    e->run = run;
    int rc = load(e);
    if (rc == HK_OK)
        rc = begin(e);
    if (rc == HK_OK)
        rc = hk_team_create(hk_run_ctx(run), hk_run_jobs(run) - 1, &e->team);
    const double before_s = hk_clock_thread_cpu_s();
    if (rc == HK_OK)
        rc = e->task->prepare(e);
    if (rc == HK_OK)
        rc = join_all(e);
    e->cpu_s += hk_clock_thread_cpu_s() - before_s;
    if (rc == HK_OK)
        rc = resume(e);
    if (rc == HK_OK && !hk_run_stopping(run))
        rc = evolve(e);
    if (rc == HK_OK && !hk_run_stopping(run))
        rc = choose_best(e);
    if (rc == HK_OK && !hk_run_stopping(run))
        rc = e->task->finish(e);
    if (rc == HK_OK)
        rc = hk_run_stopping(run) ? save(e) : hk_evolve_report(e);
    end(e);
    return rc;
}

static const hk_summary_key keys[] = {
    { "accuracy", "", "share of the test images that the genome in the end gets right" },
    { "validation_accuracy", "", "the same of the validation images" },
    { "genes", "", "numbers that evolved" },
    { "generations", "", "how many there were" },
    { "evaluations", "", "images shown to an individual, all individuals together, up to the last generation" },
    { "evolution_cpu_s", "s",
      "processor time of all threads up to the last generation, the spikes of the inputs included" },
    { "checks", "",
      "accuracy on the first `checked` validation images, at the beginning and evenly over the generations" },
    { "before_accuracy", "", "features: the last map with the filters that evolution began with, test images" },
    { "largest_difference", "", "features: of those used in the end, between formula and simulator" },
    HK_THROUGH_KEYS,
};

const hk_experiment hk_experiment_evolve = {
    .name = "evolve",
    .summary = "networks that evolve: a genetic algorithm, an evolution strategy, and filters for a map",
    .source = "Salimans et al. (2017), arXiv 1703.03864",
    .example = "evolve --data glyphs --set generations=300 --set train=2000 --set validation=1000 --set test=1000",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .keys = keys,
    .n_keys = sizeof keys / sizeof keys[0],
    .resumable = true,
    .run = run,
};
