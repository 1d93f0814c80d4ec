/* experiments/plot.c - `hillock plot FILE`: pictures of what a results file holds. */
#include "experiments/commands.h"
#include "experiments/flags.h"
#include "experiments/options.h"
#include "experiments/paths.h"
#include "experiments/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    RASTER,
    RATES,
    EXAMPLES,
    FIELDS,
    CONFUSION,
    ACCURACY,
    CODES,
    CODE_ERRORS,
    COMPARISON,
    CONTINUAL,
    MAP,
    U_MATRIX,
    NEURON_RATES,
    NEURON_CVS,
    CORRELATIONS,
    N_FIGURES
};
static const char *const figure_names[N_FIGURES] = { "raster",       "rates",     "examples",    "fields",
                                                     "confusion",    "accuracy",  "codes",       "code-errors",
                                                     "comparison",   "continual", "map",         "u-matrix",
                                                     "neuron-rates", "neuron-cv", "correlations" };
static const char *const figure_titles[N_FIGURES] = { "spikes",
                                                      "rates",
                                                      "spikes for some samples, the class above",
                                                      "receptive fields",
                                                      "confusion",
                                                      "accuracy over training",
                                                      "one image under every code",
                                                      "error of decoded pixels",
                                                      "one network under every code",
                                                      "a stream of classes",
                                                      "where the units of the map lie",
                                                      "U-matrix",
                                                      "rates of the neurons",
                                                      "irregularity of the neurons",
                                                      "correlations of pairs" };
#define FIGURE_LIST                                                                                        \
    "raster,rates,examples,fields,confusion,accuracy,codes,code-errors,comparison,continual,map,u-matrix," \
    "neuron-rates,neuron-cv,correlations"

enum { OUT, FORMAT, WHAT, FROM, TO, BIN, SHARE, HELP, N_FLAGS };
static const hk_flag flags[N_FLAGS] = {
    [OUT] = { "out", "DIR", "folder of the pictures (default: that of the file)", 'o' },
    [FORMAT] = { "format", "svg|png|pdf", "form of the pictures (default svg)", 0 },
    [WHAT] = { "what", "LIST", FIGURE_LIST ": only these (default: all that the file has)", 0 },
    [FROM] = { "from", "MS", "raster and rates: spikes later than this", 0 },
    [TO] = { "to", "MS", "raster and rates: spikes up to this", 0 },
    [BIN] = { "bin", "MS", "rates: width of a bin (default: about 200 bins in all)", 0 },
    [SHARE] = { "share", "X", "raster: share of the neurons of each population (default: about 2,000 in all)", 0 },
    [HELP] = { "help", NULL, "this text", 'h' },
};

typedef struct job {
    hk_ctx *ctx;
    const char *path, *folder;
    hk_picture_format format;
    bool wanted[N_FIGURES], is_chosen;
    hk_plot_job plot;
    size_t n_drawn;
} job;

static void help(FILE *stream)
{
    fputs(
        "usage: hillock plot FILE.h5 [options]\n\n"
        "Draws what a results file holds: spikes as a raster and as rates, those of some examples, receptive fields,\n"
        "the confusion matrix, the accuracy over training, an image under several codes, a stream of classes, a map "
        "of\n"
        "units, how rates, irregularity and correlations are distributed. "
        "The pictures are called FILE-raster.svg and so on. Needs "
        "gnuplot.\n\n",
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
            return hk_fail(j->ctx, HK_ERANGE, "--what = '%.100s', must be of " FIGURE_LIST, list);
        j->wanted[k] = true;
        piece += length + (piece[length] == ',');
    }
    return HK_OK;
}

static int take(void *user, long index, const char *value)
{
    job *j = user;
    if (index == FROM || index == TO || index == BIN) {
        double *where = index == FROM ? &j->plot.from_ms : index == TO ? &j->plot.to_ms : &j->plot.bin_ms;
        if (!hk_parse_number(value, where) || (index == BIN && !(*where > 0.0)))
            return hk_fail(j->ctx, HK_ERANGE, "--%s = '%.100s', must be a number of milliseconds%s", flags[index].name,
                           value, index == BIN ? " above 0" : "");
        return HK_OK;
    }
    if (index == SHARE)
        return hk_parse_number(value, &j->plot.share) && j->plot.share > 0.0 && j->plot.share <= 1.0
                   ? HK_OK
                   : hk_fail(j->ctx, HK_ERANGE, "--share = '%.100s', must be a number above 0, at most 1", value);
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
static int draw(job *j, int figure, hk_plot_fn call, const void *data)
{
    char title[300];
    const char *slash = strrchr(j->path, '/');
    char *path = picture_path(j, figure);
    if (path == NULL)
        return hk_fail(j->ctx, HK_ENOMEM, "no memory for a path");
    snprintf(title, sizeof title, "%.200s: %s", slash == NULL ? j->path : slash + 1, figure_titles[figure]);
    hk_picture picture = { .path = path, .format = j->format, .title = title };
    int rc = hk_make_parents(j->ctx, path);
    if (rc == HK_OK)
        rc = call(&j->plot, &picture, data);
    if (rc == HK_OK) {
        printf("%s\n", path);
        j->n_drawn++;
    }
    free(path);
    return rc;
}

static int plot_spikes(job *j)
{
    hk_plot_spikes spikes;
    int rc = hk_plot_spikes_load(j->ctx, j->path, j->plot.results, j->plot.from_ms, j->plot.to_ms, &spikes);
    if (rc != HK_OK)
        return rc;
    if (spikes.n == 0)
        fprintf(stderr, "hillock plot: no spikes in the file%s, no raster and no rates\n",
                isfinite(j->plot.from_ms) || isfinite(j->plot.to_ms) ? " between --from and --to" : "");
    else if (j->wanted[RASTER])
        rc = draw(j, RASTER, hk_plot_raster, &spikes);
    if (rc == HK_OK && spikes.n > 0 && j->wanted[RATES])
        rc = draw(j, RATES, hk_plot_rates, &spikes);
    hk_plot_spikes_fini(&spikes);
    return rc;
}

static int plot_arrays(job *j)
{
    static const struct {
        int figure;
        const char *array;
        hk_plot_fn draw;
    } arrays[] = { { EXAMPLES, "examples/times_ms", hk_plot_examples },
                   { FIELDS, "receptive_fields", hk_plot_fields },
                   { CONFUSION, "confusion", hk_plot_confusion },
                   { ACCURACY, "accuracy_over_training", hk_plot_accuracy },
                   { CODES, "codes/image", hk_plot_codes },
                   { CODE_ERRORS, "codes/image", hk_plot_code_errors },
                   { COMPARISON, "comparison/levels", hk_plot_comparison },
                   { CONTINUAL, "continual/accuracy", hk_plot_continual },
                   { MAP, "map/places", hk_plot_map },
                   { U_MATRIX, "map/u_matrix", hk_plot_u_matrix } };
    for (size_t k = 0; k < sizeof arrays / sizeof arrays[0]; k++) {
        const hk_results_entry *entry = hk_results_find(j->plot.results, arrays[k].array);
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

static int plot_statistics(job *j)
{
    static const struct {
        int figure;
        const char *what;
        hk_plot_fn draw;
    } statistics[] = { { NEURON_RATES, "rate_hz", hk_plot_neuron_rates },
                       { NEURON_CVS, "cv_isi", hk_plot_neuron_cvs },
                       { CORRELATIONS, "correlation", hk_plot_correlations } };
    for (size_t k = 0; k < sizeof statistics / sizeof statistics[0]; k++) {
        if (!j->wanted[statistics[k].figure])
            continue;
        bool has = hk_plot_find_statistics(j->plot.results, statistics[k].what) != NULL;
        if (!has && j->is_chosen)
            return hk_fail(j->ctx, HK_ENAME, "%s has no arrays 'statistics/.../%s' to draw", j->path,
                           statistics[k].what);
        int rc = has ? draw(j, statistics[k].figure, statistics[k].draw, NULL) : HK_OK;
        if (rc != HK_OK)
            return rc;
    }
    return HK_OK;
}

static int plot(job *j)
{
    if (!hk_gnuplot_exists())
        return hk_fail(j->ctx, HK_EIO, "figures need gnuplot, which is not installed (Debian: gnuplot-nox)");
    int rc = hk_results_open(j->ctx, j->path, HK_RESULTS_READ, &j->plot.results);
    if (rc != HK_OK)
        return rc;
    bool has_spikes = hk_plot_has_spikes(j->plot.results);
    if (j->is_chosen && !has_spikes && (j->wanted[RASTER] || j->wanted[RATES]))
        rc = hk_fail(j->ctx, HK_ENAME, "%s has no spikes to draw", j->path);
    if (rc == HK_OK && has_spikes && (j->wanted[RASTER] || j->wanted[RATES]))
        rc = plot_spikes(j);
    if (rc == HK_OK)
        rc = plot_arrays(j);
    if (rc == HK_OK)
        rc = plot_statistics(j);
    if (rc == HK_OK && j->n_drawn == 0)
        rc = hk_fail(j->ctx, HK_EFORMAT, "%s holds nothing that can be drawn ('hillock info' shows what it holds)",
                     j->path);
    hk_results_discard(j->plot.results);
    return rc;
}

static int run(const hk_catalogue *catalogue, int n, char *const *arguments)
{
    (void)catalogue;
    hk_ctx *ctx = hk_ctx_create();
    job j = { .ctx = ctx,
              .plot = {
                  .ctx = ctx, .from_ms = -INFINITY, .to_ms = INFINITY, .bin_ms = (double)NAN, .share = (double)NAN } };
    int code = HK_EXIT_DONE;
    int rc = hk_flags_read(ctx, flags, N_FLAGS, n, arguments, take, &j);
    if (rc == HK_OK && j.path == NULL)
        rc = hk_fail(ctx, HK_ERANGE, "plot what? Give a results file");
    if (rc == HK_OK && !(j.plot.from_ms < j.plot.to_ms))
        rc = hk_fail(ctx, HK_ERANGE, "--from %g --to %g, must be an interval", j.plot.from_ms, j.plot.to_ms);
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
