/* neurons/lif_exp_step.h - the step of lif_exp_step_kernels.c for one precision, which includes this once for each.
 *
 * REAL and LANES are the numbers and a vector of them, BITS an integer of the same size, TAKE and TAKE_LANES take what has arrived,
 * NAME makes names. */

#include "neurons/step_lanes.h"

typedef struct NAME(parts) {
    REAL *d, *i[HK_MOST_PORTS];
    REAL fall, to_d[HK_MOST_PORTS], fall_i[HK_MOST_PORTS], gap;
} NAME(parts);

/* Neuron k, or as many from it on as there are lanes: `d`, `i0` and `i1` step on. */
#define ADVANCE(p, n_ports, d, i0, i1, in0, in1)   \
    do {                                           \
        (d) = (d) * (p).fall + (i0) * (p).to_d[0]; \
        (i0) = (i0) * (p).fall_i[0] + (in0);       \
        if ((n_ports) == 2) {                      \
            (d) = (d) + (i1) * (p).to_d[1];        \
            (i1) = (i1) * (p).fall_i[1] + (in1);   \
        }                                          \
    } while (0)

static inline __attribute__((always_inline)) void NAME(step_summed)(const hk_lif_exp_stepping *q,
                                                                    const NAME(parts) * of, uint32_t n_ports,
                                                                    const double *restrict limits, hk_hits *hits)
{
    const NAME(parts) p = *of;
    REAL *restrict d = p.d, *restrict i0 = p.i[0], *restrict i1 = p.i[1];
    const double *restrict in0 = q->in[0], *restrict in1 = q->in[1];
    for (uint32_t begin = 0; begin < q->n; begin += BLOCK) {
        uint32_t end = q->n - begin < BLOCK ? q->n : begin + BLOCK;
        BITS any = 0;
        for (uint32_t k = begin; k < end; k++) {
            REAL now = d[k], a = i0[k], b = n_ports == 2 ? i1[k] : 0;
            ADVANCE(p, n_ports, now, a, b, (REAL)in0[k], (REAL)in1[k]);
            d[k] = now;
            i0[k] = a;
            if (n_ports == 2)
                i1[k] = b;
            any |= now >= (limits != NULL ? (REAL)limits[k] : p.gap) ? 1 : 0;
        }
        if (any != 0)
            NAME(report)(d, p.gap, limits, q->first, begin, end, hits);
    }
}

static inline __attribute__((always_inline)) void NAME(step_arrived)(const hk_lif_exp_stepping *q,
                                                                     const NAME(parts) * of, uint32_t n_ports,
                                                                     const hk_arrived *arrived, hk_hits *hits)
{
    const NAME(parts) p = *of;
    for (uint32_t begin = 0; begin < q->n; begin += BLOCK) {
        uint32_t end = q->n - begin < BLOCK ? q->n : begin + BLOCK, k = begin;
        NAME(bits) below = (NAME(bits)){ 0 } - 1; /* the sign: no neuron of the lane has reached the threshold */
        for (; k + NAME(WIDTH) <= end; k += NAME(WIDTH)) {
            LANES d = NAME(load)(p.d + k), i0 = NAME(load)(p.i[0] + k), i1 = n_ports == 2 ? NAME(load)(p.i[1] + k) : d;
            ADVANCE(p, n_ports, d, i0, i1, TAKE_LANES(&arrived[0], k), TAKE_LANES(&arrived[1], k));
            NAME(store)(p.d + k, d);
            NAME(store)(p.i[0] + k, i0);
            if (n_ports == 2)
                NAME(store)(p.i[1] + k, i1);
            below &= (NAME(bits))(d - p.gap);
        }
        bool is_any = NAME(any_reaches)(below);
        for (; k < end; k++) {
            REAL b = n_ports == 2 ? p.i[1][k] : 0;
            ADVANCE(p, n_ports, p.d[k], p.i[0][k], b, TAKE(&arrived[0], k), TAKE(&arrived[1], k));
            if (n_ports == 2)
                p.i[1][k] = b;
            is_any |= p.d[k] >= p.gap;
        }
        if (is_any)
            NAME(report)(p.d, p.gap, NULL, q->first, begin, end, hits);
    }
}

static void NAME(step)(const hk_lif_exp_stepping *q, hk_hits *hits)
{
    const NAME(parts) p = { .d = q->d,
                            .i = { q->i[0], q->i[1] },
                            .fall = (REAL)q->fall,
                            .to_d = { (REAL)q->to_d[0], (REAL)q->to_d[1] },
                            .fall_i = { (REAL)q->fall_i[0], (REAL)q->fall_i[1] },
                            .gap = (REAL)q->gap };
    if (q->arrived != NULL && q->n_ports == 1) {
        hk_arrived uncarried = q->arrived[0]; /* nearly always, of large networks */
        bool is_common = uncarried.low != NULL && uncarried.carry == NULL && uncarried.counts != NULL;
        uncarried.carry = NULL;
        if (is_common)
            NAME(step_arrived)(q, &p, 1, &uncarried, hits);
        else
            NAME(step_arrived)(q, &p, 1, q->arrived, hits);
    } else if (q->arrived != NULL)
        NAME(step_arrived)(q, &p, 2, q->arrived, hits);
    else if (q->n_ports == 1 && q->limits == NULL)
        NAME(step_summed)(q, &p, 1, NULL, hits);
    else if (q->n_ports == 1)
        NAME(step_summed)(q, &p, 1, q->limits, hits);
    else if (q->limits == NULL)
        NAME(step_summed)(q, &p, 2, NULL, hits);
    else
        NAME(step_summed)(q, &p, 2, q->limits, hits);
}

#undef ADVANCE
#undef REAL
#undef LANES
#undef BITS
#undef TAKE
#undef TAKE_LANES
#undef NAME
