/* experiments/document.h - YAML and JSON files as trees of nodes that know where they stand.
 *
 * Files come from anywhere, so what could make a small file large or a reader recurse is refused: more than 64 MiB,
 * more than 8 million values, nesting deeper than 64, aliases, tags, two documents in one file, a key that stands twice.
 * Every error begins with "file:line:column: ". A file whose name ends in .json must be JSON, all others are YAML (of
 * which JSON is a part). */
#ifndef HK_DOCUMENT_H
#define HK_DOCUMENT_H

#include "sim/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hk_document hk_document;
typedef struct hk_node hk_node; /* borrowed from its document */

typedef enum hk_node_kind { HK_NODE_SCALAR, HK_NODE_LIST, HK_NODE_MAP } hk_node_kind;

/** Reads a file. HK_EIO, HK_EFORMAT (with line and column), HK_ENOMEM. `ctx` gets every later error too. */
HK_MUST_CHECK int hk_document_open(hk_ctx *ctx, const char *path, hk_document **out);
/** The same from memory; `name` stands in for the file's name in errors. */
HK_MUST_CHECK int hk_document_parse(hk_ctx *ctx, const char *name, const char *text, size_t size, hk_document **out);
void hk_document_destroy(hk_document *document);
const hk_node *hk_document_root(const hk_document *document);

hk_node_kind hk_node_kind_of(const hk_node *node);
size_t hk_node_n(const hk_node *node);                           /* members of a list or a map; 0 for a scalar */
const hk_node *hk_node_at(const hk_node *node, size_t index);    /* index < n */
const char *hk_node_key(const hk_node *node);                    /* a map's member: its key; else NULL */
const hk_node *hk_node_get(const hk_node *map, const char *key); /* NULL: not there (or no map) */
const char *hk_node_text(const hk_node *node);                   /* a scalar as it stands; NULL for a list or a map */
bool hk_node_is_null(const hk_node *node);                       /* null, ~ or nothing at all */
bool hk_node_is_number(const hk_node *node);                     /* a finite number, not in quotes */
unsigned hk_node_line(const hk_node *node);                      /* from 1 */

/** Stores "file:line:column: <sentence>" and returns `status`. */
int hk_document_fail(const hk_document *document, const hk_node *node, int status, const char *format, ...)
    HK_PRINTF(4, 5);

/* What a scalar says. HK_EFORMAT names the key, its value and what is allowed. */
HK_MUST_CHECK int hk_document_number(const hk_document *document, const hk_node *node, double *out);
HK_MUST_CHECK int hk_document_integer(const hk_document *document, const hk_node *node, int64_t min, int64_t max,
                                      int64_t *out);
HK_MUST_CHECK int hk_document_count(const hk_document *document, const hk_node *node, uint64_t max, uint64_t *out);
HK_MUST_CHECK int hk_document_flag(const hk_document *document, const hk_node *node, bool *out);
HK_MUST_CHECK int hk_document_text(const hk_document *document, const hk_node *node, const char **out);

/** Refuses a node that is not of the kind. `what` names it in the error. */
HK_MUST_CHECK int hk_document_expect(const hk_document *document, const hk_node *node, hk_node_kind kind,
                                     const char *what);
/** Refuses a map with a key other than those in `allowed` [n], with the nearest name or the list. */
HK_MUST_CHECK int hk_document_expect_keys(const hk_document *document, const hk_node *map, const char *const *allowed,
                                          size_t n);
/** A member that must be there. HK_EFORMAT names the map's line and the key. */
HK_MUST_CHECK int hk_document_require(const hk_document *document, const hk_node *map, const char *key,
                                      const hk_node **out);

#endif
