/* tests/test_grid_sums.c - the sums of compact synapses in a step on the grid: against 64-bit integers, on every kind of CPU. */
#include "tests/sim_rig.h"

#include "sim/kernels/grid.h"
#include "sim/rng.h"

#include <string.h>

enum { N_SLABS = 400 };
#define N_SUMS 700u
#define MOST 330u

typedef struct slabs {
    uint32_t synapse[N_SLABS][MOST];
    hk_due due[N_SLABS];
    int64_t expected[N_SUMS];
} slabs;

typedef int16_t (*weight_fn)(hk_stream *stream);

static int16_t of_any_size(hk_stream *stream)
{
    return (int16_t)hk_stream_u32(stream);
}

static int16_t of_the_largest(hk_stream *stream)
{
    (void)stream;
    return INT16_MAX;
}

static int16_t of_the_lowest(hk_stream *stream)
{
    (void)stream;
    return INT16_MIN;
}

static int16_t that_never_carry(hk_stream *stream)
{
    return (int16_t)((int)(hk_stream_u32(stream) % 41) - 20);
}

/* Slabs of all lengths, with repeated targets; accumulator 3 of sums gets a tenth of them. In every third slab all synapses have one
 * weight. */
static void draw_slabs(slabs *s, weight_fn weight, uint64_t seed)
{
    hk_stream stream = hk_stream_open(seed, HK_PURPOSE_WEIGHT, 1, 0);
    memset(s->expected, 0, sizeof s->expected);
    for (uint32_t k = 0; k < N_SLABS; k++) {
        hk_due due = { .synapse = (const unsigned char *)s->synapse[k],
                       .n = k < MOST ? k : hk_stream_u32(&stream) % 20 };
        if (k % 3 == 2)
            due.units = weight(&stream);
        s->due[k] = due;
        for (size_t i = 0; i < due.n; i++) {
            uint32_t to = hk_stream_u32(&stream) % 10 == 0 ? 3 : hk_stream_u32(&stream) % N_SUMS;
            int32_t w = due.units != 0 ? due.units : weight(&stream);
            if (due.units != 0)
                ((uint16_t *)s->synapse[k])[i] = (uint16_t)to;
            else
                s->synapse[k][i] = to | (uint32_t)(uint16_t)w << 16;
            s->expected[to] += w;
        }
    }
}

static void assert_sums(const slabs *s, hk_cpu level, int rounds, bool carries)
{
    int16_t low[N_SUMS] = { 0 };
    uint16_t carry[N_SUMS] = { 0 };
    double in[N_SUMS];
    hk_sums sums = { .low = low, .carry = carry };
    const hk_grid_kernels *kernels = hk_grid_kernels_for(level);
    for (int k = 0; k < rounds; k++)
        kernels->deliver(s->due, N_SLABS, &sums);
    assert_int_equal(sums.has_carried, carries);
    hk_arrived arrived = { .low = low, .carry = sums.has_carried ? carry : NULL, .scale = 0.25 };
    kernels->collect(&arrived, in, N_SUMS);
    for (size_t k = 0; k < N_SUMS; k++) {
        assert_close(in[k], 0.25 * (double)(rounds * s->expected[k]), 0.0);
        assert_int_equal(low[k], 0);
        assert_int_equal(carry[k], 0);
    }
}

static void sums_are_those_of_wide_integers(void **state)
{
    (void)state;
    static const struct {
        weight_fn weight;
        int rounds;
        bool carries;
    } cases[] = {
        { of_any_size, 1, true },     { of_any_size, 50, true },
        { of_the_largest, 10, true }, /* 5,600 synapses x 10 x 32767: 1.8e9 on accumulator 3 */
        { of_the_lowest, 10, true },  { that_never_carry, 1, false },
    };
    slabs *s = malloc(sizeof *s);
    assert_non_null(s);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        draw_slabs(s, cases[c].weight, 17 + c);
        assert_true(llabs(cases[c].rounds * s->expected[3]) <= INT32_MAX);
        for (int level = 0; level <= (int)hk_cpu_best(); level++)
            assert_sums(s, (hk_cpu)level, cases[c].rounds, cases[c].carries);
    }
    free(s);
}

/* The lowest and highest sum that are allowed, reached over sums that 16 bits cannot hold. */
static void sums_reach_both_ends_of_32_bits(void **state)
{
    (void)state;
    for (int level = 0; level <= (int)hk_cpu_best(); level++)
        for (int sign = -1; sign <= 1; sign += 2) {
            uint32_t synapse[2] = { 5 | (uint32_t)(uint16_t)(sign * 32767) << 16, 5 | (uint32_t)(uint16_t)sign << 16 };
            int16_t low[6] = { 0 };
            uint16_t carry[6] = { 0 };
            hk_sums sums = { .low = low, .carry = carry };
            hk_due many = { .synapse = (const unsigned char *)&synapse[0], .n = 1 };
            hk_due few = { .synapse = (const unsigned char *)&synapse[1], .n = 1 };
            for (int64_t k = 0; k < INT32_MAX / 32767; k++)
                hk_grid_kernels_for((hk_cpu)level)->deliver(&many, 1, &sums);
            for (int64_t k = 0; k < INT32_MAX % 32767; k++)
                hk_grid_kernels_for((hk_cpu)level)->deliver(&few, 1, &sums);
            double in[6];
            hk_arrived arrived = { .low = low, .carry = carry, .scale = 1.0 };
            hk_grid_kernels_for((hk_cpu)level)->collect(&arrived, in, 6);
            assert_close(in[5], (double)sign * INT32_MAX, 0.0);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_those_of_wide_integers),
        cmocka_unit_test(sums_reach_both_ends_of_32_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
