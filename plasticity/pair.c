/* plasticity/pair.c - see pair.h. */
#include "plasticity/pair.h"

#include "sim/simulation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct hk_pair_part {
    _Alignas(64) hk_synapses synapses;
    hk_trace x;       /* [n_rows] of its own: all parts see the same arrivals */
    hk_trace y;       /* its neurons' */
    int32_t n_spikes; /* whose changes have been put off */
    int32_t *seen;    /* [n_rows] which of them the synapses of a row have seen */
    uint32_t *which;  /* [widest] scratch, as are these */
    uint8_t *late;
    float *column;
    double *read;
    hk_late_spikes coming; /* where there is a lag */
    hk_clips clips;
};

static hk_time now_of(const hk_pair *pair)
{
    return hk_sim_now(hk_projection_sim(pair->synapses.projection));
}

/* --- what has been put off ------------------------------------------------------------------------------------ */

static void catch_up_row(hk_pair *pair, hk_pair_part *p, size_t row, const hk_slab *slab)
{
    if (p->seen[row] == p->n_spikes)
        return;
    hk_weight_change plus = pair->form.plus;
    plus.gain = p->x.scaled[row];
    pair->synapses.kernels->recall(hk_synapses_weights(&p->synapses, slab), slab->target, slab->n, &pair->history,
                                   p->seen[row], &plus, &p->clips);
    p->seen[row] = p->n_spikes;
}

static void catch_up_part(hk_pair *pair, hk_pair_part *p)
{
    const hk_synapses *s = &p->synapses;
    if (p->n_spikes == 0)
        return;
    for (uint32_t pre = 0; pre < s->n_pre; pre++)
        for (uint32_t slot = 0; slot < s->n_slots; slot++) {
            hk_slab slab = hk_synapses_slab(s, pre, slot);
            catch_up_row(pair, p, hk_synapses_row(s, pre, slot), &slab);
        }
    memset(p->seen, 0, s->n_rows * sizeof *p->seen);
    for (uint32_t age = 0; age < HK_HISTORY; age++)
        memset(pair->history.number + age * pair->history.n + s->part.begin, 0,
               (s->part.end - s->part.begin) * sizeof *pair->history.number);
    p->n_spikes = 0;
}

/* How many of a neuron's spikes came after number `seen`; the latest stand first. */
static uint32_t count_late(const int32_t *number, int32_t seen)
{
    uint32_t n = 0;
    while (n < HK_HISTORY && number[n] > seen)
        n++;
    return n;
}

/* All synapses onto one neuron, whose history is full: sorted by how many of its spikes they have yet to see, most first, so that
 * those that a spike changes stand at the beginning. */
static void catch_up_column(hk_pair *pair, hk_pair_part *p, uint32_t post)
{
    hk_incoming in = hk_projection_incoming(pair->synapses.projection, post);
    int32_t number[HK_HISTORY];
    uint32_t n_late[HK_HISTORY + 1] = { 0 }, place[HK_HISTORY + 1], before = 0;
    for (uint32_t age = 0; age < HK_HISTORY; age++)
        number[age] = pair->history.number[age * pair->history.n + post];
    for (uint32_t k = 0; k < in.n; k++)
        n_late[p->late[k] = (uint8_t)count_late(number, p->seen[in.source[k]])]++;
    for (uint32_t late = HK_HISTORY + 1; late-- > 0; before += n_late[late])
        place[late] = before;
    for (uint32_t k = 0; k < in.n; k++) {
        uint32_t at = place[p->late[k]]++;
        p->which[at] = in.synapse[k];
        p->read[at] = p->x.scaled[in.source[k]];
    }
    uint32_t n = in.n - n_late[0];
    for (uint32_t k = 0; k < n; k++)
        p->column[k] = p->synapses.weights[p->which[k]];
    for (uint32_t age = HK_HISTORY; age-- > 0;) { /* place[late] now is where those less late begin */
        hk_weight_change plus = pair->form.plus;
        plus.gain = pair->history.gain[age * pair->history.n + post];
        pair->synapses.kernels->change(p->column, p->read, place[age + 1], &plus, &p->clips);
        pair->history.number[age * pair->history.n + post] = 0;
    }
    for (uint32_t k = 0; k < n; k++)
        p->synapses.weights[p->which[k]] = p->column[k];
}

static void put_off(hk_pair *pair, hk_pair_part *p, uint32_t post, double gain)
{
    const hk_history *h = &pair->history;
    if (p->n_spikes == INT32_MAX)
        catch_up_part(pair, p);
    if (h->number[(HK_HISTORY - 1) * h->n + post] != 0)
        catch_up_column(pair, p, post);
    int32_t number = ++p->n_spikes;
    for (size_t at = post; number != 0; at += h->n) { /* each moves one place on, into the first that is free */
        int32_t next = h->number[at];
        double next_gain = h->gain[at];
        h->number[at] = number;
        h->gain[at] = gain;
        number = next;
        gain = next_gain;
    }
}

/* What has been put off reads x in the coordinates of its epoch. */
static void move_x(hk_pair *pair, hk_pair_part *p, hk_time now)
{
    if (!hk_trace_is_due(&p->x, now))
        return;
    catch_up_part(pair, p);
    hk_trace_move(&p->x, now);
}

/* --- spikes ------------------------------------------------------------------------------------------------------- */

static void learn_from_spike(hk_pair *pair, hk_pair_part *p, uint32_t post, hk_time now)
{
    move_x(pair, p, now);
    hk_weight_change plus = pair->form.plus;
    plus.gain *= hk_trace_factor(&p->x, now);
    if (pair->history.n > 0)
        put_off(pair, p, post, plus.gain);
    else
        hk_synapses_change_column(&p->synapses, post, p->x.scaled, &plus, &p->clips);
    hk_trace_raise(&p->y, post, pair->form.pairing, now);
}

/* Late spikes that are due before `now`. */
static void hear_before(hk_pair *pair, hk_pair_part *p, hk_time now)
{
    const hk_late_spike *spike;
    while ((spike = hk_late_spikes_first(&p->coming)) != NULL && hk_time_before(spike->due, now)) {
        learn_from_spike(pair, p, spike->post, spike->due);
        hk_late_spikes_drop_first(&p->coming);
    }
}

/* And those that are due now: all arrivals of now have been. */
static void hear_until(hk_pair *pair, hk_pair_part *p, hk_time now)
{
    hear_before(pair, p, (hk_time){ .step = now.step, .offset = nextafter(now.offset, HUGE_VAL) });
}

/* Nobody can be told here that there is no memory, so the weights that can no longer be known become no numbers: those stop a
 * run, with a sentence, where they arrive. */
static void forget_weights(hk_pair_part *p, uint32_t post)
{
    hk_incoming in = hk_projection_incoming(p->synapses.projection, post);
    float *w = hk_synapses_read(&p->synapses, &in);
    for (uint32_t k = 0; k < in.n; k++)
        w[k] = (float)NAN;
    hk_synapses_write(&p->synapses, &in);
}

void hk_pair_catch_up(void *state)
{
    hk_pair *pair = state;
    hk_time now = now_of(pair);
    for (uint32_t k = 0; k < pair->n_parts; k++) {
        hear_until(pair, &pair->parts[k], now);
        catch_up_part(pair, &pair->parts[k]);
    }
}

void hk_pair_arrival(void *state, const hk_part *part, uint32_t pre, uint32_t slot, hk_time now)
{
    hk_pair *pair = state;
    hk_pair_part *p = &pair->parts[part->index];
    size_t row = hk_synapses_row(&p->synapses, pre, slot);
    hk_slab slab = hk_synapses_slab(&p->synapses, pre, slot);
    hear_before(pair, p, now);
    move_x(pair, p, now);
    if (pair->history.n > 0)
        catch_up_row(pair, p, row, &slab);
    hk_weight_change minus = pair->form.minus;
    minus.gain *= hk_trace_factor(&p->y, now);
    hk_synapses_change_slab(&p->synapses, &slab, p->y.scaled, &minus, &p->clips);
    hk_trace_raise(&p->x, row, pair->form.pairing, now);
}

void hk_pair_spike(void *state, const hk_part *part, uint32_t post, hk_time now)
{
    hk_pair *pair = state;
    hk_pair_part *p = &pair->parts[part->index];
    hk_late_spike late = { .due = { now.step + pair->lag, now.offset }, .post = post };
    if (pair->lag == 0)
        learn_from_spike(pair, p, post, now);
    else if (hk_late_spikes_add(&p->coming, late) != HK_OK)
        forget_weights(p, post);
}

void hk_pair_forget(void *state)
{
    hk_pair *pair = state;
    hk_pair_catch_up(pair);
    for (uint32_t k = 0; k < pair->n_parts; k++) {
        hk_trace_forget(&pair->parts[k].x);
        hk_trace_forget(&pair->parts[k].y);
        pair->parts[k].coming.n = 0;
    }
}

/* --- parts ---------------------------------------------------------------------------------------------------------- */

static void free_parts(hk_pair_part *parts, uint32_t n)
{
    for (uint32_t k = 0; parts != NULL && k < n; k++) {
        hk_synapses_fini(&parts[k].synapses);
        hk_trace_fini(&parts[k].x);
        hk_late_spikes_fini(&parts[k].coming);
        free(parts[k].seen);
        free(parts[k].which);
        free(parts[k].late);
        free(parts[k].column);
        free(parts[k].read);
    }
    free(parts);
}

/* The late spikes of all parts. */
static int gather_late(hk_ctx *ctx, const hk_pair *pair, hk_late_spikes *all)
{
    int rc = HK_OK;
    *all = (hk_late_spikes){ 0 };
    for (uint32_t k = 0; rc == HK_OK && k < pair->n_parts; k++)
        rc = hk_late_spikes_copy(all, &pair->parts[k].coming, 0, pair->synapses.n_post);
    hk_late_spikes_sort(all);
    return rc == HK_OK ? rc : hk_fail(ctx, rc, "rules: no memory for %zu late spikes", all->n);
}

static int share_late(hk_ctx *ctx, hk_pair_part *parts, uint32_t n_parts, const hk_late_spikes *all)
{
    int rc = HK_OK;
    for (uint32_t k = 0; rc == HK_OK && k < n_parts; k++) {
        const hk_part *part = &parts[k].synapses.part;
        parts[k].coming.first = parts[k].coming.n = 0;
        rc = hk_late_spikes_copy(&parts[k].coming, all, part->begin, part->end);
    }
    return rc == HK_OK ? rc : hk_fail(ctx, rc, "rules: no memory for %zu late spikes", all->n);
}

static int make_part(hk_ctx *ctx, hk_pair *pair, hk_pair_part *p, const hk_part *part, hk_time now)
{
    const hk_synapses *s = &pair->synapses;
    const hk_pair_form *form = &pair->form;
    int rc = hk_synapses_view(ctx, &p->synapses, s, part);
    if (rc == HK_OK && pair->n_parts > 0)
        rc = hk_trace_copy(ctx, &p->x, &pair->parts[0].x);
    else if (rc == HK_OK)
        rc = hk_trace_init(ctx, &p->x, s->n_rows, form->tau_plus_ms, s->resolution_ms);
    if (rc != HK_OK)
        return rc;
    hk_trace_move(&p->x, now);
    p->y = hk_trace_over(pair->y, part->begin, part->end, form->tau_minus_ms, s->resolution_ms, now);
    p->seen = calloc(s->n_rows + 1, sizeof *p->seen);
    p->which = malloc(s->widest * sizeof *p->which);
    p->late = malloc(s->widest * sizeof *p->late);
    p->column = malloc(s->widest * sizeof *p->column);
    p->read = malloc(s->widest * sizeof *p->read);
    if (p->seen == NULL || p->which == NULL || p->late == NULL || p->column == NULL || p->read == NULL)
        return hk_fail(ctx, HK_ENOMEM, "rules of projection %s: no memory for neurons %u to %u",
                       hk_projection_name(s->projection), part->begin, part->end);
    return HK_OK;
}

/* Synapses that another rule works on as well have to be up to date always. */
static int make_history(hk_ctx *ctx, hk_pair *pair, bool wanted)
{
    hk_history *h = &pair->history;
    if (!wanted)
        h->n = 0;
    if (!wanted || h->n > 0)
        return HK_OK;
    size_t n = pair->synapses.n_post;
    if (h->number == NULL)
        h->number = calloc(HK_HISTORY * n, sizeof *h->number);
    if (h->gain == NULL)
        h->gain = calloc(HK_HISTORY * n, sizeof *h->gain);
    if (h->number == NULL || h->gain == NULL)
        return hk_fail(ctx, HK_ENOMEM, "rules of projection %s: no memory for the last spikes of %zu neurons",
                       hk_projection_name(pair->synapses.projection), n);
    h->n = n;
    return HK_OK;
}

int hk_pair_divide(hk_ctx *ctx, void *state, const hk_division *division)
{
    hk_pair *pair = state;
    hk_time now = now_of(pair);
    if (division->shared && pair->lag > 0)
        return hk_fail(ctx, HK_ERANGE, "projection %s: two rules on it, one of them with dendritic delays; must be one",
                       hk_projection_name(pair->synapses.projection));
    hk_pair_catch_up(pair);
    for (uint32_t k = 0; k < pair->n_parts; k++)
        hk_trace_move(&pair->parts[k].y, now);
    hk_pair_part *parts = aligned_alloc(_Alignof(hk_pair_part), division->n_parts * sizeof *parts);
    if (parts == NULL)
        return hk_fail(ctx, HK_ENOMEM, "rules: no memory for %u parts", division->n_parts);
    memset(parts, 0, division->n_parts * sizeof *parts);
    int rc = HK_OK;
    for (uint32_t k = 0; rc == HK_OK && k < division->n_parts; k++)
        rc = make_part(ctx, pair, &parts[k], &division->parts[k], now);
    hk_late_spikes late = { 0 };
    if (rc == HK_OK)
        rc = gather_late(ctx, pair, &late);
    if (rc == HK_OK)
        rc = share_late(ctx, parts, division->n_parts, &late);
    hk_late_spikes_fini(&late);
    if (rc == HK_OK)
        rc = make_history(ctx, pair, pair->synapses.listed && !division->shared);
    if (rc != HK_OK) {
        free_parts(parts, division->n_parts);
        return rc;
    }
    pair->clips = hk_pair_clips(pair);
    free_parts(pair->parts, pair->n_parts);
    pair->parts = parts;
    pair->n_parts = division->n_parts;
    return HK_OK;
}

int hk_pair_init(hk_ctx *ctx, hk_pair *pair, const char *rule, hk_projection *projection)
{
    *pair = (hk_pair){ 0 };
    int rc = hk_synapses_init(ctx, &pair->synapses, rule, projection, HK_BY_SLAB_AND_COLUMN);
    if (rc != HK_OK)
        return rc;
    pair->y = calloc(pair->synapses.n_post, sizeof *pair->y);
    return pair->y == NULL ? hk_fail(ctx, HK_ENOMEM, "%s: no memory for %u traces", rule, pair->synapses.n_post)
                           : HK_OK;
}

void hk_pair_fini(hk_pair *pair)
{
    free_parts(pair->parts, pair->n_parts);
    hk_synapses_fini(&pair->synapses);
    free(pair->history.number);
    free(pair->history.gain);
    free(pair->y);
}

int hk_pair_begin(hk_ctx *ctx, hk_pair *pair, const char *rule, const hk_pair_form *form)
{
    const hk_synapses *s = &pair->synapses;
    pair->form = *form;
    if (!form->dendritic || s->n_rows == 0)
        return HK_OK;
    if (s->n_slots != 1)
        return hk_fail(ctx, HK_ERANGE, "%s: dendritic = 1 on projection %s of %u distinct delays, must be one", rule,
                       hk_projection_name(s->projection), s->n_slots);
    pair->lag = 2 * hk_projection_delay_steps(s->projection, 0);
    return HK_OK;
}

int hk_pair_change(hk_ctx *ctx, hk_pair *pair, const char *rule, const hk_pair_form *form)
{
    hk_time now = now_of(pair);
    if (form->dendritic != pair->form.dendritic)
        return hk_fail(ctx, HK_ERANGE, "%s: dendritic = %d, must stay what it was when the rule was attached", rule,
                       form->dendritic);
    hk_pair_catch_up(pair);
    pair->form = *form;
    for (uint32_t k = 0; k < pair->n_parts; k++) {
        hk_trace_set_tau(&pair->parts[k].x, form->tau_plus_ms, now);
        hk_trace_set_tau(&pair->parts[k].y, form->tau_minus_ms, now);
    }
    return HK_OK;
}

hk_clips hk_pair_clips(const hk_pair *pair)
{
    hk_clips all = pair->clips;
    for (uint32_t k = 0; k < pair->n_parts; k++) {
        all.low += pair->parts[k].clips.low;
        all.high += pair->parts[k].clips.high;
    }
    return all;
}

/* --- checkpoints ------------------------------------------------------------------------------------------------------ */

static int archive_late(hk_pair *pair, hk_archive *file, hk_time now)
{
    hk_late_spikes all;
    const hk_synapses *s = &pair->synapses;
    if (pair->lag == 0)
        return HK_OK;
    int rc = gather_late(hk_archive_ctx(file), pair, &all);
    if (rc == HK_OK)
        rc = hk_late_spikes_archive(&all, file, s->n_post, pair->lag, s->resolution_ms, now);
    if (rc == HK_OK && hk_archive_is_loading(file))
        rc = share_late(hk_archive_ctx(file), pair->parts, pair->n_parts, &all);
    hk_late_spikes_fini(&all);
    return rc;
}

/* The parts' traces of arrivals are equal, so one is kept. */
int hk_pair_archive(void *state, hk_archive *file)
{
    hk_pair *pair = state;
    const hk_synapses *s = &pair->synapses;
    hk_time now = now_of(pair);
    hk_trace *x = &pair->parts[0].x;
    hk_trace y = hk_trace_over(pair->y, 0, s->n_post, pair->form.tau_minus_ms, s->resolution_ms, now);
    hk_clips clips = hk_pair_clips(pair);
    hk_pair_catch_up(pair);
    for (uint32_t k = 0; !hk_archive_is_loading(file) && k < pair->n_parts; k++)
        hk_trace_move(&pair->parts[k].y, now);
    int rc = hk_trace_archive(x, file, "x", now);
    if (rc == HK_OK)
        rc = hk_trace_archive(&y, file, "y", now);
    if (rc == HK_OK)
        rc = hk_clips_archive(&clips, file);
    if (rc == HK_OK)
        rc = archive_late(pair, file, now);
    pair->clips = clips;
    for (uint32_t k = 0; k < pair->n_parts; k++) {
        hk_pair_part *p = &pair->parts[k];
        p->clips = (hk_clips){ 0 };
        if (!hk_archive_is_loading(file))
            continue;
        p->y.epoch = y.epoch;
        p->x.epoch = x->epoch;
        if (k > 0)
            memcpy(p->x.scaled, x->scaled, s->n_rows * sizeof *x->scaled);
    }
    return rc;
}
