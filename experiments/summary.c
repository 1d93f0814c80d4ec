/* experiments/summary.c - see summary.h, and summary_file.h for writing and for means over trials. */
#include "experiments/summary_tree.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

hk_summary *hk_summary_create(void)
{
    hk_summary *summary = calloc(1, sizeof *summary);
    if (summary == NULL)
        return NULL;
    summary->kind = HK_SUMMARY_OBJECT;
    summary->root = summary;
    return summary;
}

static void fini(hk_summary *node)
{
    for (hk_summary *child = node->first, *next; child != NULL; child = next) {
        next = child->next;
        fini(child);
        free(child);
    }
    free(node->key);
    free(node->text);
    free(node->numbers);
}

void hk_summary_destroy(hk_summary *summary)
{
    if (summary == NULL)
        return;
    fini(summary);
    free(summary);
}

hk_summary *hk_summary_find(const hk_summary *object, const char *key)
{
    for (hk_summary *child = object->first; child != NULL; child = child->next)
        if (child->key != NULL && strcmp(child->key, key) == 0)
            return child;
    return NULL;
}

/* Remembers the first mistake only: it is the one that explains the others. */
static void remember(hk_summary *root, int status, const char *key)
{
    if (root->status != HK_OK)
        return;
    root->status = status;
    snprintf(root->mistake, sizeof root->mistake, "%s", key == NULL ? "(in a list)" : key);
}

static hk_summary *add(hk_summary *parent, const char *key, hk_summary_kind kind)
{
    if (parent == NULL)
        return NULL;
    hk_summary *root = parent->root;
    bool in_list = parent->kind == HK_SUMMARY_LIST;
    if (in_list != (key == NULL) || (!in_list && hk_summary_find(parent, key) != NULL)) {
        remember(root, HK_ESTATE, key);
        return NULL;
    }
    hk_summary *node = calloc(1, sizeof *node);
    if (node != NULL && key != NULL && (node->key = strdup(key)) == NULL) {
        free(node);
        node = NULL;
    }
    if (node == NULL) {
        remember(root, HK_ENOMEM, key);
        return NULL;
    }
    node->kind = kind;
    node->root = root;
    if (parent->last == NULL)
        parent->first = node;
    else
        parent->last->next = node;
    parent->last = node;
    return node;
}

static void add_text(hk_summary *summary, const char *key, hk_summary_kind kind, const char *text)
{
    hk_summary *node = add(summary, key, kind);
    if (node == NULL)
        return;
    node->text = strdup(text);
    if (node->text == NULL)
        remember(node->root, HK_ENOMEM, key);
}

void hk_summary_number(hk_summary *summary, const char *key, double value)
{
    hk_summary *node = add(summary, key, HK_SUMMARY_NUMBER);
    if (node != NULL)
        node->number = value;
}

/* Whole numbers keep all their digits as text, and a double beside it for means. */
static void add_whole(hk_summary *summary, const char *key, double value, const char *digits)
{
    add_text(summary, key, HK_SUMMARY_WHOLE, digits);
    if (summary != NULL && summary->last != NULL)
        summary->last->number = value;
}

void hk_summary_integer(hk_summary *summary, const char *key, int64_t value)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRId64, value);
    add_whole(summary, key, (double)value, digits);
}

void hk_summary_count(hk_summary *summary, const char *key, uint64_t value)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRIu64, value);
    add_whole(summary, key, (double)value, digits);
}

void hk_summary_hash(hk_summary *summary, const char *key, uint64_t value)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%016" PRIx64, value);
    add_text(summary, key, HK_SUMMARY_TEXT, digits);
}

void hk_summary_text(hk_summary *summary, const char *key, const char *text)
{
    if (text == NULL)
        add(summary, key, HK_SUMMARY_NULL);
    else
        add_text(summary, key, HK_SUMMARY_TEXT, text);
}

void hk_summary_flag(hk_summary *summary, const char *key, bool value)
{
    hk_summary *node = add(summary, key, HK_SUMMARY_FLAG);
    if (node != NULL)
        node->number = value ? 1.0 : 0.0;
}

void hk_summary_array(hk_summary *summary, const char *key, const double *values, size_t n)
{
    hk_summary *node = add(summary, key, HK_SUMMARY_ARRAY);
    if (node == NULL)
        return;
    node->numbers = malloc((n + 1) * sizeof *values);
    if (node->numbers == NULL) {
        remember(node->root, HK_ENOMEM, key);
        return;
    }
    if (n > 0)
        memcpy(node->numbers, values, n * sizeof *values);
    node->n_numbers = n;
}

hk_summary *hk_summary_object(hk_summary *summary, const char *key)
{
    return add(summary, key, HK_SUMMARY_OBJECT);
}

hk_summary *hk_summary_list(hk_summary *summary, const char *key)
{
    return add(summary, key, HK_SUMMARY_LIST);
}
