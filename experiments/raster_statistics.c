/* experiments/raster_statistics.c - see raster_statistics.h. */
#include "experiments/raster_statistics.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_CORRELATED = 1000, NOT_CHOSEN = UINT32_MAX };

struct hk_raster_statistics {
    hk_raster_statistics_config cfg;
    uint64_t n_spikes;
    int64_t *last_step;  /* [n], INT64_MIN: no spike yet */
    double *last_offset; /* [n] */
    uint64_t *n_isi;     /* [n] */
    double *mean, *m2;   /* [n], of the intervals: Welford (1962), Technometrics 4:419-420 */

    uint32_t *place; /* [n]: index among the chosen, or NOT_CHOSEN */
    uint32_t n_chosen;
    int64_t bin;      /* number of the bin that `count` belongs to */
    uint64_t in_bin;  /* spikes of all neurons in it */
    uint64_t squares; /* of such numbers, over bins before `bin`; empty bins add nothing */
    uint64_t total;   /* their sum */
    uint64_t *count;  /* [n_chosen] */
    uint32_t *active; /* [n_active] the chosen ones with a count above 0 */
    uint64_t n_active;
    uint64_t *sum;     /* [n_chosen], over bins before `bin` */
    uint64_t *product; /* [n_chosen][n_chosen], of counts in one bin; the upper triangle with the diagonal */
};

/* The first n_chosen of a random permutation. */
static int choose(hk_ctx *ctx, hk_raster_statistics *s)
{
    uint32_t n = s->cfg.n, *order = malloc(n * sizeof *order);
    if (order == NULL)
        return hk_fail(ctx, HK_ENOMEM, "raster statistics: out of memory for %u neurons", n);
    hk_stream stream = hk_stream_open(s->cfg.seed, HK_PURPOSE_EXPERIMENT, s->cfg.id, 0);
    for (uint32_t i = 0; i < n; i++) {
        order[i] = i;
        s->place[i] = NOT_CHOSEN;
    }
    for (uint32_t k = 0; k < s->n_chosen; k++) {
        uint32_t other = k + (uint32_t)hk_stream_below(&stream, n - k), chosen = order[other];
        order[other] = order[k];
        s->place[chosen] = k;
    }
    free(order);
    return HK_OK;
}

int hk_raster_statistics_create(hk_ctx *ctx, const hk_raster_statistics_config *cfg, hk_raster_statistics **out)
{
    *out = NULL;
    if (cfg->n == 0 || !(cfg->resolution_ms > 0.0) || cfg->bin < 1 || cfg->n_correlated > MOST_CORRELATED)
        return hk_fail(ctx, HK_ERANGE,
                       "raster statistics: %u neurons, resolution %g ms, bins of %lld steps, %u of them "
                       "correlated; must be positive, and at most %d",
                       cfg->n, cfg->resolution_ms, (long long)cfg->bin, cfg->n_correlated, MOST_CORRELATED);
    hk_raster_statistics *s = calloc(1, sizeof *s);
    if (s == NULL)
        return hk_fail(ctx, HK_ENOMEM, "raster statistics: out of memory");
    size_t n = cfg->n, m = cfg->n_correlated < cfg->n ? cfg->n_correlated : cfg->n;
    s->cfg = *cfg;
    s->n_chosen = (uint32_t)m;
    s->last_step = malloc(n * sizeof *s->last_step);
    s->last_offset = calloc(n, sizeof *s->last_offset);
    s->n_isi = calloc(n, sizeof *s->n_isi);
    s->mean = calloc(n, sizeof *s->mean);
    s->m2 = calloc(n, sizeof *s->m2);
    s->place = malloc(n * sizeof *s->place);
    s->count = calloc(m + 1, sizeof *s->count);
    s->active = calloc(m + 1, sizeof *s->active);
    s->sum = calloc(m + 1, sizeof *s->sum);
    s->product = calloc(m * m + 1, sizeof *s->product);
    int rc = HK_OK;
    if (s->last_step == NULL || s->last_offset == NULL || s->n_isi == NULL || s->mean == NULL || s->m2 == NULL ||
        s->place == NULL || s->count == NULL || s->active == NULL || s->sum == NULL || s->product == NULL)
        rc = hk_fail(ctx, HK_ENOMEM, "raster statistics: out of memory for %zu neurons", n);
    if (rc == HK_OK)
        rc = choose(ctx, s);
    if (rc != HK_OK) {
        hk_raster_statistics_destroy(s);
        return rc;
    }
    for (size_t i = 0; i < n; i++)
        s->last_step[i] = INT64_MIN;
    *out = s;
    return HK_OK;
}

void hk_raster_statistics_destroy(hk_raster_statistics *s)
{
    if (s == NULL)
        return;
    free(s->last_step);
    free(s->last_offset);
    free(s->n_isi);
    free(s->mean);
    free(s->m2);
    free(s->place);
    free(s->count);
    free(s->active);
    free(s->sum);
    free(s->product);
    free(s);
}

/* A bin without a spike adds nothing to any sum, so only the active neurons are gone through. */
static void close_bin(hk_raster_statistics *s)
{
    for (uint64_t a = 0; a < s->n_active; a++) {
        uint32_t i = s->active[a];
        s->sum[i] += s->count[i];
        for (uint64_t b = a; b < s->n_active; b++) {
            uint32_t j = s->active[b], low = i < j ? i : j, high = i < j ? j : i;
            s->product[(size_t)low * s->n_chosen + high] += s->count[i] * s->count[j];
        }
    }
    for (uint64_t a = 0; a < s->n_active; a++)
        s->count[s->active[a]] = 0;
    s->n_active = 0;
    s->squares += s->in_bin * s->in_bin;
    s->total += s->in_bin;
    s->in_bin = 0;
}

static void add_to_bin(hk_raster_statistics *s, const hk_spike *spike)
{
    uint32_t place = s->place[spike->neuron];
    int64_t bin = (spike->time.step - s->cfg.begin) / s->cfg.bin;
    if (bin != s->bin) {
        close_bin(s);
        s->bin = bin;
    }
    s->in_bin++;
    if (place != NOT_CHOSEN && s->count[place]++ == 0)
        s->active[s->n_active++] = place;
}

void hk_raster_statistics_add(hk_raster_statistics *s, const hk_spike *spikes, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        const hk_spike *spike = &spikes[k];
        uint32_t i = spike->neuron;
        if (spike->time.step < s->cfg.begin)
            continue;
        s->n_spikes++;
        if (s->last_step[i] != INT64_MIN) {
            hk_time last = { .step = s->last_step[i], .offset = s->last_offset[i] };
            double isi = hk_time_between_ms(last, spike->time, s->cfg.resolution_ms), off = isi - s->mean[i];
            s->n_isi[i]++;
            s->mean[i] += off / (double)s->n_isi[i];
            s->m2[i] += off * (isi - s->mean[i]);
        }
        s->last_step[i] = spike->time.step;
        s->last_offset[i] = spike->time.offset;
        add_to_bin(s, spike);
    }
}

/* n sum(xy) - sum(x) sum(y) in whole numbers would be exact, but could overflow: long double keeps 64 bits of it. */
static long double covariance(const hk_raster_statistics *s, size_t i, size_t j, uint64_t n_bins)
{
    return (long double)n_bins * (long double)s->product[i * s->n_chosen + j] -
           (long double)s->sum[i] * (long double)s->sum[j];
}

static double correlation_of(const hk_raster_statistics *s, size_t i, size_t j, uint64_t n_bins)
{
    long double vi = covariance(s, i, i, n_bins), vj = covariance(s, j, j, n_bins);
    return vi > 0.0L && vj > 0.0L ? (double)(covariance(s, i, j, n_bins) / sqrtl(vi) / sqrtl(vj)) : (double)NAN;
}

static double correlation(const hk_raster_statistics *s, uint64_t n_bins)
{
    double sum = 0.0, n = 0.0;
    for (size_t i = 0; i < s->n_chosen; i++)
        for (size_t j = i + 1; j < s->n_chosen; j++) {
            double r = correlation_of(s, i, j, n_bins);
            if (isnan(r))
                continue;
            sum += r;
            n += 1.0;
        }
    return n > 0.0 ? sum / n : NAN;
}

static double fano(const hk_raster_statistics *s, uint64_t n_bins)
{
    if (s->total == 0)
        return NAN;
    double mean = (double)s->total / (double)n_bins;
    return ((double)s->squares / (double)n_bins - mean * mean) / mean;
}

static double cv_of(const hk_raster_statistics *s, size_t i)
{
    return s->n_isi[i] >= 2 && s->mean[i] > 0.0 ? sqrt(s->m2[i] / (double)s->n_isi[i]) / s->mean[i] : (double)NAN;
}

/* A bin that `end` cuts does not count. */
static int64_t whole_bins(const hk_raster_statistics *s, int64_t end)
{
    return end > s->cfg.begin ? (end - s->cfg.begin) / s->cfg.bin : 0;
}

hk_raster_figures hk_raster_statistics_get(hk_raster_statistics *s, int64_t end)
{
    hk_raster_figures f = { .spikes = s->n_spikes, .rate_hz = NAN, .cv_isi = NAN, .correlation = NAN, .fano = NAN };
    int64_t steps = end - s->cfg.begin, n_bins = whole_bins(s, end);
    if (steps <= 0)
        return f;
    f.rate_hz = 1e3 * (double)s->n_spikes / s->cfg.n / ((double)steps * s->cfg.resolution_ms);
    double sum = 0.0;
    for (uint32_t i = 0; i < s->cfg.n; i++) {
        double cv = cv_of(s, i);
        if (isnan(cv))
            continue;
        sum += cv;
        f.n_cv++;
    }
    if (f.n_cv > 0)
        f.cv_isi = sum / f.n_cv;
    if (s->bin < n_bins)
        close_bin(s);
    if (n_bins > 0) {
        f.correlation = correlation(s, (uint64_t)n_bins);
        f.fano = fano(s, (uint64_t)n_bins);
    }
    return f;
}

uint32_t hk_raster_statistics_n(const hk_raster_statistics *s)
{
    return s->cfg.n;
}

uint32_t hk_raster_statistics_n_chosen(const hk_raster_statistics *s)
{
    return s->n_chosen;
}

void hk_raster_statistics_neurons(const hk_raster_statistics *s, int64_t end, double *rates_hz, double *cv_isi)
{
    double time_s = 1e-3 * (double)(end - s->cfg.begin) * s->cfg.resolution_ms;
    for (uint32_t i = 0; i < s->cfg.n; i++) {
        double n_spikes = s->last_step[i] == INT64_MIN ? 0.0 : (double)s->n_isi[i] + 1.0;
        if (rates_hz != NULL)
            rates_hz[i] = time_s > 0.0 ? n_spikes / time_s : (double)NAN;
        if (cv_isi != NULL)
            cv_isi[i] = cv_of(s, i);
    }
}

void hk_raster_statistics_pairs(const hk_raster_statistics *s, int64_t end, double *out)
{
    uint64_t n_bins = (uint64_t)whole_bins(s, end);
    for (size_t i = 0, k = 0; i < s->n_chosen; i++)
        for (size_t j = i + 1; j < s->n_chosen; j++)
            out[k++] = correlation_of(s, i, j, n_bins);
}

/* The active ones are those with a count, each once: add_to_bin() relies on it. */
static bool active_is_sound(const hk_raster_statistics *s, uint64_t n_active)
{
    uint64_t n_counted = 0;
    for (uint32_t i = 0; i < s->n_chosen; i++)
        n_counted += s->count[i] > 0;
    for (uint64_t a = 0; a < n_active; a++) {
        if (s->active[a] >= s->n_chosen || s->count[s->active[a]] == 0)
            return false;
        for (uint64_t b = 0; b < a; b++)
            if (s->active[a] == s->active[b])
                return false;
    }
    return n_counted == n_active;
}

int hk_raster_statistics_archive(hk_raster_statistics *s, hk_archive *archive)
{
    size_t n = s->cfg.n, m = s->n_chosen;
    uint64_t numbers[] = { s->n_spikes, (uint64_t)s->bin, s->n_active, s->in_bin, s->squares, s->total };
    int rc = hk_archive_array(archive, "numbers", HK_U64, numbers, sizeof numbers / sizeof *numbers);
    const struct {
        const char *name;
        hk_type type;
        void *values;
        size_t n;
    } arrays[] = { { "last_step", HK_I64, s->last_step, n },
                   { "last_offset", HK_F64, s->last_offset, n },
                   { "n_isi", HK_U64, s->n_isi, n },
                   { "mean", HK_F64, s->mean, n },
                   { "m2", HK_F64, s->m2, n },
                   { "count", HK_U64, s->count, m },
                   { "active", HK_U32, s->active, m },
                   { "sum", HK_U64, s->sum, m },
                   { "product", HK_U64, s->product, m * m } };
    for (size_t k = 0; rc == HK_OK && k < sizeof arrays / sizeof *arrays; k++)
        rc = hk_archive_array(archive, arrays[k].name, arrays[k].type, arrays[k].values, arrays[k].n);
    if (rc != HK_OK)
        return rc;
    if (numbers[2] > m || (int64_t)numbers[1] < 0 || !active_is_sound(s, numbers[2]))
        return hk_fail(hk_archive_ctx(archive), HK_EFORMAT, "checkpoint: the statistics of the raster make no sense");
    s->n_spikes = numbers[0];
    s->bin = (int64_t)numbers[1];
    s->n_active = numbers[2];
    s->in_bin = numbers[3];
    s->squares = numbers[4];
    s->total = numbers[5];
    return HK_OK;
}
