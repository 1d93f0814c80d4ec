/* sim/division.c - which part of a projection's synapses belongs to which thread: see rule.h and storage.h. */
#include "sim/storage.h"

#include <stdlib.h>

/* The first synapse of a slab onto `neuron` or a later one. */
static uint32_t place_in(const hk_slab *slab, uint32_t neuron)
{
    uint32_t low = 0, high = slab->n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (slab->target[middle] < neuron)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int cut_slabs(hk_projection *projection, const hk_part *parts, uint32_t n_parts)
{
    uint32_t *cuts = NULL;
    size_t n_rows = (size_t)projection->pre->n * projection->n_slots;
    if (projection->layout == HK_LAYOUT_SPARSE && !projection->on_slabs && n_rows > 0 && n_parts > 1) {
        cuts = malloc((n_parts - 1) * n_rows * sizeof *cuts);
        if (cuts == NULL)
            return HK_ENOMEM;
        for (uint32_t i = 0; i < projection->pre->n; i++)
            for (uint32_t slot = 0; slot < projection->n_slots; slot++) {
                hk_slab slab = hk_storage_slab(projection, i, slot);
                for (uint32_t k = 0; k + 1 < n_parts; k++)
                    cuts[k * n_rows + (size_t)i * projection->n_slots + slot] = place_in(&slab, parts[k].end);
            }
    }
    free(projection->cuts);
    projection->cuts = cuts;
    projection->n_parts = n_parts;
    return HK_OK;
}

int hk_projection_divide(hk_projection *projection, const hk_part *parts, uint32_t n_parts)
{
    hk_ctx *ctx = projection->pre->sim->ctx;
    hk_projection_catch_up(projection);
    hk_division division = { .parts = parts, .n_parts = n_parts };
    division.shared = projection->rules != NULL && projection->rules->next != NULL;
    int rc = cut_slabs(projection, parts, n_parts);
    if (rc != HK_OK)
        return hk_fail(ctx, rc, "projection %s: out of memory for %u parts", projection->name, n_parts);
    for (hk_rule *rule = projection->rules; rc == HK_OK && rule != NULL; rule = rule->next)
        if (rule->type->divide != NULL)
            rc = rule->type->divide(ctx, rule->state, &division);
    return rc;
}

bool hk_projection_is_divisible(const hk_projection *projection)
{
    for (const hk_rule *rule = projection->rules; rule != NULL; rule = rule->next)
        if (rule->type->divide == NULL)
            return false;
    return true;
}

void hk_projection_catch_up(const hk_projection *projection)
{
    for (const hk_rule *rule = projection->rules; rule != NULL; rule = rule->next)
        if (rule->type->catch_up != NULL)
            rule->type->catch_up(rule->state);
}

hk_slab hk_rule_slab(const hk_projection *projection, uint32_t pre, uint32_t slot, const hk_part *part)
{
    return hk_storage_part(projection, pre, slot, part);
}
