/* neurons/lif_cond_exp_step.h - the step of lif_cond_exp_grid_kernels.c for one precision, which includes this once for each. REAL and
 * LANES are the numbers and a vector of them, BITS an integer of the same size, TAKE and TAKE_LANES take what has arrived, NAME
 * makes names. */

#include "neurons/step_lanes.h"

typedef struct NAME(parts) {
    REAL leak, drive, e_ex, e_in, per_c, mean_ex, mean_in, fall_ex, fall_in, h, v_th;
} NAME(parts);

/* A neuron, or as many as there are lanes, of potential v and conductances x and y: they step on. TYPE is REAL or LANES. */
#define ADVANCE(TYPE, c, v, x, y, in_ex, in_in)                                \
    do {                                                                       \
        TYPE mean_x = (x) * (c).mean_ex, mean_y = (y) * (c).mean_in;           \
        TYPE a = (c).h * ((c).leak + (mean_x + mean_y));                       \
        TYPE pull = (c).drive + (mean_x * (c).e_ex + mean_y * (c).e_in);       \
        TYPE square = 12 + a * a, slope = 6 * a;                               \
        (v) = (12 * (c).h * pull + (v) * (square - slope)) / (square + slope); \
        (x) = (x) * (c).fall_ex + (in_ex) * (c).per_c;                         \
        (y) = (y) * (c).fall_in - (in_in) * (c).per_c;                         \
    } while (0)

/* Neurons begin ... begin + n - 1; returns whether any of them is a hit. */
static inline __attribute__((always_inline)) bool NAME(step_block)(const hk_cond_step *q, const NAME(parts) * parts,
                                                                   const double *limits, uint32_t begin, uint32_t n)
{
    REAL *restrict v = (REAL *)q->v + begin, *restrict x = (REAL *)q->x + begin, *restrict y = (REAL *)q->y + begin;
    const double *restrict in_ex = q->in_ex + begin, *restrict in_in = q->in_in + begin;
    const double *restrict limit = limits != NULL ? limits + begin : NULL;
    const NAME(parts) c = *parts;
    BITS any = 0;
    for (uint32_t k = 0; k < n; k++) {
        REAL now = v[k], ex = x[k], in = y[k];
        ADVANCE(REAL, c, now, ex, in, (REAL)in_ex[k], (REAL)in_in[k]);
        x[k] = ex;
        y[k] = in;
        v[k] = now;
        any |= now >= (limit != NULL ? (REAL)limit[k] : c.v_th) ? 1 : 0;
    }
    return any != 0;
}

/* The same of what has not been summed up yet; no limits. */
static inline bool NAME(step_arrived)(const hk_cond_step *q, const NAME(parts) * parts, uint32_t begin, uint32_t n)
{
    const NAME(parts) c = *parts;
    REAL *v = q->v, *x = q->x, *y = q->y;
    NAME(bits) below = (NAME(bits)){ 0 } - 1; /* the sign: no neuron of the lane has reached the threshold */
    uint32_t k = begin;
    for (; k + NAME(WIDTH) <= begin + n; k += NAME(WIDTH)) {
        LANES now = NAME(load)(v + k), ex = NAME(load)(x + k), in = NAME(load)(y + k);
        ADVANCE(LANES, c, now, ex, in, TAKE_LANES(&q->arrived[0], k), TAKE_LANES(&q->arrived[1], k));
        NAME(store)(v + k, now);
        NAME(store)(x + k, ex);
        NAME(store)(y + k, in);
        below &= (NAME(bits))(now - c.v_th);
    }
    bool any = NAME(any_reaches)(below);
    for (; k < begin + n; k++) {
        ADVANCE(REAL, c, v[k], x[k], y[k], TAKE(&q->arrived[0], k), TAKE(&q->arrived[1], k));
        any |= v[k] >= c.v_th;
    }
    return any;
}

/* Hits are rare: a block of neurons is advanced without branches, and looked through only when it has one. Whole blocks have a length
 * that the compiler knows. */
static inline __attribute__((always_inline)) void NAME(step_all)(const hk_cond_step *q, const double *limits,
                                                                 hk_hits *hits)
{
    const NAME(parts) c = { .leak = (REAL)q->leak,
                            .drive = (REAL)q->drive,
                            .e_ex = (REAL)q->e_ex,
                            .e_in = (REAL)q->e_in,
                            .per_c = (REAL)q->per_c,
                            .mean_ex = (REAL)q->mean_ex,
                            .mean_in = (REAL)q->mean_in,
                            .fall_ex = (REAL)q->fall_ex,
                            .fall_in = (REAL)q->fall_in,
                            .h = (REAL)q->h,
                            .v_th = (REAL)q->v_th };
    const REAL *v = q->v;
    for (uint32_t begin = 0; begin < q->n; begin += BLOCK) {
        uint32_t n = q->n - begin < BLOCK ? q->n - begin : BLOCK;
        bool any;
        if (limits == NULL && q->arrived != NULL)
            any = NAME(step_arrived)(q, &c, begin, n);
        else
            any = n == BLOCK ? NAME(step_block)(q, &c, limits, begin, BLOCK)
                             : NAME(step_block)(q, &c, limits, begin, n);
        if (any)
            NAME(report)(v, c.v_th, limits, q->first, begin, begin + n, hits);
    }
}

static void NAME(step)(const hk_cond_step *q, hk_hits *hits)
{
    if (q->limits == NULL)
        NAME(step_all)(q, NULL, hits);
    else
        NAME(step_all)(q, q->limits, hits);
}

#undef ADVANCE
#undef LANES
#undef TAKE
#undef TAKE_LANES
#undef REAL
#undef BITS
#undef NAME
