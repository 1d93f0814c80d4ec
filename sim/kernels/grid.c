/* sim/kernels/grid.c - see grid.h. HK_KERNEL_ISA is plain, avx2 or avx512. */
#include "sim/kernels/grid.h"

#include "sim/kernels/counts.h"
#include "sim/slab_tables.h"

#include <string.h>

static void counts(const hk_counts_table *table, const hk_counts_at *at, uint32_t first, uint32_t n, uint8_t *out)
{
    uint32_t begin = 0;
    for (; begin + HK_COUNTS_TOGETHER <= n; begin += HK_COUNTS_TOGETHER)
        hk_counts_of(table, at, first + begin, out + begin);
    if (begin < n) {
        uint8_t all[HK_COUNTS_TOGETHER];
        hk_counts_of(table, at, first + begin, all);
        memcpy(out + begin, all, n - begin);
    }
}

/* `a` is known where this is put in, but for where its sums stand. */
static inline __attribute__((always_inline)) void collect_all(hk_arrived a, double *restrict in, uint32_t n)
{
    uint32_t k = 0;
    for (; k + HK_WIDTH <= n; k += HK_WIDTH) {
        hk_reals sum = hk_arrived_take_lanes(&a, k);
        memcpy(in + k, &sum, sizeof sum);
    }
    for (; k < n; k++)
        in[k] = hk_arrived_take(&a, k);
}

static void collect(const hk_arrived *arrived, double *in, uint32_t n)
{
    hk_arrived a = *arrived, uncarried = a;
    uncarried.carry = NULL;
    if (a.low != NULL && a.carry == NULL && a.counts != NULL)
        collect_all(uncarried, in, n);
    else
        collect_all(a, in, n);
}

enum { LINE = 64, AHEAD = 4 };

/* Addresses of a slab that are still to be fetched. */
typedef struct hk_to_fetch {
    uintptr_t next, end;
} hk_to_fetch;

static inline hk_to_fetch to_fetch(const hk_due *slab)
{
    uintptr_t begin = (uintptr_t)slab->synapse;
    return (hk_to_fetch){ begin, begin + slab->n * hk_synapse_bytes(slab->units) };
}

/* The end often lies in one line more. */
static inline void fetch(hk_to_fetch slab)
{
    for (; slab.next < slab.end; slab.next += LINE)
        __builtin_prefetch((const void *)slab.next);
    __builtin_prefetch((const void *)(slab.end - 1));
}

/* A sum has wrapped around: its sign is the opposite of that of the weight. */
static __attribute__((noinline, cold)) void note_carry(hk_sums *sums, size_t at, int16_t sum)
{
    sums->carry[at] = (uint16_t)(sums->carry[at] + (sum < 0 ? 1 : -1));
    sums->has_carried = true;
}

#if defined(__AVX2__) && !defined(__clang__) /* which does not unroll loops around this */

/* Three instructions; compilers work out the address by itself, once for both uses, and take five. */
static inline __attribute__((always_inline)) void add(size_t at, uint32_t weight, hk_sums *sums, int16_t *restrict low)
{
    __asm__ goto("addw (%[low],%[at],2), %w[sum]\n\t"
                 "jo %l[wrapped]\n\t"
                 "movw %w[sum], (%[low],%[at],2)"
                 : [sum] "+r"(weight)
                 : [low] "r"(low), [at] "r"(at)
                 : "cc", "memory"
                 : wrapped);
    return;
wrapped:
    low[at] = (int16_t)weight;
    note_carry(sums, at, (int16_t)weight);
}

#else

static inline __attribute__((always_inline)) void add(size_t at, uint32_t weight, hk_sums *sums, int16_t *restrict low)
{
    int16_t sum = (int16_t)weight;
    bool wraps = __builtin_add_overflow(low[at], sum, &sum);
    low[at] = sum;
    if (__builtin_expect(wraps, 0))
        note_carry(sums, at, sum);
}

#endif

/* One by one: the second cache, where the sums lie, is what has to be waited for, however they are added. A line of a slab
 * that comes later is fetched with every line that is added: many at once would keep the sums waiting. Put into the loop over slabs
 * these functions would be slower by up to a tenth (gcc 12). */
static __attribute__((noinline)) void add_slab(const hk_due *slab, hk_to_fetch later, hk_sums *sums)
{
    enum { IN_LINE = LINE / sizeof(uint32_t) };
    const uint32_t *restrict synapse = (const void *)slab->synapse;
    const size_t n = slab->n;
    int16_t *restrict low = sums->low;
    size_t k = 0;
    for (; k + IN_LINE <= n; k += IN_LINE, later.next += LINE) {
        if (later.next < later.end)
            __builtin_prefetch((const void *)later.next);
#pragma GCC unroll 16
        for (size_t l = 0; l < IN_LINE; l++)
            add((uint16_t)synapse[k + l], synapse[k + l] >> 16, sums, low);
    }
    fetch(later);
    for (; k < n; k++)
        add((uint16_t)synapse[k], synapse[k] >> 16, sums, low);
}

/* As add_slab(), where all synapses have one weight. */
static __attribute__((noinline)) void add_alike(const hk_due *slab, hk_to_fetch later, hk_sums *sums)
{
    enum { IN_LINE = LINE / sizeof(uint16_t) };
    const uint16_t *restrict synapse = (const void *)slab->synapse;
    const uint32_t weight = (uint32_t)slab->units;
    const size_t n = slab->n;
    int16_t *restrict low = sums->low;
    size_t k = 0;
    for (; k + IN_LINE <= n; k += IN_LINE, later.next += LINE) {
        if (later.next < later.end)
            __builtin_prefetch((const void *)later.next);
#pragma GCC unroll 32
        for (size_t l = 0; l < IN_LINE; l++)
            add(synapse[k + l], weight, sums, low);
    }
    fetch(later);
    for (; k < n; k++)
        add(synapse[k], weight, sums, low);
}

static void deliver(const hk_due *restrict due, size_t n, hk_sums *sums)
{
    for (size_t k = 0; k < n && k < AHEAD; k++)
        fetch(to_fetch(&due[k]));
    for (size_t k = 0; k < n; k++) {
        hk_to_fetch later = k + AHEAD < n ? to_fetch(&due[k + AHEAD]) : (hk_to_fetch){ 0 };
        if (due[k].units != 0)
            add_alike(&due[k], later, sums);
        else
            add_slab(&due[k], later, sums);
    }
}

#define HK_TABLE_NAME(isa) hk_grid_kernels_##isa
#define HK_TABLE(isa) HK_TABLE_NAME(isa)
const hk_grid_kernels HK_TABLE(HK_KERNEL_ISA) = { .counts = counts, .collect = collect, .deliver = deliver };
