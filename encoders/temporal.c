/* encoders/temporal.c - fully temporal code: every input has a pattern of exactly timed spikes, which its value turns.
 *
 * Input i of value x above the threshold spikes n_spikes times, at the places of its pattern, turned back by the value:
 *
 *   t_k = phi_k window,   phi_k = u_ik - shift x, plus 1 where that is not above 0,   in order of time
 *
 * The places u_ik, in (0, 1), are drawn from the seed once and for all, so that an image has the same spikes whenever it is
 * shown, and neither counts nor mean times tell anything: only who spikes when.
 *
 * Decoded with the same seed: of the turns that bring spikes and places together the one that leaves them nearest to each other,
 * and is nearest to those that values make; the mean over the spikes counts. Exact; n spikes that are late or early by chance
 * err by 1 / sqrt(n) of what one does, and a few lost or added ones do little harm. Silent inputs are taken for the middle of
 * the values that are. Turns are told apart as far below 0 as above `shift`.
 *
 * Source: Mohemmed, Schliebs, Matsuda & Kasabov (2012), Int. J. Neural Syst. 22:1250012, for patterns of precise spikes. */
#include "encoders/catalogue.h"
#include "encoders/train.h"
#include "sim/rng.h"

#include <math.h>

enum { N_SPIKES, SHIFT, THRESHOLD, N_PARAMS };
enum { MOST_SPIKES = 32 };

static const hk_column params_table[N_PARAMS] = {
    [N_SPIKES] = { .name = "n_spikes",
                   .unit = HK_UNIT_OPTION,
                   .initial = 4.0,
                   .min = 1.0,
                   .max = MOST_SPIKES,
                   .meaning = "spikes of an input" },
    [SHIFT] = { .name = "shift",
                .unit = "",
                .initial = 0.4,
                .min = 1e-3,
                .max = 0.99,
                .meaning = "how far value 1 turns the pattern, in windows; below one half two spikes tell it" },
    [THRESHOLD] = { .name = "threshold",
                    .unit = "",
                    .initial = 0.0,
                    .min = 0.0,
                    .max = 1.0,
                    .meaning = "only values above it spike" },
};

/* Draws the places of an input's pattern. */
static void draw_pattern(const hk_encoding *encoding, uint32_t input, double *places)
{
    const uint32_t n_spikes = (uint32_t)encoding->params[N_SPIKES];
    hk_stream stream = hk_stream_open(encoding->seed, HK_PURPOSE_PATTERN, 0, input);
    for (uint32_t k = 0; k < n_spikes; k++)
        places[k] = hk_stream_uniform(&stream);
}

static void sort(double *values, uint32_t n)
{
    for (uint32_t k = 1; k < n; k++) {
        double value = values[k];
        uint32_t to = k;
        for (; to > 0 && values[to - 1] > value; to--)
            values[to] = values[to - 1];
        values[to] = value;
    }
}

static int encode(const hk_encoding *encoding, hk_spikes_in *out)
{
    const uint32_t n_spikes = (uint32_t)encoding->params[N_SPIKES];
    double places[MOST_SPIKES];
    for (uint32_t input = 0; input < encoding->n; input++) {
        double x = (double)encoding->values[input];
        if (!(x > encoding->params[THRESHOLD]))
            continue;
        draw_pattern(encoding, input, places);
        for (uint32_t k = 0; k < n_spikes; k++) {
            places[k] -= encoding->params[SHIFT] * x;
            places[k] += places[k] > 0.0 ? 0.0 : 1.0;
        }
        sort(places, n_spikes);
        int rc = hk_spikes_in_reserve(out, n_spikes);
        if (rc != HK_OK)
            return rc;
        for (uint32_t k = 0; k < n_spikes; k++)
            out->spikes[out->n++] = (hk_spike_in){ .after_ms = places[k] * encoding->window_ms, .source = input };
    }
    return HK_OK;
}

/* In [lowest, lowest + 1), whole turns away from `turn`. */
static double turn_above(double turn, double lowest)
{
    return turn - floor(turn - lowest);
}

/* What is left of the way from a spike, turned on, to the nearest place: in [-0.5, 0.5). */
static double way_to_nearest(double at, const double *places, uint32_t n)
{
    double nearest = 1.0;
    for (uint32_t k = 0; k < n; k++) {
        double way = turn_above(places[k] - at, -0.5);
        if (fabs(way) < fabs(nearest))
            nearest = way;
    }
    return nearest;
}

/* The mean way that is left when all spikes are turned on by `turn`, and the mean length of the ways into *length; gives up,
 * with a length of at least `most`, once it is no less than that. */
static double mean_way(const hk_train *train, double window_ms, double turn, const double *places, uint32_t n,
                       double most, double *length)
{
    double sum = 0.0, lengths = 0.0;
    for (size_t k = 0; k < train->n && lengths < most * (double)train->n; k++) {
        double way = way_to_nearest(train->spikes[k].after_ms / window_ms + turn, places, n);
        sum += way;
        lengths += fabs(way);
    }
    *length = lengths / (double)train->n;
    return sum / (double)train->n;
}

/* How far a turn is from those that values make: what all spikes must have moved by. */
static double outside(double turn, double shift)
{
    return turn < 0.0 ? -turn : turn > shift ? turn - shift : 0.0;
}

/* A whole train: the spikes go round in the order of the (sorted) places, and only where the first belongs is open. */
static double turn_of_whole(hk_train train, double window_ms, double shift, const double *places)
{
    const double n = (double)train.n, lowest = -0.5 * (1.0 - shift);
    double best = 0.0, least = INFINITY;
    for (size_t first = 0; first < train.n; first++) {
        double sum = 0.0, length = 0.0, turns[MOST_SPIKES];
        for (size_t k = 0; k < train.n; k++) {
            double turn = places[(first + k) % train.n] - train.spikes[k].after_ms / window_ms;
            turns[k] = turn_above(turn, k == 0 ? lowest : turns[0] - 0.5);
            sum += turns[k];
        }
        for (size_t k = 0; k < train.n; k++)
            length += fabs(turns[k] - sum / n);
        if (outside(sum / n, shift) + length / n < least) {
            least = outside(sum / n, shift) + length / n;
            best = sum / n;
        }
    }
    return best;
}

/* Spikes lost or added: one of the first is likely to be the pattern's own, and brought to its place leads the others near theirs. */
static double turn_of_part(hk_train train, double window_ms, double shift, const double *places, uint32_t n_places)
{
    enum { TRIED = 3 };
    const double lowest = -0.5 * (1.0 - shift);
    double best = 0.0, least = INFINITY;
    for (size_t spike = 0; spike < train.n && spike < TRIED; spike++)
        for (uint32_t place = 0; place < n_places; place++) {
            double turn = turn_above(places[place] - train.spikes[spike].after_ms / window_ms, lowest), length;
            double moved = outside(turn, shift);
            double way = mean_way(&train, window_ms, turn, places, n_places, least - moved, &length);
            if (moved + length < least) {
                least = moved + length;
                best = turn + way;
            }
        }
    return best;
}

static int decode(const hk_encoding *encoding, const hk_spikes_in *spikes, float *values)
{
    const uint32_t n_places = (uint32_t)encoding->params[N_SPIKES];
    const double shift = encoding->params[SHIFT], window_ms = encoding->window_ms;
    double places[MOST_SPIKES];
    size_t at = 0;
    for (uint32_t input = 0; input < encoding->n; input++) {
        hk_train train = hk_train_next(spikes, &at, input);
        values[input] = (float)(0.5 * encoding->params[THRESHOLD]);
        if (train.n == 0)
            continue;
        draw_pattern(encoding, input, places);
        sort(places, n_places);
        values[input] = hk_value_near((train.n == n_places ? turn_of_whole(train, window_ms, shift, places)
                                                           : turn_of_part(train, window_ms, shift, places, n_places)) /
                                      shift);
    }
    return HK_OK;
}

const hk_encoder hk_temporal = {
    .name = "temporal",
    .summary = "a pattern of exactly timed spikes for every input, which its value turns",
    .source = "Mohemmed, Schliebs, Matsuda & Kasabov (2012), Int. J. Neural Syst. 22:1250012",
    .params = params_table,
    .n_params = N_PARAMS,
    .encode = encode,
    .decode = decode,
};
