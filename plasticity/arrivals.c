/* plasticity/arrivals.c - see arrivals.h. */
#include "plasticity/arrivals.h"

#include <stdlib.h>
#include <string.h>

int hk_arrivals_init(hk_ctx *ctx, hk_arrivals *a, const hk_synapses *s)
{
    *a = (hk_arrivals){ 0 };
    if (s->n_rows >= HK_NOT_LIVE)
        return hk_fail(ctx, HK_ERANGE,
                       "traces for %zu rows (presynaptic neurons times distinct delays), must be fewer than %u",
                       s->n_rows, (unsigned)HK_NOT_LIVE);
    size_t n = s->n_rows > 0 ? s->n_rows : 1;
    a->n_rows = (uint32_t)s->n_rows;
    a->place = malloc(n * sizeof *a->place);
    a->row = malloc(n * sizeof *a->row);
    a->value = malloc(n * sizeof *a->value);
    a->step = malloc(n * sizeof *a->step);
    a->offset = malloc(n * sizeof *a->offset);
    a->now = calloc(n, sizeof *a->now);
    a->which = malloc(s->widest * sizeof *a->which);
    bool complete = a->place != NULL && a->row != NULL && a->value != NULL && a->step != NULL && a->offset != NULL &&
                    a->now != NULL && a->which != NULL;
    for (size_t k = 0; k < 4; k++) {
        a->some[k] = malloc(s->widest * sizeof *a->some[k]);
        complete = complete && a->some[k] != NULL;
    }
    if (!complete)
        return hk_fail(ctx, HK_ENOMEM, "no memory for the traces of %u rows", a->n_rows);
    for (uint32_t row = 0; row < a->n_rows; row++)
        a->place[row] = HK_NOT_LIVE;
    return HK_OK;
}

void hk_arrivals_fini(hk_arrivals *a)
{
    free(a->place);
    free(a->row);
    free(a->value);
    free(a->step);
    free(a->offset);
    free(a->now);
    free(a->which);
    for (size_t k = 0; k < 4; k++)
        free(a->some[k]);
    *a = (hk_arrivals){ 0 };
}

void hk_arrivals_copy(hk_arrivals *a, const hk_arrivals *from)
{
    hk_arrivals_forget(a);
    a->n_live = from->n_live;
    memcpy(a->place, from->place, a->n_rows * sizeof *a->place);
    memcpy(a->row, from->row, a->n_live * sizeof *a->row);
    memcpy(a->value, from->value, a->n_live * sizeof *a->value);
    memcpy(a->step, from->step, a->n_live * sizeof *a->step);
    memcpy(a->offset, from->offset, a->n_live * sizeof *a->offset);
}

/* All rows: the live ones stand side by side already. */
static const double *read_rows(hk_arrivals *a, const hk_synapses *s, hk_time now, double rate)
{
    double *live = s->gathered;
    hk_raised raised = { .value = a->value, .step = a->step, .offset = a->offset };
    s->kernels->decayed(live, raised, a->n_live, (double)now.step, now.offset, s->resolution_ms, rate);
    for (uint32_t k = 0; k < a->n_live; k++)
        a->now[a->row[k]] = live[k];
    return a->now;
}

/* The rows of some synapses: finds the live ones, reads them, and puts zeros between. */
static const double *read_some(hk_arrivals *a, const hk_synapses *s, const hk_incoming *in, hk_time now, double rate)
{
    uint32_t n = 0;
    for (uint32_t k = 0; k < in->n; k++) {
        uint32_t place = a->place[in->source[k]];
        s->gathered[k] = 0.0;
        if (place == HK_NOT_LIVE)
            continue;
        a->some[0][n] = a->value[place];
        a->some[1][n] = a->step[place];
        a->some[2][n] = a->offset[place];
        a->which[n++] = k;
    }
    hk_raised raised = { .value = a->some[0], .step = a->some[1], .offset = a->some[2] };
    s->kernels->decayed(a->some[3], raised, n, (double)now.step, now.offset, s->resolution_ms, rate);
    for (uint32_t k = 0; k < n; k++)
        s->gathered[a->which[k]] = a->some[3][k];
    return s->gathered;
}

const double *hk_arrivals_read(hk_arrivals *a, hk_synapses *s, const hk_incoming *in, hk_time now, double rate)
{
    return in->source == NULL ? read_rows(a, s, now, rate) : read_some(a, s, in, now, rate);
}

void hk_arrivals_settle(hk_arrivals *a, hk_time now, double resolution_ms, double rate)
{
    for (uint32_t k = 0; k < a->n_live; k++) {
        double since_ms = ((double)now.step - a->step[k]) * resolution_ms + (now.offset - a->offset[k]);
        a->value[k] *= hk_exp(-since_ms * rate);
        a->step[k] = (double)now.step;
        a->offset[k] = now.offset;
    }
}

void hk_arrivals_forget(hk_arrivals *a)
{
    for (uint32_t k = 0; k < a->n_live; k++) {
        a->place[a->row[k]] = HK_NOT_LIVE;
        a->now[a->row[k]] = 0.0;
    }
    a->n_live = 0;
}

static int check_loaded(hk_arrivals *a, hk_ctx *ctx, const char *name, hk_time now)
{
    for (uint32_t row = 0; row < a->n_rows; row++)
        a->place[row] = HK_NOT_LIVE;
    for (uint32_t k = 0; k < a->n_live; k++) {
        bool sound = a->row[k] < a->n_rows && a->place[a->row[k]] == HK_NOT_LIVE && a->value[k] >= 0.0 &&
                     a->value[k] < HUGE_VAL && a->step[k] >= -1.0 && a->step[k] <= (double)now.step &&
                     fabs(a->offset[k]) < HUGE_VAL;
        if (!sound)
            return hk_fail(ctx, HK_EFORMAT, "%s: trace %u of row %u (of %u) is %g at step %g + %g ms", name, k,
                           a->row[k], a->n_rows, a->value[k], a->step[k], a->offset[k]);
        a->place[a->row[k]] = k;
    }
    return HK_OK;
}

int hk_arrivals_archive(hk_arrivals *a, hk_archive *archive, const char *name, hk_time now)
{
    int rc = hk_archive_enter(archive, name);
    if (rc != HK_OK)
        return rc;
    bool loading = hk_archive_is_loading(archive);
    if (loading)
        hk_arrivals_forget(a);
    rc = hk_archive_array(archive, "n_live", HK_U32, &a->n_live, 1);
    if (rc == HK_OK && a->n_live > a->n_rows) {
        rc = hk_fail(hk_archive_ctx(archive), HK_EFORMAT, "%s: %u traces of %u rows", name, a->n_live, a->n_rows);
        a->n_live = 0;
    }
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "row", HK_U32, a->row, a->n_live);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "value", HK_F64, a->value, a->n_live);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "step", HK_F64, a->step, a->n_live);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "offset_ms", HK_F64, a->offset, a->n_live);
    hk_archive_leave(archive);
    return rc == HK_OK && loading ? check_loaded(a, hk_archive_ctx(archive), name, now) : rc;
}
