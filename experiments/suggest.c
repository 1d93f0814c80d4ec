/* experiments/suggest.c - see suggest.h. The distance is that of Damerau and Levenshtein in its restricted form
 * (optimal string alignment): a swapped pair, the commonest slip of a typist, counts once. */
#include "experiments/suggest.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#define LONGEST 64

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int lower(char c)
{
    return tolower((unsigned char)c);
}

size_t hk_edit_distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    if (n > LONGEST || m > LONGEST)
        return SIZE_MAX;
    size_t rows[3][LONGEST + 1]; /* the last three rows of the table, taken in turn */
    for (size_t j = 0; j <= m; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *now = rows[i % 3], *up = rows[(i - 1) % 3], *upper = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t change = up[j - 1] + (lower(a[i - 1]) != lower(b[j - 1]));
            now[j] = least(change, least(up[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
                now[j] = least(now[j], upper[j - 2] + 1);
        }
    }
    return rows[n % 3][m];
}

void hk_suggest_offer(hk_suggest *suggest, const char *name)
{
    size_t distance = hk_edit_distance(suggest->wrong, name);
    size_t typed = strlen(suggest->wrong);
    if (typed >= 2 && typed < strlen(name) && strncmp(suggest->wrong, name, typed) == 0)
        distance = least(distance, 1); /* "check" for "checkpoint" */
    if (suggest->best == NULL || distance < suggest->distance) {
        suggest->best = name;
        suggest->distance = distance;
    }
}

const char *hk_suggestion(const hk_suggest *suggest)
{
    if (suggest->best == NULL)
        return NULL;
    size_t allowed = strlen(suggest->best) / 3;
    if (allowed < 1)
        allowed = 1;
    return suggest->distance <= allowed ? suggest->best : NULL;
}
