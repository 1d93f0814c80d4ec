/* tests/test_decoders.c - what every code's spikes are decoded to: exactly the value, or no further off than the code says. */
#include "tests/code_rig.h"

#include "sim/rng.h"

enum { N = 256 };
static float values[N]; /* 0, 1/255, ... 1: the pixels of 8 bits */

static double worst(const float *decoded)
{
    double most = 0.0;
    for (int i = 0; i < N; i++)
        most = fmax(most, fabs((double)decoded[i] - (double)values[i]));
    return most;
}

/* The round trip of all pixel values errs by `bound`, and not by less than half of it: the bound says something. */
static void assert_error(fixture *f, double window_ms, double bound)
{
    float decoded[N];
    round_trip(f, values, N, window_ms, decoded);
    if (!(worst(decoded) <= bound && worst(decoded) >= 0.5 * bound))
        print_error("%s in %g ms: error %g, bound %g\n", f->encoder->name, window_ms, worst(decoded), bound);
    assert_true(worst(decoded) <= bound && worst(decoded) >= 0.5 * bound);
}

static void assert_exact(fixture *f, double window_ms)
{
    float decoded[N];
    round_trip(f, values, N, window_ms, decoded);
    assert_close(worst(decoded), 0.0, 1e-6);
}

static void every_code_decodes_to_values_between_0_and_1_whatever_the_spikes(void **state)
{
    fixture *f = *state;
    float decoded[3 * 40];
    hk_spikes_in spikes = { 0 };
    for (size_t e = 0; hk_encoder_at(e) != NULL; e++) {
        choose(f, hk_encoder_at(e)->name);
        for (uint64_t round = 0; round < 50; round++) {
            hk_stream stream = hk_stream_open(7, HK_PURPOSE_TEST, round, (uint32_t)e);
            const uint32_t n_frames = f->encoder->streams ? 3 : 1;
            spikes.n = 0;
            for (uint32_t i = 0; i < hk_encoder_n_sources(f->encoder, 40); i++) {
                double at_ms = 0.0;
                while ((at_ms += hk_stream_exponential(&stream) * 5.0 * (double)(round % 7)) > 0.0 && at_ms <= 50.0)
                    assert_ok(hk_spikes_in_add(&spikes, i, at_ms));
            }
            hk_encoding how = { .n = 40, .n_frames = n_frames, .window_ms = 50.0, .params = f->params, .seed = round };
            assert_ok(hk_decode(f->ctx, f->encoder, &how, &spikes, decoded));
            for (size_t k = 0; k < (size_t)40 * n_frames; k++)
                assert_true(decoded[k] >= 0.0f && decoded[k] <= 1.0f);
        }
    }
    hk_spikes_in_fini(&spikes);
}

static void spikes_that_no_window_has_are_refused(void **state)
{
    fixture *f = *state;
    static const hk_spike_in bad[][2] = { { { 1.0, 0 }, { 10.5, 1 } }, { { 2.0, 1 }, { 1.0, 1 } },
                                          { { 2.0, 1 }, { 3.0, 0 } },  { { 2.0, 1 }, { NAN, 1 } },
                                          { { 0.0, 0 }, { 3.0, 1 } },  { { 2.0, 1 }, { 3.0, 4 } } };
    float decoded[2];
    for (size_t e = 0; hk_encoder_at(e) != NULL; e++) {
        choose(f, hk_encoder_at(e)->name);
        for (size_t b = 0; b < N_OF(bad); b++) {
            hk_spike_in copy[2] = { bad[b][0], bad[b][1] };
            hk_encoding how = { .n = 2, .window_ms = 10.0, .params = f->params };
            assert_status(hk_decode(f->ctx, f->encoder, &how, &(hk_spikes_in){ .spikes = copy, .n = 2 }, decoded),
                          HK_ERANGE);
            how.window_ms = (double)NAN;
            assert_status(hk_decode(f->ctx, f->encoder, &how, &(hk_spikes_in){ 0 }, decoded), HK_ERANGE);
        }
    }
}

static void weights_add_up_to_the_value_where_a_code_has_them(void **state)
{
    fixture *f = *state;
    static const char *const names[] = { "phase", "burst" };
    float decoded[N];
    for (size_t c = 0; c < N_OF(names); c++) {
        choose(f, names[c]);
        round_trip(f, values, N, 100.0, decoded);
        double *weights = calloc(f->spikes.n, sizeof *weights), sums[N] = { 0.0 };
        f->encoder->weigh(&(hk_encoding){ .n = N, .window_ms = 100.0, .params = f->params }, &f->spikes, weights);
        for (size_t k = 0; k < f->spikes.n; k++)
            sums[f->spikes.spikes[k].source] += weights[k];
        for (int i = 0; i < N; i++) /* 12 periods of the phase code */
            assert_close(c == 0 ? sums[i] / 12.0 * 256.0 / 255.0 : sums[i], (double)decoded[i], 1e-6);
        free(weights);
    }
}

static void rate_errs_by_the_root_of_the_expected_count(void **state)
{
    fixture *f = *state;
    enum { MANY = 4000 };
    static float same[MANY], decoded[MANY];
    static const double windows_ms[] = { 200.0, 800.0 };
    choose(f, "rate");
    set(f, "rate_max_hz", 150.0);
    set(f, "rate_min_hz", 10.0);
    for (size_t w = 0; w < N_OF(windows_ms); w++) {
        double sum = 0.0, squares = 0.0, x = (double)0.37f, rate_hz = 10.0 + 140.0 * x;
        for (int i = 0; i < MANY; i++)
            same[i] = 0.37f;
        round_trip(f, same, MANY, windows_ms[w], decoded);
        for (int i = 0; i < MANY; i++) {
            sum += (double)decoded[i] - x;
            squares += ((double)decoded[i] - x) * ((double)decoded[i] - x);
        }
        double sd = sqrt(rate_hz / (1e-3 * windows_ms[w])) / 140.0; /* small enough here not to be cut at 0 and 1 */
        assert_close(sum / MANY, 0.0, 4.0 * sd / sqrt(MANY));
        assert_close(sqrt(squares / MANY) / sd, 1.0, 4.0 / sqrt(2.0 * MANY));
    }
}

static void regular_is_exact_from_two_spikes_on_and_one_interval_off_below(void **state)
{
    fixture *f = *state;
    float decoded[N];
    choose(f, "regular");
    set(f, "rate_max_hz", 100.0);
    round_trip(f, values, N, 150.0, decoded);
    for (uint32_t i = 0; i < N; i++)
        assert_close((double)decoded[i], (double)values[i], count_of(f, i) > 1 ? 1e-6 : 1.0 / 15.0);
    set(f, "phase_random", 0.0);
    set(f, "phase", 0.25);
    round_trip(f, values, N, 150.0, decoded);
    for (uint32_t i = 0; i < N; i++)
        assert_close((double)decoded[i], (double)values[i], count_of(f, i) > 0 ? 1e-6 : 0.25 / 15.0);
}

static void latencies_are_exact_and_their_bins_half_a_bin_off(void **state)
{
    fixture *f = *state;
    choose(f, "latency");
    assert_exact(f, 37.3);
    set(f, "n_bins", 20.0);
    assert_error(f, 50.0, 0.5 * 2.5 / 49.0 + 1e-6);
    set(f, "n_bins", 0.0);
    set(f, "threshold", 0.31);
    assert_error(f, 50.0, 0.155 + 1e-6); /* what is silent is taken for 0.155 */
    set(f, "t_min_ms", 50.0);
    set(f, "threshold", 0.0);
    assert_error(f, 50.0, 0.5); /* all at once: 0.5 */
}

static void latency_log_is_exact_where_it_spikes(void **state)
{
    fixture *f = *state;
    float decoded[N];
    choose(f, "latency_log");
    set(f, "tau_ms", 17.3);
    round_trip(f, values, N, 40.0, decoded);
    double dimmest = 0.2 / (1.0 - exp(-40.0 / 17.3));
    for (uint32_t i = 0; i < N; i++) {
        assert_int_equal(count_of(f, i), (double)values[i] > dimmest);
        assert_close((double)decoded[i], count_of(f, i) > 0 ? (double)values[i] : 0.5 * dimmest, 1e-6);
    }
}

static void rank_keeps_the_order_and_errs_little_on_evenly_spread_values(void **state)
{
    fixture *f = *state;
    float decoded[N], bent[N];
    choose(f, "rank");
    round_trip(f, values, N, 60.0, decoded);
    assert_true(worst(decoded) <= 1.0 / 256.0 + 1e-6);
    for (int i = 0; i < N; i++)
        bent[i] = powf(values[(i * 37) % N], 3.7f);
    bent[40] = bent[90];
    round_trip(f, bent, N, 60.0, decoded);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            assert_int_equal(decoded[i] < decoded[j], bent[i] < bent[j]);
}

static void rank_survives_a_clock_that_runs_wrong(void **state)
{
    fixture *f = *state;
    float decoded[N], late[N];
    choose(f, "rank");
    round_trip(f, values, N, 60.0, decoded);
    for (size_t k = 0; k < f->spikes.n; k++)
        f->spikes.spikes[k].after_ms = 5.0 + 0.7 * f->spikes.spikes[k].after_ms;
    hk_encoding how = { .n = N, .window_ms = 60.0, .params = f->params };
    assert_ok(hk_decode(f->ctx, f->encoder, &how, &f->spikes, late));
    assert_memory_equal(late, decoded, sizeof decoded);
}

static void phase_errs_by_half_of_its_last_bit(void **state)
{
    fixture *f = *state;
    choose(f, "phase");
    assert_exact(f, 8.0); /* 8 bits are a pixel */
    assert_exact(f, 37.0);
    for (int bits = 1; bits < 8; bits++) {
        set(f, "n_phases", bits);
        assert_error(f, 8.0, 0.5 / (ldexp(1.0, bits) - 1.0) + 1e-6);
    }
    set(f, "least_first", 1.0);
    assert_error(f, 7.0, 0.5 / 127.0 + 1e-6);
}

static void burst_errs_by_half_of_its_unit_when_there_is_room(void **state)
{
    fixture *f = *state;
    static const double growths[] = { 1.0, 1.37, 2.0, 2.6 };
    choose(f, "burst");
    for (size_t g = 0; g < N_OF(growths); g++) {
        double sum = 0.0;
        for (int k = 0; k < 5; k++)
            sum += pow(growths[g], k);
        set(f, "growth", growths[g]);
        assert_error(f, 200.0, 0.5 / sum + 1e-6);
    }
    set(f, "growth", 2.0);
    set(f, "n_max", 8.0);
    assert_exact(f, 400.0); /* unit 1/255 */
    float decoded[N];
    double error = 1.0;
    for (int slots = 8; slots <= 32; slots *= 2) { /* what did not fit in */
        round_trip(f, values, N, 2.0 * slots, decoded);
        assert_true(worst(decoded) < error);
        error = worst(decoded);
    }
    set(f, "n_max", 5.0);
    set(f, "n_bursts", 1.0);
    assert_error(f, 10.0, 8.0 / 31.0 + 1e-6); /* half of the widest gap between bursts: 15/31 and 1 */
}

/* Every spike is moved by up to 0.5 % of the window, as long as it stays in it and in order. */
static void jitter(fixture *f, double window_ms, uint32_t name)
{
    hk_stream stream = hk_stream_open(3, HK_PURPOSE_TEST, 0, name);
    hk_spike_in *all = f->spikes.spikes;
    for (size_t k = 0; k < f->spikes.n; k++) {
        double to_ms = all[k].after_ms + 0.01 * window_ms * (hk_stream_uniform(&stream) - 0.5);
        bool follows = k == 0 || all[k - 1].source != all[k].source || to_ms > all[k - 1].after_ms;
        bool leads = k + 1 == f->spikes.n || all[k + 1].source != all[k].source || to_ms < all[k + 1].after_ms;
        if (to_ms > 0.0 && to_ms <= window_ms && follows && leads)
            all[k].after_ms = to_ms;
    }
}

static void temporal_is_exact_and_averages_what_is_late(void **state)
{
    fixture *f = *state;
    double error[2];
    choose(f, "temporal");
    assert_exact(f, 23.0);
    set(f, "n_spikes", 13.0);
    assert_exact(f, 0.7);
    for (uint32_t c = 0; c < 2; c++) {
        float decoded[N];
        double squares = 0.0;
        set(f, "n_spikes", c == 0 ? 1.0 : 9.0);
        round_trip(f, values, N, 61.0, decoded);
        jitter(f, 61.0, c);
        hk_encoding how = { .n = N, .window_ms = 61.0, .params = f->params, .seed = 17, .sample = 3 };
        assert_ok(hk_decode(f->ctx, f->encoder, &how, &f->spikes, decoded));
        for (int i = 0; i < N; i++)
            squares += ((double)decoded[i] - (double)values[i]) * ((double)decoded[i] - (double)values[i]);
        error[c] = sqrt(squares / N);
    }
    /* One: 0.01 / sqrt(12) of the window, through a shift of 0.4; a little less where values end. */
    assert_close(error[0], 0.01 / sqrt(12.0) / 0.4, 0.0006);
    assert_close(error[0] / error[1], 3.0, 0.5);
}

static void temporal_patterns_are_known_again_with_spikes_lost_and_added(void **state)
{
    fixture *f = *state;
    float decoded[N];
    choose(f, "temporal");
    set(f, "n_spikes", 8.0);
    round_trip(f, values, N, 30.0, decoded);
    size_t kept = 0;
    for (size_t k = 0; k < f->spikes.n; k++)
        if (k % 8 != 2 && k % 8 != 5)
            f->spikes.spikes[kept++] = f->spikes.spikes[k];
    f->spikes.n = kept;
    hk_encoding how = { .n = N, .window_ms = 30.0, .params = f->params, .seed = 17 };
    assert_ok(hk_decode(f->ctx, f->encoder, &how, &f->spikes, decoded));
    assert_close(worst(decoded), 0.0, 1e-6);
    for (size_t k = 5; k < kept; k += 6) /* and a stranger instead of the last */
        f->spikes.spikes[k].after_ms = 30.0;
    assert_ok(hk_decode(f->ctx, f->encoder, &how, &f->spikes, decoded));
    int n_off = 0;
    for (int i = 0; i < N; i++)
        n_off += fabs((double)decoded[i] - (double)values[i]) > 0.1; /* its way, a sixth of it, counts */
    assert_true(n_off <= N / 20);
    how.seed = 18; /* who does not know the patterns reads nothing */
    assert_ok(hk_decode(f->ctx, f->encoder, &how, &f->spikes, decoded));
    assert_true(worst(decoded) > 0.5);
}

static void binary_is_one_bit_and_errs_by_half_of_what_lies_on_its_side(void **state)
{
    fixture *f = *state;
    choose(f, "binary");
    assert_error(f, 30.0, 0.25 + 1e-6);
    set(f, "threshold", 0.2);
    assert_error(f, 30.0, 0.4 + 1e-6);
}

static void delta_is_less_than_a_step_off_at_the_end_of_every_frame(void **state)
{
    fixture *f = *state;
    enum { FRAMES = 12, INPUTS = 30 };
    float frames[FRAMES * INPUTS], decoded[FRAMES * INPUTS];
    hk_stream stream = hk_stream_open(2, HK_PURPOSE_TEST, 0, 0);
    double most = 0.0;
    for (size_t k = 0; k < FRAMES * INPUTS; k++)
        frames[k] = (float)hk_stream_uniform(&stream);
    choose(f, "delta");
    set(f, "step", 0.085);
    hk_encoding how = {
        .values = frames, .n = INPUTS, .n_frames = FRAMES, .window_ms = 91.0, .params = f->params, .seed = 17
    };
    assert_ok(hk_encode(f->ctx, f->encoder, &how, &f->spikes));
    assert_ok(hk_decode(f->ctx, f->encoder, &how, &f->spikes, decoded));
    for (size_t k = 0; k < FRAMES * INPUTS; k++)
        most = fmax(most, fabs((double)decoded[k] - (double)frames[k]));
    assert_true(most < 0.085 && most > 0.07);
    set(f, "step", 0.125);
    assert_error(f, 50.0, 0.125); /* a still image */
}

static int make_values(void **state)
{
    (void)state;
    for (int i = 0; i < N; i++)
        values[i] = (float)i / 255.0f;
    return 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(every_code_decodes_to_values_between_0_and_1_whatever_the_spikes),
        TEST(spikes_that_no_window_has_are_refused),
        TEST(weights_add_up_to_the_value_where_a_code_has_them),
        TEST(rate_errs_by_the_root_of_the_expected_count),
        TEST(regular_is_exact_from_two_spikes_on_and_one_interval_off_below),
        TEST(latencies_are_exact_and_their_bins_half_a_bin_off),
        TEST(latency_log_is_exact_where_it_spikes),
        TEST(rank_keeps_the_order_and_errs_little_on_evenly_spread_values),
        TEST(rank_survives_a_clock_that_runs_wrong),
        TEST(phase_errs_by_half_of_its_last_bit),
        TEST(burst_errs_by_half_of_its_unit_when_there_is_room),
        TEST(temporal_is_exact_and_averages_what_is_late),
        TEST(temporal_patterns_are_known_again_with_spikes_lost_and_added),
        TEST(binary_is_one_bit_and_errs_by_half_of_what_lies_on_its_side),
        TEST(delta_is_less_than_a_step_off_at_the_end_of_every_frame),
    };
    return cmocka_run_group_tests(tests, make_values, NULL);
}
