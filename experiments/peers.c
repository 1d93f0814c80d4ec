/* experiments/peers.c - see peers.h. */
#include "experiments/peers.h"

#include <assert.h>
#include <math.h>

enum { MOST_PEERS = 11 };

/* Student's t, two-sided 99 %, by degrees of freedom from 1. */
static const double student_t[MOST_PEERS - 1] = {
    63.657, 9.925, 5.841, 4.604, 4.032, 3.707, 3.499, 3.355, 3.250, 3.169
};

hk_interval hk_peers_expect(const double *values, size_t n)
{
    assert(n >= 2 && n <= MOST_PEERS);
    double sum = 0.0, squares = 0.0, count = (double)n;
    for (size_t k = 0; k < n; k++)
        sum += values[k];
    double mean = sum / count;
    for (size_t k = 0; k < n; k++)
        squares += (values[k] - mean) * (values[k] - mean);
    double reach = student_t[n - 2] * sqrt(squares / (count - 1.0) * (1.0 + 1.0 / count));
    return (hk_interval){ .low = mean - reach, .high = mean + reach };
}

void hk_peers_judge(hk_run *run, const hk_peer *peers, size_t n, double rate_hz, double cv_isi)
{
    double rates_hz[MOST_PEERS], cvs[MOST_PEERS];
    hk_run_report(run, "%-44s %8s %8s", "", "rate/Hz", "CV ISI");
    for (size_t k = 0; k < n; k++) {
        rates_hz[k] = peers[k].rate_hz;
        cvs[k] = peers[k].cv_isi;
        hk_run_report(run, "%-44s %8.3f %8.3f", peers[k].name, peers[k].rate_hz, peers[k].cv_isi);
    }
    hk_interval rate = hk_peers_expect(rates_hz, n), cv = hk_peers_expect(cvs, n);
    bool agrees = hk_interval_has(rate, rate_hz) && hk_interval_has(cv, cv_isi);
    hk_summary_flag(hk_run_summary(run), "agrees_with_peers", agrees);
    hk_run_report(run, "%-44s %8.3f %8.3f", "this run", rate_hz, cv_isi);
    hk_run_report(run, "expected of a run like theirs (99 %%): rate %.2f to %.2f Hz, CV %.3f to %.3f: this run %s",
                  rate.low, rate.high, cv.low, cv.high, agrees ? "agrees" : "does NOT agree");
}
