/* experiments/nets/capsule_run.c - a capsule network there and back; see capsule.h. Convolutions are products with patches. */
#include "experiments/nets/capsule.h"
#include "experiments/nets/routing.h"
#include "experiments/readouts/product_kernels.h"

#include <math.h>
#include <string.h>

enum { SAMPLES = 2, CAPSULES = 4 }; /* that a thread takes at a time */

typedef struct job {
    const hk_capsule *net;
    const hk_product_kernels *kernels;
    const hk_routing_kernels *routing;
    hk_capsule_pass *pass;
    size_t n;
    const uint8_t *labels;
    double *gradient;
} job;

static double *part_of(const hk_capsule *net, size_t part)
{
    return net->params + net->offset[part];
}

/* ---- convolutions -------------------------------------------------------------------------------------------------- */

/* Patches of one sample: out[rows][cols][kernel][kernel][channels] of in[any][in_cols][channels]; or back, added to `in`. */
typedef struct window {
    size_t rows, cols, kernel, stride, in_cols, channels;
} window;

static void gather(const window *w, const double *in, double *out)
{
    const size_t line = w->kernel * w->channels;
    for (size_t place = 0; place < w->rows * w->cols; place++)
        for (size_t k = 0; k < w->kernel; k++, out += line) {
            size_t row = place / w->cols * w->stride + k, col = place % w->cols * w->stride;
            memcpy(out, in + (row * w->in_cols + col) * w->channels, line * sizeof *out);
        }
}

static void scatter(const window *w, const double *out, double *in, const hk_product_kernels *kernels)
{
    const size_t line = w->kernel * w->channels;
    for (size_t place = 0; place < w->rows * w->cols; place++)
        for (size_t k = 0; k < w->kernel; k++, out += line) {
            size_t row = place / w->cols * w->stride + k, col = place % w->cols * w->stride;
            kernels->add(in + (row * w->in_cols + col) * w->channels, 1.0, out, line);
        }
}

static window first_of(const hk_capsule *net)
{
    const hk_capsule_shape *s = &net->shape;
    return (window){ net->rows1, net->cols1, s->kernel1, s->stride1, s->cols, 1 };
}

static window second_of(const hk_capsule *net)
{
    const hk_capsule_shape *s = &net->shape;
    return (window){ net->rows2, net->cols2, s->kernel2, s->stride2, net->cols1, s->channels };
}

static size_t patch_size(const window *w)
{
    return w->kernel * w->kernel * w->channels;
}

/* out[n][n_out] = in[n][n_in] k[n_in][n_out] */
static int convolve(hk_multiplier *multiplier, double *in, size_t n, size_t n_in, double *kernel, size_t n_out,
                    double *out)
{
    hk_matrix k = { kernel, .row = 1, .col = n_out }, patches = { in, .row = 1, .col = n_in };
    return hk_multiply(multiplier, n_out, n, n_in, k, patches, (hk_matrix){ out, .row = 1, .col = n_out });
}

/* by_kernel[n_in][n_out] and by_bias[n_out] from in[n][n_in] and by_out[n][n_out] */
static int convolve_back(hk_multiplier *multiplier, double *in, size_t n, size_t n_in, double *by_out, size_t n_out,
                         double *by_kernel, double *by_bias)
{
    memset(by_bias, 0, n_out * sizeof *by_bias);
    for (size_t s = 0; s < n; s++)
        for (size_t j = 0; j < n_out; j++)
            by_bias[j] += by_out[s * n_out + j];
    return hk_multiply(multiplier, n_in, n_out, n, (hk_matrix){ in, .row = 1, .col = n_in },
                       (hk_matrix){ by_out, .row = n_out, .col = 1 }, (hk_matrix){ by_kernel, .row = n_out, .col = 1 });
}

/* ---- there --------------------------------------------------------------------------------------------------------- */

static void gather_pixels(void *user, size_t begin, size_t end)
{
    const job *j = user;
    const hk_capsule_shape *shape = &j->net->shape;
    const window w = first_of(j->net);
    for (size_t s = begin; s < end; s++)
        gather(&w, j->pass->values + s * shape->rows * shape->cols,
               j->pass->patches1 + s * w.rows * w.cols * patch_size(&w));
}

static void rectify_and_gather(void *user, size_t begin, size_t end)
{
    const job *j = user;
    const window w = second_of(j->net);
    const size_t n_channels = j->net->shape.channels, n = j->net->rows1 * j->net->cols1 * n_channels;
    const double *biases = part_of(j->net, HK_CAPSULE_B1);
    for (size_t s = begin; s < end; s++) {
        double *maps = j->pass->maps + s * n;
        for (size_t place = 0; place < n; place += n_channels)
            for (size_t k = 0; k < n_channels; k++) {
                double value = maps[place + k] + biases[k];
                maps[place + k] = value > 0.0 ? value : 0.0;
            }
        gather(&w, maps, j->pass->patches2 + s * w.rows * w.cols * patch_size(&w));
    }
}

static hk_routing routing_of(const job *j, size_t s)
{
    const hk_capsule_shape *shape = &j->net->shape;
    const size_t n_coupled = j->net->n_primary * shape->n_classes, n_vectors = shape->rounds * j->net->n_vector;
    return (hk_routing){ .n_in = j->net->n_primary,
                         .n_out = shape->n_classes,
                         .depth = shape->class_depth,
                         .rounds = shape->rounds,
                         .votes = j->pass->votes + s * j->net->n_primary * j->net->n_vector,
                         .logits = j->pass->logits + s * n_coupled,
                         .couplings = j->pass->couplings + s * shape->rounds * n_coupled,
                         .sums = j->pass->sums + s * n_vectors,
                         .vectors = j->pass->vectors + s * n_vectors };
}

static void vote_and_route(void *user, size_t begin, size_t end)
{
    const job *j = user;
    const size_t depth = j->net->shape.depth, n_vector = j->net->n_vector, n = j->net->n_primary * depth;
    const size_t n_biases = j->net->shape.n_types * depth;
    const double *biases = part_of(j->net, HK_CAPSULE_B2), *weights = part_of(j->net, HK_CAPSULE_VOTES);
    for (size_t s = begin; s < end; s++) {
        double *primary = j->pass->primary + s * n, *capsules = j->pass->capsules + s * n;
        double *votes = j->pass->votes + s * j->net->n_primary * n_vector;
        for (size_t k = 0; k < n; k++)
            primary[k] += biases[k % n_biases];
        memset(votes, 0, j->net->n_primary * n_vector * sizeof *votes);
        for (size_t i = 0; i < j->net->n_primary; i++) {
            j->routing->squash(primary + i * depth, depth, capsules + i * depth);
            for (size_t d = 0; d < depth; d++)
                j->kernels->add(votes + i * n_vector, capsules[i * depth + d], weights + (i * depth + d) * n_vector,
                                n_vector);
        }
        hk_routing routing = routing_of(j, s);
        j->routing->route(&routing);
    }
}

static job job_of(const hk_capsule *net, hk_capsule_pass *pass, size_t n)
{
    return (job){ .net = net,
                  .kernels = hk_product_kernels_for(hk_cpu_best()),
                  .routing = hk_routing_kernels_for(hk_cpu_best()),
                  .pass = pass,
                  .n = n };
}

int hk_capsule_run(const hk_capsule *net, hk_multiplier *multiplier, hk_capsule_pass *pass, size_t n)
{
    job j = job_of(net, pass, n);
    const window first = first_of(net), second = second_of(net);
    hk_multiplier_share(multiplier, n, SAMPLES, gather_pixels, &j);
    int rc = convolve(multiplier, pass->patches1, n * first.rows * first.cols, patch_size(&first),
                      part_of(net, HK_CAPSULE_K1), net->shape.channels, pass->maps);
    if (rc != HK_OK)
        return rc;
    hk_multiplier_share(multiplier, n, SAMPLES, rectify_and_gather, &j);
    rc = convolve(multiplier, pass->patches2, n * second.rows * second.cols, patch_size(&second),
                  part_of(net, HK_CAPSULE_K2), net->shape.n_types * net->shape.depth, pass->primary);
    if (rc == HK_OK)
        hk_multiplier_share(multiplier, n, SAMPLES, vote_and_route, &j);
    return rc;
}

/* ---- back ---------------------------------------------------------------------------------------------------------- */

/* Loss of a sample, and its gradient by the vectors, both over n samples. */
static double margin_loss(const job *j, size_t s)
{
    const size_t depth = j->net->shape.class_depth;
    const double *v = hk_capsule_vectors(j->net, j->pass, s);
    double *out = j->pass->by_vector + s * j->net->n_vector, loss = 0.0;
    for (size_t c = 0; c < j->net->shape.n_classes; c++, v += depth, out += depth) {
        double square = 1e-18;
        for (size_t k = 0; k < depth; k++)
            square += v[k] * v[k];
        const double length = sqrt(square), missing = 0.9 - length, excess = length - 0.1;
        double by_length = 0.0;
        if (c == j->labels[s] && missing > 0.0) {
            loss += missing * missing;
            by_length = -2.0 * missing;
        } else if (c != j->labels[s] && excess > 0.0) {
            loss += 0.5 * excess * excess;
            by_length = excess;
        }
        for (size_t k = 0; k < depth; k++)
            out[k] = by_length / (double)j->n * v[k] / length;
    }
    return loss / (double)j->n;
}

static void route_back(void *user, size_t begin, size_t end)
{
    const job *j = user;
    const size_t depth = j->net->shape.depth, n_vector = j->net->n_vector, n = j->net->n_primary * depth;
    const double *weights = part_of(j->net, HK_CAPSULE_VOTES);
    for (size_t s = begin; s < end; s++) {
        double *by_vote = j->pass->by_vote + s * j->net->n_primary * n_vector, *out = j->pass->by_capsule + s * n;
        hk_routing routing = routing_of(j, s);
        j->routing->route_back(&routing, j->pass->by_vector + s * n_vector, by_vote);
        for (size_t i = 0; i < j->net->n_primary; i++) {
            for (size_t d = 0; d < depth; d++)
                out[i * depth + d] = j->kernels->dot(by_vote + i * n_vector, weights + (i * depth + d) * n_vector,
                                                     n_vector);
            j->routing->squash_back(j->pass->primary + s * n + i * depth, out + i * depth, depth, out + i * depth);
        }
    }
}

static void sum_votes(void *user, size_t begin, size_t end)
{
    const job *j = user;
    const size_t depth = j->net->shape.depth, n_vector = j->net->n_vector, n_primary = j->net->n_primary;
    double *by_weight = j->gradient + j->net->offset[HK_CAPSULE_VOTES];
    for (size_t i = begin; i < end; i++) {
        memset(by_weight + i * depth * n_vector, 0, depth * n_vector * sizeof *by_weight);
        for (size_t s = 0; s < j->n; s++)
            for (size_t d = 0; d < depth; d++)
                j->kernels->add(by_weight + (i * depth + d) * n_vector,
                                j->pass->capsules[(s * n_primary + i) * depth + d],
                                j->pass->by_vote + (s * n_primary + i) * n_vector, n_vector);
    }
}

static void scatter_patches(void *user, size_t begin, size_t end)
{
    const job *j = user;
    const window w = second_of(j->net);
    const size_t n = j->net->rows1 * j->net->cols1 * j->net->shape.channels;
    for (size_t s = begin; s < end; s++) {
        double *out = j->pass->by_map + s * n;
        memset(out, 0, n * sizeof *out);
        scatter(&w, j->pass->by_patch2 + s * w.rows * w.cols * patch_size(&w), out, j->kernels);
        for (size_t k = 0; k < n; k++)
            out[k] = j->pass->maps[s * n + k] > 0.0 ? out[k] : 0.0;
    }
}

int hk_capsule_gradient(const hk_capsule *net, hk_multiplier *multiplier, hk_capsule_pass *pass, size_t n,
                        const uint8_t *labels, double *loss, double *gradient)
{
    job j = job_of(net, pass, n);
    const window first = first_of(net), second = second_of(net);
    const size_t n_second = net->shape.n_types * net->shape.depth, size2 = patch_size(&second);
    const size_t places1 = n * first.rows * first.cols, places2 = n * second.rows * second.cols;
    j.labels = labels;
    j.gradient = gradient;
    *loss = 0.0;
    for (size_t s = 0; s < n; s++)
        *loss += margin_loss(&j, s);
    hk_multiplier_share(multiplier, n, SAMPLES, route_back, &j);
    hk_multiplier_share(multiplier, net->n_primary, CAPSULES, sum_votes, &j);
    int rc = convolve_back(multiplier, pass->patches2, places2, size2, pass->by_capsule, n_second,
                           gradient + net->offset[HK_CAPSULE_K2], gradient + net->offset[HK_CAPSULE_B2]);
    if (rc == HK_OK)
        rc = hk_multiply(multiplier, size2, places2, n_second,
                         (hk_matrix){ net->params + net->offset[HK_CAPSULE_K2], .row = n_second, .col = 1 },
                         (hk_matrix){ pass->by_capsule, .row = 1, .col = n_second },
                         (hk_matrix){ pass->by_patch2, .row = 1, .col = size2 });
    if (rc != HK_OK)
        return rc;
    hk_multiplier_share(multiplier, n, SAMPLES, scatter_patches, &j);
    return convolve_back(multiplier, pass->patches1, places1, patch_size(&first), pass->by_map, net->shape.channels,
                         gradient + net->offset[HK_CAPSULE_K1], gradient + net->offset[HK_CAPSULE_B1]);
}
