/* experiments/seeds.c - lists of seeds as users type them: "7", "1..5", "1,3,9", "1..3,10". */
#include "experiments/options.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MOST_SEEDS 10000

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* A seed given twice would count its trial twice in mean and deviation. */
static int refuse_twins(hk_ctx *ctx, const uint64_t *seeds, size_t n)
{
    uint64_t *sorted = malloc(n * sizeof *sorted);
    if (sorted == NULL)
        return hk_fail(ctx, HK_ENOMEM, "seeds: no memory for %zu of them", n);
    memcpy(sorted, seeds, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, compare);
    int rc = HK_OK;
    for (size_t k = 1; k < n && rc == HK_OK; k++)
        if (sorted[k] == sorted[k - 1])
            rc = hk_fail(ctx, HK_ERANGE, "seeds: %" PRIu64 " stands there twice", sorted[k]);
    free(sorted);
    return rc;
}

/* One piece between commas: "7" or "1..5". */
static bool parse_piece(char *piece, uint64_t *first, uint64_t *last)
{
    char *dots = strstr(piece, "..");
    if (dots == NULL)
        return hk_parse_count(piece, first) && (*last = *first, true);
    *dots = '\0';
    return hk_parse_count(piece, first) && hk_parse_count(dots + 2, last) && *first <= *last;
}

int hk_parse_seeds(hk_ctx *ctx, const char *text, uint64_t **seeds, size_t *n)
{
    *seeds = NULL;
    *n = 0;
    char *copy = strdup(text);
    uint64_t *list = malloc(MOST_SEEDS * sizeof *list);
    size_t count = 0;
    int rc = HK_OK;
    if (copy == NULL || list == NULL) {
        rc = hk_fail(ctx, HK_ENOMEM, "seeds: no memory");
        goto fail;
    }
    for (char *piece = copy, *next; piece != NULL; piece = next) {
        next = strchr(piece, ',');
        if (next != NULL)
            *next++ = '\0';
        uint64_t first, last;
        if (!parse_piece(piece, &first, &last)) {
            rc = hk_fail(ctx, HK_ERANGE, "seeds '%.100s': must be whole numbers >= 0 like 1..5 or 1,3,9", text);
            goto fail;
        }
        if (last - first >= MOST_SEEDS - count) {
            rc = hk_fail(ctx, HK_ERANGE, "seeds '%.100s': more than %d", text, MOST_SEEDS);
            goto fail;
        }
        for (uint64_t k = 0; k <= last - first; k++)
            list[count++] = first + k;
    }
    rc = refuse_twins(ctx, list, count);
    if (rc != HK_OK)
        goto fail;
    free(copy);
    *seeds = list;
    *n = count;
    return HK_OK;
fail:
    free(copy);
    free(list);
    return rc;
}
