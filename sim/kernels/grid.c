/* sim/kernels/grid.c - see grid.h. HK_KERNEL_ISA is plain, avx2 or avx512. */
#include "sim/kernels/grid.h"

#include "sim/kernels/counts.h"

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

enum { IN_LINE = 16, AHEAD = 4 };

static inline void fetch(const hk_due *slab, size_t from)
{
    for (size_t k = from; k < slab->n; k += IN_LINE)
        __builtin_prefetch(slab->synapse + k);
}

/* A sum has wrapped around: its sign is the opposite of that of the weight. */
static __attribute__((noinline, cold)) void note_carry(hk_sums *sums, size_t at, int16_t sum)
{
    sums->carry[at] = (uint16_t)(sums->carry[at] + (sum < 0 ? 1 : -1));
    sums->has_carried = true;
}

#if defined(__AVX2__) && !defined(__clang__) /* which does not unroll loops around this */

/* Six instructions; compilers work out the address by itself, once for both uses, and take eight. */
static inline __attribute__((always_inline)) void add(uint32_t synapse, hk_sums *sums, int16_t *restrict low)
{
    size_t at = (uint16_t)synapse;
    uint32_t sum = synapse >> 16;
    __asm__ goto("addw (%[low],%[at],2), %w[sum]\n\t"
                 "jo %l[wrapped]\n\t"
                 "movw %w[sum], (%[low],%[at],2)"
                 : [sum] "+r"(sum)
                 : [low] "r"(low), [at] "r"(at)
                 : "cc", "memory"
                 : wrapped);
    return;
wrapped:
    low[at] = (int16_t)sum;
    note_carry(sums, at, (int16_t)sum);
}

#else

static inline __attribute__((always_inline)) void add(uint32_t synapse, hk_sums *sums, int16_t *restrict low)
{
    size_t at = (uint16_t)synapse;
    int16_t sum = (int16_t)(synapse >> 16);
    bool wraps = __builtin_add_overflow(low[at], sum, &sum);
    low[at] = sum;
    if (__builtin_expect(wraps, 0))
        note_carry(sums, at, sum);
}

#endif

/* One by one: the second cache, where the sums lie, is what has to be waited for, however they are added. A line of a slab
 * that comes later is fetched with every line that is added: many at once would keep the sums waiting. */
static inline void add_slab(const hk_due *slab, const hk_due *later, hk_sums *sums)
{
    const uint32_t *restrict synapse = slab->synapse;
    int16_t *restrict low = sums->low;
    size_t k = 0;
    for (; k + IN_LINE <= slab->n; k += IN_LINE) {
        if (k < later->n)
            __builtin_prefetch(later->synapse + k);
#pragma GCC unroll 16
        for (size_t l = 0; l < IN_LINE; l++)
            add(synapse[k + l], sums, low);
    }
    fetch(later, k);
    for (; k < slab->n; k++)
        add(synapse[k], sums, low);
}

static void deliver(const hk_due *restrict due, size_t n, hk_sums *sums)
{
    static const hk_due none;
    for (size_t k = 0; k < n && k < AHEAD; k++)
        fetch(&due[k], 0);
    for (size_t k = 0; k < n; k++)
        add_slab(&due[k], k + AHEAD < n ? &due[k + AHEAD] : &none, sums);
}

#define HK_TABLE_NAME(isa) hk_grid_kernels_##isa
#define HK_TABLE(isa) HK_TABLE_NAME(isa)
const hk_grid_kernels HK_TABLE(HK_KERNEL_ISA) = { .counts = counts, .collect = collect, .deliver = deliver };
