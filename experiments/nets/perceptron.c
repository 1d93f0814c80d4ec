/* experiments/nets/perceptron.c - see perceptron.h. */
#include "experiments/nets/perceptron.h"

#include "sim/draw.h"
#include "sim/mathfn.h"
#include "sim/rng.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static size_t offset_of(const hk_perceptron *net, size_t layer)
{
    size_t offset = 0;
    for (size_t l = 0; l < layer; l++)
        offset += (net->sizes[l] + 1) * net->sizes[l + 1];
    return offset;
}

int hk_perceptron_create(hk_ctx *ctx, const size_t *sizes, size_t n_layers, hk_perceptron *out)
{
    *out = (hk_perceptron){ .n_layers = n_layers };
    if (n_layers == 0 || n_layers > HK_PERCEPTRON_LAYERS)
        return hk_fail(ctx, HK_ERANGE, "perceptron: %zu layers, must be 1 to %d", n_layers, HK_PERCEPTRON_LAYERS);
    for (size_t l = 0; l <= n_layers; l++) {
        size_t least = l == n_layers ? 2 : 1;
        if (sizes[l] < least || sizes[l] > 1u << 20)
            return hk_fail(ctx, HK_ERANGE, "perceptron: layer %zu has %zu units, must be %zu to %u", l, sizes[l], least,
                           1u << 20);
        out->sizes[l] = sizes[l];
    }
    out->n_params = offset_of(out, n_layers);
    out->params = calloc(out->n_params, sizeof *out->params);
    return out->params != NULL ? HK_OK
                               : hk_fail(ctx, HK_ENOMEM, "perceptron: no memory for %zu parameters", out->n_params);
}

void hk_perceptron_fini(hk_perceptron *net)
{
    free(net->params);
    *net = (hk_perceptron){ 0 };
}

double *hk_perceptron_weights(const hk_perceptron *net, size_t layer)
{
    return net->params + offset_of(net, layer);
}

double *hk_perceptron_biases(const hk_perceptron *net, size_t layer)
{
    return hk_perceptron_weights(net, layer) + net->sizes[layer] * net->sizes[layer + 1];
}

void hk_perceptron_draw(hk_perceptron *net, double sd, uint64_t seed)
{
    for (size_t l = 0; l < net->n_layers; l++) {
        hk_stream stream = hk_stream_open(seed, HK_PURPOSE_EXPERIMENT, hk_name_id("perceptron weights"), (uint32_t)l);
        double *weights = hk_perceptron_weights(net, l), *biases = hk_perceptron_biases(net, l);
        double spread = sd > 0.0 ? sd : sqrt(2.0 / (double)net->sizes[l]);
        for (double *w = weights; w < biases; w++)
            *w = spread * hk_stream_normal(&stream);
        for (size_t j = 0; j < net->sizes[l + 1]; j++)
            biases[j] = 0.0;
    }
}

/* ---- forth and back ------------------------------------------------------------------------------------------------ */

int hk_perceptron_pass_init(hk_ctx *ctx, const hk_perceptron *net, size_t n_samples, hk_perceptron_pass *out)
{
    bool is_complete = true;
    *out = (hk_perceptron_pass){ .n_samples = n_samples };
    for (size_t l = 0; l <= net->n_layers; l++) {
        out->values[l] = calloc(n_samples * net->sizes[l], sizeof **out->values);
        out->gradients[l] = l == 0 ? NULL : calloc(n_samples * net->sizes[l], sizeof **out->gradients);
        is_complete &= out->values[l] != NULL && (l == 0 || out->gradients[l] != NULL);
    }
    if (is_complete)
        return HK_OK;
    hk_perceptron_pass_fini(out);
    return hk_fail(ctx, HK_ENOMEM, "perceptron: no memory for %zu samples", n_samples);
}

void hk_perceptron_pass_fini(hk_perceptron_pass *pass)
{
    for (size_t l = 0; l <= HK_PERCEPTRON_LAYERS; l++) {
        free(pass->values[l]);
        free(pass->gradients[l]);
    }
    *pass = (hk_perceptron_pass){ 0 };
}

int hk_perceptron_run(const hk_perceptron *net, hk_multiplier *multiplier, hk_perceptron_pass *pass, size_t n)
{
    for (size_t l = 0; l < net->n_layers; l++) {
        const size_t n_in = net->sizes[l], n_out = net->sizes[l + 1];
        const double *biases = hk_perceptron_biases(net, l);
        hk_matrix weights = { hk_perceptron_weights(net, l), .row = 1, .col = n_out }; /* transposed */
        hk_matrix in = { pass->values[l], .row = 1, .col = n_in },
                  out = { pass->values[l + 1], .row = 1, .col = n_out };
        int rc = hk_multiply(multiplier, n_out, n, n_in, weights, in, out);
        if (rc != HK_OK)
            return rc;
        for (size_t s = 0; s < n; s++)
            for (size_t j = 0; j < n_out; j++) {
                double value = pass->values[l + 1][s * n_out + j] + biases[j];
                pass->values[l + 1][s * n_out + j] = value < 0.0 && l + 1 < net->n_layers ? 0.0 : value;
            }
    }
    return HK_OK;
}

/* Loss of one sample; gradient[n] by z, times `share`. */
static double compare(const double *z, size_t n, size_t label, double smoothing, double share, double *gradient)
{
    double most = z[0], sum = 0.0, loss = 0.0;
    for (size_t c = 1; c < n; c++)
        most = z[c] > most ? z[c] : most;
    for (size_t c = 0; c < n; c++) {
        gradient[c] = hk_exp(z[c] - most);
        sum += gradient[c];
    }
    for (size_t c = 0; c < n; c++) {
        double wanted = smoothing / (double)n + (c == label ? 1.0 - smoothing : 0.0);
        loss -= wanted * (z[c] - most - hk_log(sum));
        gradient[c] = share * (gradient[c] / sum - wanted);
    }
    return share * loss;
}

static int descend(const hk_perceptron *net, hk_multiplier *multiplier, hk_perceptron_pass *pass, size_t n, size_t l,
                   double *gradient)
{
    const size_t n_in = net->sizes[l], n_out = net->sizes[l + 1];
    double *by_weights = gradient + offset_of(net, l), *by_biases = by_weights + n_in * n_out;
    hk_matrix in = { pass->values[l], .row = 1, .col = n_in };
    hk_matrix out = { pass->gradients[l + 1], .row = n_out, .col = 1 };
    int rc = hk_multiply(multiplier, n_in, n_out, n, in, out, (hk_matrix){ by_weights, .row = n_out, .col = 1 });
    for (size_t j = 0; j < n_out; j++)
        by_biases[j] = 0.0;
    for (size_t s = 0; s < n; s++)
        for (size_t j = 0; j < n_out; j++)
            by_biases[j] += out.values[s * n_out + j];
    if (rc != HK_OK || l == 0)
        return rc;
    hk_matrix weights = { hk_perceptron_weights(net, l), .row = n_out, .col = 1 };
    hk_matrix transposed = { out.values, .row = 1, .col = n_out };
    rc = hk_multiply(multiplier, n_in, n, n_out, weights, transposed,
                     (hk_matrix){ pass->gradients[l], .row = 1, .col = n_in });
    for (size_t k = 0; k < n * n_in; k++)
        pass->gradients[l][k] = pass->values[l][k] > 0.0 ? pass->gradients[l][k] : 0.0;
    return rc;
}

int hk_perceptron_gradient(const hk_perceptron *net, hk_multiplier *multiplier, hk_perceptron_pass *pass, size_t n,
                           const uint8_t *labels, double smoothing, double *loss, double *gradient)
{
    const size_t last = net->n_layers, n_classes = net->sizes[last];
    int rc = HK_OK;
    *loss = 0.0;
    for (size_t s = 0; s < n; s++)
        *loss += compare(pass->values[last] + s * n_classes, n_classes, labels[s], smoothing, 1.0 / (double)n,
                         pass->gradients[last] + s * n_classes);
    for (size_t l = last; l-- > 0 && rc == HK_OK;)
        rc = descend(net, multiplier, pass, n, l, gradient);
    return rc;
}

size_t hk_perceptron_decide(const hk_perceptron *net, const hk_perceptron_pass *pass, size_t sample)
{
    const size_t n = net->sizes[net->n_layers];
    const double *z = pass->values[net->n_layers] + sample * n;
    size_t best = 0;
    for (size_t c = 1; c < n; c++)
        best = z[c] > z[best] ? c : best;
    return best;
}

/* ---- files --------------------------------------------------------------------------------------------------------- */

static const char *const parts[2] = { "weights", "biases" };

int hk_perceptron_save(const hk_perceptron *net, hk_results *file)
{
    char name[64];
    int rc = HK_OK;
    for (size_t l = 0; l < net->n_layers && rc == HK_OK; l++) {
        const hk_array arrays[2] = {
            { .type = HK_F64,
              .n_dims = 2,
              .shape = { net->sizes[l], net->sizes[l + 1] },
              .values = hk_perceptron_weights(net, l),
              .description = "by unit of the layer before, unit" },
            { .type = HK_F64, .n_dims = 1, .shape = { net->sizes[l + 1] }, .values = hk_perceptron_biases(net, l) },
        };
        for (size_t part = 0; part < 2 && rc == HK_OK; part++) {
            snprintf(name, sizeof name, "net/layer%zu/%s", l + 1, parts[part]);
            rc = hk_results_put(file, name, &arrays[part]);
        }
    }
    return rc;
}

static const hk_results_entry *find(const hk_results *file, size_t layer, const char *part, char name[64])
{
    snprintf(name, 64, "net/layer%zu/%s", layer + 1, part);
    return hk_results_find(file, name);
}

static int load(hk_ctx *ctx, const char *path, hk_results *file, hk_perceptron *out)
{
    size_t sizes[HK_PERCEPTRON_LAYERS + 1] = { 0 }, n = 0;
    char name[64];
    const hk_results_entry *entry;
    while (n < HK_PERCEPTRON_LAYERS && (entry = find(file, n, parts[0], name)) != NULL) {
        if (entry->n_dims != 2 || (n > 0 && entry->shape[0] != sizes[n]))
            return hk_fail(ctx, HK_EFORMAT, "%s: %s does not fit the layer before it", path, name);
        sizes[n] = entry->shape[0];
        sizes[++n] = entry->shape[1];
    }
    if (n == 0)
        return hk_fail(ctx, HK_EFORMAT, "%s holds no net of features-som (net/layer1/weights)", path);
    int rc = hk_perceptron_create(ctx, sizes, n, out);
    if (rc == HK_ERANGE)
        rc = hk_fail(ctx, rc, "%s: the layers of its net are too small or too large, or more than %d", path,
                     HK_PERCEPTRON_LAYERS);
    for (size_t l = 0; l < n && rc == HK_OK; l++) {
        (void)find(file, l, parts[0], name);
        rc = hk_results_get(file, name, HK_F64, hk_perceptron_weights(out, l), sizes[l] * sizes[l + 1]);
        (void)find(file, l, parts[1], name);
        if (rc == HK_OK)
            rc = hk_results_get(file, name, HK_F64, hk_perceptron_biases(out, l), sizes[l + 1]);
    }
    for (size_t k = 0; rc == HK_OK && k < out->n_params; k++)
        if (!isfinite(out->params[k]))
            rc = hk_fail(ctx, HK_EFORMAT, "%s: parameter %zu of its net is %g, must be finite", path, k,
                         out->params[k]);
    return rc;
}

int hk_perceptron_load(hk_ctx *ctx, const char *path, hk_perceptron *out)
{
    hk_results *file;
    *out = (hk_perceptron){ 0 };
    int rc = hk_results_open(ctx, path, HK_RESULTS_READ, &file);
    if (rc != HK_OK)
        return rc;
    rc = load(ctx, path, file, out);
    hk_results_discard(file);
    if (rc != HK_OK)
        hk_perceptron_fini(out);
    return rc;
}
