/* experiments/document_read.c - what a document's values must be, with errors that say where; see document.h. */
#include "experiments/document.h"

#include "experiments/options.h"
#include "experiments/suggest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *kind_text(hk_node_kind kind)
{
    return kind == HK_NODE_SCALAR ? "a single value" : kind == HK_NODE_LIST ? "a list" : "a map of keys and values";
}

/* "tau = 'abc'", or what stands there when it is no scalar. */
static void describe(const hk_node *node, char *out, size_t size)
{
    const char *key = hk_node_key(node), *text = hk_node_text(node);
    if (text == NULL)
        snprintf(out, size, "%.100s%s%s", key == NULL ? "" : key, key == NULL ? "" : " is ",
                 kind_text(hk_node_kind_of(node)));
    else
        snprintf(out, size, "%.100s%s'%.100s'", key == NULL ? "" : key, key == NULL ? "" : " = ", text);
}

static int refuse(const hk_document *document, const hk_node *node, const char *allowed)
{
    char what[256];
    describe(node, what, sizeof what);
    return hk_document_fail(document, node, HK_EFORMAT, "%s, must be %s", what, allowed);
}

int hk_document_number(const hk_document *document, const hk_node *node, double *out)
{
    if (!hk_node_is_number(node) || !hk_parse_number(hk_node_text(node), out))
        return refuse(document, node, "a finite number");
    return HK_OK;
}

int hk_document_integer(const hk_document *document, const hk_node *node, int64_t min, int64_t max, int64_t *out)
{
    char allowed[96];
    snprintf(allowed, sizeof allowed, "a whole number from %" PRId64 " to %" PRId64, min, max);
    int64_t value;
    if (!hk_node_is_number(node) || !hk_parse_integer(hk_node_text(node), &value) || value < min || value > max)
        return refuse(document, node, allowed);
    *out = value;
    return HK_OK;
}

int hk_document_count(const hk_document *document, const hk_node *node, uint64_t max, uint64_t *out)
{
    char allowed[96];
    snprintf(allowed, sizeof allowed, "a whole number from 0 to %" PRIu64, max);
    uint64_t value;
    if (!hk_node_is_number(node) || !hk_parse_count(hk_node_text(node), &value) || value > max)
        return refuse(document, node, allowed);
    *out = value;
    return HK_OK;
}

int hk_document_flag(const hk_document *document, const hk_node *node, bool *out)
{
    const char *text = hk_node_text(node);
    if (text == NULL || !hk_parse_flag(text, out))
        return refuse(document, node, "true or false");
    return HK_OK;
}

int hk_document_text(const hk_document *document, const hk_node *node, const char **out)
{
    if (hk_node_text(node) == NULL)
        return refuse(document, node, "a text");
    *out = hk_node_text(node);
    return HK_OK;
}

int hk_document_expect(const hk_document *document, const hk_node *node, hk_node_kind kind, const char *what)
{
    if (hk_node_kind_of(node) == kind)
        return HK_OK;
    return hk_document_fail(document, node, HK_EFORMAT, "%s must be %s, not %s", what, kind_text(kind),
                            kind_text(hk_node_kind_of(node)));
}

static int unknown_key(const hk_document *document, const hk_node *node, const char *const *allowed, size_t n)
{
    hk_suggest near = { .wrong = hk_node_key(node) };
    char list[512] = "";
    for (size_t k = 0; k < n; k++) {
        hk_suggest_offer(&near, allowed[k]);
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", k == 0 ? "" : ", ", allowed[k]);
    }
    if (hk_suggestion(&near) != NULL)
        return hk_document_fail(document, node, HK_EFORMAT, "unknown key '%.100s'; did you mean '%s'?",
                                hk_node_key(node), hk_suggestion(&near));
    return hk_document_fail(document, node, HK_EFORMAT, "unknown key '%.100s'; allowed are %s", hk_node_key(node),
                            list);
}

int hk_document_expect_keys(const hk_document *document, const hk_node *map, const char *const *allowed, size_t n)
{
    for (size_t k = 0; k < hk_node_n(map); k++) {
        const hk_node *member = hk_node_at(map, k);
        bool known = false;
        for (size_t j = 0; j < n && !known; j++)
            known = strcmp(hk_node_key(member), allowed[j]) == 0;
        if (!known)
            return unknown_key(document, member, allowed, n);
    }
    return HK_OK;
}

int hk_document_require(const hk_document *document, const hk_node *map, const char *key, const hk_node **out)
{
    int rc = hk_document_expect(document, map, HK_NODE_MAP, hk_node_key(map) == NULL ? "it" : hk_node_key(map));
    if (rc != HK_OK)
        return rc;
    *out = hk_node_get(map, key);
    if (*out == NULL)
        return hk_document_fail(document, map, HK_EFORMAT, "the key '%s' is missing", key);
    return HK_OK;
}
