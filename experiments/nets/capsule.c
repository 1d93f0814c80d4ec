/* experiments/nets/capsule.c - what a capsule network is made of, and its files; see capsule.h. */
#include "experiments/nets/capsule.h"

#include "sim/draw.h"
#include "sim/rng.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SIZES = sizeof(hk_capsule_shape) / sizeof(size_t), MOST = 4096 };

static int check_shape(hk_ctx *ctx, const hk_capsule_shape *s)
{
    const struct {
        const char *name;
        size_t value, least, most;
    } sizes[] = {
        { "rows", s->rows, 1, MOST },
        { "cols", s->cols, 1, MOST },
        { "kernel1", s->kernel1, 1, s->rows < s->cols ? s->rows : s->cols },
        { "stride1", s->stride1, 1, MOST },
        { "channels", s->channels, 1, MOST },
        { "kernel2", s->kernel2, 1, MOST },
        { "stride2", s->stride2, 1, MOST },
        { "n_types", s->n_types, 1, MOST },
        { "depth", s->depth, 1, MOST },
        { "n_classes", s->n_classes, 2, HK_CAPSULE_CLASSES },
        { "class_depth", s->class_depth, 1, MOST },
        { "rounds", s->rounds, 1, HK_CAPSULE_ROUNDS },
    };
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++)
        if (sizes[k].value < sizes[k].least || sizes[k].value > sizes[k].most)
            return hk_fail(ctx, HK_ERANGE, "capsules: %s = %zu, must be %zu to %zu", sizes[k].name, sizes[k].value,
                           sizes[k].least, sizes[k].most);
    return HK_OK;
}

int hk_capsule_create(hk_ctx *ctx, const hk_capsule_shape *shape, hk_capsule *out)
{
    const hk_capsule_shape *s = shape;
    *out = (hk_capsule){ .shape = *shape };
    int rc = check_shape(ctx, shape);
    if (rc != HK_OK)
        return rc;
    out->rows1 = (s->rows - s->kernel1) / s->stride1 + 1;
    out->cols1 = (s->cols - s->kernel1) / s->stride1 + 1;
    if (s->kernel2 > out->rows1 || s->kernel2 > out->cols1)
        return hk_fail(ctx, HK_ERANGE, "capsules: kernel2 = %zu, must be at most the maps of %zu x %zu places",
                       s->kernel2, out->rows1, out->cols1);
    out->rows2 = (out->rows1 - s->kernel2) / s->stride2 + 1;
    out->cols2 = (out->cols1 - s->kernel2) / s->stride2 + 1;
    out->n_primary = out->rows2 * out->cols2 * s->n_types;
    out->n_vector = s->n_classes * s->class_depth;
    const size_t n[HK_CAPSULE_PARTS] = { [HK_CAPSULE_K1] = s->kernel1 * s->kernel1 * s->channels,
                                         [HK_CAPSULE_B1] = s->channels,
                                         [HK_CAPSULE_K2] = s->kernel2 * s->kernel2 * s->channels * s->n_types *
                                                           s->depth,
                                         [HK_CAPSULE_B2] = s->n_types * s->depth,
                                         [HK_CAPSULE_VOTES] = out->n_primary * s->depth * out->n_vector };
    for (size_t part = 0; part < HK_CAPSULE_PARTS; part++)
        out->offset[part + 1] = out->offset[part] + n[part];
    out->params = calloc(out->offset[HK_CAPSULE_PARTS], sizeof *out->params);
    return out->params != NULL
               ? HK_OK
               : hk_fail(ctx, HK_ENOMEM, "capsules: no memory for %zu parameters", out->offset[HK_CAPSULE_PARTS]);
}

void hk_capsule_fini(hk_capsule *net)
{
    free(net->params);
    *net = (hk_capsule){ 0 };
}

void hk_capsule_draw(hk_capsule *net, double votes_sd, uint64_t seed)
{
    const hk_capsule_shape *s = &net->shape;
    const double spread[HK_CAPSULE_PARTS] = {
        [HK_CAPSULE_K1] = sqrt(2.0 / (double)(s->kernel1 * s->kernel1)),
        [HK_CAPSULE_K2] = sqrt(2.0 / (double)(s->kernel2 * s->kernel2 * s->channels)),
        [HK_CAPSULE_VOTES] = votes_sd,
    };
    for (uint32_t part = 0; part < HK_CAPSULE_PARTS; part++) {
        hk_stream stream = hk_stream_open(seed, HK_PURPOSE_EXPERIMENT, hk_name_id("capsule weights"), part);
        for (size_t k = net->offset[part]; k < net->offset[part + 1]; k++)
            net->params[k] = spread[part] > 0.0 ? spread[part] * hk_stream_normal(&stream) : 0.0;
    }
}

int hk_capsule_pass_init(hk_ctx *ctx, const hk_capsule *net, size_t n_samples, hk_capsule_pass *out)
{
    const hk_capsule_shape *s = &net->shape;
    const size_t places1 = net->rows1 * net->cols1, places2 = net->rows2 * net->cols2;
    const size_t patch2 = s->kernel2 * s->kernel2 * s->channels, n_coupled = net->n_primary * s->n_classes;
    *out = (hk_capsule_pass){ .n_samples = n_samples };
    const struct {
        double **array;
        size_t n;
    } arrays[] = {
        { &out->values, s->rows * s->cols },
        { &out->patches1, places1 * s->kernel1 * s->kernel1 },
        { &out->maps, places1 * s->channels },
        { &out->patches2, places2 * patch2 },
        { &out->primary, net->n_primary * s->depth },
        { &out->capsules, net->n_primary * s->depth },
        { &out->votes, net->n_primary * net->n_vector },
        { &out->logits, n_coupled },
        { &out->couplings, s->rounds * n_coupled },
        { &out->sums, s->rounds * net->n_vector },
        { &out->vectors, s->rounds * net->n_vector },
        { &out->by_vector, net->n_vector },
        { &out->by_vote, net->n_primary * net->n_vector },
        { &out->by_capsule, net->n_primary * s->depth },
        { &out->by_patch2, places2 * patch2 },
        { &out->by_map, places1 * s->channels },
    };
    bool is_complete = true;
    for (size_t k = 0; k < sizeof arrays / sizeof arrays[0]; k++) {
        *arrays[k].array = calloc(n_samples * arrays[k].n, sizeof(double));
        is_complete &= *arrays[k].array != NULL;
    }
    if (is_complete)
        return HK_OK;
    hk_capsule_pass_fini(out);
    return hk_fail(ctx, HK_ENOMEM, "capsules: no memory for %zu samples", n_samples);
}

void hk_capsule_pass_fini(hk_capsule_pass *pass)
{
    double *const arrays[] = { pass->values,    pass->patches1,   pass->maps,      pass->patches2,
                               pass->primary,   pass->capsules,   pass->votes,     pass->logits,
                               pass->couplings, pass->sums,       pass->vectors,   pass->by_vector,
                               pass->by_vote,   pass->by_capsule, pass->by_patch2, pass->by_map };
    for (size_t k = 0; k < sizeof arrays / sizeof arrays[0]; k++)
        free(arrays[k]);
    *pass = (hk_capsule_pass){ 0 };
}

const double *hk_capsule_vectors(const hk_capsule *net, const hk_capsule_pass *pass, size_t sample)
{
    return pass->vectors + ((sample + 1) * net->shape.rounds - 1) * net->n_vector;
}

size_t hk_capsule_decide(const hk_capsule *net, const hk_capsule_pass *pass, size_t sample)
{
    const double *v = hk_capsule_vectors(net, pass, sample);
    double longest = -1.0;
    size_t best = 0;
    for (size_t c = 0; c < net->shape.n_classes; c++) {
        double square = 0.0;
        for (size_t k = 0; k < net->shape.class_depth; k++, v++)
            square += *v * *v;
        if (square > longest) {
            longest = square;
            best = c;
        }
    }
    return best;
}

/* ---- files --------------------------------------------------------------------------------------------------------- */

int hk_capsule_save(const hk_capsule *net, hk_results *file)
{
    uint64_t shape[SIZES];
    const size_t *sizes = (const size_t *)&net->shape;
    for (size_t k = 0; k < SIZES; k++)
        shape[k] = sizes[k];
    int rc = hk_results_put(file, "net/shape",
                            &(hk_array){ .type = HK_U64,
                                         .n_dims = 1,
                                         .shape = { SIZES },
                                         .values = shape,
                                         .description = "rows, cols, kernel1, stride1, channels, kernel2, stride2, "
                                                        "n_types, depth, n_classes, class_depth, rounds" });
    return rc == HK_OK ? hk_results_put(file, "net/params",
                                        &(hk_array){ .type = HK_F64,
                                                     .n_dims = 1,
                                                     .shape = { net->offset[HK_CAPSULE_PARTS] },
                                                     .values = net->params,
                                                     .description = "k1, b1, k2, b2, W, one behind the other" })
                       : rc;
}

static int load(hk_ctx *ctx, const char *path, hk_results *file, hk_capsule *out)
{
    uint64_t sizes[SIZES];
    hk_capsule_shape shape;
    const hk_results_entry *params = hk_results_find(file, "net/params");
    if (params == NULL)
        return hk_fail(ctx, HK_EFORMAT, "%s holds no net of capsule-som (net/params)", path);
    int rc = hk_results_get(file, "net/shape", HK_U64, sizes, SIZES);
    for (size_t k = 0; k < SIZES && rc == HK_OK; k++) {
        ((size_t *)&shape)[k] = (size_t)sizes[k];
        if (sizes[k] > MOST)
            rc = hk_fail(ctx, HK_EFORMAT, "%s: net/shape: size %zu is %llu, must be at most %d", path, k,
                         (unsigned long long)sizes[k], MOST);
    }
    if (rc == HK_OK && hk_capsule_create(NULL, &shape, out) != HK_OK)
        rc = hk_fail(ctx, HK_EFORMAT, "%s: net/shape is not that of a net of capsules", path);
    if (rc == HK_OK && out->offset[HK_CAPSULE_PARTS] != params->n)
        rc = hk_fail(ctx, HK_EFORMAT, "%s: net/params has %zu numbers, must be %zu", path, params->n,
                     out->offset[HK_CAPSULE_PARTS]);
    if (rc == HK_OK)
        rc = hk_results_get(file, "net/params", HK_F64, out->params, params->n);
    for (size_t k = 0; rc == HK_OK && k < params->n; k++)
        if (!isfinite(out->params[k]))
            rc = hk_fail(ctx, HK_EFORMAT, "%s: number %zu of net/params is %g, must be finite", path, k,
                         out->params[k]);
    return rc;
}

int hk_capsule_load(hk_ctx *ctx, const char *path, hk_capsule *out)
{
    hk_results *file;
    *out = (hk_capsule){ 0 };
    int rc = hk_results_open(ctx, path, HK_RESULTS_READ, &file);
    if (rc != HK_OK)
        return rc;
    rc = load(ctx, path, file, out);
    hk_results_discard(file);
    if (rc != HK_OK)
        hk_capsule_fini(out);
    return rc;
}
