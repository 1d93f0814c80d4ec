/* plasticity/arrivals.c - see arrivals.h. */
#include "plasticity/arrivals.h"

#include <stdlib.h>

int hk_arrivals_init(hk_ctx *ctx, hk_arrivals *a, const hk_synapses *s)
{
    size_t n = s->n_rows > 0 ? s->n_rows : 1;
    *a = (hk_arrivals){ .n_rows = s->n_rows };
    a->value = calloc(n, sizeof *a->value);
    a->step = calloc(n, sizeof *a->step);
    a->offset = calloc(n, sizeof *a->offset);
    bool complete = a->value != NULL && a->step != NULL && a->offset != NULL;
    for (size_t k = 0; k < 4; k++) {
        a->scratch[k] = malloc(s->widest * sizeof *a->scratch[k]);
        complete = complete && a->scratch[k] != NULL;
    }
    if (!complete)
        return hk_fail(ctx, HK_ENOMEM, "no memory for the traces of %zu rows", s->n_rows);
    a->gathered = (hk_raised){ .value = a->scratch[0], .step = a->scratch[1], .offset = a->scratch[2] };
    return HK_OK;
}

void hk_arrivals_fini(hk_arrivals *a)
{
    free(a->value);
    free(a->step);
    free(a->offset);
    for (size_t k = 0; k < 4; k++)
        free(a->scratch[k]);
    *a = (hk_arrivals){ 0 };
}

const double *hk_arrivals_read(hk_arrivals *a, const hk_synapses *s, const hk_incoming *in, hk_time now, double rate)
{
    hk_raised raised = { .value = a->value, .step = a->step, .offset = a->offset };
    if (in->source != NULL) {
        for (uint32_t k = 0; k < in->n; k++) {
            a->scratch[0][k] = a->value[in->source[k]];
            a->scratch[1][k] = a->step[in->source[k]];
            a->scratch[2][k] = a->offset[in->source[k]];
        }
        raised = a->gathered;
    }
    s->kernels->decayed(a->scratch[3], raised, in->n, (double)now.step, now.offset, s->resolution_ms, rate);
    return a->scratch[3];
}

void hk_arrivals_settle(hk_arrivals *a, hk_time now, double resolution_ms, double rate)
{
    for (size_t row = 0; row < a->n_rows; row++) {
        double since_ms = ((double)now.step - a->step[row]) * resolution_ms + (now.offset - a->offset[row]);
        a->value[row] *= hk_exp(-since_ms * rate);
        a->step[row] = (double)now.step;
        a->offset[row] = now.offset;
    }
}

void hk_arrivals_forget(hk_arrivals *a)
{
    for (size_t row = 0; row < a->n_rows; row++)
        a->value[row] = 0.0;
}

int hk_arrivals_archive(hk_arrivals *a, hk_archive *archive, const char *name)
{
    int rc = hk_archive_enter(archive, name);
    if (rc != HK_OK)
        return rc;
    rc = hk_archive_array(archive, "value", HK_F64, a->value, a->n_rows);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "step", HK_F64, a->step, a->n_rows);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "offset_ms", HK_F64, a->offset, a->n_rows);
    hk_archive_leave(archive);
    for (size_t row = 0; rc == HK_OK && row < a->n_rows; row++)
        if (!(a->value[row] >= 0.0 && a->value[row] < HUGE_VAL && fabs(a->step[row]) < 0x1p53 &&
              fabs(a->offset[row]) < HUGE_VAL))
            rc = hk_fail(hk_archive_ctx(archive), HK_EFORMAT, "%s: row %zu has value %g at step %g + %g ms", name, row,
                         a->value[row], a->step[row], a->offset[row]);
    return rc;
}
