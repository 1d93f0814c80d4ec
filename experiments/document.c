/* experiments/document.c - libfyaml's events made into our own tree; see document.h.
 *
 * The tree is built from events instead of taking libfyaml's documents, because events let us stop at the first
 * value too many, and because nothing of the library has to stay alive with the tree. */
#include "experiments/document.h"

#include "experiments/options.h"
#include "experiments/utf8.h"

#include <errno.h>
#include <inttypes.h>
#include <libfyaml.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_BYTES ((size_t)64 << 20)
#define MOST_NODES 8000000u
#define MOST_DEPTH 64u
#define BLOCK_BYTES ((size_t)64 << 10)

struct hk_node {
    const char *key;
    union {
        const char *text;
        hk_node *children; /* [n], owned */
    } u;
    uint32_t n;
    uint32_t line, column; /* from 1 */
    uint8_t kind;
    bool plain; /* not in quotes */
};

/* Texts live in blocks that are freed together. */
typedef struct block {
    struct block *next;
    size_t used, size;
    char bytes[];
} block;

struct hk_document {
    hk_ctx *ctx;
    char *name;
    hk_node root;
    block *blocks;
    size_t n_nodes;
};

static const char *keep_text(hk_document *document, const char *text, size_t length)
{
    block *top = document->blocks;
    if (top == NULL || top->size - top->used < length + 1) {
        size_t size = length + 1 > BLOCK_BYTES ? length + 1 : BLOCK_BYTES;
        block *fresh = malloc(sizeof *fresh + size);
        if (fresh == NULL)
            return NULL;
        *fresh = (block){ .next = top, .size = size };
        document->blocks = top = fresh;
    }
    char *copy = top->bytes + top->used;
    memcpy(copy, text, length);
    copy[length] = '\0';
    top->used += length + 1;
    return copy;
}

/* Depth is bounded by MOST_DEPTH, so recursion is. */
static void free_children(hk_node *node)
{
    if (node->kind == HK_NODE_SCALAR)
        return;
    for (uint32_t k = 0; k < node->n; k++)
        free_children(&node->u.children[k]);
    free(node->u.children);
}

void hk_document_destroy(hk_document *document)
{
    if (document == NULL)
        return;
    free_children(&document->root);
    for (block *b = document->blocks, *next; b != NULL; b = next) {
        next = b->next;
        free(b);
    }
    free(document->name);
    free(document);
}

/* ---- building ---------------------------------------------------------------------------------------------------- */

/* A list or a map that is still open. */
typedef struct level {
    hk_node node;
    uint32_t capacity;
    const char *key; /* a map: the key read last, whose value comes next; NULL: a key comes next */
    uint32_t key_line, key_column;
} level;

typedef struct builder {
    hk_document *document;
    level levels[MOST_DEPTH];
    uint32_t depth;
    uint32_t n_documents;
    bool has_root;
    uint32_t line, column; /* of the event at hand, from 1 */
} builder;

static int fail_here(const builder *b, const char *sentence)
{
    return hk_fail(b->document->ctx, HK_EFORMAT, "%s:%" PRIu32 ":%" PRIu32 ": %s", b->document->name, b->line,
                   b->column, sentence);
}

static int no_memory(const builder *b)
{
    return hk_fail(b->document->ctx, HK_ENOMEM, "%s: no memory for its %zu values", b->document->name,
                   b->document->n_nodes);
}

/* Puts a finished node where it belongs: into the open list or map, or at the root. */
static int add(builder *b, const hk_node *node)
{
    if (b->depth == 0) {
        b->document->root = *node;
        b->has_root = true;
        return HK_OK;
    }
    level *top = &b->levels[b->depth - 1];
    if (top->node.n == top->capacity) {
        uint32_t capacity = top->capacity == 0 ? 4 : 2 * top->capacity;
        hk_node *grown = realloc(top->node.u.children, capacity * sizeof *grown);
        if (grown == NULL)
            return no_memory(b);
        top->node.u.children = grown;
        top->capacity = capacity;
    }
    hk_node *place = &top->node.u.children[top->node.n];
    *place = *node;
    if (top->node.kind == HK_NODE_MAP) {
        place->key = top->key;
        top->key = NULL;
    }
    top->node.n++;
    return HK_OK;
}

static bool wants_key(const builder *b)
{
    return b->depth > 0 && b->levels[b->depth - 1].node.kind == HK_NODE_MAP && b->levels[b->depth - 1].key == NULL;
}

static int count_node(builder *b)
{
    if (b->depth == 0 && b->has_root)
        return fail_here(b, "more than one document in the file");
    if (b->document->n_nodes == MOST_NODES)
        return fail_here(b, "more than 8,000,000 values; no experiment reads so many");
    b->document->n_nodes++;
    return HK_OK;
}

static int begin(builder *b, hk_node_kind kind)
{
    if (wants_key(b))
        return fail_here(b, "a key must be a text, not a list or a map");
    int rc = count_node(b);
    if (rc != HK_OK)
        return rc;
    if (b->depth == MOST_DEPTH)
        return fail_here(b, "nested deeper than 64");
    b->levels[b->depth++] = (level){ .node = { .kind = (uint8_t)kind, .line = b->line, .column = b->column } };
    return HK_OK;
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp((*(hk_node *const *)a)->key, (*(hk_node *const *)b)->key);
}

/* Sorted, so that a hostile map of a million keys costs n log n. */
static int refuse_twins(builder *b, hk_node *map)
{
    if (map->n < 2)
        return HK_OK;
    hk_node **sorted = malloc(map->n * sizeof *sorted);
    if (sorted == NULL)
        return no_memory(b);
    for (uint32_t k = 0; k < map->n; k++)
        sorted[k] = &map->u.children[k];
    qsort(sorted, map->n, sizeof *sorted, compare_keys);
    int rc = HK_OK;
    for (uint32_t k = 1; k < map->n && rc == HK_OK; k++) {
        if (strcmp(sorted[k - 1]->key, sorted[k]->key) == 0) {
            const hk_node *later = sorted[k - 1] > sorted[k] ? sorted[k - 1] : sorted[k];
            rc = hk_document_fail(b->document, later, HK_EFORMAT, "the key '%.200s' stands there twice", later->key);
        }
    }
    free(sorted);
    return rc;
}

static int end(builder *b)
{
    level *top = &b->levels[b->depth - 1];
    hk_node node = top->node;
    if (node.kind == HK_NODE_MAP) {
        int rc = refuse_twins(b, &node);
        if (rc != HK_OK)
            return rc;
    }
    if (node.n > 0) {
        hk_node *fitted = realloc(node.u.children, node.n * sizeof *fitted);
        if (fitted != NULL)
            node.u.children = fitted;
    }
    b->depth--;
    int rc = add(b, &node);
    if (rc != HK_OK)
        free_children(&node);
    return rc;
}

static int scalar(builder *b, struct fy_token *token)
{
    size_t length = 0;
    const char *text = token == NULL ? "" : fy_token_get_text(token, &length);
    if (text == NULL)
        return no_memory(b);
    if (memchr(text, '\0', length) != NULL) /* "\0" in double quotes would cut the text short for us */
        return fail_here(b, "a text with a zero byte");
    const char *kept = keep_text(b->document, text, length);
    if (kept == NULL)
        return no_memory(b);
    if (wants_key(b)) {
        b->levels[b->depth - 1].key = kept;
        return HK_OK;
    }
    int rc = count_node(b);
    if (rc != HK_OK)
        return rc;
    bool plain = token == NULL || fy_token_scalar_style(token) == FYSS_PLAIN;
    return add(
        b, &(hk_node){ .kind = HK_NODE_SCALAR, .u.text = kept, .plain = plain, .line = b->line, .column = b->column });
}

static void locate(builder *b, struct fy_token *token)
{
    const struct fy_mark *mark = token == NULL ? NULL : fy_token_start_mark(token);
    if (mark != NULL) {
        b->line = (uint32_t)mark->line + 1;
        b->column = (uint32_t)mark->column + 1;
    }
}

static int refuse_tag(builder *b, struct fy_token *tag)
{
    if (tag == NULL)
        return HK_OK;
    locate(b, tag);
    return fail_here(b, "tags (!...) mean nothing here");
}

static int handle(builder *b, const struct fy_event *event)
{
    int rc;
    switch (event->type) {
    case FYET_DOCUMENT_START:
        locate(b, event->document_start.document_start);
        return b->n_documents++ == 0 ? HK_OK : fail_here(b, "more than one document in the file");
    case FYET_SCALAR:
        locate(b, event->scalar.value);
        rc = refuse_tag(b, event->scalar.tag);
        return rc != HK_OK ? rc : scalar(b, event->scalar.value);
    case FYET_SEQUENCE_START:
        locate(b, event->sequence_start.sequence_start);
        rc = refuse_tag(b, event->sequence_start.tag);
        return rc != HK_OK ? rc : begin(b, HK_NODE_LIST);
    case FYET_MAPPING_START:
        locate(b, event->mapping_start.mapping_start);
        rc = refuse_tag(b, event->mapping_start.tag);
        return rc != HK_OK ? rc : begin(b, HK_NODE_MAP);
    case FYET_SEQUENCE_END:
    case FYET_MAPPING_END:
        return end(b);
    case FYET_ALIAS:
        locate(b, event->alias.anchor);
        return fail_here(b, "aliases (*name) are refused: write the value out");
    default:
        return HK_OK;
    }
}

/* What libfyaml says of an error without a place, which it does not collect but would print. */
typedef struct remark {
    char text[120]; /* the first of them */
} remark;

static void keep_remark(struct fy_diag *diag, void *user, const char *text, size_t size)
{
    (void)diag;
    remark *kept = user;
    static const char mark[] = "[ERR]: ";
    const size_t n_mark = sizeof mark - 1;
    if (kept->text[0] != '\0')
        return;
    if (size >= n_mark && memcmp(text, mark, n_mark) == 0) {
        text += n_mark;
        size -= n_mark;
    }
    size_t n = 0;
    while (n < size && n < sizeof kept->text - 1 && text[n] != '\n')
        n++;
    memcpy(kept->text, text, n);
}

/* libfyaml's own error, or none when the stream simply ended. */
static int stream_error(builder *b, struct fy_parser *parser, struct fy_diag *diag, const remark *kept)
{
    void *iterator = NULL;
    const struct fy_diag_error *error = fy_diag_errors_iterate(diag, &iterator);
    if (error == NULL && !fy_parser_get_stream_error(parser))
        return HK_OK;
    if (error != NULL) {
        b->line = error->line > 0 ? (uint32_t)error->line : b->line;
        b->column = error->column > 0 ? (uint32_t)error->column : 1;
    }
    if (error != NULL && error->msg != NULL)
        return fail_here(b, error->msg);
    return fail_here(b, kept->text[0] != '\0' ? kept->text : "not in the form of YAML or JSON");
}

static int build(builder *b, struct fy_parser *parser, struct fy_diag *diag, const remark *kept)
{
    struct fy_event *event;
    while ((event = fy_parser_parse(parser)) != NULL) {
        int rc = handle(b, event);
        fy_parser_event_free(parser, event);
        if (rc != HK_OK)
            return rc;
    }
    int rc = stream_error(b, parser, diag, kept);
    if (rc != HK_OK)
        return rc;
    if (b->depth != 0 || !b->has_root)
        return fail_here(b, "nothing in it");
    return HK_OK;
}

/* Control characters and broken UTF-8 are refused before the parser sees them; tabs too, but in JSON: YAML takes none where they
 * would indent, and libfyaml 0.7.12 then frees what is freed already ("? ::\t:"). */
static int check_bytes(builder *b, const char *text, size_t size, bool is_json)
{
    b->line = b->column = 1;
    for (size_t k = 0; k < size;) {
        unsigned char c = (unsigned char)text[k];
        size_t length = hk_utf8_length(text + k, size - k);
        if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
            return fail_here(b, "a control character: not a text file");
        if (length == 0)
            return fail_here(b, "not UTF-8: not a text file");
        if (c == '\t' && !is_json)
            return fail_here(b, "a tab: YAML is indented by spaces, write them here too");
        if (c == '\n') {
            b->line++;
            b->column = 0;
        }
        b->column++;
        k += length;
    }
    b->line = b->column = 1;
    return HK_OK;
}

static bool is_blank(const char *text, size_t size)
{
    size_t k = 0;
    while (k < size && strchr(" \t\r\n", text[k]) != NULL)
        k++;
    return k == size;
}

static bool ends_with(const char *text, const char *end_text)
{
    size_t n = strlen(text), m = strlen(end_text);
    return n >= m && strcmp(text + n - m, end_text) == 0;
}

static int run_parser(builder *b, const char *text, size_t size, bool is_json)
{
    struct fy_diag_cfg diag_cfg;
    remark kept = { { 0 } };
    fy_diag_cfg_default(&diag_cfg);
    diag_cfg.fp = NULL;
    diag_cfg.output_fn = keep_remark;
    diag_cfg.user = &kept;
    struct fy_diag *diag = fy_diag_create(&diag_cfg);
    if (diag == NULL)
        return no_memory(b);
    fy_diag_set_collect_errors(diag, true);
    struct fy_parse_cfg cfg = { .diag = diag, .flags = FYPCF_QUIET | (is_json ? FYPCF_JSON_FORCE : FYPCF_JSON_NONE) };
    struct fy_parser *parser = fy_parser_create(&cfg);
    int rc = HK_OK;
    if (parser == NULL || fy_parser_set_string(parser, text, size) != 0)
        rc = no_memory(b);
    else
        rc = build(b, parser, diag, &kept);
    if (parser != NULL)
        fy_parser_destroy(parser);
    fy_diag_destroy(diag);
    return rc;
}

int hk_document_parse(hk_ctx *ctx, const char *name, const char *text, size_t size, hk_document **out)
{
    *out = NULL;
    if (size > MOST_BYTES)
        return hk_fail(ctx, HK_EFORMAT, "%s: %zu bytes; at most 64 MiB are read", name, size);
    builder *b = calloc(1, sizeof *b);
    hk_document *document = calloc(1, sizeof *document);
    int rc = HK_OK;
    if (b == NULL || document == NULL || (document->name = strdup(name)) == NULL) {
        rc = hk_fail(ctx, HK_ENOMEM, "%s: no memory", name);
        goto done;
    }
    document->ctx = ctx;
    b->document = document;
    bool is_json = ends_with(name, ".json");
    rc = check_bytes(b, text, size, is_json);
    if (rc == HK_OK && is_blank(text, size)) /* to the parser, size 0 would mean "use strlen" */
        rc = fail_here(b, "nothing in it");
    if (rc == HK_OK)
        rc = run_parser(b, text, size, is_json);
    for (uint32_t k = 0; k < b->depth; k++) /* what a failure left open */
        free_children(&b->levels[k].node);
done:
    free(b);
    if (rc == HK_OK)
        *out = document;
    else
        hk_document_destroy(document);
    return rc;
}

int hk_document_open(hk_ctx *ctx, const char *path, hk_document **out)
{
    *out = NULL;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return hk_fail(ctx, HK_EIO, "cannot open '%s': %s", path, strerror(errno));
    char *text = NULL;
    size_t size = 0, capacity = 0;
    int rc = HK_OK;
    for (;;) { /* grows instead of asking for the size, so that a pipe can be read too */
        if (capacity - size < 2) {
            capacity = capacity == 0 ? 65536 : 2 * capacity;
            char *grown = realloc(text, capacity);
            if (grown == NULL) {
                rc = hk_fail(ctx, HK_ENOMEM, "%s: no memory for %zu bytes", path, capacity);
                goto done;
            }
            text = grown;
        }
        size_t got = fread(text + size, 1, capacity - size - 1, file);
        size += got;
        if (got == 0 || size > MOST_BYTES)
            break;
    }
    if (ferror(file)) {
        rc = hk_fail(ctx, HK_EIO, "cannot read '%s': %s", path, strerror(errno));
        goto done;
    }
    if (size > MOST_BYTES) {
        rc = hk_fail(ctx, HK_EFORMAT, "%s: more than 64 MiB; no more is read", path);
        goto done;
    }
    text[size] = '\0';
    rc = hk_document_parse(ctx, path, text, size, out);
done:
    free(text);
    fclose(file);
    return rc;
}

int hk_document_fail(const hk_document *document, const hk_node *node, int status, const char *format, ...)
{
    char sentence[700];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    return hk_fail(document->ctx, status, "%s:%" PRIu32 ":%" PRIu32 ": %s", document->name, node->line, node->column,
                   sentence);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

const hk_node *hk_document_root(const hk_document *document)
{
    return &document->root;
}

hk_node_kind hk_node_kind_of(const hk_node *node)
{
    return (hk_node_kind)node->kind;
}

size_t hk_node_n(const hk_node *node)
{
    return node->kind == HK_NODE_SCALAR ? 0 : node->n;
}

const hk_node *hk_node_at(const hk_node *node, size_t index)
{
    return &node->u.children[index];
}

const char *hk_node_key(const hk_node *node)
{
    return node->key;
}

unsigned hk_node_line(const hk_node *node)
{
    return node->line;
}

const hk_node *hk_node_get(const hk_node *map, const char *key)
{
    if (map->kind != HK_NODE_MAP)
        return NULL;
    for (uint32_t k = 0; k < map->n; k++)
        if (strcmp(map->u.children[k].key, key) == 0)
            return &map->u.children[k];
    return NULL;
}

const char *hk_node_text(const hk_node *node)
{
    return node->kind == HK_NODE_SCALAR ? node->u.text : NULL;
}

bool hk_node_is_null(const hk_node *node)
{
    static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };
    if (node->kind != HK_NODE_SCALAR || !node->plain)
        return false;
    for (size_t k = 0; k < sizeof nulls / sizeof nulls[0]; k++)
        if (strcmp(node->u.text, nulls[k]) == 0)
            return true;
    return false;
}

bool hk_node_is_number(const hk_node *node)
{
    double value;
    return node->kind == HK_NODE_SCALAR && node->plain && hk_parse_number(node->u.text, &value);
}
