/* experiments/request_file.c - a request from a YAML (or JSON) file; see request.h. Its keys are the flags of the
 * command line with '_' for '-', and besides
 *
 *     experiment: mnist          # which
 *     file: net.json             # the argument of an experiment that takes one
 *     set: {neurons: 1600}       # parameters
 */
#include "experiments/document.h"
#include "experiments/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const keys[] = { "experiment", "file", "set",  "seed",  "seeds",      "jobs",
                                    "threads",    "out",  "json", "quiet", "checkpoint", "checkpoint_every",
                                    "resume",     "code", "data" };

/* Puts "file:line:column: " before the sentence that a check of a value has left. */
static int locate(hk_ctx *ctx, const hk_document *document, const hk_node *node, int rc)
{
    char sentence[700];
    snprintf(sentence, sizeof sentence, "%.690s", hk_ctx_message(ctx));
    return hk_document_fail(document, node, rc, "%s", sentence);
}

static int apply_set(hk_ctx *ctx, const hk_document *document, const hk_node *set, hk_request *request)
{
    int rc = hk_document_expect(document, set, HK_NODE_MAP, "set");
    for (size_t k = 0; k < hk_node_n(set) && rc == HK_OK; k++) {
        const hk_node *member = hk_node_at(set, k);
        const char *text;
        rc = hk_document_text(document, member, &text);
        if (rc != HK_OK)
            return rc;
        rc = hk_values_set(ctx, &request->values, hk_node_key(member), text);
        if (rc != HK_OK)
            return locate(ctx, document, member, rc);
    }
    return rc;
}

/* seeds: [1, 3, 9] as well as seeds: 1..5 */
static int seeds_text(hk_ctx *ctx, const hk_document *document, const hk_node *node, char **out)
{
    size_t size = 1;
    for (size_t k = 0; k < hk_node_n(node); k++) {
        const char *text;
        int rc = hk_document_text(document, hk_node_at(node, k), &text);
        if (rc != HK_OK)
            return rc;
        size += strlen(text) + 1;
    }
    char *joined = *out = malloc(size);
    if (joined == NULL)
        return hk_fail(ctx, HK_ENOMEM, "seeds: no memory");
    *joined = '\0';
    for (size_t k = 0, used = 0; k < hk_node_n(node); k++)
        used += (size_t)snprintf(joined + used, size - used, "%s%s", k == 0 ? "" : ",",
                                 hk_node_text(hk_node_at(node, k)));
    return HK_OK;
}

static long flag_index(const char *key)
{
    size_t n;
    const hk_flag *flags = hk_run_flags(&n);
    char name[32];
    snprintf(name, sizeof name, "%s", key);
    for (char *c = name; *c != '\0'; c++)
        if (*c == '_')
            *c = '-';
    for (size_t k = 0; k < n; k++)
        if (strcmp(flags[k].name, name) == 0)
            return (long)k;
    return -1;
}

static int apply_member(hk_ctx *ctx, const hk_document *document, const hk_node *member, hk_request *request)
{
    const char *key = hk_node_key(member), *text = NULL;
    char *joined = NULL;
    if (strcmp(key, "experiment") == 0)
        return HK_OK; /* read already */
    if (strcmp(key, "set") == 0)
        return apply_set(ctx, document, member, request);
    int rc;
    if (strcmp(key, "seeds") == 0 && hk_node_kind_of(member) == HK_NODE_LIST) {
        rc = seeds_text(ctx, document, member, &joined);
        text = joined;
    } else {
        rc = hk_document_text(document, member, &text);
    }
    if (rc != HK_OK)
        goto done;
    if (hk_node_is_null(member)) {
        rc = hk_document_fail(document, member, HK_EFORMAT, "the key '%s' has no value", key);
        goto done;
    }
    if (strcmp(key, "file") == 0) {
        if (request->experiment->argument == NULL) {
            rc = hk_document_fail(document, member, HK_EFORMAT, "%s takes no file", request->experiment->name);
            goto done;
        }
        free(request->argument);
        request->argument = strdup(text);
        rc = request->argument == NULL ? hk_fail(ctx, HK_ENOMEM, "no memory for '%.100s'", text) : HK_OK;
        goto done;
    }
    if (strcmp(key, "quiet") == 0) {
        rc = hk_document_flag(document, member, &request->quiet);
        goto done;
    }
    rc = hk_request_apply(ctx, request, flag_index(key), text);
    if (rc != HK_OK)
        rc = locate(ctx, document, member, rc);
done:
    free(joined);
    return rc;
}

static int read_experiment(hk_ctx *ctx, const hk_catalogue *catalogue, const hk_document *document, hk_request *request)
{
    const hk_node *root = hk_document_root(document), *node = NULL;
    int rc = hk_document_expect(document, root, HK_NODE_MAP, "an experiment file");
    if (rc != HK_OK)
        return rc;
    node = hk_node_get(root, "experiment");
    if (node == NULL) {
        bool is_network = hk_node_get(root, "neurons") != NULL || hk_node_get(root, "connections") != NULL;
        return hk_document_fail(document, root, HK_EFORMAT, "the key 'experiment' is missing%s",
                                is_network ? "; a network is run by: hillock run network FILE"
                                           : "; it names what to run, as in: experiment: mnist");
    }
    const char *name;
    rc = hk_document_text(document, node, &name);
    if (rc != HK_OK)
        return rc;
    request->experiment = hk_catalogue_find(catalogue, name);
    if (request->experiment == NULL)
        return locate(ctx, document, node, hk_unknown_experiment(ctx, catalogue, name));
    return HK_OK;
}

int hk_request_read_file(hk_ctx *ctx, const hk_catalogue *catalogue, const char *path, hk_request *request)
{
    hk_document *document = NULL;
    int rc = hk_document_open(ctx, path, &document);
    if (rc != HK_OK)
        return rc;
    const hk_node *root = hk_document_root(document);
    rc = read_experiment(ctx, catalogue, document, request);
    if (rc == HK_OK)
        rc = hk_document_expect_keys(document, root, keys, sizeof keys / sizeof keys[0]);
    if (rc == HK_OK)
        rc = hk_values_init(ctx, request->experiment, &request->values);
    if (rc == HK_OK && hk_node_get(root, "seed") != NULL && hk_node_get(root, "seeds") != NULL)
        rc = hk_document_fail(document, hk_node_get(root, "seeds"), HK_EFORMAT,
                              "'seed' and 'seeds' exclude each other");
    for (size_t k = 0; k < hk_node_n(root) && rc == HK_OK; k++)
        rc = apply_member(ctx, document, hk_node_at(root, k), request);
    hk_document_destroy(document);
    return rc;
}
