/* tests/fuzz_document.c - any bytes as YAML and as JSON: an error or a tree, never more. */
#include "experiments/document.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml (0.7.12) keeps a list of its own, about 1 KiB, after some broken inputs. Our own leaks still count. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml.so";
}

/* Every value is asked for everything, as an experiment would. */
static void visit(const hk_document *document, const hk_node *node)
{
    double number;
    int64_t integer;
    uint64_t count;
    bool flag;
    const char *text;
    const hk_node *member;
    static const char *const allowed[] = { "experiment", "seed" };
    (void)!hk_document_number(document, node, &number);
    (void)!hk_document_integer(document, node, -5, 5, &integer);
    (void)!hk_document_count(document, node, 7, &count);
    (void)!hk_document_flag(document, node, &flag);
    (void)!hk_document_text(document, node, &text);
    (void)!hk_document_require(document, node, "experiment", &member);
    if (hk_node_kind_of(node) == HK_NODE_MAP)
        (void)!hk_document_expect_keys(document, node, allowed, 2);
    for (size_t k = 0; k < hk_node_n(node); k++)
        visit(document, hk_node_at(node, k));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hk_ctx *ctx = hk_ctx_create();
    static const char *const names[] = { "fuzz.yaml", "fuzz.json" };
    for (size_t k = 0; k < 2; k++) {
        hk_document *document;
        if (hk_document_parse(ctx, names[k], (const char *)data, size, &document) == HK_OK)
            visit(document, hk_document_root(document));
        hk_document_destroy(document);
    }
    hk_ctx_destroy(ctx);
    return 0;
}
