/* experiments/request.c - see request.h. */
#include "experiments/request.h"

#include "experiments/cores.h"
#include "experiments/suggest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_THREADS 256

enum {
    SEED,
    SEEDS,
    JOBS,
    THREADS,
    SET,
    CODE,
    DATA,
    OUT,
    JSON,
    QUIET,
    CHECKPOINT,
    CHECKPOINT_EVERY,
    RESUME,
    HELP,
    N_FLAGS
};

static const hk_flag flags[N_FLAGS] = {
    [SEED] = { "seed", "N", "seed of everything random (default 1)", 0 },
    [SEEDS] = { "seeds", "LIST", "one trial per seed, with mean and standard deviation: 1..5 or 1,3,9", 0 },
    [JOBS] = { "jobs", "N", "how many trials run at the same time (default 1)", 'j' },
    [THREADS] = { "threads", "N",
                  "threads of one simulation; what it gives does not depend on it (default: the cores of this machine, "
                  "divided by the trials that run at the same time; 1 for experiments that use only one)",
                  0 },
    [SET] = { "set", "NAME=VALUE", "sets a parameter (see: hillock show NAME); may be repeated", 0 },
    [CODE] = { "code", "CODE", "short for --set code=CODE", 0 },
    [DATA] = { "data", "DATA", "short for --set data=DATA", 0 },
    [OUT] = { "out", "FILE", "results file, HDF5 (default results/NAME.h5; none: write nothing)", 'o' },
    [JSON] = { "json", "FILE",
               "writes the summary as one JSON object; - is standard output, and nothing else goes there", 0 },
    [QUIET] = { "quiet", NULL, "no progress and no report, only errors and warnings", 'q' },
    [CHECKPOINT] = { "checkpoint", "FILE", "saves the whole run to FILE at intervals and when it is interrupted", 0 },
    [CHECKPOINT_EVERY] = { "checkpoint-every", "SECONDS", "interval of checkpoints, wall-clock (default 300)", 0 },
    [RESUME] = { "resume", "FILE", "goes on from a checkpoint; give the same parameters as before", 0 },
    [HELP] = { "help", NULL, "this text", 'h' },
};

const hk_flag *hk_run_flags(size_t *n)
{
    *n = N_FLAGS;
    return flags;
}

static int replace(hk_ctx *ctx, char **where, const char *text)
{
    char *copy = strdup(text);
    if (copy == NULL)
        return hk_fail(ctx, HK_ENOMEM, "no memory for '%.100s'", text);
    free(*where);
    *where = copy;
    return HK_OK;
}

static int replace_path(hk_ctx *ctx, char **where, const char *flag, const char *text)
{
    if (*text == '\0')
        return hk_fail(ctx, HK_ERANGE, "--%s: the file's name is empty", flag);
    return replace(ctx, where, text);
}

static int set_count(hk_ctx *ctx, const char *flag, const char *text, unsigned most, unsigned *out)
{
    uint64_t value;
    if (!hk_parse_count(text, &value) || value < 1 || value > most)
        return hk_fail(ctx, HK_ERANGE, "--%s = '%.100s', must be a whole number from 1 to %u", flag, text, most);
    *out = (unsigned)value;
    return HK_OK;
}

static int set_seeds(hk_ctx *ctx, hk_request *request, const char *text, bool is_series)
{
    uint64_t *seeds = NULL, one;
    size_t n = 1;
    int rc = HK_OK;
    if (is_series) {
        rc = hk_parse_seeds(ctx, text, &seeds, &n);
    } else if (!hk_parse_count(text, &one)) {
        rc = hk_fail(ctx, HK_ERANGE, "--seed = '%.100s', must be a whole number from 0 to %" PRIu64, text, UINT64_MAX);
    } else {
        seeds = malloc(sizeof *seeds);
        if (seeds == NULL)
            return hk_fail(ctx, HK_ENOMEM, "no memory for a seed");
        *seeds = one;
    }
    if (rc != HK_OK)
        return rc;
    free(request->seeds);
    request->seeds = seeds;
    request->n_seeds = n;
    request->is_series = is_series;
    return HK_OK;
}

static int set_interval(hk_ctx *ctx, hk_request *request, const char *text)
{
    double value;
    if (!hk_parse_number(text, &value) || !(value > 0.0) || value > 1e9)
        return hk_fail(ctx, HK_ERANGE, "--checkpoint-every = '%.100s', must be seconds above 0, at most 1e9", text);
    request->checkpoint_every_s = value;
    return HK_OK;
}

int hk_request_apply(hk_ctx *ctx, hk_request *request, long index, const char *value)
{
    switch (index) {
    case SEED:
        return set_seeds(ctx, request, value, false);
    case SEEDS:
        return set_seeds(ctx, request, value, true);
    case JOBS:
        return set_count(ctx, "jobs", value, 256, &request->jobs);
    case THREADS:
        return set_count(ctx, "threads", value, MOST_THREADS, &request->threads);
    case SET:
        return hk_values_assign(ctx, &request->values, value);
    case CODE:
        return hk_values_set(ctx, &request->values, "code", value);
    case DATA:
        return hk_values_set(ctx, &request->values, "data", value);
    case OUT:
        request->out_is_none = strcmp(value, "none") == 0;
        return replace_path(ctx, &request->out, "out", value);
    case JSON:
        return replace_path(ctx, &request->json, "json", value);
    case QUIET:
        request->quiet = true;
        return HK_OK;
    case CHECKPOINT:
        request->checkpoint_is_none = strcmp(value, "none") == 0;
        return replace_path(ctx, &request->checkpoint, "checkpoint", value);
    case CHECKPOINT_EVERY:
        return set_interval(ctx, request, value);
    case RESUME:
        return replace_path(ctx, &request->resume, "resume", value);
    default:
        return HK_OK;
    }
}

int hk_unknown_experiment(hk_ctx *ctx, const hk_catalogue *catalogue, const char *name)
{
    hk_suggest near = { .wrong = name };
    for (size_t k = 0; k < catalogue->n; k++)
        hk_suggest_offer(&near, catalogue->experiments[k]->name);
    if (hk_suggestion(&near) != NULL)
        return hk_fail(ctx, HK_ENAME, "no experiment '%.100s'; did you mean '%s'?", name, hk_suggestion(&near));
    return hk_fail(ctx, HK_ENAME, "no experiment '%.100s'; 'hillock list' shows what there is", name);
}

/* ---- the command line, in two passes: first what is to be run, then the flags over it ------------------------------ */

typedef struct reader {
    hk_ctx *ctx;
    hk_request *request;
    const char *positional[2];
    size_t n_positional;
    bool seed_given, seeds_given;
} reader;

static int take_positional(void *user, long index, const char *value)
{
    reader *r = user;
    if (index >= 0)
        return HK_OK;
    if (r->n_positional == 2)
        return hk_fail(r->ctx, HK_ERANGE, "'%.100s' is one argument too many", value);
    r->positional[r->n_positional++] = value;
    return HK_OK;
}

static int take_flag(void *user, long index, const char *value)
{
    reader *r = user;
    r->seed_given |= index == SEED;
    r->seeds_given |= index == SEEDS;
    if (r->seed_given && r->seeds_given)
        return hk_fail(r->ctx, HK_ERANGE, "--seed and --seeds exclude each other");
    return index < 0 ? HK_OK : hk_request_apply(r->ctx, r->request, index, value);
}

/* A name of the catalogue is an experiment, even when a file is called like it; what looks like a file is one. */
static bool looks_like_file(const char *text)
{
    const char *dot = strrchr(text, '.');
    return strchr(text, '/') != NULL || (dot != NULL && dot != text) || access(text, F_OK) == 0;
}

static int choose(hk_ctx *ctx, const hk_catalogue *catalogue, const reader *r, hk_request *request)
{
    const char *what = r->positional[0];
    if (what == NULL)
        return hk_fail(ctx, HK_ERANGE, "run what? Name an experiment ('hillock list' shows them) or a YAML file");
    request->experiment = hk_catalogue_find(catalogue, what);
    if (request->experiment == NULL && !looks_like_file(what))
        return hk_unknown_experiment(ctx, catalogue, what);
    if (request->experiment == NULL) {
        int rc = hk_request_read_file(ctx, catalogue, what, request);
        if (rc != HK_OK)
            return rc;
    } else {
        int rc = hk_values_init(ctx, request->experiment, &request->values);
        if (rc != HK_OK)
            return rc;
    }
    if (r->positional[1] != NULL && request->experiment->argument == NULL)
        return hk_fail(ctx, HK_ERANGE, "%s takes no argument, but '%.100s' was given (parameters: --set name=value)",
                       request->experiment->name, r->positional[1]);
    return r->positional[1] == NULL ? HK_OK : replace(ctx, &request->argument, r->positional[1]);
}

static int check(hk_ctx *ctx, const hk_request *request)
{
    const hk_experiment *experiment = request->experiment;
    if (experiment->argument != NULL && request->argument == NULL)
        return hk_fail(ctx, HK_ERANGE, "%s needs its %s: hillock run %s %s", experiment->name, experiment->argument,
                       experiment->name, experiment->argument);
    bool wants = request->resume != NULL || (request->checkpoint != NULL && !request->checkpoint_is_none);
    if (wants && !experiment->resumable)
        return hk_fail(ctx, HK_ERANGE, "%s writes no checkpoints and resumes from none", experiment->name);
    if (request->threads > 1 && !experiment->threaded)
        return hk_fail(
            ctx, HK_ERANGE,
            "--threads = %u, must be 1: %s computes a simulation on one thread (several trials at once: --seeds "
            "1..4 --jobs 2)",
            request->threads, experiment->name);
    if (request->resume != NULL && request->is_series)
        return hk_fail(ctx, HK_ERANGE, "--resume takes one trial (--seed), not --seeds");
    if (request->out != NULL && request->checkpoint != NULL && !request->out_is_none && !request->checkpoint_is_none &&
        strcmp(request->out, request->checkpoint) == 0)
        return hk_fail(ctx, HK_ERANGE, "--out and --checkpoint name the same file, '%.100s'", request->out);
    return HK_OK;
}

/* Quotes what a shell would take apart, so that the command in a results file can be pasted. */
static int store_command(hk_ctx *ctx, hk_request *request, int n, char *const *arguments)
{
    size_t size = sizeof "hillock run";
    for (int k = 0; k < n; k++)
        size += 4 * strlen(arguments[k]) + 3;
    char *to = request->command = malloc(size);
    if (to == NULL)
        return hk_fail(ctx, HK_ENOMEM, "no memory for the command");
    to += sprintf(to, "hillock run");
    for (int k = 0; k < n; k++) {
        const char *from = arguments[k];
        bool plain = *from != '\0' && strpbrk(from, " \t\r\n'\"\\$`*?[]{}()<>|&;~#!") == NULL;
        *to++ = ' ';
        if (!plain)
            *to++ = '\'';
        for (; *from != '\0'; from++) {
            if (*from == '\'')
                to += sprintf(to, "'\\''");
            else
                *to++ = *from;
        }
        if (!plain)
            *to++ = '\'';
    }
    *to = '\0';
    return HK_OK;
}

static unsigned default_threads(const hk_request *request)
{
    size_t at_once = request->jobs < request->n_seeds ? request->jobs : request->n_seeds, each = hk_cores() / at_once;
    if (!request->experiment->threaded || each < 1)
        return 1;
    return each < MOST_THREADS ? (unsigned)each : MOST_THREADS;
}

int hk_request_read(hk_ctx *ctx, const hk_catalogue *catalogue, int n, char *const *arguments, hk_request *out)
{
    *out = (hk_request){ .jobs = 1, .checkpoint_every_s = 300.0 };
    reader r = { .ctx = ctx, .request = out };
    int rc = store_command(ctx, out, n, arguments);
    if (rc == HK_OK)
        rc = hk_flags_read(ctx, flags, N_FLAGS, n, arguments, take_positional, &r);
    if (rc == HK_OK)
        rc = choose(ctx, catalogue, &r, out);
    if (rc == HK_OK)
        rc = hk_flags_read(ctx, flags, N_FLAGS, n, arguments, take_flag, &r);
    if (rc == HK_OK)
        rc = check(ctx, out);
    if (rc == HK_OK && out->seeds == NULL) {
        char seed[24];
        snprintf(seed, sizeof seed, "%d", HK_SEED_DEFAULT);
        rc = set_seeds(ctx, out, seed, false);
    }
    if (rc == HK_OK && out->threads == 0)
        out->threads = default_threads(out);
    return rc;
}

void hk_request_fini(hk_request *request)
{
    hk_values_fini(&request->values);
    free(request->argument);
    free(request->seeds);
    free(request->out);
    free(request->json);
    free(request->checkpoint);
    free(request->resume);
    free(request->command);
    *request = (hk_request){ 0 };
}

char *hk_request_path(const hk_request *request, const char *path, uint64_t seed)
{
    if (!request->is_series)
        return strdup(path);
    size_t size = strlen(path) + 32;
    char *own = malloc(size);
    if (own == NULL)
        return NULL;
    const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;
    const char *dot = strrchr(name, '.');
    size_t stem = dot == NULL || dot == name ? strlen(path) : (size_t)(dot - path);
    snprintf(own, size, "%.*s-seed%" PRIu64 "%s", (int)stem, path, seed, path + stem);
    return own;
}
