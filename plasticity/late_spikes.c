/* plasticity/late_spikes.c - see late_spikes.h. */
#include "plasticity/late_spikes.h"

#include <stdlib.h>
#include <string.h>

void hk_late_spikes_fini(hk_late_spikes *late)
{
    free(late->spikes);
    *late = (hk_late_spikes){ 0 };
}

static int make_room(hk_late_spikes *late)
{
    if (late->first > late->capacity / 2) {
        memmove(late->spikes, late->spikes + late->first, late->n * sizeof *late->spikes);
        late->first = 0;
        return HK_OK;
    }
    size_t capacity = 2 * late->capacity + 64;
    hk_late_spike *spikes = realloc(late->spikes, capacity * sizeof *spikes);
    if (spikes == NULL)
        return HK_ENOMEM;
    late->spikes = spikes;
    late->capacity = capacity;
    return HK_OK;
}

int hk_late_spikes_add(hk_late_spikes *late, hk_late_spike spike)
{
    int rc = late->first + late->n == late->capacity ? make_room(late) : HK_OK;
    if (rc == HK_OK)
        late->spikes[late->first + late->n++] = spike;
    return rc;
}

int hk_late_spikes_copy(hk_late_spikes *late, const hk_late_spikes *from, uint32_t begin, uint32_t end)
{
    int rc = HK_OK;
    for (size_t k = from->first; rc == HK_OK && k < from->first + from->n; k++)
        if (from->spikes[k].post >= begin && from->spikes[k].post < end)
            rc = hk_late_spikes_add(late, from->spikes[k]);
    return rc;
}

static int compare(const void *a, const void *b)
{
    const hk_late_spike *x = a, *y = b;
    if (!hk_time_equal(x->due, y->due))
        return hk_time_before(x->due, y->due) ? -1 : 1;
    return x->post < y->post ? -1 : x->post > y->post;
}

void hk_late_spikes_sort(hk_late_spikes *late)
{
    if (late->n > 0)
        qsort(late->spikes + late->first, late->n, sizeof *late->spikes, compare);
}

/* --- checkpoints ------------------------------------------------------------------------------------------------------ */

typedef struct columns {
    uint32_t *post;
    int64_t *step;
    double *offset;
} columns;

static int archive_columns(hk_archive *archive, const columns *c, size_t n)
{
    int rc = hk_archive_array(archive, "post", HK_U32, c->post, n);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "step", HK_I64, c->step, n);
    return rc == HK_OK ? hk_archive_array(archive, "offset_ms", HK_F64, c->offset, n) : rc;
}

static int take_over(hk_late_spikes *late, hk_ctx *ctx, const columns *c, size_t n, uint32_t n_post, int64_t lag,
                     double resolution_ms, hk_time now)
{
    int rc = HK_OK;
    late->first = late->n = 0;
    for (size_t k = 0; rc == HK_OK && k < n; k++) {
        hk_late_spike spike = { .due = { c->step[k], c->offset[k] }, .post = c->post[k] };
        bool sound = spike.post < n_post && spike.due.offset > 0.0 && spike.due.offset <= resolution_ms &&
                     hk_time_before(now, spike.due) && spike.due.step - lag <= now.step &&
                     (k == 0 || !hk_time_before(spike.due, late->spikes[k - 1].due));
        if (!sound)
            return hk_fail(ctx, HK_EFORMAT, "late spike %zu of neuron %u (of %u) is due at step %lld + %g ms", k,
                           spike.post, n_post, (long long)spike.due.step, spike.due.offset);
        rc = hk_late_spikes_add(late, spike);
    }
    return rc == HK_OK ? rc : hk_fail(ctx, rc, "no memory for %zu late spikes", n);
}

int hk_late_spikes_archive(hk_late_spikes *late, hk_archive *archive, uint32_t n_post, int64_t lag,
                           double resolution_ms, hk_time now)
{
    size_t n = late->n;
    hk_ctx *ctx = hk_archive_ctx(archive);
    bool loading = hk_archive_is_loading(archive);
    int rc = hk_archive_enter(archive, "late_spikes");
    if (rc != HK_OK)
        return rc;
    if (loading)
        rc = hk_archive_length(archive, "post", HK_U32, &n);
    columns c = { .post = malloc((n + 1) * sizeof *c.post),
                  .step = malloc((n + 1) * sizeof *c.step),
                  .offset = malloc((n + 1) * sizeof *c.offset) };
    if (rc == HK_OK && (c.post == NULL || c.step == NULL || c.offset == NULL))
        rc = hk_fail(ctx, HK_ENOMEM, "no memory for %zu late spikes", n);
    for (size_t k = 0; rc == HK_OK && !loading && k < n; k++) {
        const hk_late_spike *spike = &late->spikes[late->first + k];
        c.post[k] = spike->post;
        c.step[k] = spike->due.step;
        c.offset[k] = spike->due.offset;
    }
    if (rc == HK_OK)
        rc = archive_columns(archive, &c, n);
    hk_archive_leave(archive);
    if (rc == HK_OK && loading)
        rc = take_over(late, ctx, &c, n, n_post, lag, resolution_ms, now);
    free(c.post);
    free(c.step);
    free(c.offset);
    return rc;
}
