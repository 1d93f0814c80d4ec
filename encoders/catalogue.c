/* encoders/catalogue.c - see catalogue.h. A new code is one line here. */
#include "encoders/catalogue.h"

#include <stdio.h>
#include <string.h>

#define CODES(X) X(rate) X(regular) X(latency) X(latency_log) X(rank) X(phase) X(burst) X(temporal) X(binary) X(delta)
#define ENTRY(code) &hk_##code,
#define NAME(code) #code,

static const hk_encoder *const builtin[] = { CODES(ENTRY) };
const char *const hk_encoder_names_and_all[] = { "all", CODES(NAME) NULL };
const char *const hk_encoder_names_and_none[] = { "none", CODES(NAME) NULL };

enum { N_BUILTIN = sizeof builtin / sizeof *builtin };

const hk_encoder *hk_encoder_at(size_t index)
{
    return index < N_BUILTIN ? builtin[index] : NULL;
}

int hk_encoder_find(hk_ctx *ctx, const char *name, const hk_encoder **out)
{
    char names[512] = "";
    *out = NULL;
    for (size_t i = 0; i < N_BUILTIN; i++) {
        if (strcmp(builtin[i]->name, name) == 0) {
            *out = builtin[i];
            return HK_OK;
        }
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", i == 0 ? "" : ", ", builtin[i]->name);
    }
    return hk_fail(ctx, HK_ENAME, "no code is called '%s'; there are: %s", name, names);
}
