/* experiments/info.c - `hillock info FILE`: what a results file holds, and who made it. */
#include "experiments/commands.h"
#include "experiments/flags.h"
#include "sim/raster.h"
#include "sim/results.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void help(FILE *stream)
{
    fputs("usage: hillock info FILE.h5\n\n"
          "Shows what a results file holds and what made it: version, command, seed and parameters, the populations "
          "with\n"
          "their spikes and rates, and the arrays beside them. Works while a run still writes the file.\n\n"
          "example:\n  hillock info results/mnist.h5\n",
          stream);
}

typedef struct arguments {
    hk_ctx *ctx;
    const char *path;
} arguments;

static int take(void *user, long index, const char *value)
{
    arguments *a = user;
    (void)index;
    if (a->path != NULL)
        return hk_fail(a->ctx, HK_ERANGE, "'%.100s' is one argument too many", value);
    a->path = value;
    return HK_OK;
}

/* The command could hold anything; control characters would reach the terminal. */
static void print_safe(const char *text, size_t length)
{
    for (size_t k = 0; k < length; k++)
        putchar((unsigned char)text[k] < 0x20 || text[k] == 0x7f ? '?' : text[k]);
}

/* A text of several lines (the configuration) is set below its name, indented. */
static void show_attribute(const hk_attribute *attribute)
{
    const char *text = attribute->text;
    bool is_one_line = strchr(text, '\n') == NULL;
    fputs("  ", stdout);
    print_safe(attribute->name, strlen(attribute->name));
    printf("%*s", is_one_line && strlen(attribute->name) < 18 ? (int)(18 - strlen(attribute->name)) : 1, "");
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        if (!is_one_line)
            fputs("\n    ", stdout);
        print_safe(text, length);
        text += length + (text[length] == '\n');
    }
    putchar('\n');
}

static int show_attributes(hk_results *results)
{
    hk_attribute *attributes;
    size_t n;
    int rc = hk_results_attributes(results, "", &attributes, &n);
    if (rc != HK_OK)
        return rc;
    puts("made by");
    for (size_t k = 0; k < n; k++)
        show_attribute(&attributes[k]);
    if (n == 0)
        puts("  (the file does not say)");
    hk_attributes_free(attributes, n);
    return HK_OK;
}

/* ---- projections of a circuit (circuit_synapses.h) ---------------------------------------------------------------- */

typedef struct lines {
    char *text; /* owned; NULL: none */
    char *next;
} lines;

static lines lines_of(const hk_attribute *attributes, size_t n, const char *name)
{
    for (size_t k = 0; k < n; k++)
        if (strcmp(attributes[k].name, name) == 0) {
            char *text = strdup(attributes[k].text);
            return (lines){ .text = text, .next = text };
        }
    return (lines){ .text = NULL };
}

/* The next line, with its length; "" behind the last. */
static const char *next_line(lines *l, int *length)
{
    const char *line = l->next == NULL ? "" : l->next;
    *length = (int)strcspn(line, "\n");
    if (l->next != NULL)
        l->next += *length + (line[*length] == '\n');
    return line;
}

static int read_projections(hk_results *results, size_t n, uint64_t *synapses, double *bytes, double *rounding,
                            double *typical)
{
    int rc = hk_results_get(results, "projections/synapses", HK_U64, synapses, n);
    if (rc == HK_OK)
        rc = hk_results_get(results, "projections/bytes_per_synapse", HK_F64, bytes, n);
    if (rc == HK_OK)
        rc = hk_results_get(results, "projections/rounding_error", HK_F64, rounding, n);
    return rc == HK_OK ? hk_results_get(results, "projections/typical_weight", HK_F64, typical, n) : rc;
}

static int show_projections(hk_ctx *ctx, hk_results *results)
{
    const hk_results_entry *entry = hk_results_find(results, "projections/synapses");
    if (entry == NULL)
        return HK_OK;
    size_t n = entry->n, n_attributes = 0;
    hk_attribute *attributes = NULL;
    uint64_t *synapses = malloc((n + 1) * sizeof *synapses);
    double *values = malloc((3 * n + 1) * sizeof *values);
    int rc = synapses == NULL || values == NULL ? hk_fail(ctx, HK_ENOMEM, "info: no memory for %zu projections", n)
                                                : HK_OK;
    if (rc == HK_OK)
        rc = read_projections(results, n, synapses, values, values + n, values + 2 * n);
    if (rc == HK_OK)
        rc = hk_results_attributes(results, "projections", &attributes, &n_attributes);
    if (rc == HK_OK) {
        lines names = lines_of(attributes, n_attributes, "names");
        lines units = lines_of(attributes, n_attributes, "weight_units");
        puts("\nprojections           synapses  bytes each   weights rounded by at most");
        for (size_t k = 0; k < n; k++) {
            int length, unit_length;
            const char *name = next_line(&names, &length), *unit = next_line(&units, &unit_length);
            double error = values[n + k], typical = values[2 * n + k];
            fputs("  ", stdout);
            print_safe(name, (size_t)length);
            printf("%*s%12" PRIu64 "%12.1f   ", length < 16 ? 16 - length : 1, "", synapses[k], values[k]);
            if (error == 0.0) {
                puts("0");
                continue;
            }
            printf("%.2g ", error);
            print_safe(unit, (size_t)unit_length);
            printf(", %.2g %% of a typical one\n", 100.0 * error / typical);
        }
        free(names.text);
        free(units.text);
    }
    hk_attributes_free(attributes, n_attributes);
    free(synapses);
    free(values);
    return rc;
}

/* ---- spikes and arrays ------------------------------------------------------------------------------------------- */

/* The file of another program may not be in order of time, so every spike is looked at, a block at a time. */
static int find_times(hk_raster *raster, size_t index, uint64_t n, double *first_ms, double *last_ms)
{
    enum { BLOCK = 4096 };
    double block[BLOCK];
    *first_ms = INFINITY;
    *last_ms = -INFINITY;
    for (uint64_t from = 0; from < n; from += BLOCK) {
        size_t length = n - from < BLOCK ? (size_t)(n - from) : BLOCK;
        int rc = hk_raster_read(raster, index, from, length, block, NULL);
        if (rc != HK_OK)
            return rc;
        for (size_t k = 0; k < length; k++) {
            *first_ms = fmin(*first_ms, block[k]);
            *last_ms = fmax(*last_ms, block[k]);
        }
    }
    return HK_OK;
}

static int show_spikes(hk_ctx *ctx, const char *path)
{
    hk_raster *raster;
    int rc = hk_raster_open(ctx, path, &raster);
    if (rc != HK_OK)
        return rc;
    puts("\nspikes");
    for (size_t k = 0; k < hk_raster_n_populations(raster) && rc == HK_OK; k++) {
        uint64_t n = hk_raster_count(raster, k);
        double first_ms, last_ms;
        printf("  %-18s%12" PRIu64 " spike%s", hk_raster_name(raster, k), n, n == 1 ? "" : "s");
        if (n > 0 && (rc = find_times(raster, k, n, &first_ms, &last_ms)) == HK_OK)
            printf(", %.10g to %.10g ms", first_ms, last_ms);
        putchar('\n');
    }
    hk_raster_close(raster);
    return rc;
}

static bool is_spikes(const hk_results_entry *entry)
{
    return strncmp(entry->name, "spikes/", 7) == 0;
}

static void show_arrays(const hk_results *results)
{
    size_t n, n_shown = 0;
    const hk_results_entry *entries = hk_results_entries(results, &n);
    for (size_t k = 0; k < n; k++) {
        const hk_results_entry *entry = &entries[k];
        char shape[128] = "", label[256];
        if (is_spikes(entry))
            continue;
        if (n_shown++ == 0)
            puts("\narrays");
        for (unsigned d = 0; d < entry->n_dims; d++) {
            size_t used = strlen(shape);
            snprintf(shape + used, sizeof shape - used, "[%zu]", entry->shape[d]);
        }
        snprintf(label, sizeof label, "%-34s %s %s", entry->name, hk_type_name(entry->type), shape);
        bool has_unit = *entry->unit != '\0', has_both = has_unit && *entry->description != '\0';
        printf("  %s%s%s%s%s\n", label, has_unit ? " " : "", entry->unit, has_both ? ": " : " ", entry->description);
    }
}

static int show(hk_ctx *ctx, const char *path)
{
    hk_results *results;
    int rc = hk_results_open(ctx, path, HK_RESULTS_READ, &results);
    if (rc != HK_OK)
        return rc;
    size_t n;
    const hk_results_entry *entries = hk_results_entries(results, &n);
    bool has_spikes = false;
    for (size_t k = 0; k < n; k++)
        has_spikes |= is_spikes(&entries[k]);
    printf("%s\n\n", path);
    rc = show_attributes(results);
    if (rc == HK_OK)
        rc = show_projections(ctx, results);
    if (rc == HK_OK && has_spikes)
        rc = show_spikes(ctx, path);
    if (rc == HK_OK)
        show_arrays(results);
    if (rc == HK_OK && n == 0)
        puts("\nno spikes and no arrays");
    hk_results_discard(results);
    return rc;
}

static int run(const hk_catalogue *catalogue, int n, char *const *words)
{
    (void)catalogue;
    hk_ctx *ctx = hk_ctx_create();
    arguments a = { .ctx = ctx };
    int code = HK_EXIT_DONE;
    int rc = hk_flags_read(ctx, NULL, 0, n, words, take, &a);
    if (rc == HK_OK && a.path == NULL)
        rc = hk_fail(ctx, HK_ERANGE, "info on what? Give a results file");
    if (rc != HK_OK) {
        code = hk_complain_usage(ctx, rc, "info");
    } else {
        rc = show(ctx, a.path);
        if (rc != HK_OK)
            code = hk_complain(ctx, rc, "info");
    }
    hk_ctx_destroy(ctx);
    return code;
}

const hk_command hk_command_info = { .name = "info",
                                     .arguments = "FILE.h5",
                                     .run = run,
                                     .help = help,
                                     .summary = "what a results file holds, and what made it" };
