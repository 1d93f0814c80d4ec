/* tests/test_codes.c - rank order, phase, burst, temporal and delta codes: which spikes, when, against their formulas. */
#include "tests/code_rig.h"

#include "sim/rng.h"

/* ---- rank -------------------------------------------------------------------------------------------------------- */

static void rank_spikes_in_the_order_of_the_values_and_equals_together(void **state)
{
    fixture *f = *state;
    static const float values[] = { 0.3f, 0.0f, 0.9f, 0.31f, 0.9f, 1.0f, 0.002f };
    static const uint32_t ranks[] = { 5, 0, 2, 4, 2, 1, 6 }; /* the two of 0.9 are second together */
    choose(f, "rank");
    assert_ok(encode_sample(f, values, N_OF(values), 23.85, 1, 1));
    assert_int_equal(f->spikes.n, 6);
    for (uint32_t i = 0; i < N_OF(values); i++) {
        assert_int_equal(count_of(f, i), ranks[i] > 0);
        if (ranks[i] > 0)
            assert_close(first_of(f, i)->after_ms, 23.85 * ranks[i] / 6.0, 1e-13);
    }
}

static void rank_sees_nothing_but_the_order(void **state)
{
    fixture *f = *state;
    float values[50], bent[50];
    for (uint32_t i = 0; i < 50; i++) {
        values[i] = (float)((i * 19) % 50 + 1) / 50.0f;
        bent[i] = values[i] * values[i] * 0.37f;
    }
    choose(f, "rank");
    hk_spikes_in first = { 0 };
    assert_ok(encode_sample(f, values, 50, 70.0, 1, 1));
    for (size_t k = 0; k < f->spikes.n; k++)
        assert_ok(hk_spikes_in_add(&first, f->spikes.spikes[k].source, f->spikes.spikes[k].after_ms));
    assert_ok(encode_sample(f, bent, 50, 70.0, 1, 1));
    assert_int_equal(f->spikes.n, 50);
    assert_true(same_spikes(&f->spikes, &first));
    hk_spikes_in_fini(&first);
}

static void rank_fills_its_bins_equally(void **state)
{
    fixture *f = *state;
    float values[60];
    for (uint32_t i = 0; i < 60; i++)
        values[i] = powf(0.93f, (float)i);
    choose(f, "rank");
    set(f, "n_bins", 15.0);
    assert_ok(encode_sample(f, values, 60, 30.0, 1, 1));
    for (uint32_t i = 0; i < 60; i++)
        assert_close(first_of(f, i)->after_ms, 2.0 * (double)(i / 4 + 1), 1e-13);
}

/* ---- phase ------------------------------------------------------------------------------------------------------- */

static void phase_spikes_are_the_bits_of_the_value_from_the_most_significant_one(void **state)
{
    fixture *f = *state;
    static const float values[] = { 0.0f, 1.0f, 181.0f / 255.0f, 1.0f / 255.0f, 0.4f / 255.0f };
    static const double phases[] = { 0, 2, 3, 5, 7 }; /* 181 = 10110101 */
    choose(f, "phase");
    set(f, "phase_ms", 2.385);
    assert_ok(encode_sample(f, values, N_OF(values), 8 * 2.385, 1, 1));
    assert_int_equal(count_of(f, 0), 0);
    assert_int_equal(count_of(f, 1), 8);
    assert_int_equal(count_of(f, 2), N_OF(phases));
    for (size_t k = 0; k < N_OF(phases); k++)
        assert_close(first_of(f, 2)[k].after_ms, (phases[k] + 0.5) * 2.385, 1e-12);
    assert_int_equal(count_of(f, 3), 1);
    assert_close(first_of(f, 3)->after_ms, 7.5 * 2.385, 1e-12);
    assert_int_equal(count_of(f, 4), 0);
    set(f, "least_first", 1.0);
    assert_ok(encode_sample(f, values, N_OF(values), 8 * 2.385, 1, 1));
    for (size_t k = 0; k < N_OF(phases); k++)
        assert_close(first_of(f, 2)[k].after_ms, (7.5 - phases[N_OF(phases) - 1 - k]) * 2.385, 1e-12);
}

static void phase_repeats_its_period_as_often_as_the_window_holds_it(void **state)
{
    fixture *f = *state;
    static const float value = 5.0f / 7.0f; /* 101 */
    static const double times_ms[] = { 0.35, 1.75, 2.45, 3.85, 4.55, 5.95 };
    choose(f, "phase");
    set(f, "n_phases", 3.0);
    set(f, "phase_ms", 0.7);
    assert_ok(encode_sample(f, &value, 1, 8.3, 1, 1)); /* 3.95 periods */
    assert_int_equal(f->spikes.n, N_OF(times_ms));
    for (size_t k = 0; k < N_OF(times_ms); k++)
        assert_close(f->spikes.spikes[k].after_ms, times_ms[k], 1e-12);
    assert_ok(encode_sample(f, &value, 1, 4 * 3 * 0.7, 1, 1)); /* a whole number of them, but for rounding */
    assert_int_equal(f->spikes.n, 8);
}

static void windows_without_room_are_refused_by_phase_and_burst(void **state)
{
    fixture *f = *state;
    float value = 0.9f;
    choose(f, "phase");
    assert_status(encode_sample(f, &value, 1, 7.99, 1, 1), HK_ERANGE);
    assert_non_null(strstr(hk_ctx_message(f->ctx), "window_ms = 7.99, must hold a period"));
    assert_ok(encode_sample(f, &value, 1, 8.0, 1, 1));
    set(f, "phase_ms", 1e-3);
    assert_status(encode_sample(f, &value, 1, 1e9, 1, 1), HK_ERANGE); /* 1e12 phases */
    choose(f, "burst");
    assert_status(encode_sample(f, &value, 1, 9.99, 1, 1), HK_ERANGE);
    assert_non_null(strstr(hk_ctx_message(f->ctx), "window_ms = 9.99, must hold the longest burst"));
    assert_ok(encode_sample(f, &value, 1, 10.0, 1, 1));
}

static void phase_weights_are_powers_of_two_of_the_phase(void **state)
{
    fixture *f = *state;
    static const hk_spike_in spikes[] = { { 0.2, 0 }, { 3.9, 0 }, { 7.01, 0 }, { 8.5, 0 }, { 15.2, 0 }, { 17.0, 0 } };
    static const double expected[] = { 1.0 / 2, 1.0 / 16, 1.0 / 256, 1.0 / 2, 1.0 / 256, 0.0 }; /* two periods */
    hk_spikes_in list = { .n = N_OF(spikes) };
    double weights[N_OF(spikes)];
    choose(f, "phase");
    assert_ok(hk_spikes_in_reserve(&f->spikes, N_OF(spikes)));
    memcpy(f->spikes.spikes, spikes, sizeof spikes);
    list.spikes = f->spikes.spikes;
    f->encoder->weigh(&(hk_encoding){ .n = 1, .window_ms = 17.5, .params = f->params }, &list, weights);
    for (size_t k = 0; k < N_OF(spikes); k++)
        assert_close(weights[k], expected[k], 0.0);
}

/* ---- burst ------------------------------------------------------------------------------------------------------- */

static void a_burst_says_the_sum_of_its_growing_weights(void **state)
{
    fixture *f = *state;
    /* u = 1/31: 1, 3, 7, 15, 31 of them in one burst; 20 = 15 + 3 + 1 + 1 in four. */
    static const float values[] = { 1.0f, 15.0f / 31.0f, 20.0f / 31.0f, 0.0f, 1.0f / 31.0f };
    static const double slots[] = { 0, 1, 2, 3, 5, 6, 8, 10 };
    choose(f, "burst");
    set(f, "slot_ms", 1.7);
    assert_ok(encode_sample(f, values, N_OF(values), 25.0, 1, 1));
    static const size_t counts[] = { 5, 4, N_OF(slots), 0, 1 };
    for (uint32_t i = 0; i < N_OF(values); i++) {
        assert_int_equal(count_of(f, i), counts[i]);
        for (size_t k = 0; k < counts[i]; k++)
            assert_close(first_of(f, i)[k].after_ms, ((i == 2 ? slots[k] : (double)k) + 0.5) * 1.7, 1e-12);
    }
    double weights[20];
    static const double of_third[] = { 1, 2, 4, 8, 1, 2, 1, 1 };
    hk_encoding how = { .n = N_OF(values), .window_ms = 25.0, .params = f->params };
    f->encoder->weigh(&how, &f->spikes, weights);
    for (size_t k = 0; k < N_OF(slots); k++)
        assert_close(weights[5 + 4 + k] * 31.0, of_third[k], 1e-12);
}

static void a_single_burst_is_the_nearest_one(void **state)
{
    fixture *f = *state;
    float values[101];
    choose(f, "burst");
    set(f, "n_bursts", 1.0);
    set(f, "n_max", 6.0);
    set(f, "growth", 1.3);
    for (uint32_t i = 0; i < N_OF(values); i++)
        values[i] = (float)i / 100.0f;
    assert_ok(encode_sample(f, values, N_OF(values), 12.0, 1, 1));
    for (uint32_t i = 0; i < N_OF(values); i++) {
        size_t best = 0;
        for (size_t n = 1; n <= 6; n++) {
            double off = fabs((pow(1.3, (double)n) - 1.0) / (pow(1.3, 6.0) - 1.0) - (double)values[i]);
            double best_off = fabs((pow(1.3, (double)best) - 1.0) / (pow(1.3, 6.0) - 1.0) - (double)values[i]);
            best = off < best_off ? n : best;
        }
        assert_int_equal(count_of(f, i), best);
    }
}

static void a_short_window_keeps_the_longest_bursts(void **state)
{
    fixture *f = *state;
    float value = 30.0f / 31.0f; /* 15 + 15 */
    choose(f, "burst");
    static const size_t in_slots[] = { [5] = 4, [6] = 5, [7] = 6, [8] = 7, [9] = 8, [10] = 8 };
    for (size_t n_slots = 5; n_slots < N_OF(in_slots); n_slots++) {
        assert_ok(encode_sample(f, &value, 1, 2.0 * (double)n_slots, 1, 1));
        assert_int_equal(f->spikes.n, in_slots[n_slots]);
    }
}

/* ---- temporal ---------------------------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    return *(const double *)a < *(const double *)b ? -1 : *(const double *)a > *(const double *)b;
}

static void temporal_patterns_are_drawn_once_and_turned_by_the_value(void **state)
{
    fixture *f = *state;
    static const float values[] = { 0.3f, 1.0f, 0.0f, 0.77f };
    choose(f, "temporal");
    set(f, "n_spikes", 5.0);
    set(f, "shift", 0.6);
    assert_ok(encode_sample(f, values, N_OF(values), 71.5, 12, 8));
    assert_int_equal(f->spikes.n, 15);
    for (uint32_t i = 0; i < N_OF(values); i++) {
        hk_stream stream = hk_stream_open(12, HK_PURPOSE_PATTERN, 0, i);
        double places[5];
        assert_int_equal(count_of(f, i), values[i] > 0.0f ? 5 : 0);
        for (size_t k = 0; k < 5; k++) {
            double phi = hk_stream_uniform(&stream) - 0.6 * (double)values[i];
            places[k] = phi - floor(phi);
        }
        qsort(places, 5, sizeof *places, compare);
        for (size_t k = 0; k < count_of(f, i); k++)
            assert_close(first_of(f, i)[k].after_ms, places[k] * 71.5, 1e-12);
    }
}

static void temporal_times_are_spread_evenly_whatever_the_value(void **state)
{
    fixture *f = *state;
    enum { N = 4000 };
    static float values[N];
    choose(f, "temporal");
    for (int round = 0; round < 2; round++) {
        double sum = 0.0;
        for (int i = 0; i < N; i++)
            values[i] = round == 0 ? 0.1f : 0.9f;
        assert_ok(encode_sample(f, values, N, 40.0, 5, 1));
        assert_int_equal(f->spikes.n, 4 * N);
        for (size_t k = 0; k < f->spikes.n; k++)
            sum += f->spikes.spikes[k].after_ms;
        assert_close(sum / (4.0 * N), 20.0, 4.0 * 40.0 * sqrt(1.0 / 12.0 / (4.0 * N)));
    }
}

/* ---- delta ------------------------------------------------------------------------------------------------------- */

static int encode_frames(fixture *f, const float *values, uint32_t n, uint32_t n_frames, double window_ms)
{
    hk_encoding how = {
        .values = values, .n = n, .n_frames = n_frames, .window_ms = window_ms, .params = f->params, .seed = 1
    };
    return hk_encode(f->ctx, f->encoder, &how, &f->spikes);
}

static void delta_spikes_where_the_signal_crosses_a_step(void **state)
{
    fixture *f = *state;
    /* One input: up to 0.7, down to 0.1, and there it stays; steps of 0.25. */
    static const float frames[] = { 0.7f, 0.1f, 0.1f };
    choose(f, "delta");
    set(f, "step", 0.25);
    assert_ok(encode_frames(f, frames, 1, 3, 30.0));
    assert_int_equal(f->spikes.n, 3);
    assert_int_equal(count_of(f, 0), 2);
    assert_int_equal(count_of(f, 1), 1);
    assert_close(first_of(f, 0)[0].after_ms, 10.0 * 0.25 / (double)0.7f, 1e-12);
    assert_close(first_of(f, 0)[1].after_ms, 10.0 * 0.50 / (double)0.7f, 1e-12);
    assert_close(first_of(f, 1)->after_ms, 10.0 + 10.0 * ((double)0.7f - 0.25) / ((double)0.7f - (double)0.1f), 1e-12);
}

static void delta_has_an_on_and_an_off_source_for_each_input(void **state)
{
    fixture *f = *state;
    static const float frames[3][4] = { { 1.0f, 0.5f, 0.0f, 0.3f },
                                        { 0.0f, 0.5f, 1.0f, 0.3f },
                                        { 1.0f, 0.5f, 0.0f, 0.31f } };
    static const size_t counts[8] = { 8, 2, 4, 1, 4, 0, 4, 0 };
    choose(f, "delta");
    set(f, "step", 0.25);
    assert_int_equal(hk_encoder_n_sources(f->encoder, 4), 8);
    assert_ok(encode_frames(f, frames[0], 4, 3, 17.0));
    for (uint32_t i = 0; i < 8; i++)
        assert_int_equal(count_of(f, i), counts[i]);
    assert_close(first_of(f, 0)[3].after_ms, 17.0 / 3.0, 1e-14); /* 1 is reached with the frame */
}

static void delta_takes_a_still_image_for_one_that_comes_up_from_the_dark(void **state)
{
    fixture *f = *state;
    static const float values[] = { 1.0f, 0.4f, 0.12f };
    choose(f, "delta");
    assert_ok(encode_frames(f, values, 3, 0, 24.0));
    assert_int_equal(count_of(f, 0), 8);
    assert_int_equal(count_of(f, 1), 3);
    assert_int_equal(count_of(f, 2), 0);
    for (size_t k = 0; k < 3; k++)
        assert_close(first_of(f, 1)[k].after_ms, 24.0 * 0.125 * (double)(k + 1) / (double)0.4f, 1e-12);
}

static void frames_are_refused_by_codes_of_still_values_and_checked_by_delta(void **state)
{
    fixture *f = *state;
    float frames[3][5];
    for (size_t k = 0; k < 15; k++)
        frames[k / 5][k % 5] = 0.5f;
    for (size_t e = 0; hk_encoder_at(e) != NULL; e++) {
        choose(f, hk_encoder_at(e)->name);
        assert_status(encode_frames(f, frames[0], 5, 3, 100.0), f->encoder == &hk_delta ? HK_OK : HK_ERANGE);
        if (f->encoder != &hk_delta)
            assert_non_null(strstr(hk_ctx_message(f->ctx), "3 frames, must be one"));
    }
    choose(f, "delta");
    frames[2][1] = 1.5f;
    assert_status(encode_frames(f, frames[0], 5, 3, 100.0), HK_ERANGE);
    assert_non_null(strstr(hk_ctx_message(f->ctx), "value 11 of 15"));
}

static void the_choices_of_a_code_are_the_catalogue(void **state)
{
    (void)state;
    size_t n = 0;
    assert_string_equal(hk_encoder_names_and_all[0], "all");
    for (; hk_encoder_at(n) != NULL; n++)
        assert_string_equal(hk_encoder_names[n], hk_encoder_at(n)->name);
    assert_null(hk_encoder_names[n]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(rank_spikes_in_the_order_of_the_values_and_equals_together),
        TEST(rank_sees_nothing_but_the_order),
        TEST(rank_fills_its_bins_equally),
        TEST(phase_spikes_are_the_bits_of_the_value_from_the_most_significant_one),
        TEST(phase_repeats_its_period_as_often_as_the_window_holds_it),
        TEST(windows_without_room_are_refused_by_phase_and_burst),
        TEST(phase_weights_are_powers_of_two_of_the_phase),
        TEST(a_burst_says_the_sum_of_its_growing_weights),
        TEST(a_single_burst_is_the_nearest_one),
        TEST(a_short_window_keeps_the_longest_bursts),
        TEST(temporal_patterns_are_drawn_once_and_turned_by_the_value),
        TEST(temporal_times_are_spread_evenly_whatever_the_value),
        TEST(delta_spikes_where_the_signal_crosses_a_step),
        TEST(delta_has_an_on_and_an_off_source_for_each_input),
        TEST(delta_takes_a_still_image_for_one_that_comes_up_from_the_dark),
        TEST(frames_are_refused_by_codes_of_still_values_and_checked_by_delta),
        cmocka_unit_test(the_choices_of_a_code_are_the_catalogue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
