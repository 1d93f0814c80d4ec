/* tests/test_statistics.c - rates, irregularity and correlation of rasters; lists of spikes as tables. */
#include "tests/hk_scratch.h"

#include "experiments/raster_statistics.h"
#include "experiments/spike_list.h"

enum { N_NEURONS = 7, N_SPIKES = 4000 };
static const double resolution_ms = 0.1;

typedef struct fixture {
    hk_ctx *ctx;
    hk_raster_statistics *statistics;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    f->ctx = hk_ctx_create();
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    hk_raster_statistics_destroy(f->statistics);
    hk_ctx_destroy(f->ctx);
    free(f);
    return 0;
}

static hk_raster_statistics *create(fixture *f, uint32_t n, int64_t begin, int64_t bin, uint32_t n_correlated)
{
    hk_raster_statistics_destroy(f->statistics);
    assert_ok(hk_raster_statistics_create(f->ctx,
                                          &(hk_raster_statistics_config){ .n = n,
                                                                          .resolution_ms = resolution_ms,
                                                                          .begin = begin,
                                                                          .bin = bin,
                                                                          .n_correlated = n_correlated,
                                                                          .seed = 5 },
                                          &f->statistics));
    return f->statistics;
}

static void add(hk_raster_statistics *s, double ms, uint32_t neuron)
{
    hk_spike spike = { .time = hk_time_from_ms(ms, resolution_ms), .neuron = neuron };
    hk_raster_statistics_add(s, &spike, 1);
}

/* Spikes in order of time, some at one instant, more of some neurons than of others. */
static void draw(hk_spike spikes[N_SPIKES])
{
    hk_stream stream = hk_stream_open(17, HK_PURPOSE_TEST, 1, 0);
    double ms = 0.0;
    for (size_t k = 0; k < N_SPIKES; k++) {
        ms += k % 5 == 0 ? 0.0 : 0.713 * hk_stream_exponential(&stream);
        uint32_t low = (uint32_t)hk_stream_below(&stream, N_NEURONS),
                 high = (uint32_t)hk_stream_below(&stream, N_NEURONS);
        spikes[k] = (hk_spike){ .time = hk_time_from_ms(ms + 1e-3, resolution_ms), .neuron = low < high ? low : high };
    }
}

static void equal_intervals_have_cv_zero_and_their_rate(void **state)
{
    hk_raster_statistics *s = create(*state, 2, 0, 50, 0);
    for (int k = 1; k <= 40; k++)
        add(s, 2.5 * k, 1);
    hk_raster_figures f = hk_raster_statistics_get(s, 1000); /* 100 ms */
    assert_int_equal(f.spikes, 40);
    assert_close(f.rate_hz, 200.0, 1e-9); /* 40 spikes, 2 neurons, 0.1 s */
    assert_int_equal(f.n_cv, 1);
    assert_close(f.cv_isi, 0.0, 1e-12);
    assert_true(isnan(f.correlation));
}

static void two_intervals_give_the_cv_of_a_pair(void **state)
{
    hk_raster_statistics *s = create(*state, 1, 0, 50, 0);
    static const double a = 2.385, b = 7.12;
    add(s, 1.0, 0);
    add(s, 1.0 + a, 0);
    assert_true(isnan(hk_raster_statistics_get(s, 1000).cv_isi)); /* two spikes are not enough */
    add(s, 1.0 + a + b, 0);
    assert_close(hk_raster_statistics_get(s, 1000).cv_isi, (b - a) / (a + b), 1e-14);
}

static void the_transient_counts_neither_for_rate_nor_for_intervals(void **state)
{
    hk_raster_statistics *s = create(*state, 1, 200, 50, 0); /* from 20 ms on */
    add(s, 3.0, 0);
    add(s, 20.0, 0); /* at its very end: it belongs to it */
    add(s, 21.5, 0);
    add(s, 24.5, 0);
    add(s, 27.5, 0);
    hk_raster_figures f = hk_raster_statistics_get(s, 1200);
    assert_int_equal(f.spikes, 3);
    assert_close(f.rate_hz, 30.0, 1e-12);
    assert_close(f.cv_isi, 0.0, 1e-12);
}

static void before_the_transient_ends_there_is_no_rate(void **state)
{
    hk_raster_statistics *s = create(*state, 3, 200, 50, 3);
    hk_raster_figures f = hk_raster_statistics_get(s, 200);
    assert_true(isnan(f.rate_hz) && isnan(f.cv_isi) && isnan(f.correlation));
}

static void exponential_intervals_have_a_cv_near_one(void **state)
{
    hk_raster_statistics *s = create(*state, 1, 0, 50, 0);
    hk_stream stream = hk_stream_open(3, HK_PURPOSE_TEST, 2, 0);
    double ms = 0.0;
    for (int k = 0; k < 20000; k++)
        add(s, ms += 11.0 * hk_stream_exponential(&stream), 0);
    assert_close(hk_raster_statistics_get(s, (int64_t)(ms / resolution_ms) + 1).cv_isi, 1.0, 0.03);
}

/* Pearson's correlation of all pairs and the Fano factor of all spikes from counts kept in full, and intervals kept in
 * full. */
static void brute_force(const hk_spike *spikes, int64_t begin, int64_t bin, int64_t end, double *cv,
                        double *correlation, double *fano)
{
    size_t n_bins = (size_t)((end - begin) / bin);
    double *counts = calloc(N_NEURONS * n_bins, sizeof *counts), pairs = 0.0, neurons = 0.0;
    *cv = *correlation = 0.0;
    for (uint32_t i = 0; i < N_NEURONS; i++) {
        double last = NAN, n = 0.0, sum = 0.0, squares = 0.0;
        for (size_t k = 0; k < N_SPIKES; k++) {
            if (spikes[k].neuron != i || spikes[k].time.step < begin)
                continue;
            size_t b = (size_t)((spikes[k].time.step - begin) / bin);
            if (b < n_bins)
                counts[i * n_bins + b] += 1.0;
            double ms = hk_time_to_ms(spikes[k].time, resolution_ms);
            if (!isnan(last)) {
                sum += ms - last;
                squares += (ms - last) * (ms - last);
                n += 1.0;
            }
            last = ms;
        }
        if (n >= 2.0) {
            *cv += sqrt(squares / n - sum / n * (sum / n)) / (sum / n);
            neurons += 1.0;
        }
    }
    for (uint32_t i = 0; i < N_NEURONS; i++)
        for (uint32_t j = i + 1; j < N_NEURONS; j++) {
            double x = 0.0, y = 0.0, xx = 0.0, yy = 0.0, xy = 0.0, n = (double)n_bins;
            for (size_t b = 0; b < n_bins; b++) {
                double p = counts[i * n_bins + b], q = counts[j * n_bins + b];
                x += p, y += q, xx += p * p, yy += q * q, xy += p * q;
            }
            *correlation += (n * xy - x * y) / sqrt((n * xx - x * x) * (n * yy - y * y));
            pairs += 1.0;
        }
    double all = 0.0, squares_of_all = 0.0;
    for (size_t b = 0; b < n_bins; b++) {
        double in_bin = 0.0;
        for (uint32_t i = 0; i < N_NEURONS; i++)
            in_bin += counts[i * n_bins + b];
        all += in_bin;
        squares_of_all += in_bin * in_bin;
    }
    *fano = (squares_of_all - all * all / (double)n_bins) / all;
    *cv /= neurons;
    *correlation /= pairs;
    free(counts);
}

static void figures_agree_with_counting_everything(void **state)
{
    static hk_spike spikes[N_SPIKES];
    draw(spikes);
    static const int64_t begin = 137, bin = 43;
    int64_t end = spikes[N_SPIKES - 1].time.step + 1; /* cuts the last bin */
    double cv, correlation, fano;
    brute_force(spikes, begin, bin, end, &cv, &correlation, &fano);
    hk_raster_statistics *s = create(*state, N_NEURONS, begin, bin, 1000);
    hk_raster_statistics_add(s, spikes, N_SPIKES);
    hk_raster_figures f = hk_raster_statistics_get(s, end);
    assert_close(f.cv_isi, cv, 1e-9);
    assert_close(f.correlation, correlation, 1e-12);
    assert_true(fabs(correlation) > 1e-4); /* or agreement would say nothing */
    assert_close(f.fano, fano, 1e-9);

    double rates_hz[N_NEURONS], cvs[N_NEURONS], pairs[N_NEURONS * (N_NEURONS - 1) / 2];
    double rate_hz = 0.0, cv_sum = 0.0, pair_sum = 0.0;
    assert_int_equal(hk_raster_statistics_n(s), N_NEURONS);
    assert_int_equal(hk_raster_statistics_n_chosen(s), N_NEURONS);
    hk_raster_statistics_neurons(s, end, rates_hz, cvs);
    hk_raster_statistics_pairs(s, end, pairs);
    for (size_t i = 0; i < N_NEURONS; i++) {
        rate_hz += rates_hz[i] / N_NEURONS;
        cv_sum += cvs[i] / N_NEURONS;
    }
    for (size_t k = 0; k < N_OF(pairs); k++)
        pair_sum += pairs[k] / N_OF(pairs);
    assert_close(rate_hz, f.rate_hz, 1e-9);
    assert_close(cv_sum, f.cv_isi, 1e-12);
    assert_close(pair_sum, f.correlation, 1e-12);
}

static void a_silent_neuron_has_no_cv_and_no_correlation(void **state)
{
    hk_raster_statistics *s = create(*state, 3, 0, 50, 3);
    for (int k = 1; k < 10; k++)
        add(s, 3.1 * k + 0.07 * k * k, 2);
    double rates_hz[3], cvs[3], pairs[3];
    assert_true(isnan(hk_raster_statistics_get(s, 1000).correlation));
    hk_raster_statistics_neurons(s, 1000, rates_hz, cvs);
    hk_raster_statistics_pairs(s, 1000, pairs);
    assert_close(rates_hz[0], 0.0, 0.0);
    assert_close(rates_hz[2], 90.0, 1e-9);
    assert_true(isnan(cvs[1]) && cvs[2] > 0.0);
    assert_true(isnan(pairs[0]) && isnan(pairs[1]) && isnan(pairs[2]));
}

static void equal_trains_correlate_fully(void **state)
{
    hk_raster_statistics *s = create(*state, 2, 0, 50, 2);
    for (int k = 1; k < 100; k++) {
        double ms = 3.1 * k + 0.07 * k * k;
        add(s, ms, 0);
        add(s, ms, 1);
    }
    assert_close(hk_raster_statistics_get(s, 12000).correlation, 1.0, 1e-12);
}

static void a_checkpoint_anywhere_changes_no_bit(void **state)
{
    fixture *f = *state;
    static hk_spike spikes[N_SPIKES];
    draw(spikes);
    int64_t end = spikes[N_SPIKES - 1].time.step + 1;
    hk_raster_statistics_add(create(f, N_NEURONS, 137, 43, 5), spikes, N_SPIKES);
    hk_raster_figures whole = hk_raster_statistics_get(f->statistics, end);
    for (size_t cut = 0; cut <= N_SPIKES; cut += 571) {
        const char *path = scratch_path("statistics.h5");
        hk_archive *archive;
        hk_raster_statistics_add(create(f, N_NEURONS, 137, 43, 5), spikes, cut);
        assert_ok(hk_archive_create(f->ctx, path, &archive));
        assert_ok(hk_raster_statistics_archive(f->statistics, archive));
        assert_ok(hk_archive_commit(archive));
        hk_archive_destroy(archive);
        create(f, N_NEURONS, 137, 43, 5);
        assert_ok(hk_archive_open(f->ctx, path, &archive));
        assert_ok(hk_raster_statistics_archive(f->statistics, archive));
        hk_archive_destroy(archive);
        hk_raster_statistics_add(f->statistics, spikes + cut, N_SPIKES - cut);
        hk_raster_figures parts = hk_raster_statistics_get(f->statistics, end);
        assert_int_equal(parts.spikes, whole.spikes);
        assert_close(parts.cv_isi, whole.cv_isi, 0.0);
        assert_close(parts.correlation, whole.correlation, 0.0);
        assert_close(parts.fano, whole.fano, 0.0);
    }
}

static void settings_without_sense_are_refused(void **state)
{
    fixture *f = *state;
    hk_raster_statistics_config bad[] = { { .n = 0, .resolution_ms = 0.1, .bin = 1 },
                                          { .n = 3, .resolution_ms = 0.0, .bin = 1 },
                                          { .n = 3, .resolution_ms = NAN, .bin = 1 },
                                          { .n = 3, .resolution_ms = 0.1, .bin = 0 },
                                          { .n = 3, .resolution_ms = 0.1, .bin = 1, .n_correlated = 1001 } };
    for (size_t k = 0; k < N_OF(bad); k++) {
        assert_status(hk_raster_statistics_create(f->ctx, &bad[k], &f->statistics), HK_ERANGE);
        assert_null(f->statistics);
    }
}

/* ---- lists of spikes --------------------------------------------------------------------------------------------- */

static void a_table_comes_back_to_the_last_digit(void **state)
{
    fixture *f = *state;
    static const double times_ms[] = { 299.99999999999994, 0.1, 8.11074775730731, 8.11074775730731 };
    static const uint64_t ids[] = { 9, 1, 6, 2 };
    hk_spike_list list = { .n = 0 }, back = { .n = 0 };
    for (size_t k = 0; k < N_OF(ids); k++)
        assert_ok(hk_spike_list_add(f->ctx, &list, ids[k], times_ms[k]));
    const char *path = scratch_path("spikes.csv");
    assert_ok(hk_spike_list_write(f->ctx, path, 3, &list));
    assert_int_equal(count_files(".part"), 0);
    assert_ok(hk_spike_list_open(f->ctx, path, &back));
    assert_int_equal(back.n, 4);
    static const uint64_t order[] = { 1, 2, 6, 9 }; /* by time, then by id */
    for (size_t k = 0; k < 4; k++)
        assert_int_equal(back.spikes[k].id, order[k]);
    assert_close(back.spikes[3].time_ms, 299.99999999999994, 0.0);
    hk_spike_difference d = hk_spike_list_compare(&list, &back);
    assert_close(d.worst_ms, 0.0, 0.0);
    assert_int_equal(d.n_missing + d.n_extra, 0);
    hk_spike_list_fini(&list);
    hk_spike_list_fini(&back);
}

static void differences_are_found_by_neuron_and_order(void **state)
{
    fixture *f = *state;
    static const char ours[] = "neuron_id,spike_time_ms\n1,5.25\n1,9\n3,2.5\n4,1\n",
                      theirs[] = "4,1\r\n1,5.5\n2,7\n3,2.5\n";
    hk_spike_list a = { .n = 0 }, b = { .n = 0 };
    assert_ok(hk_spike_list_parse(f->ctx, "a", ours, strlen(ours), &a));
    assert_ok(hk_spike_list_parse(f->ctx, "b", theirs, strlen(theirs), &b));
    hk_spike_difference d = hk_spike_list_compare(&a, &b);
    assert_close(d.worst_ms, 0.25, 0.0);
    assert_int_equal(d.worst_id, 1);
    assert_close(d.worst_at_ms, 5.5, 0.0);
    assert_int_equal(d.n_extra, 1);   /* the second of neuron 1 */
    assert_int_equal(d.n_missing, 1); /* that of neuron 2 */
    assert_int_equal(d.first_id, 1);
    hk_spike_list_fini(&a);
    hk_spike_list_fini(&b);
}

static void a_pipe_is_written_to_and_stays_one(void **state)
{
    fixture *f = *state;
    const char *path = scratch_path("pipe");
    assert_int_equal(mkfifo(path, 0600), 0);
    int end = open(path, O_RDWR);
    hk_spike_list list = { .n = 0 };
    assert_ok(hk_spike_list_add(f->ctx, &list, 4, 2.385));
    assert_ok(hk_spike_list_write(f->ctx, path, 1, &list));
    char text[64] = "";
    assert_true(read(end, text, sizeof text - 1) > 0);
    assert_string_equal(text, "neuron_id,spike_time_ms\n4,2.385\n");
    close(end);
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    assert_true(S_ISFIFO(about.st_mode));
    hk_spike_list_fini(&list);
}

static void broken_tables_are_refused_with_their_line(void **state)
{
    fixture *f = *state;
    static const struct {
        const char *text, *says;
    } bad[] = { { "1,2\n1;3\n", "t.csv:2: '1;3'" },
                { "1,2\n\n-1,3\n", "t.csv:3:" },
                { "1,nan\n", "t.csv:1:" },
                { "1.5,3\n", "t.csv:1:" },
                { "1,3\nneuron_id,spike_time_ms\n", "t.csv:2:" },
                { "18446744073709551616,3\n", "t.csv:1:" } };
    for (size_t k = 0; k < N_OF(bad); k++) {
        hk_spike_list list = { .n = 0 };
        assert_status(hk_spike_list_parse(f->ctx, "t.csv", bad[k].text, strlen(bad[k].text), &list), HK_EFORMAT);
        assert_non_null(strstr(hk_ctx_message(f->ctx), bad[k].says));
        hk_spike_list_fini(&list);
    }
    char longest[400];
    memset(longest, '1', sizeof longest);
    hk_spike_list list = { .n = 0 };
    assert_status(hk_spike_list_parse(f->ctx, "t.csv", longest, sizeof longest, &list), HK_EFORMAT);
    assert_status(hk_spike_list_open(f->ctx, scratch_path("absent.csv"), &list), HK_EIO);
    assert_status(hk_spike_list_write(f->ctx, "/dev/null/x.csv", 1, &list), HK_EIO);
    assert_status(hk_spike_list_write(f->ctx, "/dev/full", 1, &list), HK_EIO);
    hk_spike_list_fini(&list);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(equal_intervals_have_cv_zero_and_their_rate),
        TEST(two_intervals_give_the_cv_of_a_pair),
        TEST(the_transient_counts_neither_for_rate_nor_for_intervals),
        TEST(before_the_transient_ends_there_is_no_rate),
        TEST(exponential_intervals_have_a_cv_near_one),
        TEST(figures_agree_with_counting_everything),
        TEST(a_silent_neuron_has_no_cv_and_no_correlation),
        TEST(equal_trains_correlate_fully),
        TEST(a_checkpoint_anywhere_changes_no_bit),
        TEST(settings_without_sense_are_refused),
        TEST(a_table_comes_back_to_the_last_digit),
        TEST(differences_are_found_by_neuron_and_order),
        TEST(a_pipe_is_written_to_and_stays_one),
        TEST(broken_tables_are_refused_with_their_line),
    };
    return cmocka_run_group_tests(tests, hk_scratch_setup, hk_scratch_teardown);
}
