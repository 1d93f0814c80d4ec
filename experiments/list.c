/* experiments/list.c - `hillock list`: experiments, neuron models, rules, codes and readouts, one line each. */
#include "experiments/commands.h"
#include "experiments/flags.h"
#include "experiments/readouts/catalogue.h"

#include "encoders/catalogue.h"
#include "neurons/catalogue.h"
#include "plasticity/catalogue.h"

#include <string.h>

#define INDENT 22

static void help(FILE *stream)
{
    fputs("usage: hillock list [experiments|neurons|rules|codes|readouts]\n\n"
          "Lists what there is, one line each; 'hillock show NAME' has the parameters of one.\n\n"
          "examples:\n  hillock list\n  hillock list rules\n",
          stream);
}

static void list_experiments(const hk_catalogue *catalogue)
{
    puts("experiments");
    for (size_t k = 0; k < catalogue->n; k++) {
        const hk_experiment *e = catalogue->experiments[k];
        char label[96];
        snprintf(label, sizeof label, "%s%s%s", e->name, e->argument == NULL ? "" : " ",
                 e->argument == NULL ? "" : e->argument);
        hk_print_entry(stdout, label, INDENT, e->summary);
    }
}

static void list_neurons(void)
{
    size_t n;
    const hk_neuron_model *const *models = hk_neuron_models(&n);
    puts("neuron models");
    for (size_t k = 0; k < n; k++)
        hk_print_entry(stdout, models[k]->name, INDENT, models[k]->summary);
}

static void list_rules(void)
{
    size_t n;
    const hk_rule_type *const *rules = hk_rule_types(&n);
    puts("learning rules");
    for (size_t k = 0; k < n; k++)
        hk_print_entry(stdout, rules[k]->name, INDENT, rules[k]->summary);
}

static void list_codes(void)
{
    puts("codes");
    const hk_encoder *encoder;
    for (size_t k = 0; (encoder = hk_encoder_at(k)) != NULL; k++)
        hk_print_entry(stdout, encoder->name, INDENT, encoder->summary);
}

static void list_readouts(void)
{
    size_t n;
    const hk_readout *const *readouts = hk_readouts(&n);
    puts("readouts");
    for (size_t k = 0; k < n; k++)
        hk_print_entry(stdout, readouts[k]->name, INDENT, readouts[k]->summary);
}

typedef struct choice {
    hk_ctx *ctx;
    const char *section;
} choice;

static int take(void *user, long index, const char *value)
{
    choice *c = user;
    (void)index;
    if (c->section != NULL)
        return hk_fail(c->ctx, HK_ERANGE, "'%.100s' is one argument too many", value);
    c->section = value;
    return HK_OK;
}

static int run(const hk_catalogue *catalogue, int n, char *const *arguments)
{
    static const char *const sections[] = { "experiments", "neurons", "rules", "codes", "readouts" };
    enum { N_SECTIONS = sizeof sections / sizeof sections[0] };
    hk_ctx *ctx = hk_ctx_create();
    choice c = { .ctx = ctx };
    bool found = false;
    int code = HK_EXIT_DONE;
    int rc = hk_flags_read(ctx, NULL, 0, n, arguments, take, &c);
    for (size_t k = 0; k < N_SECTIONS && c.section != NULL; k++)
        found |= strcmp(sections[k], c.section) == 0;
    if (rc == HK_OK && c.section != NULL && !found)
        rc = hk_fail(ctx, HK_ENAME, "'%.100s' is no list, must be experiments, neurons, rules, codes or readouts",
                     c.section);
    if (rc != HK_OK) {
        code = hk_complain_usage(ctx, rc, "list");
        hk_ctx_destroy(ctx);
        return code;
    }
    hk_ctx_destroy(ctx);
    for (size_t k = 0; k < N_SECTIONS; k++) {
        if (c.section != NULL && strcmp(sections[k], c.section) != 0)
            continue;
        if (k > 0 && c.section == NULL)
            putchar('\n');
        if (k == 0)
            list_experiments(catalogue);
        else if (k == 1)
            list_neurons();
        else if (k == 2)
            list_rules();
        else if (k == 3)
            list_codes();
        else
            list_readouts();
    }
    return code;
}

const hk_command hk_command_list = {
    .name = "list",
    .arguments = "[KIND]",
    .run = run,
    .help = help,
    .summary = "experiments, neuron models, learning rules, codes and readouts, one line each"
};
