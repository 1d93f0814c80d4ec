/* sim/model.c - see model.h. */
#include "sim/model.h"

#include <stdlib.h>
#include <string.h>

int hk_hits_reserve(hk_hits *hits, size_t more)
{
    if (hits->n + more <= hits->capacity)
        return HK_OK;
    size_t capacity = 2 * (hits->n + more);
    uint32_t *neuron = realloc(hits->neuron, capacity * sizeof *neuron);
    if (neuron == NULL)
        return HK_ENOMEM;
    hits->neuron = neuron;
    hits->capacity = capacity;
    return HK_OK;
}

long hk_column_find(const hk_column *columns, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(columns[i].name, name) == 0)
            return (long)i;
    return -1;
}
