/* experiments/suggest.h - "did you mean ...?" for a mistyped name. */
#ifndef HK_SUGGEST_H
#define HK_SUGGEST_H

#include <stddef.h>

/** Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`, case ignored; SIZE_MAX for
 *  names longer than 64 bytes, which nobody mistypes. */
size_t hk_edit_distance(const char *a, const char *b);

/** Looks for the name nearest to `wrong`. Start with a zero-initialised one, offer every name there is, then read
 *  hk_suggestion(). */
typedef struct hk_suggest {
    const char *wrong;
    const char *best; /* borrowed from the offers */
    size_t distance;
} hk_suggest;

void hk_suggest_offer(hk_suggest *suggest, const char *name);

/** The nearest name when it is near enough to be meant (a third of its letters, or `wrong` is its beginning), or NULL. */
const char *hk_suggestion(const hk_suggest *suggest);

#endif
