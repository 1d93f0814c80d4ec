/* experiments/continual_stream.c - in which order continual shows its images.
 *
 * Each pass has the order of a key of its own for each image, u uniform in (0, 1), g standard normal, c the class:
 *
 *   classes  c + u     a block ends with a class
 *   drift    c + g     around any moment four classes or so come up, and which ones changes all the time; ten equal blocks
 *   mixed    u         ten equal blocks */
#include "experiments/continual.h"

#include "sim/rng.h"

#include <stdlib.h>

typedef struct keyed {
    double key;
    uint32_t index;
} keyed;

static int compare(const void *a, const void *b)
{
    const keyed *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

int hk_continual_stream_create(hk_ctx *ctx, const hk_images *images, hk_continual_order order, uint64_t seed,
                               hk_continual_stream *out)
{
    *out = (hk_continual_stream){ .images = images, .order = order, .seed = seed };
    size_t n_of_class[HK_CONTINUAL_CLASSES] = { 0 };
    for (size_t i = 0; i < images->n; i++)
        n_of_class[images->labels[i]]++;
    for (int c = 0; c < HK_CONTINUAL_CLASSES; c++)
        if (n_of_class[c] == 0)
            return hk_fail(ctx, HK_ERANGE,
                           "continual: none of the %zu images of the stream shows a %d, must be some of "
                           "each class: give more",
                           images->n, c);
    out->index = malloc(images->n * sizeof *out->index);
    return out->index == NULL ? hk_fail(ctx, HK_ENOMEM, "continual: out of memory for the order") : HK_OK;
}

void hk_continual_stream_fini(hk_continual_stream *stream)
{
    free(stream->index);
    *stream = (hk_continual_stream){ 0 };
}

static void find_blocks(hk_continual_stream *s)
{
    const size_t n = s->images->n;
    for (size_t b = 0; b < HK_CONTINUAL_BLOCKS; b++)
        s->end[b] = n * (b + 1) / HK_CONTINUAL_BLOCKS;
    for (size_t i = 0, b = 0; s->order == HK_CONTINUAL_BY_CLASS && i < n; i++) {
        b = s->images->labels[s->index[i]];
        s->end[b] = i + 1;
    }
}

int hk_continual_stream_begin(hk_ctx *ctx, hk_continual_stream *stream, uint64_t pass)
{
    const hk_images *images = stream->images;
    keyed *keys = malloc(images->n * sizeof *keys);
    if (keys == NULL)
        return hk_fail(ctx, HK_ENOMEM, "continual: out of memory for the order");
    for (size_t i = 0; i < images->n; i++) {
        hk_stream draw = hk_stream_open(stream->seed, HK_PURPOSE_SHUFFLE, i, (uint32_t)pass);
        double class = images->labels[i];
        keys[i].index = (uint32_t)i;
        keys[i].key = stream->order == HK_CONTINUAL_DRIFT ? class + hk_stream_normal(&draw) : hk_stream_uniform(&draw);
        if (stream->order == HK_CONTINUAL_BY_CLASS)
            keys[i].key += class;
    }
    qsort(keys, images->n, sizeof *keys, compare);
    for (size_t i = 0; i < images->n; i++)
        stream->index[i] = keys[i].index;
    free(keys);
    stream->pass = pass;
    find_blocks(stream);
    return HK_OK;
}
