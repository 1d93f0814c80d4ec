/* experiments/show.c - `hillock show NAME`: parameters of an experiment, a neuron model, a learning rule or a code, from
 * the tables that also check them; what a readout does. */
#include "experiments/commands.h"
#include "experiments/flags.h"
#include "experiments/options.h"
#include "experiments/readouts/catalogue.h"
#include "experiments/suggest.h"

#include "encoders/catalogue.h"
#include "neurons/catalogue.h"
#include "plasticity/catalogue.h"

#include <stdlib.h>
#include <string.h>

static void help(FILE *stream)
{
    fputs("usage: hillock show NAME\n\n"
          "Shows what an experiment, a neuron model, a learning rule, a code or a readout is: its parameters with\n"
          "default, unit, range and meaning, its source in the literature and, for an experiment, the keys of its\n"
          "summary.\n\n"
          "examples:\n  hillock show mnist\n  hillock show lif\n  hillock show stdp\n",
          stream);
}

/* ---- tables of text, columns as wide as they need ---------------------------------------------------------------- */

enum { COLUMNS = 4, CELL = 96 };

typedef struct table {
    char (*cells)[COLUMNS][CELL];
    const char **meanings;
    size_t n;
} table;

static bool table_init(table *t, size_t n)
{
    *t = (table){ .cells = calloc(n + 1, sizeof *t->cells), .meanings = calloc(n + 1, sizeof *t->meanings), .n = n };
    return t->cells != NULL && t->meanings != NULL;
}

static void table_fini(table *t)
{
    free(t->cells);
    free(t->meanings);
}

/* Cells [n][COLUMNS] under `heads`; the meaning goes last, wrapped. */
static void table_print(const table *t, const char *const heads[COLUMNS])
{
    size_t widths[COLUMNS], indent = 2;
    for (size_t c = 0; c < COLUMNS; c++) {
        widths[c] = strlen(heads[c]);
        for (size_t r = 0; r < t->n; r++)
            if (strlen(t->cells[r][c]) > widths[c] && strlen(t->cells[r][c]) <= 20) /* a long one takes its own line */
                widths[c] = strlen(t->cells[r][c]);
        indent += widths[c] + 2;
    }
    for (size_t r = 0; r <= t->n; r++) {
        char label[COLUMNS * (CELL + 2) + 1] = "";
        size_t used = 0;
        for (size_t c = 0; c < COLUMNS; c++) {
            const char *cell = r == 0 ? heads[c] : t->cells[r - 1][c];
            used += (size_t)snprintf(label + used, sizeof label - used, "%-*s%s", (int)widths[c], cell,
                                     c + 1 < COLUMNS ? "  " : "");
        }
        hk_print_entry(stdout, label, (int)indent,
                       r == 0                       ? "meaning"
                       : t->meanings[r - 1] == NULL ? ""
                                                    : t->meanings[r - 1]);
    }
}

static int show_columns(const char *title, const hk_column *columns, size_t n, const char *value_head)
{
    table t;
    if (n == 0)
        return HK_OK;
    if (!table_init(&t, n)) {
        table_fini(&t);
        return HK_ENOMEM;
    }
    for (size_t k = 0; k < n; k++) {
        char low[40], high[40];
        hk_print_bound(columns[k].min, low, sizeof low);
        hk_print_bound(columns[k].max, high, sizeof high);
        snprintf(t.cells[k][0], CELL, "%s", columns[k].name);
        hk_print_number(columns[k].initial, t.cells[k][1], CELL);
        snprintf(t.cells[k][2], CELL, "%s", columns[k].unit == NULL ? "" : columns[k].unit);
        snprintf(t.cells[k][3], CELL, "%s to %s", low, high);
        t.meanings[k] = columns[k].meaning;
    }
    printf("\n%s\n", title);
    table_print(&t, (const char *const[COLUMNS]){ "name", value_head, "unit", "range" });
    table_fini(&t);
    return HK_OK;
}

static int show_options(const hk_experiment *experiment)
{
    table t;
    if (experiment->n_options == 0)
        return HK_OK;
    if (!table_init(&t, experiment->n_options)) {
        table_fini(&t);
        return HK_ENOMEM;
    }
    for (size_t k = 0; k < experiment->n_options; k++) {
        hk_option option = experiment->options[k];
        snprintf(t.cells[k][0], CELL, "%s", option.name);
        hk_option_default(&option, t.cells[k][1], CELL);
        snprintf(t.cells[k][2], CELL, "%s", option.unit == NULL ? "" : option.unit);
        option.unit = NULL; /* it has its own column */
        hk_option_range(&option, t.cells[k][3], CELL);
        t.meanings[k] = option.meaning;
    }
    puts("\nparameters (--set name=value)");
    table_print(&t, (const char *const[COLUMNS]){ "name", "default", "unit", "range" });
    table_fini(&t);
    return HK_OK;
}

static void heading(const char *kind, const char *name, const char *summary, const char *source)
{
    printf("%s: %s\n%s\n", kind, name, summary == NULL ? "" : summary);
    if (source != NULL && *source != '\0')
        printf("source: %s\n", source);
}

static int show_experiment(const hk_experiment *e)
{
    heading("experiment", e->name, e->summary, e->source);
    printf("\n  hillock run %s%s%s [--set name=value ...]\n", e->name, e->argument == NULL ? "" : " ",
           e->argument == NULL ? "" : e->argument);
    if (e->example != NULL)
        printf("  hillock run %s\n", e->example);
    int rc = show_options(e);
    if (rc != HK_OK || e->n_keys == 0)
        return rc;
    puts("\nkeys of its summary (--json FILE)");
    for (size_t k = 0; k < e->n_keys; k++) {
        char text[400];
        const char *unit = e->keys[k].unit;
        bool has_unit = unit != NULL && *unit != '\0';
        snprintf(text, sizeof text, "%s%s%s%s", e->keys[k].meaning, has_unit ? " [" : "", has_unit ? unit : "",
                 has_unit ? "]" : "");
        hk_print_entry(stdout, e->keys[k].name, 34, text);
    }
    return HK_OK;
}

static int show_model(const hk_neuron_model *model)
{
    heading("neuron model", model->name, model->summary, model->source);
    if (model->kind == HK_MODEL_NEURON)
        printf("weights of its synapses: %s\n", model->weight_unit);
    int rc = show_columns("parameters", model->params, model->n_params, "default");
    return rc != HK_OK ? rc : show_columns("state", model->state, model->n_state, "initial");
}

/* Offers every name there is; shows the one that is meant, or leaves *found false. */
static int show_named(const hk_catalogue *catalogue, const char *name, hk_suggest *near, bool *found)
{
    size_t n;
    for (size_t k = 0; k < catalogue->n; k++) {
        hk_suggest_offer(near, catalogue->experiments[k]->name);
        if (strcmp(catalogue->experiments[k]->name, name) == 0)
            return *found = true, show_experiment(catalogue->experiments[k]);
    }
    const hk_neuron_model *const *models = hk_neuron_models(&n);
    for (size_t k = 0; k < n; k++) {
        hk_suggest_offer(near, models[k]->name);
        if (strcmp(models[k]->name, name) == 0)
            return *found = true, show_model(models[k]);
    }
    const hk_rule_type *const *rules = hk_rule_types(&n);
    for (size_t k = 0; k < n; k++) {
        hk_suggest_offer(near, rules[k]->name);
        if (strcmp(rules[k]->name, name) == 0) {
            *found = true;
            heading("learning rule", name, rules[k]->summary, rules[k]->source);
            return show_columns("parameters", rules[k]->params, rules[k]->n_params, "default");
        }
    }
    const hk_encoder *encoder;
    for (size_t k = 0; (encoder = hk_encoder_at(k)) != NULL; k++) {
        hk_suggest_offer(near, encoder->name);
        if (strcmp(encoder->name, name) == 0) {
            *found = true;
            heading("code", name, encoder->summary, encoder->source);
            return show_columns("parameters", encoder->params, encoder->n_params, "default");
        }
    }
    const hk_readout *const *readouts = hk_readouts(&n);
    for (size_t k = 0; k < n; k++) {
        hk_suggest_offer(near, readouts[k]->name);
        if (strcmp(readouts[k]->name, name) == 0) {
            *found = true;
            heading("readout", name, readouts[k]->summary, readouts[k]->source);
            printf("\n  hillock readout %s FILE.h5 [--set name=value ...]\n", name);
            return show_options(
                &(hk_experiment){ .options = readouts[k]->options, .n_options = readouts[k]->n_options });
        }
    }
    return HK_OK;
}

typedef struct choice {
    hk_ctx *ctx;
    const char *name;
} choice;

static int take(void *user, long index, const char *value)
{
    choice *c = user;
    (void)index;
    if (c->name != NULL)
        return hk_fail(c->ctx, HK_ERANGE, "'%.100s' is one argument too many", value);
    c->name = value;
    return HK_OK;
}

static int run(const hk_catalogue *catalogue, int n, char *const *arguments)
{
    hk_ctx *ctx = hk_ctx_create();
    choice c = { .ctx = ctx };
    bool found = false;
    int rc = hk_flags_read(ctx, NULL, 0, n, arguments, take, &c);
    if (rc == HK_OK && c.name == NULL)
        rc = hk_fail(ctx, HK_ERANGE, "show what? Give a name; 'hillock list' shows them");
    if (rc == HK_OK) {
        hk_suggest near = { .wrong = c.name };
        rc = show_named(catalogue, c.name, &near, &found);
        if (rc == HK_OK && !found && hk_suggestion(&near) != NULL)
            rc = hk_fail(ctx, HK_ENAME, "nothing is called '%.100s'; did you mean '%s'?", c.name, hk_suggestion(&near));
        else if (rc == HK_OK && !found)
            rc = hk_fail(ctx, HK_ENAME, "nothing is called '%.100s'; 'hillock list' shows what there is", c.name);
    }
    int code = rc == HK_OK ? HK_EXIT_DONE : hk_complain_usage(ctx, rc, "show");
    hk_ctx_destroy(ctx);
    return code;
}

const hk_command hk_command_show = {
    .name = "show",
    .arguments = "NAME",
    .run = run,
    .help = help,
    .summary = "parameters of an experiment, a neuron model, a rule, a code or a readout"
};
