/* neurons/step_lanes.h - what lif_exp_step.h and lif_cond_exp_step.h share, for one precision: REAL and LANES are the numbers and a vector
 * of them, BITS an integer of the same size, NAME makes names. */

enum { NAME(WIDTH) = sizeof(LANES) / sizeof(REAL) };

typedef BITS NAME(bits) __attribute__((vector_size(sizeof(LANES))));

static inline LANES NAME(load)(const REAL *at)
{
    LANES x;
    memcpy(&x, at, sizeof x);
    return x;
}

static inline void NAME(store)(REAL *at, LANES x)
{
    memcpy(at, &x, sizeof x);
}

/* Is a sign missing among `signs`? With the signs of x - limit: whether any x has reached the limit. */
static inline bool NAME(any_reaches)(NAME(bits) signs)
{
    uint64_t words[sizeof(LANES) / 8], all = UINT64_MAX;
    const uint64_t both = UINT64_C(0x8000000080000000), sign = sizeof(REAL) == 4 ? both : UINT64_C(1) << 63;
    memcpy(words, &signs, sizeof words);
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        all &= words[k];
    return (all & sign) != sign;
}

/* Reports those of neurons begin ... end - 1 that have reached their limit, the same for all where limits is NULL. */
static inline void NAME(report)(const REAL *x, REAL limit, const double *limits, uint32_t first, uint32_t begin,
                                uint32_t end, hk_hits *hits)
{
    for (uint32_t k = begin, next; k < end; k = next) {
        bool is_whole = k + NAME(WIDTH) <= end;
        next = is_whole ? k + NAME(WIDTH) : end;
        if (limits == NULL && is_whole && !NAME(any_reaches)((NAME(bits))(NAME(load)(x + k) - limit)))
            continue;
        for (uint32_t l = k; l < next; l++)
            if (x[l] >= (limits != NULL ? (REAL)limits[l] : limit))
                hk_hits_add(hits, first + l);
    }
}
