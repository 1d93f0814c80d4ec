/* tests/test_brunel.c - Brunel's network, small. */
#include "tests/hk_scratch.h"
#include "tests/trial.h"

#include <pthread.h>

#define SMALL "brunel", "--out", "none", "--set", "integrator=exact"

static void every_neuron_has_its_indegrees(void **state)
{
    (void)state;
    trial t;
    run_it(&t, ARGUMENTS(SMALL, "--set", "neurons=537", "--set", "duration_ms=2"), HK_OK);
    assert_close(number_of(&t, "neurons"), 537.0, 0.0);
    assert_close(number_of(&t, "synapses"), 537.0 * (1000 + 250), 0.0);
    trial_close(&t);
}

static void the_same_seed_gives_the_same_spikes(void **state)
{
    (void)state;
    char hashes[3][20];
    static const char *const seeds[] = { "3", "3", "4" };
    for (size_t k = 0; k < 3; k++) {
        trial t;
        run_it(&t, ARGUMENTS(SMALL, "--seed", seeds[k], "--set", "neurons=500", "--set", "duration_ms=80"), HK_OK);
        snprintf(hashes[k], sizeof hashes[k], "%s", value_of(&t, "spike_hash")->text);
        trial_close(&t);
    }
    assert_string_equal(hashes[0], hashes[1]);
    assert_string_not_equal(hashes[0], hashes[2]);
}

typedef struct look {
    double rate_hz, cv, fano;
} look;

static look look_at(const char *one, const char *two, const char *neurons)
{
    trial t;
    run_it(&t,
           ARGUMENTS(SMALL, "--set", one, "--set", two, "--set", neurons, "--set", "duration_ms=250", "--set",
                     "warmup_ms=100"),
           HK_OK);
    look l = { number_of(&t, "rate_hz"), number_of(&t, "cv"), part_of(&t, "fano", "exc") };
    assert_null(hk_summary_find(hk_run_summary(t.run), "agrees_with_peers")); /* only the whole network is compared */
    trial_close(&t);
    return l;
}

static void the_regimes_look_as_they_are_called(void **state)
{
    (void)state;
    static const char neurons[] = "neurons=500";
    look sr = look_at("regime=sr", "g=3", neurons), ai = look_at("regime=ai", "eta=2", neurons);
    look fast = look_at("regime=si_fast", "eta=4", neurons), slow = look_at("regime=si_slow", "g=4.5", neurons);
    assert_true(sr.cv < 0.1 && ai.cv > 0.4 && fast.cv > 0.4);      /* regular, irregular */
    assert_true(slow.fano > 2.0 * ai.fano && ai.fano > fast.fano); /* 5 ms are a fraction of the slow oscillation */
    assert_close(slow.rate_hz, 5.5, 10.0);
    assert_close(ai.rate_hz, 37.7, 10.0);
    assert_close(fast.rate_hz, 60.7, 20.0);
    assert_true(fast.rate_hz > ai.rate_hz);
    assert_close(sr.rate_hz, 1e3 / 3.0, 20.0); /* a refractory period of 2 ms, a delay of 1.5 ms, and little else */
}

static void far_above_threshold_the_rate_is_that_of_the_drive(void **state)
{
    (void)state;
    /* inhibition cancels excitation at g = 4: v goes from 10 mV towards mu = 20 mV eta */
    look l = look_at("g=4", "eta=13.7", "neurons=150");
    double mu_mv = 20.0 * 13.7, interval_ms = 2.0 + 20.0 * log((mu_mv - 10.0) / (mu_mv - 20.0));
    assert_close(l.rate_hz, 1e3 / interval_ms, 0.04 * 1e3 / interval_ms);
}

static void threads_change_no_bit_whatever_the_integrator_and_the_synapses(void **state)
{
    (void)state;
    static const char *const forms[][2] = { { "integrator=exact", "plastic=none" },
                                            { "integrator=exact", "plastic=stdp" },
                                            { "integrator=grid", "plastic=none" },
                                            { "integrator=grid", "plastic=stdp" } };
    static const char *const threads[] = { "1", "2", "3" };
    char hashes[N_OF(forms)][3][20];
    for (size_t k = 0; k < N_OF(forms); k++)
        for (size_t i = 0; i < 3; i++) {
            trial t;
            run_it(&t,
                   ARGUMENTS("brunel", "--out", "none", "--threads", threads[i], "--set", forms[k][0], "--set",
                             forms[k][1], "--set", "neurons=500", "--set", "duration_ms=80"),
                   HK_OK);
            snprintf(hashes[k][i], sizeof hashes[k][i], "%s", value_of(&t, "spike_hash")->text);
            assert_true(number_of(&t, "spikes") > 500.0);
            trial_close(&t);
            assert_string_equal(hashes[k][i], hashes[k][0]);
        }
    for (size_t k = 1; k < N_OF(forms); k++)
        assert_string_not_equal(hashes[k][0], hashes[0][0]);
}

typedef struct stopper {
    hk_run *run;
    const char *saved;
} stopper;

/* As soon as there is a checkpoint; a minute at most. */
static void *stop_when_saved(void *user)
{
    const stopper *s = user;
    for (int k = 0; k < 60000 && !file_exists(s->saved); k++)
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    hk_run_stop(s->run);
    return NULL;
}

#define LONG(form, threads)                                                                                  \
    "brunel", "--out", "none", "--set", "neurons=400", "--set", form[0], "--set", form[1], "--set", form[2], \
        "--threads", threads

static void cut_and_resumed_on_other_threads(const char *const form[3], const char *name)
{
    const char *saved = scratch_path(name);
    static const char *const keys[] = { "spikes", "synaptic_events", "rate_hz", "cv", "biological_ms" };
    trial whole, part;
    run_it(&whole, ARGUMENTS(LONG(form, "1")), HK_OK);
    trial_open(&part, ARGUMENTS(LONG(form, "2"), "--checkpoint", saved, "--checkpoint-every", "1e-3"));
    stopper s = { .run = part.run, .saved = saved };
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, stop_when_saved, &s), 0);
    hk_run_execute(part.run);
    pthread_join(thread, NULL);
    assert_int_equal(hk_run_status(part.run), HK_OK);
    double cut_ms = number_of(&part, "biological_ms");
    assert_true(cut_ms > 0.0 && cut_ms < number_of(&whole, "biological_ms"));
    trial_close(&part);

    run_it(&part, ARGUMENTS(LONG(form, "3"), "--resume", saved), HK_OK);
    assert_string_equal(value_of(&part, "spike_hash")->text, value_of(&whole, "spike_hash")->text);
    for (size_t k = 0; k < N_OF(keys); k++)
        assert_close(number_of(&part, keys[k]), number_of(&whole, keys[k]), 0.0);
    if (strcmp(form[1], "plastic=stdp") == 0) {
        static const char *const learnt[] = { "plastic_weight_mean", "plastic_weight_sd", "plastic_events" };
        for (size_t k = 0; k < N_OF(learnt); k++)
            assert_close(number_of(&part, learnt[k]), number_of(&whole, learnt[k]), 0.0);
    }
    trial_close(&part);
    trial_close(&whole);
}

static void a_run_that_was_cut_goes_on_with_other_threads_to_the_same_bits(void **state)
{
    (void)state;
    static const char *const exact[] = { "integrator=exact", "plastic=none", "duration_ms=600" };
    static const char *const plastic[] = { "integrator=grid", "plastic=stdp", "duration_ms=4000" };
    cut_and_resumed_on_other_threads(exact, "exact.h5");
    cut_and_resumed_on_other_threads(plastic, "plastic.h5");
}

/* Every pair of spikes changes a weight by about a hundredth; uncorrelated ones leave w_max / (1 + alpha) = 0.0993 mV. */
static void what_learns_keeps_its_mean_and_gets_a_spread(void **state)
{
    (void)state;
    trial t;
    run_it(&t,
           ARGUMENTS("brunel", "--out", "none", "--set", "plastic=stdp", "--set", "neurons=1000", "--set",
                     "duration_ms=400", "--set", "warmup_ms=0"),
           HK_OK);
    double spikes = part_of(&t, "rates_hz", "exc") * 0.4 * 800.0;
    assert_close(number_of(&t, "plastic_synapses"), 800.0 * 1000.0, 0.0);
    assert_close(number_of(&t, "plastic_weight_mean"), 0.3 / 3.02, 0.002);
    assert_true(number_of(&t, "plastic_weight_sd") > 0.002 && number_of(&t, "plastic_weight_sd") < 0.01);
    assert_close(number_of(&t, "plastic_events"), 2.0 * 1000.0 * spikes, 0.01 * 2.0 * 1000.0 * spikes);
    assert_close(number_of(&t, "plastic_at_bounds"), 0.0, 0.0);
    assert_true(number_of(&t, "ns_per_plastic_event") > 0.0);
    trial_close(&t);
}

/* Rates of such a small network scatter by 5 % from seed to seed: the means of ten are compared. */
static void grid_and_exact_times_tell_the_same_story(void **state)
{
    (void)state;
    double rates_hz[2] = { 0.0, 0.0 };
    static const char *const integrators[] = { "integrator=exact", "integrator=grid" };
    static const char *const seeds[] = { "1", "2", "3", "4", "5", "6", "7", "8", "9", "10" };
    for (size_t k = 0; k < 2; k++)
        for (size_t s = 0; s < N_OF(seeds); s++) {
            trial t;
            run_it(&t,
                   ARGUMENTS("brunel", "--seed", seeds[s], "--out", "none", "--set", integrators[k], "--set",
                             "neurons=1000", "--set", "duration_ms=500", "--set", "warmup_ms=100"),
                   HK_OK);
            rates_hz[k] += number_of(&t, "rate_hz") / N_OF(seeds);
            trial_close(&t);
        }
    assert_close(rates_hz[1], rates_hz[0], 0.06 * rates_hz[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_neuron_has_its_indegrees),
        cmocka_unit_test(the_same_seed_gives_the_same_spikes),
        cmocka_unit_test(the_regimes_look_as_they_are_called),
        cmocka_unit_test(threads_change_no_bit_whatever_the_integrator_and_the_synapses),
        cmocka_unit_test(a_run_that_was_cut_goes_on_with_other_threads_to_the_same_bits),
        cmocka_unit_test(what_learns_keeps_its_mean_and_gets_a_spread),
        cmocka_unit_test(grid_and_exact_times_tell_the_same_story),
        cmocka_unit_test(far_above_threshold_the_rate_is_that_of_the_drive),
    };
    return cmocka_run_group_tests(tests, hk_scratch_setup, hk_scratch_teardown);
}
