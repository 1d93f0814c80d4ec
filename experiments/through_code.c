/* experiments/through_code.c - see through_code.h. */
#include "experiments/through_code.h"

#include "experiments/encode_error.h"
#include "experiments/options.h"
#include "sim/team.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What one thread does: images `begin` ... `end` - 1 of all parts, one behind the other. */
typedef struct share {
    hk_ctx *ctx;
    size_t begin, end;
    float *values;             /* [2][n_pixels] of an image, and decoded */
    hk_spikes_in spikes;       /* of an image */
    uint64_t n_spikes, square; /* sums: of squared differences of pixels, in 1/255^2, and so exact */
    int rc;
} share;

typedef struct passage {
    hk_run *run;
    hk_encode_task task;
    const hk_through_part *parts;
    size_t n_images, n_pixels; /* of all parts; of an image */
    share *shares;
    char doing[64];
} passage;

/* ---- options ----------------------------------------------------------------------------------------------------- */

static int refuse_companions(hk_run *run)
{
    static const char *const companions[] = { "code_window_ms", "code_jitter_ms", "code_params" };
    for (size_t k = 0; k < sizeof companions / sizeof companions[0]; k++)
        if (hk_run_is_given(run, companions[k]))
            return hk_fail(hk_run_ctx(run), HK_ERANGE, "%s is for a code, but code = none", companions[k]);
    return HK_OK;
}

static int set_param(hk_ctx *ctx, hk_encode_task *task, char *assignment)
{
    char *value = strchr(assignment, '=');
    double number;
    if (value == NULL)
        return hk_fail(ctx, HK_ERANGE, "code_params: '%.100s', must be NAME=VALUE, or several with commas between",
                       assignment);
    *value++ = '\0';
    if (!hk_parse_number(value, &number))
        return hk_fail(ctx, HK_ERANGE, "code_params: %.100s = '%.100s', must be a number", assignment, value);
    return hk_encoder_set(ctx, task->encoder, task->params, assignment, number);
}

static int set_params(hk_run *run, hk_encode_task *task)
{
    const char *text = hk_run_text(run, "code_params");
    char *copy = text[0] != '\0' ? strdup(text) : NULL;
    if (copy == NULL)
        return text[0] == '\0' ? HK_OK : hk_fail(hk_run_ctx(run), HK_ENOMEM, "code_params: out of memory");
    int rc = HK_OK;
    for (char *next = copy, *end; rc == HK_OK && next != NULL; next = end) {
        end = strchr(next, ',');
        if (end != NULL)
            *end++ = '\0';
        rc = set_param(hk_run_ctx(run), task, next);
    }
    free(copy);
    return rc;
}

static int settle(hk_run *run, hk_encode_task *task)
{
    hk_ctx *ctx = hk_run_ctx(run);
    *task = (hk_encode_task){ .window_ms = hk_run_number(run, "code_window_ms"),
                              .jitter_ms = hk_run_number(run, "code_jitter_ms"),
                              .seed = hk_run_seed(run) };
    int rc = hk_encoder_find(ctx, hk_run_text(run, "code"), &task->encoder);
    if (rc != HK_OK)
        return rc;
    hk_encoder_defaults(task->encoder, task->params);
    rc = set_params(run, task);
    return rc == HK_OK ? hk_encoder_check(ctx, task->encoder, task->params, task->window_ms) : rc;
}

/* ---- images ------------------------------------------------------------------------------------------------------ */

static int replace_image(const passage *p, share *s, const hk_through_part *part, size_t i)
{
    uint8_t *pixels = part->images.pixels + i * p->n_pixels;
    float *decoded = s->values + p->n_pixels;
    const hk_encoding how = { .values = s->values,
                              .n = (uint32_t)p->n_pixels,
                              .window_ms = p->task.window_ms,
                              .params = p->task.params,
                              .seed = p->task.seed,
                              .sample = part->first + i };
    hk_images_values(&part->images, i, s->values);
    int rc = hk_encode(s->ctx, p->task.encoder, &how, &s->spikes);
    if (rc == HK_OK && p->task.jitter_ms > 0.0)
        hk_encode_jitter(&p->task, how.sample, &s->spikes);
    if (rc == HK_OK)
        rc = hk_decode(s->ctx, p->task.encoder, &how, &s->spikes, decoded);
    if (rc != HK_OK)
        return rc;
    s->n_spikes += s->spikes.n;
    for (size_t k = 0; k < p->n_pixels; k++) {
        const uint8_t seen = (uint8_t)(decoded[k] * 255.0f + 0.5f);
        const int difference = seen - pixels[k];
        s->square += (uint64_t)(difference * difference);
        pixels[k] = seen;
    }
    return HK_OK;
}

/* Fractions are of the whole run, of which this is no part worth counting. A run that goes on reckons its pace from where its first
 * progress stands: it says nothing here. */
static void tell(passage *p, const share *s, size_t index)
{
    if (index % 64 != 0 || hk_run_resume(p->run) != NULL)
        return;
    snprintf(p->doing, sizeof p->doing, "images as spikes of %s, %.0f %%", p->task.encoder->name,
             100.0 * (double)index / (double)(s->end - s->begin));
    hk_run_progress(p->run, p->doing, 0.0, 0.0);
}

static void do_share(void *user, unsigned member)
{
    passage *p = user;
    share *s = &p->shares[member];
    const hk_through_part *part = p->parts;
    size_t before = 0; /* images of the parts that are over */
    for (size_t index = s->begin; s->rc == HK_OK && index < s->end; index++) {
        while (index - before >= part->images.n) {
            before += part->images.n;
            part++;
        }
        if (member == 0)
            tell(p, s, index);
        s->rc = replace_image(p, s, part, index - before);
    }
}

static int prepare_shares(passage *p, unsigned n)
{
    p->shares = calloc(n, sizeof *p->shares);
    bool complete = p->shares != NULL;
    for (unsigned k = 0; complete && k < n; k++) {
        p->shares[k] = (share){ .ctx = hk_ctx_create(),
                                .begin = p->n_images * k / n,
                                .end = p->n_images * (k + 1) / n,
                                .values = malloc(2 * p->n_pixels * sizeof(float)) };
        complete = p->shares[k].ctx != NULL && p->shares[k].values != NULL;
    }
    return complete ? HK_OK : hk_fail(hk_run_ctx(p->run), HK_ENOMEM, "code: out of memory for %u threads", n);
}

static void free_shares(passage *p, unsigned n)
{
    for (unsigned k = 0; p->shares != NULL && k < n; k++) {
        hk_ctx_destroy(p->shares[k].ctx);
        hk_spikes_in_fini(&p->shares[k].spikes);
        free(p->shares[k].values);
    }
    free(p->shares);
}

static void say(const passage *p, unsigned n)
{
    uint64_t n_spikes = 0, square = 0;
    for (unsigned k = 0; k < n; k++) {
        n_spikes += p->shares[k].n_spikes;
        square += p->shares[k].square;
    }
    hk_summary *summary = hk_run_summary(p->run);
    const double spikes = (double)n_spikes / (double)p->n_images;
    const double error = sqrt((double)square / (double)p->n_images / (double)p->n_pixels) / 255.0;
    hk_summary_number(summary, "code_window_ms", p->task.window_ms);
    hk_summary_number(summary, "code_spikes_per_image", spikes);
    hk_summary_number(summary, "code_error", error);
    hk_run_report(p->run,
                  "code: %s, %g ms and %.1f spikes an image; what is decoded from them goes in, off by %.5f a pixel "
                  "(root mean square, pixels in 0 ... 1)",
                  p->task.encoder->name, p->task.window_ms, spikes, error);
}

static int pass(passage *p, hk_team *team)
{
    const unsigned n = hk_team_size(team);
    int rc = prepare_shares(p, n);
    if (rc == HK_OK)
        hk_team_run(team, do_share, p);
    for (unsigned k = 0; rc == HK_OK && k < n; k++) /* shares lie in order: that of the first image */
        if (p->shares[k].rc != HK_OK)
            rc = hk_fail(hk_run_ctx(p->run), p->shares[k].rc, "%s", hk_ctx_message(p->shares[k].ctx));
    if (rc == HK_OK)
        say(p, n);
    free_shares(p, n);
    return rc;
}

int hk_through_code(hk_run *run, const hk_through_part *parts, size_t n_parts)
{
    hk_summary_text(hk_run_summary(run), "code", hk_run_text(run, "code"));
    if (strcmp(hk_run_text(run, "code"), "none") == 0)
        return refuse_companions(run);
    if (n_parts == 0)
        return hk_fail(hk_run_ctx(run), HK_ERANGE, "code = %s is for images, and this run has none",
                       hk_run_text(run, "code"));
    passage p = { .run = run, .parts = parts, .n_pixels = (size_t)parts[0].images.rows * parts[0].images.cols };
    for (size_t k = 0; k < n_parts; k++)
        p.n_images += parts[k].images.n;
    int rc = settle(run, &p.task);
    if (rc != HK_OK)
        return rc;
    const unsigned threads = hk_run_threads(run), jobs = hk_run_jobs(run);
    hk_team *team;
    rc = hk_team_create(hk_run_ctx(run), (threads > jobs ? threads : jobs) - 1, &team);
    if (rc != HK_OK)
        return rc;
    rc = pass(&p, team);
    hk_team_destroy(team);
    return rc;
}
