/* experiments/plot_codes.c - one image under several codes, and their errors, from a results file; see plot.h. */
#include "experiments/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CODES = 24, N_ARRAYS = 4 };

/* What one code has in the file, owned. */
typedef struct code {
    const char *name; /* in `names` */
    double *arrays[N_ARRAYS];
    size_t n[N_ARRAYS];
} code;

typedef struct codes {
    char *names;
    code codes[MOST_CODES];
    size_t n;
} codes;

static void codes_fini(codes *all)
{
    for (size_t k = 0; k < all->n; k++)
        for (size_t a = 0; a < N_ARRAYS; a++)
            free(all->codes[k].arrays[a]);
    free(all->names);
}

static int load_code(const hk_plot_job *j, const char *const *arrays, code *to)
{
    int rc = HK_OK;
    for (size_t a = 0; rc == HK_OK && a < N_ARRAYS && arrays[a] != NULL; a++) {
        char path[200];
        snprintf(path, sizeof path, "codes/%.80s/%s", to->name, arrays[a]);
        const hk_results_entry *entry = hk_results_find(j->results, path);
        if (entry == NULL)
            return hk_fail(j->ctx, HK_EFORMAT, "codes: there is no array '%s'", path);
        to->n[a] = entry->n;
        to->arrays[a] = hk_plot_read(j->ctx, j->results, entry, &rc);
    }
    return rc;
}

/* Loads the arrays of those names (NULL ends them when there are fewer than N_ARRAYS) of every code. */
static int load_codes(const hk_plot_job *j, const char *const *arrays, codes *all)
{
    *all = (codes){ .names = hk_plot_text(j->results, "codes", "names") };
    int rc = all->names == NULL ? hk_fail(j->ctx, HK_EFORMAT, "codes: the group has no attribute 'names'") : HK_OK;
    for (char *rest = all->names; rc == HK_OK && rest != NULL;) {
        if (all->n == MOST_CODES)
            return hk_fail(j->ctx, HK_EFORMAT, "codes: more than %d of them", MOST_CODES);
        code *next = &all->codes[all->n++];
        next->name = rest + strspn(rest, " ");
        rest = strchr(rest, ',');
        if (rest != NULL)
            *rest++ = '\0';
        rc = load_code(j, arrays, next);
    }
    return rc;
}

int hk_plot_codes(const hk_plot_job *j, const hk_picture *picture, const void *data)
{
    static const char *const arrays[N_ARRAYS] = { "times_ms", "sources", "weights", "decoded" };
    const hk_results_entry *entry = data;
    hk_code_panel panels[MOST_CODES];
    codes all;
    int rc;
    if (entry->n_dims != 2)
        return hk_fail(j->ctx, HK_EFORMAT, "codes/image has %u dimensions, must be [rows][cols]", entry->n_dims);
    double *image = hk_plot_read(j->ctx, j->results, entry, &rc);
    if (image == NULL)
        return rc;
    rc = load_codes(j, arrays, &all);
    for (size_t k = 0; rc == HK_OK && k < all.n; k++) {
        const code *c = &all.codes[k];
        panels[k] = (hk_code_panel){ .name = c->name,
                                     .times_ms = c->arrays[0],
                                     .sources = c->arrays[1],
                                     .weights = c->arrays[2],
                                     .n = c->n[0],
                                     .decoded = c->arrays[3] };
        if (c->n[1] != c->n[0] || c->n[2] != c->n[0] || c->n[3] != entry->n)
            rc = hk_fail(j->ctx, HK_EFORMAT,
                         "codes/%.80s: sources and weights must be as many as times_ms, decoded %zu", c->name,
                         entry->n);
    }
    if (rc == HK_OK)
        rc = hk_figure_codes(j->ctx, picture,
                             &(hk_code_panels){ .panels = panels,
                                                .n = all.n,
                                                .rows = entry->shape[0],
                                                .cols = entry->shape[1],
                                                .image = image,
                                                .window_ms = hk_plot_number(j->results, "codes", "window_ms") });
    codes_fini(&all);
    free(image);
    return rc;
}

int hk_plot_code_errors(const hk_plot_job *j, const hk_picture *picture, const void *data)
{
    static const char *const arrays[N_ARRAYS] = { "error_by_window", "error_by_spikes" };
    hk_code_errors by_window[MOST_CODES], by_spikes[MOST_CODES];
    codes all;
    (void)data;
    int rc = load_codes(j, arrays, &all);
    for (size_t k = 0; rc == HK_OK && k < all.n; k++) {
        const code *c = &all.codes[k];
        by_window[k] = (hk_code_errors){ .name = c->name, .rows = c->arrays[0], .n = c->n[0] / 4 };
        by_spikes[k] = (hk_code_errors){ .name = c->name, .rows = c->arrays[1], .n = c->n[1] / 4 };
        if (c->n[0] % 4 != 0 || c->n[1] % 4 != 0)
            rc = hk_fail(j->ctx, HK_EFORMAT, "codes/%.80s: errors must be rows of 4", c->name);
    }
    if (rc == HK_OK)
        rc = hk_figure_code_errors(j->ctx, picture, by_window, by_spikes, all.n,
                                   hk_plot_number(j->results, "codes", "jitter_ms"));
    codes_fini(&all);
    return rc;
}
