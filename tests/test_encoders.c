/* tests/test_encoders.c - every code against its formula, the random ones against their distribution, at fixed seeds. */
#include "tests/code_rig.h"

#include "sim/exponential.h"
#include "sim/rng.h"

/* ---- what all have in common ------------------------------------------------------------------------------------- */

static void every_code_keeps_its_promises_for_many_values_and_windows(void **state)
{
    fixture *f = *state;
    static const double windows[] = { 0.0173, 23.85, 350.0, 1777.7 };
    float values[97];
    for (size_t i = 0; i < N_OF(values); i++)
        values[i] = (float)i / 96.0f;
    for (size_t e = 0; hk_encoder_at(e) != NULL; e++) {
        choose(f, hk_encoder_at(e)->name);
        assert_ptr_equal(f->encoder, hk_encoder_at(e));
        if (strcmp(f->encoder->name, "latency") == 0)
            set(f, "t_min_ms", 0.01);
        if (strcmp(f->encoder->name, "phase") == 0)
            set(f, "phase_ms", 0.0021);
        if (strcmp(f->encoder->name, "burst") == 0)
            set(f, "slot_ms", 0.0034);
        for (size_t w = 0; w < N_OF(windows); w++) {
            assert_ok(encode_sample(f, values, N_OF(values), windows[w], 41, w));
            for (size_t k = 0; k < f->spikes.n; k++) {
                const hk_spike_in *s = &f->spikes.spikes[k];
                assert_true(s->after_ms > 0.0 && s->after_ms <= windows[w]);
                assert_true(s->source > 0 && s->source < N_OF(values)); /* value 0: none */
                assert_true(k == 0 || s->source > s[-1].source ||
                            (s->source == s[-1].source && s->after_ms > s[-1].after_ms));
            }
        }
        assert_true(f->spikes.n > 40);
    }
}

static void spikes_depend_on_seed_and_sample_not_on_what_came_before_or_beside(void **state)
{
    fixture *f = *state;
    float values[40], alone[40] = { 0 };
    for (size_t i = 0; i < N_OF(values); i++)
        values[i] = (float)(i % 7) / 6.0f;
    alone[18] = values[18];
    for (size_t e = 0; hk_encoder_at(e) != NULL; e++) {
        choose(f, hk_encoder_at(e)->name);
        const bool is_pattern = f->encoder == &hk_temporal, is_rank = f->encoder == &hk_rank;
        const bool is_random = f->encoder == &hk_rate || f->encoder == &hk_regular || f->encoder == &hk_binary;
        hk_spikes_in first = { 0 };
        assert_ok(encode_sample(f, values, N_OF(values), 235.5, 9, 1));
        for (size_t k = 0; k < f->spikes.n; k++)
            assert_ok(hk_spikes_in_add(&first, f->spikes.spikes[k].source, f->spikes.spikes[k].after_ms));
        assert_ok(encode_sample(f, values, N_OF(values), 235.5, 9, 2));
        assert_int_equal(same_spikes(&f->spikes, &first), !is_random);
        assert_ok(encode_sample(f, values, N_OF(values), 235.5, 10, 1));
        assert_int_equal(same_spikes(&f->spikes, &first), !is_random && !is_pattern);
        assert_ok(encode_sample(f, alone, N_OF(alone), 235.5, 9, 1));
        size_t at = 0;
        while (first.spikes[at].source != 18)
            at++;
        assert_true(f->spikes.n > 0);
        for (size_t k = 0; !is_rank && k < f->spikes.n; k++)
            assert_true(f->spikes.spikes[k].after_ms == first.spikes[at + k].after_ms);
        assert_ok(encode_sample(f, values, N_OF(values), 235.5, 9, 1));
        assert_true(same_spikes(&f->spikes, &first));
        hk_spikes_in_fini(&first);
    }
}

static void values_outside_zero_to_one_are_refused_by_index(void **state)
{
    fixture *f = *state;
    static const float bad[] = { 1.2f, -0.01f, NAN, INFINITY, 1.0000001f };
    for (size_t e = 0; hk_encoder_at(e) != NULL; e++) {
        choose(f, hk_encoder_at(e)->name);
        for (size_t b = 0; b < N_OF(bad); b++) {
            float values[23];
            for (size_t i = 0; i < N_OF(values); i++)
                values[i] = 0.7f;
            values[19] = bad[b];
            assert_status(encode_sample(f, values, N_OF(values), 100.0, 1, 1), HK_ERANGE);
            assert_non_null(strstr(hk_ctx_message(f->ctx), "value 19 of 23"));
            assert_int_equal(f->spikes.n, 0);
        }
    }
}

static void windows_that_are_none_are_refused(void **state)
{
    fixture *f = *state;
    static const double bad[] = { 0.0, -3.0, NAN, INFINITY, 1.1e9 };
    float value = 0.9f;
    for (size_t e = 0; hk_encoder_at(e) != NULL; e++) {
        choose(f, hk_encoder_at(e)->name);
        for (size_t b = 0; b < N_OF(bad); b++)
            assert_status(encode_sample(f, &value, 1, bad[b], 1, 1), HK_ERANGE);
    }
}

static void parameters_outside_their_table_are_refused_by_name(void **state)
{
    fixture *f = *state;
    float value = 0.9f;
    for (size_t e = 0; hk_encoder_at(e) != NULL; e++) {
        choose(f, hk_encoder_at(e)->name);
        assert_true(f->encoder->n_params > 0);
        for (size_t p = 0; p < f->encoder->n_params; p++) {
            const hk_column *column = &f->encoder->params[p];
            double bad[] = { column->min - 0.25, column->max * 1.01, NAN };
            assert_true(column->initial >= column->min && column->initial <= column->max);
            assert_non_null(column->meaning);
            for (size_t b = 0; b < N_OF(bad); b++) {
                double kept = f->params[p];
                assert_status(hk_encoder_set(f->ctx, f->encoder, f->params, column->name, bad[b]), HK_ERANGE);
                assert_true(f->params[p] == kept);
                f->params[p] = bad[b];
                assert_status(encode_sample(f, &value, 1, 100.0, 1, 1), HK_ERANGE);
                assert_non_null(strstr(hk_ctx_message(f->ctx), column->name));
                f->params[p] = kept;
            }
        }
    }
    choose(f, "binary");
    assert_status(hk_encoder_set(f->ctx, f->encoder, f->params, "n_spikes", 2.5), HK_ERANGE);
    assert_status(hk_encoder_set(f->ctx, f->encoder, f->params, "phase_random", 0.5), HK_ERANGE);
    choose(f, "latency");
    set(f, "t_min_ms", 100.5);
    assert_status(encode_sample(f, &value, 1, 100.0, 1, 1), HK_ERANGE);
    choose(f, "rate");
    set(f, "rate_max_hz", 20.0);
    set(f, "rate_min_hz", 20.5);
    assert_status(encode_sample(f, &value, 1, 100.0, 1, 1), HK_ERANGE);
    set(f, "rate_min_hz", 0.0);
    set(f, "rate_max_hz", 1e5);
    assert_status(encode_sample(f, &value, 1, 1e9, 1, 1), HK_ERANGE); /* 1e11 spikes */
}

static void unknown_names_are_refused_with_the_list_of_known_ones(void **state)
{
    fixture *f = *state;
    assert_status(hk_encoder_find(f->ctx, "morse", &f->encoder), HK_ENAME);
    assert_null(f->encoder);
    assert_non_null(strstr(hk_ctx_message(f->ctx), "rate, regular, latency, latency_log, rank, phase, burst, "));
    choose(f, "latency_log");
    assert_status(hk_encoder_set(f->ctx, f->encoder, f->params, "t_min_ms", 3.0), HK_ENAME);
    assert_non_null(strstr(hk_ctx_message(f->ctx), "tau_ms, threshold"));
}

/* An encoder from outside the catalogue, wrong in the way that its parameter says. */
static int encode_wrongly(const hk_encoding *encoding, hk_spikes_in *out)
{
    static const hk_spike_in wrong[][2] = {
        { { 0.0, 0 }, { 1.0, 0 } }, { { 2.0, 0 }, { 10.5, 1 } }, { { 2.0, 1 }, { 1.0, 0 } },
        { { 2.0, 1 }, { 1.0, 1 } }, { { 2.0, 1 }, { 1.0, 2 } },  { { NAN, 0 }, { 1.0, 1 } },
    };
    size_t which = (size_t)encoding->params[0];
    for (int k = 0; k < 2; k++) {
        int rc = hk_spikes_in_add(out, wrong[which][k].source, wrong[which][k].after_ms);
        if (rc != HK_OK)
            return rc;
    }
    return HK_OK;
}

static void an_encoder_that_breaks_its_promise_is_found_out(void **state)
{
    fixture *f = *state;
    static const hk_column which = { .name = "which", .unit = HK_UNIT_OPTION, .max = 5.0 };
    static const hk_encoder wrong = { .name = "wrong", .params = &which, .n_params = 1, .encode = encode_wrongly };
    static const float values[2] = { 0.5f, 0.5f };
    f->encoder = &wrong;
    for (int w = 0; w < 6; w++) {
        f->params[0] = w;
        assert_status(encode_sample(f, values, 2, 10.0, 1, 1), HK_ESTATE);
        assert_int_equal(f->spikes.n, 0);
    }
}

static void the_list_grows_and_keeps_what_it_has(void **state)
{
    (void)state;
    hk_spikes_in list = { 0 };
    for (uint32_t i = 0; i < 1000; i++)
        assert_ok(hk_spikes_in_add(&list, i, 0.5 + i));
    assert_status(hk_spikes_in_reserve(&list, SIZE_MAX / 2), HK_ENOMEM);
    assert_ok(hk_spikes_in_reserve(&list, 5000));
    assert_true(list.capacity >= 6000);
    assert_int_equal(list.n, 1000);
    for (uint32_t i = 0; i < 1000; i++)
        assert_true(list.spikes[i].source == i && list.spikes[i].after_ms == 0.5 + i);
    hk_spikes_in_fini(&list);
    assert_null(list.spikes);
}

/* ---- regular ----------------------------------------------------------------------------------------------------- */

static void regular_spikes_floor_of_rate_times_window_at_whole_intervals(void **state)
{
    fixture *f = *state;
    static const float values[] = { 0.0f, 0.25f, 0.5f, 1.0f };
    static const double rates_hz[] = { 64.0, 63.75, 137.31, 20.0 };
    static const double windows_ms[] = { 350.0, 1000.0, 77.7 };
    choose(f, "regular");
    set(f, "phase_random", 0.0);
    for (size_t r = 0; r < N_OF(rates_hz); r++) {
        set(f, "rate_max_hz", rates_hz[r]);
        for (size_t w = 0; w < N_OF(windows_ms); w++) {
            assert_ok(encode_sample(f, values, N_OF(values), windows_ms[w], 3, 0));
            for (uint32_t i = 0; i < N_OF(values); i++) {
                double rate_hz = rates_hz[r] * (double)values[i];
                assert_int_equal(count_of(f, i), (size_t)floor(rate_hz * windows_ms[w] / 1000.0));
                const hk_spike_in *spike = first_of(f, i);
                for (size_t k = 0; k < count_of(f, i); k++)
                    assert_close(spike[k].after_ms, (double)(k + 1) * 1000.0 / rate_hz, 1e-12 * windows_ms[w]);
            }
        }
    }
}

static void regular_spikes_at_the_end_of_the_window_count(void **state)
{
    fixture *f = *state;
    float value = 0.5f;
    choose(f, "regular");
    set(f, "phase_random", 0.0);
    set(f, "rate_max_hz", 200.0);
    assert_ok(encode_sample(f, &value, 1, 70.0, 3, 0));
    assert_int_equal(f->spikes.n, 7);
    assert_true(f->spikes.spikes[6].after_ms == 70.0);
    set(f, "phase", 0.3125);
    assert_ok(encode_sample(f, &value, 1, 70.0, 3, 0));
    assert_int_equal(f->spikes.n, 7);
    assert_true(f->spikes.spikes[0].after_ms == 3.125);
    assert_true(f->spikes.spikes[6].after_ms == 63.125);
}

static void regular_rate_runs_from_its_minimum_to_its_maximum(void **state)
{
    fixture *f = *state;
    static const float values[] = { 0.0f, 0.5f, 1.0f };
    choose(f, "regular");
    set(f, "phase_random", 0.0);
    set(f, "rate_max_hz", 100.0);
    set(f, "rate_min_hz", 10.0);
    assert_ok(encode_sample(f, values, 3, 1000.0, 3, 0));
    assert_int_equal(count_of(f, 0), 10);
    assert_int_equal(count_of(f, 1), 55);
    assert_int_equal(count_of(f, 2), 100);
}

static void regular_with_drawn_phases_is_right_on_average_and_evenly_spread(void **state)
{
    fixture *f = *state;
    enum { N = 4000 };
    static float values[N];
    double sum = 0.0, phase_sum = 0.0;
    for (int i = 0; i < N; i++)
        values[i] = 0.3f;
    choose(f, "regular");
    set(f, "rate_max_hz", 37.5);
    assert_ok(encode_sample(f, values, N, 240.0, 11, 5));
    double rate_hz = 37.5 * (double)0.3f, interval_ms = 1000.0 / rate_hz, expected = rate_hz * 0.24; /* 2.7 */
    for (uint32_t i = 0; i < N; i++) {
        const hk_spike_in *spike = first_of(f, i);
        size_t n = count_of(f, i);
        assert_true(n == 2 || n == 3);
        for (size_t k = 1; k < n; k++)
            assert_close(spike[k].after_ms - spike[k - 1].after_ms, interval_ms, 1e-10);
        assert_true(spike[0].after_ms <= interval_ms);
        phase_sum += spike[0].after_ms / interval_ms;
        sum += (double)n;
    }
    assert_close(sum / N, expected, 4.0 * sqrt(0.7 * 0.3 / N));
    assert_close(phase_sum / N, 0.5, 4.0 * sqrt(1.0 / 12.0 / N));
}

/* ---- latency ----------------------------------------------------------------------------------------------------- */

static void latency_is_linear_from_t_min_to_the_window(void **state)
{
    fixture *f = *state;
    static const float values[] = { 1.0f, 0.0f, 0.25f, 0.2f, 1e-30f, 0.8125f };
    choose(f, "latency");
    set(f, "t_min_ms", 2.385);
    assert_ok(encode_sample(f, values, N_OF(values), 50.7, 1, 1));
    assert_int_equal(f->spikes.n, 5);
    assert_int_equal(count_of(f, 1), 0);
    assert_true(first_of(f, 0)->after_ms == 2.385);
    assert_close(first_of(f, 2)->after_ms, 2.385 + 48.315 * 0.75, 1e-13);
    assert_close(first_of(f, 3)->after_ms, 2.385 + 48.315 * (1.0 - (double)0.2f), 1e-13);
    assert_true(first_of(f, 4)->after_ms == 50.7);
    assert_close(first_of(f, 5)->after_ms, 2.385 + 48.315 * 0.1875, 1e-13);
}

static void latency_needs_more_than_the_threshold(void **state)
{
    fixture *f = *state;
    static const float values[] = { 0.5f, 0.50000006f, 0.49999997f, 0.75f };
    choose(f, "latency");
    set(f, "threshold", 0.5);
    assert_ok(encode_sample(f, values, N_OF(values), 20.0, 1, 1));
    assert_int_equal(f->spikes.n, 2);
    assert_int_equal(f->spikes.spikes[0].source, 1);
    assert_int_equal(f->spikes.spikes[1].source, 3);
}

static void latency_never_leaves_the_window_whatever_the_rounding(void **state)
{
    fixture *f = *state;
    static const float tiny = 1e-38f;
    choose(f, "latency");
    for (int i = 1; i < 2000; i++) {
        double window_ms = 0.1 * i;
        set(f, "t_min_ms", window_ms / 3.0);
        assert_ok(encode_sample(f, &tiny, 1, window_ms, 1, 1)); /* hk_encode looks at every spike */
        assert_close(f->spikes.spikes[0].after_ms, window_ms, 1e-13 * window_ms);
    }
}

static void latency_log_is_the_first_spike_of_a_charging_neuron_and_is_cut_at_the_window(void **state)
{
    fixture *f = *state;
    static const float values[] = { 1.0f, 0.30f, 0.3125f, 0.4375f, 0.0f, 0.96875f };
    choose(f, "latency_log");
    set(f, "tau_ms", 17.3);
    set(f, "threshold", 0.30);
    double late_ms = 17.3 * log(0.3125 / 0.0125); /* 55.7 */
    assert_ok(encode_sample(f, values, N_OF(values), late_ms + 1e-9, 1, 1));
    assert_int_equal(count_of(f, 4), 0);
    for (uint32_t i = 0; i < N_OF(values); i++) {
        double x = (double)values[i], v;
        if (i == 4 || i == 1) /* 0.30f lies above 0.30, by so little that its spike would come at 290 ms */
            continue;
        const hk_spike_in *spike = first_of(f, i);
        assert_close(spike->after_ms, 17.3 * log(x / (x - 0.30)), 1e-11);
        v = x * (1.0 - exp(-spike->after_ms / 17.3));
        assert_close(v, 0.30, 1e-14);
    }
    assert_int_equal(count_of(f, 1), 0);
    assert_int_equal(f->spikes.n, 4);
    assert_ok(encode_sample(f, values, N_OF(values), late_ms - 1e-9, 1, 1));
    assert_int_equal(count_of(f, 2), 0);
    assert_int_equal(f->spikes.n, 3);
}

/* ---- binary ------------------------------------------------------------------------------------------------------ */

static void binary_bursts_fill_the_window_evenly(void **state)
{
    fixture *f = *state;
    static const float values[] = { 0.5f, 0.51f, 0.0f, 1.0f };
    choose(f, "binary");
    set(f, "phase_random", 0.0);
    for (int n = 1; n <= 50; n++) {
        double window_ms = 350.0 - 3.7 * n;
        set(f, "n_spikes", n);
        assert_ok(encode_sample(f, values, N_OF(values), window_ms, 1, 1));
        assert_int_equal(f->spikes.n, 2 * (size_t)n);
        assert_int_equal(count_of(f, 1), (size_t)n);
        assert_int_equal(count_of(f, 3), (size_t)n);
        for (int k = 0; k < n; k++)
            assert_close(first_of(f, 1)[k].after_ms, (k + 1) * window_ms / n, 1e-12 * window_ms);
    }
    set(f, "n_spikes", 7);
    set(f, "phase", 0.125);
    assert_ok(encode_sample(f, values, N_OF(values), 350.0, 1, 1));
    for (int k = 0; k < 7; k++)
        assert_true(first_of(f, 3)[k].after_ms == 50.0 * k + 6.25);
}

static void binary_phases_are_drawn_evenly_and_differ_between_inputs(void **state)
{
    fixture *f = *state;
    enum { N = 2000 };
    static float values[N];
    double sum = 0.0, square = 0.0, product = 0.0;
    for (int i = 0; i < N; i++)
        values[i] = 0.9f;
    choose(f, "binary");
    assert_ok(encode_sample(f, values, N, 350.0, 77, 3));
    assert_int_equal(f->spikes.n, 7 * N);
    for (uint32_t i = 0; i < N; i++) {
        const hk_spike_in *spike = &f->spikes.spikes[7 * i];
        double phase = spike[0].after_ms / 50.0 - 0.5, before = i == 0 ? 0.0 : spike[-7].after_ms / 50.0 - 0.5;
        assert_int_equal(spike[0].source, i);
        for (int k = 1; k < 7; k++)
            assert_close(spike[k].after_ms - spike[k - 1].after_ms, 50.0, 1e-12 * 350.0);
        sum += phase;
        square += phase * phase;
        product += phase * before;
    }
    assert_close(sum / N, 0.0, 4.0 * sqrt(1.0 / 12.0 / N));
    assert_close(square / N, 1.0 / 12.0, 4.0 * sqrt(1.0 / 180.0 / N)); /* variance of the square of a uniform number */
    assert_close(product / N, 0.0, 4.0 / 12.0 / sqrt(N));
}

/* ---- Poisson ----------------------------------------------------------------------------------------------------- */

static void every_kernel_gives_the_numbers_of_the_stream(void **state)
{
    (void)state;
    enum { N = 4 * HK_EXPONENTIAL_LANES };
    for (int level = HK_CPU_PLAIN; level <= (int)hk_cpu_best(); level++) {
        for (uint64_t id = 0; id < 500; id++) {
            uint64_t at[N], seed = id * UINT64_C(0x9e3779b97f4a7c15), name = id << 31 | id;
            double first[N], second[N];
            for (uint32_t i = 0; i < N; i++)
                at[i] = (id * 3 + i / 5) << 32 | i % 5;
            hk_exponential_kernel((hk_cpu)level)(seed, HK_PURPOSE_TEST, name, N, at, first, second);
            for (uint32_t i = 0; i < N; i++) {
                hk_stream stream = hk_stream_open(seed, HK_PURPOSE_TEST, name, (uint32_t)(at[i] >> 32));
                for (uint32_t skipped = 0; skipped < 2 * (i % 5); skipped++)
                    (void)hk_stream_u64(&stream);
                assert_true(first[i] == hk_stream_exponential(&stream));
                assert_true(second[i] == hk_stream_exponential(&stream));
            }
        }
    }
}

static void poisson_times_are_sums_of_the_streams_intervals(void **state)
{
    fixture *f = *state;
    static const double rates_hz[] = { 3.0, 63.75, 700.0, 9000.0 }; /* the last asks for more than a batch */
    float values[50];
    for (size_t i = 0; i < N_OF(values); i++)
        values[i] = (float)i / 49.0f;
    choose(f, "rate");
    for (size_t r = 0; r < N_OF(rates_hz); r++) {
        size_t k = 0;
        set(f, "rate_max_hz", rates_hz[r]);
        assert_ok(encode_sample(f, values, N_OF(values), 350.0, 123456789, 42));
        for (uint32_t i = 1; i < N_OF(values); i++) {
            hk_stream stream = hk_stream_open(123456789, HK_PURPOSE_ENCODER, 42, i);
            double mean_ms = 1000.0 / (rates_hz[r] * (double)values[i]);
            double after_ms = mean_ms * hk_stream_exponential(&stream);
            for (; after_ms <= 350.0; after_ms += mean_ms * hk_stream_exponential(&stream), k++) {
                assert_true(k < f->spikes.n);
                assert_int_equal(f->spikes.spikes[k].source, i);
                assert_true(f->spikes.spikes[k].after_ms == after_ms);
            }
        }
        assert_int_equal(k, f->spikes.n);
    }
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Kolmogorov and Smirnov's distance of n sorted numbers from the exponential of that mean. */
static double distance_from_exponential(const double *sorted, size_t n, double mean)
{
    double worst = 0.0;
    for (size_t i = 0; i < n; i++) {
        double expected = 1.0 - exp(-sorted[i] / mean);
        worst = fmax(worst, fmax(expected - (double)i / (double)n, (double)(i + 1) / (double)n - expected));
    }
    return worst;
}

static void poisson_intervals_are_exponential(void **state)
{
    fixture *f = *state;
    float value = 0.75f;
    choose(f, "rate");
    set(f, "rate_max_hz", 80.0);
    assert_ok(encode_sample(f, &value, 1, 1e6, 20240607, 8)); /* one train of 60,000 spikes: nothing cut off */
    size_t n = f->spikes.n;
    double *intervals = malloc(n * sizeof *intervals);
    double product = 0.0;
    for (size_t k = 0; k < n; k++)
        intervals[k] = f->spikes.spikes[k].after_ms - (k == 0 ? 0.0 : f->spikes.spikes[k - 1].after_ms);
    double mean_ms = 1000.0 / 60.0;
    for (size_t k = 1; k < n; k++)
        product += (intervals[k] / mean_ms - 1.0) * (intervals[k - 1] / mean_ms - 1.0);
    assert_close((double)n, 60000.0, 4.0 * sqrt(60000.0));
    assert_close(product / (double)n, 0.0, 4.0 / sqrt((double)n)); /* no memory from one to the next */
    qsort(intervals, n, sizeof *intervals, by_size);
    double distance = distance_from_exponential(intervals, n, mean_ms);
    assert_true(distance < 1.63 / sqrt((double)n)); /* the 1 % point; the seed is fixed */
    assert_true(distance_from_exponential(intervals, n, 1.02 * mean_ms) > 1.63 / sqrt((double)n)); /* able to fail */
    free(intervals);
}

static void poisson_counts_have_the_mean_and_variance_of_their_rate(void **state)
{
    fixture *f = *state;
    enum { N = 784, SAMPLES = 100 };
    static float values[N];
    static double sum[5], square[5];
    static const float levels[5] = { 0.0f, 0.1f, 0.33f, 0.66f, 1.0f };
    choose(f, "rate");
    memset(sum, 0, sizeof sum);
    memset(square, 0, sizeof square);
    for (int i = 0; i < N; i++)
        values[i] = levels[i % 5];
    for (uint64_t sample = 0; sample < SAMPLES; sample++) {
        static size_t counts[N];
        memset(counts, 0, sizeof counts);
        assert_ok(encode_sample(f, values, N, 350.0, 6, sample));
        for (size_t k = 0; k < f->spikes.n; k++)
            counts[f->spikes.spikes[k].source]++;
        for (int i = 0; i < N; i++) {
            sum[i % 5] += (double)counts[i];
            square[i % 5] += (double)(counts[i] * counts[i]);
        }
    }
    assert_true(sum[0] == 0.0);
    for (int level = 1; level < 5; level++) {
        double n = SAMPLES * (double)((N + 4 - level) / 5), expected = 63.75 * 0.35 * (double)levels[level];
        double mean = sum[level] / n, variance = square[level] / n - mean * mean;
        assert_close(mean, expected, 4.0 * sqrt(expected / n));
        assert_close(variance, expected, 4.0 * sqrt((expected + 2.0 * expected * expected) / n));
    }
}

static double correlation(const double *a, const double *b, size_t n)
{
    double ma = 0.0, mb = 0.0, ab = 0.0, aa = 0.0, bb = 0.0;
    for (size_t i = 0; i < n; i++) {
        ma += a[i] / (double)n;
        mb += b[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        ab += (a[i] - ma) * (b[i] - mb);
        aa += (a[i] - ma) * (a[i] - ma);
        bb += (b[i] - mb) * (b[i] - mb);
    }
    return ab / sqrt(aa * bb);
}

static void poisson_trains_of_inputs_samples_and_seeds_are_independent(void **state)
{
    fixture *f = *state;
    enum { N = 5000 };
    static float values[N];
    static double counts[4][N]; /* seed 1 sample 1, seed 1 sample 2, seed 2 sample 1, the neighbour of the first */
    static const uint64_t seeds[3] = { 1, 1, 2 }, samples[3] = { 1, 2, 1 };
    for (int i = 0; i < N; i++)
        values[i] = 0.8f;
    choose(f, "rate");
    memset(counts, 0, sizeof counts);
    for (int c = 0; c < 3; c++) {
        assert_ok(encode_sample(f, values, N, 350.0, seeds[c], samples[c]));
        for (size_t k = 0; k < f->spikes.n; k++)
            counts[c][f->spikes.spikes[k].source] += 1.0;
    }
    for (int i = 0; i < N; i++)
        counts[3][i] = counts[0][(i + 1) % N];
    for (int a = 0; a < 4; a++)
        for (int b = 0; b < a; b++)
            assert_close(correlation(counts[a], counts[b], N), 0.0, 4.0 / sqrt(N));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(every_code_keeps_its_promises_for_many_values_and_windows),
        T(spikes_depend_on_seed_and_sample_not_on_what_came_before_or_beside),
        T(values_outside_zero_to_one_are_refused_by_index),
        T(windows_that_are_none_are_refused),
        T(parameters_outside_their_table_are_refused_by_name),
        T(unknown_names_are_refused_with_the_list_of_known_ones),
        T(an_encoder_that_breaks_its_promise_is_found_out),
        T(the_list_grows_and_keeps_what_it_has),
        T(regular_spikes_floor_of_rate_times_window_at_whole_intervals),
        T(regular_spikes_at_the_end_of_the_window_count),
        T(regular_rate_runs_from_its_minimum_to_its_maximum),
        T(regular_with_drawn_phases_is_right_on_average_and_evenly_spread),
        T(latency_is_linear_from_t_min_to_the_window),
        T(latency_needs_more_than_the_threshold),
        T(latency_never_leaves_the_window_whatever_the_rounding),
        T(latency_log_is_the_first_spike_of_a_charging_neuron_and_is_cut_at_the_window),
        T(binary_bursts_fill_the_window_evenly),
        T(binary_phases_are_drawn_evenly_and_differ_between_inputs),
        T(every_kernel_gives_the_numbers_of_the_stream),
        T(poisson_times_are_sums_of_the_streams_intervals),
        T(poisson_intervals_are_exponential),
        T(poisson_counts_have_the_mean_and_variance_of_their_rate),
        T(poisson_trains_of_inputs_samples_and_seeds_are_independent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
