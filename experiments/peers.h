/* experiments/peers.h - where one more run is expected, given a few runs of other simulators of the same network.
 *
 * The interval is mean +- t sd sqrt(1 + 1/n), with Student's t for 99 %: of a hundred runs of the same kind, one lies
 * outside by chance. It assumes that runs scatter normally, and takes the scatter from the peers themselves. */
#ifndef HK_PEERS_H
#define HK_PEERS_H

#include "experiments/experiment.h"

typedef struct hk_interval {
    double low, high;
} hk_interval;

static inline bool hk_interval_has(hk_interval interval, double value)
{
    return value >= interval.low && value <= interval.high;
}

/** The interval of values[n], 2 <= n <= 11. */
hk_interval hk_peers_expect(const double *values, size_t n);

/** One run of another simulator. */
typedef struct hk_peer {
    const char *name;
    double rate_hz, cv_isi;
} hk_peer;

/** Reports peers[n] beside the figures of this run, whether these agree, and sets the summary's flag `agrees_with_peers`. */
void hk_peers_judge(hk_run *run, const hk_peer *peers, size_t n, double rate_hz, double cv_isi);

#define HK_PEERS_KEY                                                                                              \
    {                                                                                                             \
        "agrees_with_peers", "", "rate and CV lie where runs of other simulators of this network let expect them" \
    }

#endif
