/* plasticity/trace.c - see trace.h. */
#include "plasticity/trace.h"

#include "sim/mathfn.h"

#include <assert.h>
#include <stdlib.h>

static const double stride_tau = 32.0;   /* how far time may go beyond the epoch */
static const double negligible = 1e-200; /* a scaled value below it is set to 0, long before it loses digits */

int hk_trace_init(hk_ctx *ctx, hk_trace *trace, size_t n, double tau_ms, double resolution_ms)
{
    *trace = (hk_trace){
        .n = n, .tau_ms = tau_ms, .resolution_ms = resolution_ms, .epoch = hk_time_grid(0, resolution_ms)
    };
    trace->scaled = calloc(n > 0 ? n : 1, sizeof *trace->scaled);
    if (trace->scaled == NULL)
        return hk_fail(ctx, HK_ENOMEM, "no memory for %zu traces", n);
    return HK_OK;
}

void hk_trace_fini(hk_trace *trace)
{
    free(trace->scaled);
    trace->scaled = NULL;
}

static void move_epoch(hk_trace *trace, hk_time to)
{
    double factor = hk_exp(-hk_time_between_ms(trace->epoch, to, trace->resolution_ms) / trace->tau_ms);
    for (size_t i = 0; i < trace->n; i++) {
        double moved = trace->scaled[i] * factor;
        trace->scaled[i] = moved < negligible ? 0.0 : moved;
    }
    trace->epoch = to;
}

/* (now - epoch) / tau, between 0 and the stride */
static double advance(hk_trace *trace, hk_time now)
{
    assert(!hk_time_before(now, trace->epoch));
    double since = hk_time_between_ms(trace->epoch, now, trace->resolution_ms) / trace->tau_ms;
    if (since <= stride_tau)
        return since;
    move_epoch(trace, now);
    return 0.0;
}

void hk_trace_set_tau(hk_trace *trace, double tau_ms, hk_time now)
{
    if (tau_ms == trace->tau_ms)
        return;
    move_epoch(trace, now);
    trace->tau_ms = tau_ms;
}

double hk_trace_factor(hk_trace *trace, hk_time now)
{
    return hk_exp(-advance(trace, now));
}

void hk_trace_raise(hk_trace *trace, size_t i, hk_pairing pairing, hk_time now)
{
    double one = hk_exp(advance(trace, now));
    trace->scaled[i] = pairing == HK_PAIR_NEAREST ? one : trace->scaled[i] + one;
}

void hk_trace_forget(hk_trace *trace)
{
    for (size_t i = 0; i < trace->n; i++)
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
    rc = hk_archive_array(archive, "scaled", HK_F64, trace->scaled, trace->n);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "tau_ms", HK_F64, &trace->tau_ms, 1);
    if (rc == HK_OK)
        rc = hk_archive_time(archive, "epoch", &trace->epoch, trace->resolution_ms, now);
    hk_archive_leave(archive);
    if (rc == HK_OK && !(trace->tau_ms > 0.0 && trace->tau_ms < HUGE_VAL))
        rc = hk_fail(hk_archive_ctx(archive), HK_EFORMAT, "%s: tau_ms = %g, must be above 0 and finite", name,
                     trace->tau_ms);
    for (size_t i = 0; rc == HK_OK && i < trace->n; i++)
        if (!(trace->scaled[i] >= 0.0 && trace->scaled[i] < HUGE_VAL))
            rc = hk_fail(hk_archive_ctx(archive), HK_EFORMAT, "%s: trace %zu = %g, must be finite and not negative",
                         name, i, trace->scaled[i]);
    return rc;
}
