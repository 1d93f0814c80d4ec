/* plasticity/trace.c - see trace.h. */
#include "plasticity/trace.h"

#include "sim/mathfn.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const double stride_tau = 32.0;   /* between epochs */
static const double most_steps = 1e15;   /* and not more, however long tau is */
static const double steepest = 256.0;    /* resolution over tau: exponentials of it are finite */
static const double negligible = 1e-200; /* a scaled value below it is set to 0, long before it loses digits */

int hk_trace_check_tau(hk_ctx *ctx, const char *rule, const char *name, double tau_ms, double resolution_ms)
{
    if (resolution_ms / tau_ms <= steepest)
        return HK_OK;
    return hk_fail(ctx, HK_ERANGE, "%s: %s = %g ms, must be at least %g of the resolution, %g ms", rule, name, tau_ms,
                   1.0 / steepest, resolution_ms);
}

static int64_t stride_for(double tau_ms, double resolution_ms)
{
    double steps = stride_tau * tau_ms / resolution_ms;
    return steps < 1.0 ? 1 : (int64_t)(steps < most_steps ? steps : most_steps);
}

static int64_t last_epoch(int64_t stride, hk_time now)
{
    return now.step < 0 ? 0 : now.step / stride * stride;
}

int hk_trace_init(hk_ctx *ctx, hk_trace *trace, size_t n, double tau_ms, double resolution_ms)
{
    *trace = (hk_trace){
        .end = n, .tau_ms = tau_ms, .resolution_ms = resolution_ms, .stride = stride_for(tau_ms, resolution_ms)
    };
    trace->scaled = calloc(n > 0 ? n : 1, sizeof *trace->scaled);
    if (trace->scaled == NULL)
        return hk_fail(ctx, HK_ENOMEM, "no memory for %zu traces", n);
    return HK_OK;
}

int hk_trace_copy(hk_ctx *ctx, hk_trace *trace, const hk_trace *from)
{
    int rc = hk_trace_init(ctx, trace, from->end, from->tau_ms, from->resolution_ms);
    if (rc != HK_OK)
        return rc;
    memcpy(trace->scaled, from->scaled, from->end * sizeof *trace->scaled);
    trace->begin = from->begin;
    trace->epoch = from->epoch;
    return HK_OK;
}

hk_trace hk_trace_over(double *scaled, size_t begin, size_t end, double tau_ms, double resolution_ms, hk_time now)
{
    int64_t stride = stride_for(tau_ms, resolution_ms);
    return (hk_trace){ .scaled = scaled,
                       .begin = begin,
                       .end = end,
                       .tau_ms = tau_ms,
                       .resolution_ms = resolution_ms,
                       .stride = stride,
                       .epoch = last_epoch(stride, now) };
}

void hk_trace_fini(hk_trace *trace)
{
    free(trace->scaled);
    trace->scaled = NULL;
}

/* False when nothing is left of any of them. */
static bool scale(hk_trace *trace, double factor)
{
    bool some = false;
    for (size_t i = trace->begin; i < trace->end; i++) {
        double scaled = trace->scaled[i] * factor;
        trace->scaled[i] = scaled < negligible ? 0.0 : scaled;
        some = some || trace->scaled[i] > 0.0;
    }
    return some;
}

/* Stride by stride, so that it does not matter how many of them are made up for together. */
void hk_trace_move(hk_trace *trace, hk_time now)
{
    if (!hk_trace_is_due(trace, now))
        return;
    int64_t to = last_epoch(trace->stride, now);
    double factor = hk_exp(-(double)trace->stride * trace->resolution_ms / trace->tau_ms);
    bool some = true;
    for (; some && trace->epoch < to; trace->epoch += trace->stride)
        some = scale(trace, factor);
    trace->epoch = to;
}

static double since_epoch(const hk_trace *trace, hk_time now)
{
    hk_time epoch = hk_time_grid(trace->epoch, trace->resolution_ms);
    assert(!hk_time_before(now, epoch));
    return hk_time_between_ms(epoch, now, trace->resolution_ms) / trace->tau_ms;
}

/* To the coordinates of another tau, or of another epoch. */
static void express(hk_trace *trace, double tau_ms, hk_time now)
{
    double before = since_epoch(trace, now);
    trace->tau_ms = tau_ms;
    trace->stride = stride_for(tau_ms, trace->resolution_ms);
    trace->epoch = last_epoch(trace->stride, now);
    (void)scale(trace, hk_exp(since_epoch(trace, now) - before));
}

void hk_trace_set_tau(hk_trace *trace, double tau_ms, hk_time now)
{
    if (tau_ms == trace->tau_ms)
        return;
    hk_trace_move(trace, now);
    express(trace, tau_ms, now);
}

double hk_trace_factor(hk_trace *trace, hk_time now)
{
    hk_trace_move(trace, now);
    return hk_exp(-since_epoch(trace, now));
}

void hk_trace_raise(hk_trace *trace, size_t i, hk_pairing pairing, hk_time now)
{
    hk_trace_move(trace, now);
    double one = hk_exp(since_epoch(trace, now));
    trace->scaled[i] = pairing == HK_PAIR_NEAREST ? one : trace->scaled[i] + one;
}

void hk_trace_forget(hk_trace *trace)
{
    for (size_t i = trace->begin; i < trace->end; i++)
        trace->scaled[i] = 0.0;
}

int hk_archive_time(hk_archive *archive, const char *name, hk_time *time, double resolution_ms, hk_time now)
{
    int rc = hk_archive_enter(archive, name);
    if (rc != HK_OK)
        return rc;
    rc = hk_archive_array(archive, "step", HK_I64, &time->step, 1);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "offset_ms", HK_F64, &time->offset, 1);
    hk_archive_leave(archive);
    if (rc == HK_OK && !(time->offset > 0.0 && time->offset <= resolution_ms))
        rc = hk_fail(hk_archive_ctx(archive), HK_EFORMAT, "%s: offset_ms = %g, must be in (0, %g]", name, time->offset,
                     resolution_ms);
    if (rc == HK_OK && (time->step < -1 || hk_time_before(now, *time)))
        rc = hk_fail(hk_archive_ctx(archive), HK_EFORMAT, "%s: step %lld, must be from -1 to %lld", name,
                     (long long)time->step, (long long)now.step);
    return rc;
}

int hk_trace_archive(hk_trace *trace, hk_archive *archive, const char *name, hk_time now)
{
    int rc = hk_archive_enter(archive, name);
    if (rc != HK_OK)
        return rc;
    if (hk_archive_is_loading(archive))
        trace->epoch = last_epoch(trace->stride, now);
    hk_trace_move(trace, now);
    double tau_ms = trace->tau_ms;
    hk_time epoch = hk_time_grid(trace->epoch, trace->resolution_ms);
    rc = hk_archive_array(archive, "scaled", HK_F64, trace->scaled, trace->end);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "tau_ms", HK_F64, &tau_ms, 1);
    if (rc == HK_OK)
        rc = hk_archive_time(archive, "epoch", &epoch, trace->resolution_ms, now);
    hk_archive_leave(archive);
    if (rc == HK_OK &&
        (tau_ms != trace->tau_ms || epoch.step + 1 != trace->epoch || epoch.offset != trace->resolution_ms))
        rc = hk_fail(hk_archive_ctx(archive), HK_EFORMAT, "%s: tau_ms = %g from step %lld, must be %g from step %lld",
                     name, tau_ms, (long long)epoch.step + 1, trace->tau_ms, (long long)trace->epoch);
    for (size_t i = 0; rc == HK_OK && i < trace->end; i++)
        if (!(trace->scaled[i] >= 0.0 && trace->scaled[i] < HUGE_VAL))
            rc = hk_fail(hk_archive_ctx(archive), HK_EFORMAT, "%s: trace %zu = %g, must be finite and not negative",
                         name, i, trace->scaled[i]);
    return rc;
}
