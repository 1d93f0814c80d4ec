/* experiments/plot.c - `hillock plot FILE`: pictures of what a results file holds. */
#include "experiments/commands.h"
#include "experiments/flags.h"
#include "experiments/options.h"
#include "experiments/paths.h"
#include "experiments/plot_data.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RASTER_SPIKES 30000 /* more of them cannot be told apart */
#define RATE_BINS 200.0

enum { RASTER, RATES, FIELDS, CONFUSION, ACCURACY, N_FIGURES };
static const char *const figure_names[N_FIGURES] = { "raster", "rates", "fields", "confusion", "accuracy" };

enum { OUT, FORMAT, WHAT, FROM, TO, BIN, HELP, N_FLAGS };
static const hk_flag flags[N_FLAGS] = {
    [OUT] = { "out", "DIR", "folder of the pictures (default: that of the file)", 'o' },
    [FORMAT] = { "format", "svg|png|pdf", "form of the pictures (default svg)", 0 },
    [WHAT] = { "what", "LIST", "raster,rates,fields,confusion,accuracy: only these (default: all that the file has)",
               0 },
    [FROM] = { "from", "MS", "raster and rates: spikes later than this", 0 },
    [TO] = { "to", "MS", "raster and rates: spikes up to this", 0 },
    [BIN] = { "bin", "MS", "rates: width of a bin (default: about 200 bins in all)", 0 },
    [HELP] = { "help", NULL, "this text", 'h' },
};

typedef struct job {
    hk_ctx *ctx;
    const char *path, *folder;
    hk_picture_format format;
    bool wanted[N_FIGURES], is_chosen;
    double from_ms, to_ms, bin_ms; /* infinities, NaN: not given */
    hk_results *results;
    size_t n_drawn;
} job;

static void help(FILE *stream)
{
    fputs("usage: hillock plot FILE.h5 [options]\n\n"
          "Draws what a results file holds: spikes as a raster and as rates, receptive fields, the confusion matrix, "
          "the\n"
          "accuracy over training. The pictures are called FILE-raster.svg and so on. Needs gnuplot.\n\n",
          stream);
    hk_flags_help(flags, N_FLAGS, stream);
    fputs("\nexamples:\n"
          "  hillock plot results/mnist.h5\n"
          "  hillock plot results/cuba.h5 --what raster --from 500 --to 800 --format png --out pictures\n",
          stream);
}

static int choose(job *j, const char *list)
{
    j->is_chosen = true;
    for (const char *piece = list; *piece != '\0';) {
        size_t length = strcspn(piece, ","), k = 0;
        while (k < N_FIGURES && !(strlen(figure_names[k]) == length && strncmp(figure_names[k], piece, length) == 0))
            k++;
        if (k == N_FIGURES)
            return hk_fail(j->ctx, HK_ERANGE, "--what = '%.100s', must be of raster,rates,fields,confusion,accuracy",
                           list);
        j->wanted[k] = true;
        piece += length + (piece[length] == ',');
    }
    return HK_OK;
}

static int take(void *user, long index, const char *value)
{
    job *j = user;
    if (index == FROM || index == TO || index == BIN) {
        double *where = index == FROM ? &j->from_ms : index == TO ? &j->to_ms : &j->bin_ms;
        if (!hk_parse_number(value, where) || (index == BIN && !(*where > 0.0)))
            return hk_fail(j->ctx, HK_ERANGE, "--%s = '%.100s', must be a number of milliseconds%s", flags[index].name,
                           value, index == BIN ? " above 0" : "");
        return HK_OK;
    }
    switch (index) {
    case -1:
        if (j->path != NULL)
            return hk_fail(j->ctx, HK_ERANGE, "'%.100s' is one argument too many", value);
        j->path = value;
        return HK_OK;
    case OUT:
        j->folder = value;
        return HK_OK;
    case FORMAT:
        return hk_picture_format_find(value, &j->format)
                   ? HK_OK
                   : hk_fail(j->ctx, HK_ERANGE, "--format = '%.100s', must be svg, png or pdf", value);
    case WHAT:
        return choose(j, value);
    default:
        return HK_OK;
    }
}

/* "results/mnist.h5" -> "<folder>/mnist-raster.svg"; free it. */
static char *picture_path(const job *j, int figure)
{
    const char *slash = strrchr(j->path, '/'), *name = slash == NULL ? j->path : slash + 1;
    const char *dot = strrchr(name, '.');
    int stem = (int)(dot == NULL || dot == name ? strlen(name) : (size_t)(dot - name));
    size_t size = strlen(j->path) + (j->folder == NULL ? 0 : strlen(j->folder)) + 64;
    char *path = malloc(size);
    if (path == NULL)
        return NULL;
    if (j->folder != NULL)
        snprintf(path, size, "%s/%.*s-%s.%s", j->folder, stem, name, figure_names[figure],
                 hk_picture_suffix(j->format));
    else
        snprintf(path, size, "%.*s%.*s-%s.%s", (int)(name - j->path), j->path, stem, name, figure_names[figure],
                 hk_picture_suffix(j->format));
    return path;
}

/* Draws one figure through a function that knows the data. */
static int draw(job *j, int figure, int (*call)(job *j, const hk_picture *picture, const void *data), const void *data)
{
    char title[300];
    const char *slash = strrchr(j->path, '/');
    char *path = picture_path(j, figure);
    if (path == NULL)
        return hk_fail(j->ctx, HK_ENOMEM, "no memory for a path");
    snprintf(title, sizeof title, "%.280s", slash == NULL ? j->path : slash + 1);
    hk_picture picture = { .path = path, .format = j->format, .title = title };
    int rc = hk_make_parents(j->ctx, path);
    if (rc == HK_OK)
        rc = call(j, &picture, data);
    if (rc == HK_OK) {
        printf("%s\n", path);
        j->n_drawn++;
    }
    free(path);
    return rc;
}

/* ---- spikes ------------------------------------------------------------------------------------------------------ */

static int draw_raster(job *j, const hk_picture *picture, const void *data)
{
    const hk_plot_spikes *spikes = data;
    double begin = isfinite(j->from_ms) ? j->from_ms : fmin(0.0, spikes->first_ms);
    double end = isfinite(j->to_ms) ? j->to_ms : hk_plot_time_of(spikes, RASTER_SPIKES);
    if (!isfinite(j->to_ms) && end < spikes->last_ms)
        fprintf(stderr, "hillock plot: the raster shows spikes up to %.6g of %.6g ms (--from and --to choose)\n", end,
                spikes->last_ms);
    return hk_figure_raster(j->ctx, picture, spikes->bands, spikes->n_bands, begin, end);
}

/* 1, 2 or 5 times a power of ten, for about RATE_BINS bins. */
static double nice_bin(double span_ms)
{
    double raw = span_ms / RATE_BINS, power = pow(10.0, floor(log10(raw)));
    double mantissa = raw / power;
    return power * (mantissa <= 1.0 ? 1.0 : mantissa <= 2.0 ? 2.0 : mantissa <= 5.0 ? 5.0 : 10.0);
}

static int draw_rates(job *j, const hk_picture *picture, const void *data)
{
    const hk_plot_spikes *spikes = data;
    double begin = isfinite(j->from_ms) ? j->from_ms : fmin(0.0, spikes->first_ms);
    double end = isfinite(j->to_ms) ? j->to_ms : spikes->last_ms;
    if (!(end > begin))
        return hk_fail(j->ctx, HK_ERANGE, "rates: from %g to %g ms, must be an interval", begin, end);
    double bin = isnan(j->bin_ms) ? nice_bin(end - begin) : j->bin_ms;
    if (!isfinite(j->to_ms)) /* whole bins: a last sliver would show a rate of its own */
        end = begin + bin * ceil((end - begin) / bin - 1e-9);
    return hk_figure_rates(j->ctx, picture, spikes->bands, spikes->n_bands, begin, end, bin);
}

static int plot_spikes(job *j)
{
    hk_plot_spikes spikes;
    int rc = hk_plot_spikes_load(j->ctx, j->path, j->results, j->from_ms, j->to_ms, &spikes);
    if (rc != HK_OK)
        return rc;
    if (spikes.n == 0)
        fprintf(stderr, "hillock plot: no spikes in the file%s, no raster and no rates\n",
                isfinite(j->from_ms) || isfinite(j->to_ms) ? " between --from and --to" : "");
    else if (j->wanted[RASTER])
        rc = draw(j, RASTER, draw_raster, &spikes);
    if (rc == HK_OK && spikes.n > 0 && j->wanted[RATES])
        rc = draw(j, RATES, draw_rates, &spikes);
    hk_plot_spikes_fini(&spikes);
    return rc;
}

/* ---- arrays ------------------------------------------------------------------------------------------------------ */

static int draw_fields(job *j, const hk_picture *picture, const void *data)
{
    const hk_results_entry *entry = data;
    char label[80];
    int rc;
    if (entry->n_dims != 3)
        return hk_fail(j->ctx, HK_EFORMAT, "receptive_fields has %u dimensions, must be [n][rows][cols]",
                       entry->n_dims);
    double *values = hk_plot_read(j->ctx, j->results, entry, &rc);
    if (values == NULL)
        return rc;
    float *pixels = malloc((entry->n + 1) * sizeof *pixels);
    if (pixels == NULL) {
        free(values);
        return hk_fail(j->ctx, HK_ENOMEM, "no memory for %zu values", entry->n);
    }
    for (size_t k = 0; k < entry->n; k++)
        pixels[k] = (float)values[k];
    free(values);
    snprintf(label, sizeof label, *entry->unit == '\0' ? "weight" : "weight (%.60s)", entry->unit);
    rc = hk_figure_fields(j->ctx, picture, pixels, entry->shape[0], entry->shape[1], entry->shape[2], label);
    free(pixels);
    return rc;
}

static int draw_confusion(job *j, const hk_picture *picture, const void *data)
{
    const hk_results_entry *entry = data;
    int rc;
    if (entry->n_dims != 2 || entry->shape[0] != entry->shape[1])
        return hk_fail(j->ctx, HK_EFORMAT, "confusion must be a square matrix [classes][classes]");
    double *counts = hk_plot_read(j->ctx, j->results, entry, &rc);
    if (counts == NULL)
        return rc;
    rc = hk_figure_confusion(j->ctx, picture, counts, entry->shape[0], NULL);
    free(counts);
    return rc;
}

/* The names of the columns stand in the attribute `columns` of the array, separated by commas. */
static char *read_columns(job *j, const char *object)
{
    hk_attribute *attributes;
    size_t n;
    char *columns = NULL;
    if (hk_results_attributes(j->results, object, &attributes, &n) != HK_OK)
        return NULL;
    for (size_t k = 0; k < n; k++)
        if (strcmp(attributes[k].name, "columns") == 0)
            columns = strdup(attributes[k].text);
    hk_attributes_free(attributes, n);
    return columns;
}

enum { MOST_CURVES = 8 };

/* accuracy_over_training[k][1 + curves]: images seen, then one column a curve, fractions or per cent. */
static int draw_accuracy(job *j, const hk_picture *picture, const void *data)
{
    const hk_results_entry *entry = data;
    int rc;
    if (entry->n_dims != 2 || entry->shape[1] < 2 || entry->shape[1] > 1 + MOST_CURVES)
        return hk_fail(j->ctx, HK_EFORMAT, "accuracy_over_training must be [k][2 to %d]: images seen, then accuracies",
                       1 + MOST_CURVES);
    size_t n = entry->shape[0], n_columns = entry->shape[1];
    double *values = hk_plot_read(j->ctx, j->results, entry, &rc);
    if (values == NULL)
        return rc;
    double *columns = malloc((entry->n + 1) * sizeof *columns); /* one behind the other */
    char *names = read_columns(j, entry->name), *rest = names;
    if (columns == NULL) {
        free(names);
        free(values);
        return hk_fail(j->ctx, HK_ENOMEM, "no memory for %zu values", entry->n);
    }
    bool is_fraction = strcmp(entry->unit, "%") != 0;
    for (size_t k = 0; k < n; k++)
        for (size_t c = 0; c < n_columns; c++)
            columns[c * n + k] = values[k * n_columns + c] * (c > 0 && is_fraction ? 100.0 : 1.0);
    hk_curve curves[MOST_CURVES] = { 0 };
    const char *x_label = "images";
    for (size_t c = 0; c < n_columns; c++) {
        const char *name = rest == NULL ? "accuracy" : rest;
        if (rest != NULL && (rest = strchr(rest, ',')) != NULL) {
            *rest++ = '\0';
            rest += strspn(rest, " ");
        }
        if (c == 0)
            x_label = names == NULL ? x_label : name;
        else
            curves[c - 1] = (hk_curve){ .name = name, .x = columns, .y = columns + c * n, .n = n };
    }
    rc = hk_figure_curves(j->ctx, picture, curves, n_columns - 1, x_label, "accuracy (%)");
    free(columns);
    free(names);
    free(values);
    return rc;
}

static int plot_arrays(job *j)
{
    static const struct {
        int figure;
        const char *array;
        int (*draw)(job *j, const hk_picture *picture, const void *data);
    } arrays[] = { { FIELDS, "receptive_fields", draw_fields },
                   { CONFUSION, "confusion", draw_confusion },
                   { ACCURACY, "accuracy_over_training", draw_accuracy } };
    for (size_t k = 0; k < sizeof arrays / sizeof arrays[0]; k++) {
        const hk_results_entry *entry = hk_results_find(j->results, arrays[k].array);
        if (!j->wanted[arrays[k].figure])
            continue;
        if (entry == NULL && j->is_chosen)
            return hk_fail(j->ctx, HK_ENAME, "%s has no array '%s' to draw", j->path, arrays[k].array);
        int rc = entry == NULL ? HK_OK : draw(j, arrays[k].figure, arrays[k].draw, entry);
        if (rc != HK_OK)
            return rc;
    }
    return HK_OK;
}

static int plot(job *j)
{
    if (!hk_gnuplot_exists())
        return hk_fail(j->ctx, HK_EIO, "figures need gnuplot, which is not installed (Debian: gnuplot-nox)");
    int rc = hk_results_open(j->ctx, j->path, HK_RESULTS_READ, &j->results);
    if (rc != HK_OK)
        return rc;
    bool has_spikes = hk_plot_has_spikes(j->results);
    if (j->is_chosen && !has_spikes && (j->wanted[RASTER] || j->wanted[RATES]))
        rc = hk_fail(j->ctx, HK_ENAME, "%s has no spikes to draw", j->path);
    if (rc == HK_OK && has_spikes && (j->wanted[RASTER] || j->wanted[RATES]))
        rc = plot_spikes(j);
    if (rc == HK_OK)
        rc = plot_arrays(j);
    if (rc == HK_OK && j->n_drawn == 0)
        rc = hk_fail(j->ctx, HK_EFORMAT, "%s holds nothing that can be drawn ('hillock info' shows what it holds)",
                     j->path);
    hk_results_discard(j->results);
    return rc;
}

static int run(const hk_catalogue *catalogue, int n, char *const *arguments)
{
    (void)catalogue;
    hk_ctx *ctx = hk_ctx_create();
    job j = { .ctx = ctx, .from_ms = -INFINITY, .to_ms = INFINITY, .bin_ms = (double)NAN };
    int code = HK_EXIT_DONE;
    int rc = hk_flags_read(ctx, flags, N_FLAGS, n, arguments, take, &j);
    if (rc == HK_OK && j.path == NULL)
        rc = hk_fail(ctx, HK_ERANGE, "plot what? Give a results file");
    if (rc == HK_OK && !(j.from_ms < j.to_ms))
        rc = hk_fail(ctx, HK_ERANGE, "--from %g --to %g, must be an interval", j.from_ms, j.to_ms);
    for (size_t k = 0; k < N_FIGURES && !j.is_chosen; k++)
        j.wanted[k] = true;
    if (rc != HK_OK) {
        code = hk_complain_usage(ctx, rc, "plot");
    } else {
        rc = plot(&j);
        if (rc != HK_OK)
            code = hk_complain(ctx, rc, "plot");
    }
    hk_ctx_destroy(ctx);
    return code;
}

const hk_command hk_command_plot = {
    .name = "plot", .arguments = "FILE.h5", .run = run, .help = help, .summary = "pictures of what a results file holds"
};
