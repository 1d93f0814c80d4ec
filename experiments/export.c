/* experiments/export.c - `hillock export FILE NAME`: one array, or the spikes of one population, as a .npy file. */
#include "experiments/commands.h"
#include "experiments/flags.h"
#include "experiments/paths.h"
#include "experiments/suggest.h"
#include "sim/npy.h"
#include "sim/raster.h"
#include "sim/results.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define EXACT_IDS ((uint64_t)1 << 53) /* up to there a double is a whole number */
static const char spikes[] = "spikes/";

enum { OUT, HELP, N_FLAGS };
static const hk_flag flags[N_FLAGS] = {
    [OUT] = { "out", "FILE", "the new file (default: FILE-NAME.npy beside the results)", 'o' },
    [HELP] = { "help", NULL, "this text", 'h' },
};

static void help(FILE *stream)
{
    fputs("usage: hillock export FILE.h5 NAME [--out x.npy]\n\n"
          "Writes an array of a results file as a .npy file, which numpy.load() reads, in its own type and shape. NAME "
          "is\n"
          "one that 'hillock info' shows, or spikes/POPULATION: these become a matrix with a row a spike, its time in "
          "ms\n"
          "and its neuron.\n\n",
          stream);
    hk_flags_help(flags, N_FLAGS, stream);
    fputs("\nexamples:\n"
          "  hillock export results/mnist.h5 receptive_fields --out fields.npy\n"
          "  hillock export results/cuba.h5 spikes/exc\n",
          stream);
}

typedef struct arguments {
    hk_ctx *ctx;
    const char *path, *name, *out;
} arguments;

static int take(void *user, long index, const char *value)
{
    arguments *a = user;
    if (index == OUT)
        a->out = value;
    if (index != -1)
        return HK_OK;
    if (a->name != NULL)
        return hk_fail(a->ctx, HK_ERANGE, "'%.100s' is one argument too many", value);
    *(a->path == NULL ? &a->path : &a->name) = value;
    return HK_OK;
}

/* "results/cuba.h5", "spikes/exc" -> "results/cuba-spikes-exc.npy"; free it. */
static char *default_path(const arguments *a)
{
    const char *slash = strrchr(a->path, '/'), *file = slash == NULL ? a->path : slash + 1, *dot = strrchr(file, '.');
    size_t stem = dot == NULL || dot == file ? strlen(a->path) : (size_t)(dot - a->path);
    size_t size = strlen(a->path) + strlen(a->name) + sizeof "-.npy";
    char *path = malloc(size);
    if (path == NULL)
        return NULL;
    snprintf(path, size, "%.*s-%s.npy", (int)stem, a->path, a->name);
    for (char *c = path + stem; *c != '\0'; c++)
        if (*c == '/')
            *c = '-';
    return path;
}

static int unknown(const arguments *a, const hk_results *results)
{
    size_t n;
    const hk_results_entry *entries = hk_results_entries(results, &n);
    hk_suggest near = { .wrong = a->name };
    for (size_t k = 0; k < n; k++)
        hk_suggest_offer(&near, entries[k].name);
    return hk_fail(a->ctx, HK_ENAME, "%s has no array '%.200s'%s%s%s ('hillock info' shows what it holds)", a->path,
                   a->name, hk_suggestion(&near) == NULL ? "" : "; did you mean '",
                   hk_suggestion(&near) == NULL ? "" : hk_suggestion(&near), hk_suggestion(&near) == NULL ? "" : "'?");
}

static int export_array(const arguments *a, hk_results *results, const char *out)
{
    const hk_results_entry *entry = hk_results_find(results, a->name);
    if (entry == NULL)
        return unknown(a, results);
    size_t size = hk_type_size(entry->type);
    if (size == 0)
        return hk_fail(a->ctx, HK_EFORMAT, "%s: '%.200s' is not an array of numbers of 1 to %d dimensions", a->path,
                       a->name, HK_MOST_DIMS);
    void *values = malloc(entry->n * size + 1);
    int rc = values == NULL ? hk_fail(a->ctx, HK_ENOMEM, "no memory for the %zu values of '%.200s'", entry->n, a->name)
                            : hk_results_get(results, a->name, entry->type, values, entry->n);
    if (rc == HK_OK)
        rc = hk_npy_write(a->ctx, out, entry->type, entry->n_dims, entry->shape, values);
    free(values);
    return rc;
}

static int fill_spikes(const arguments *a, hk_raster *raster, size_t population, uint64_t n, double *rows)
{
    enum { BLOCK = 4096 };
    double times_ms[BLOCK];
    uint64_t ids[BLOCK];
    for (uint64_t from = 0; from < n; from += BLOCK) {
        size_t length = n - from < BLOCK ? (size_t)(n - from) : BLOCK;
        int rc = hk_raster_read(raster, population, from, length, times_ms, ids);
        for (size_t k = 0; rc == HK_OK && k < length; k++) {
            if (ids[k] > EXACT_IDS)
                rc = hk_fail(a->ctx, HK_ERANGE, "%s: a spike of neuron %" PRIu64 ", must be at most 2^53", a->path,
                             ids[k]);
            rows[2 * (from + k)] = times_ms[k];
            rows[2 * (from + k) + 1] = (double)ids[k];
        }
        if (rc != HK_OK)
            return rc;
    }
    return HK_OK;
}

static int export_spikes(const arguments *a, const char *population, const char *out)
{
    hk_raster *raster;
    size_t index;
    int rc = hk_raster_open(a->ctx, a->path, &raster);
    if (rc != HK_OK)
        return rc;
    rc = hk_raster_find(raster, population, &index);
    if (rc == HK_OK) {
        uint64_t n = hk_raster_count(raster, index);
        double *rows = malloc(2 * n * sizeof *rows + 1);
        rc = rows == NULL ? hk_fail(a->ctx, HK_ENOMEM, "no memory for %" PRIu64 " spikes", n)
                          : fill_spikes(a, raster, index, n, rows);
        if (rc == HK_OK)
            rc = hk_npy_write(a->ctx, out, HK_F64, 2, (size_t[]){ (size_t)n, 2 }, rows);
        free(rows);
    }
    hk_raster_close(raster);
    return rc;
}

static int export_to(const arguments *a, const char *out)
{
    hk_results *results;
    int rc = hk_results_open(a->ctx, a->path, HK_RESULTS_READ, &results);
    if (rc != HK_OK)
        return rc;
    rc = hk_make_parents(a->ctx, out);
    bool is_population = strncmp(a->name, spikes, sizeof spikes - 1) == 0 &&
                         hk_results_find(results, a->name) == NULL && strchr(a->name + sizeof spikes - 1, '/') == NULL;
    if (rc == HK_OK)
        rc = is_population ? export_spikes(a, a->name + sizeof spikes - 1, out) : export_array(a, results, out);
    hk_results_discard(results);
    if (rc == HK_OK)
        printf("%s\n", out);
    return rc;
}

static int run(const hk_catalogue *catalogue, int n, char *const *words)
{
    (void)catalogue;
    hk_ctx *ctx = hk_ctx_create();
    arguments a = { .ctx = ctx };
    int code = HK_EXIT_DONE;
    int rc = hk_flags_read(ctx, flags, N_FLAGS, n, words, take, &a);
    if (rc == HK_OK && a.name == NULL)
        rc = hk_fail(ctx, HK_ERANGE, "export what? Give a results file and the name of an array in it");
    if (rc != HK_OK) {
        code = hk_complain_usage(ctx, rc, "export");
    } else {
        char *path = a.out == NULL ? default_path(&a) : strdup(a.out);
        rc = path == NULL ? hk_fail(ctx, HK_ENOMEM, "no memory for a path") : export_to(&a, path);
        if (rc != HK_OK)
            code = hk_complain(ctx, rc, "export");
        free(path);
    }
    hk_ctx_destroy(ctx);
    return code;
}

const hk_command hk_command_export = { .name = "export",
                                       .arguments = "FILE.h5 NAME",
                                       .run = run,
                                       .help = help,
                                       .summary = "an array or the spikes of a results file as .npy" };
