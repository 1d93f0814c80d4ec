/* experiments/continual_score.c - what continual measures after each block of its stream: see continual.h. */
#include "experiments/continual.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { K = HK_CONTINUAL_CLASSES };

int hk_continual_score_init(hk_ctx *ctx, uint64_t most_rows, uint32_t neurons, uint32_t n_pixels,
                            hk_continual_score *out)
{
    *out = (hk_continual_score){
        .most_rows = most_rows,
        .neurons = neurons,
        .n_pixels = n_pixels,
        .images = calloc(most_rows, sizeof(uint64_t)),
        .known = calloc(most_rows, sizeof(double)),
        .matrix = calloc(most_rows * K, sizeof(double)),
        .online = calloc(most_rows, sizeof(double)),
        .fresh = calloc(most_rows, sizeof(double)),
        .owners = calloc(most_rows * K, sizeof(double)),
        .drift = calloc(most_rows, sizeof(double)),
        .replaced = calloc(most_rows, sizeof(double)),
        .before = calloc((size_t)neurons * n_pixels, sizeof(float)),
        .recruits = calloc(neurons, sizeof(uint64_t)),
        .recruits_before = calloc(neurons, sizeof(uint64_t)),
        .used_before = calloc(neurons, sizeof(uint64_t)),
    };
    const hk_continual_score *s = out;
    if (s->images == NULL || s->known == NULL || s->matrix == NULL || s->online == NULL || s->fresh == NULL ||
        s->owners == NULL || s->drift == NULL || s->replaced == NULL || s->before == NULL || s->recruits == NULL ||
        s->recruits_before == NULL || s->used_before == NULL)
        return hk_fail(ctx, HK_ENOMEM, "continual: out of memory for the results of %llu blocks",
                       (unsigned long long)most_rows);
    return HK_OK;
}

void hk_continual_score_fini(hk_continual_score *score)
{
    void *const all[] = { score->images, score->known,    score->matrix,          score->online,
                          score->fresh,  score->owners,   score->drift,           score->replaced,
                          score->before, score->recruits, score->recruits_before, score->used_before };
    for (size_t k = 0; k < sizeof all / sizeof all[0]; k++)
        free(all[k]);
    *score = (hk_continual_score){ 0 };
}

/* Compares the weights of neuron j, `stride` apart, with `before`, and puts them there. 1 - cos; 0 without a length. */
static double turn(float *before, const float *w, uint64_t stride, uint32_t n_pixels)
{
    double ab = 0.0, aa = 0.0, bb = 0.0;
    for (uint32_t i = 0; i < n_pixels; i++) {
        double a = (double)before[i], b = (double)w[i * stride];
        ab += a * b;
        aa += a * a;
        bb += b * b;
        before[i] = w[i * stride];
    }
    return aa > 0.0 && bb > 0.0 ? fmax(0.0, 1.0 - ab / sqrt(aa * bb)) : 0.0;
}

void hk_continual_score_neurons(hk_continual_score *score, const hk_continual_network *network,
                                const hk_continual_names *names)
{
    const uint64_t row = score->n_rows, *wins = hk_continual_wins(network);
    double n_kept = 0.0, n_before = 0.0, sum = 0.0;
    uint64_t n_weights;
    const float *w = hk_projection_weights(network->projection, &n_weights);
    const uint64_t stride = n_weights / score->n_pixels;
    memset(score->owners + row * K, 0, K * sizeof *score->owners);
    for (uint32_t j = 0; j < score->neurons; j++) {
        int name = hk_continual_name(names, j);
        if (name >= 0)
            score->owners[row * K + (uint64_t)name] += 1.0;
        double turned = turn(score->before + (size_t)j * score->n_pixels, w + j, stride, score->n_pixels);
        bool was_used = score->used_before[j] != 0, stayed = score->recruits[j] == score->recruits_before[j];
        n_before += was_used;
        n_kept += was_used && stayed;
        sum += was_used && stayed ? turned : 0.0;
        score->recruits_before[j] = score->recruits[j];
        score->used_before[j] = wins[j] > 0;
    }
    score->drift[row] = n_kept > 0.0 ? sum / n_kept : 0.0;
    score->replaced[row] = n_before > 0.0 ? (n_before - n_kept) / n_before : 0.0;
}

double hk_continual_mean(const hk_continual_score *score, uint64_t row)
{
    double sum = 0.0;
    for (uint64_t c = 0; c < K; c++)
        sum += score->matrix[row * K + c];
    return sum / score->known[row];
}

double hk_continual_forgetting(const hk_continual_score *score)
{
    double sum = 0.0;
    for (uint64_t c = 0; c < K && score->n_rows > 0; c++) {
        double best = 0.0, last = score->matrix[(score->n_rows - 1) * K + c];
        for (uint64_t row = 0; row < score->n_rows; row++)
            best = fmax(best, score->matrix[row * K + c]);
        sum += best - last;
    }
    return sum / K;
}

int hk_continual_score_archive(hk_continual_score *s, hk_archive *archive)
{
    const struct {
        const char *name;
        hk_type type;
        void *values;
        size_t n;
    } arrays[] = {
        { "n_rows", HK_U64, &s->n_rows, 1 },
        { "images", HK_U64, s->images, s->most_rows },
        { "known", HK_F64, s->known, s->most_rows },
        { "matrix", HK_F64, s->matrix, s->most_rows * K },
        { "online", HK_F64, s->online, s->most_rows },
        { "fresh", HK_F64, s->fresh, s->most_rows },
        { "owners", HK_F64, s->owners, s->most_rows * K },
        { "drift", HK_F64, s->drift, s->most_rows },
        { "replaced", HK_F64, s->replaced, s->most_rows },
        { "before", HK_F32, s->before, (size_t)s->neurons * s->n_pixels },
        { "recruits", HK_U64, s->recruits, s->neurons },
        { "recruits_before", HK_U64, s->recruits_before, s->neurons },
        { "used_before", HK_U64, s->used_before, s->neurons },
    };
    int rc = hk_archive_enter(archive, "score");
    for (size_t k = 0; rc == HK_OK && k < sizeof arrays / sizeof arrays[0]; k++)
        rc = hk_archive_array(archive, arrays[k].name, arrays[k].type, arrays[k].values, arrays[k].n);
    if (rc == HK_OK && s->n_rows > s->most_rows)
        rc = hk_fail(hk_archive_ctx(archive), HK_EFORMAT, "checkpoint: %llu blocks measured, must be at most %llu",
                     (unsigned long long)s->n_rows, (unsigned long long)s->most_rows);
    if (rc == HK_OK)
        hk_archive_leave(archive);
    return rc;
}
