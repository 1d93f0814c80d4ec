/* tests/test_vote.c - naming neurons and voting against the formulas, computed another way round.
 *
 * The reference keeps the samples themselves and sums them for each question; the readout keeps sums only. */
#include "tests/hk_test.h"

#include "experiments/readouts/vote.h"
#include "sim/rng.h"

#include <stdbool.h>

enum { K = HK_VOTE_CLASSES, N = 23, SAMPLES = 177 };

typedef struct sample {
    int label;
    uint32_t counts[N];
} sample;

/* Unequal classes: none of class 6, many of class 1; neuron 5 never spikes, neuron 7 spikes for all alike. */
static void draw_samples(sample *samples, size_t n, uint64_t id)
{
    hk_stream stream = hk_stream_open(2385, HK_PURPOSE_TEST, id, 0);
    for (size_t s = 0; s < n; s++) {
        int label = (int)hk_stream_below(&stream, 17);
        samples[s].label = label >= K || label == 6 ? 1 : label;
        for (uint32_t j = 0; j < N; j++) {
            uint64_t most = j % K == (uint32_t)samples[s].label ? 9 : 3;
            samples[s].counts[j] = j == 5 ? 0 : j == 7 ? 2 : (uint32_t)hk_stream_below(&stream, most);
        }
    }
}

/* Spikes of neuron j (-1: of all) in the samples of class c (-1: of all). */
static double spikes_of(const sample *samples, size_t n, long j, int c)
{
    double sum = 0.0;
    for (size_t s = 0; s < n; s++)
        for (uint32_t i = 0; i < N; i++)
            if ((j < 0 || i == (uint32_t)j) && (c < 0 || samples[s].label == c))
                sum += samples[s].counts[i];
    return sum;
}

static double n_of(const sample *samples, size_t n, int c)
{
    double count = 0.0;
    for (size_t s = 0; s < n; s++)
        count += samples[s].label == c;
    return count;
}

static int expected_label(const sample *samples, size_t n, uint32_t j)
{
    int best = -1;
    double most = 0.0;
    for (int c = K - 1; c >= 0; c--) { /* downwards, so that >= leaves the lowest of equals */
        double samples_of_class = n_of(samples, n, c);
        double mean = samples_of_class > 0.0 ? spikes_of(samples, n, j, c) / samples_of_class : 0.0;
        if (mean > 0.0 && mean >= most) {
            most = mean;
            best = c;
        }
    }
    return best;
}

/* log p(j | c) with alpha = a tenth of the mean number of spikes of a sample. */
static double expected_weight(const sample *samples, size_t n, uint32_t j, int c)
{
    if (n_of(samples, n, c) == 0.0)
        return -HUGE_VAL;
    double alpha = 0.1 * spikes_of(samples, n, -1, -1) / (double)n;
    return log((spikes_of(samples, n, j, c) + alpha) / (spikes_of(samples, n, -1, c) + alpha * N));
}

/* The lowest class of the highest score; -1 when nothing spiked. */
static int top(const double score[K], bool any)
{
    int best = 0;
    for (int c = 1; c < K; c++)
        if (score[c] > score[best])
            best = c;
    return any ? best : -1;
}

static int expected_by_label(const sample *samples, size_t n, const uint32_t *counts)
{
    double score[K] = { 0.0 };
    bool any = false;
    for (int c = 0; c < K; c++) {
        double spikes = 0.0, named = 0.0;
        for (uint32_t j = 0; j < N; j++)
            if (expected_label(samples, n, j) == c) {
                spikes += counts[j];
                named += 1.0;
            }
        any |= spikes > 0.0;
        score[c] = named > 0.0 ? spikes / named : 0.0;
    }
    return top(score, any);
}

static int expected_by_class(const sample *samples, size_t n, const uint32_t *counts)
{
    double score[K] = { 0.0 };
    bool any = false;
    for (int c = 0; c < K; c++)
        for (uint32_t j = 0; j < N; j++)
            if (counts[j] > 0 && expected_label(samples, n, j) >= 0) {
                score[c] += counts[j] * expected_weight(samples, n, j, c);
                any = true;
            }
    return top(score, any);
}

static void add_all(hk_vote *vote, const sample *samples, size_t n)
{
    for (size_t s = 0; s < n; s++)
        hk_vote_add(vote, samples[s].label, samples[s].counts);
}

static void assert_fitted_to(const hk_vote *vote, const sample *samples, size_t n)
{
    double named[K] = { 0.0 };
    for (uint32_t j = 0; j < N; j++) {
        int label = expected_label(samples, n, j);
        assert_int_equal(vote->label[j], label);
        if (label >= 0)
            named[label] += 1.0;
        for (int c = 0; c < K; c++)
            assert_close(vote->weight[j * K + (uint32_t)c], expected_weight(samples, n, j, c), 1e-12);
    }
    for (int c = 0; c < K; c++)
        assert_close(vote->n_named[c], named[c], 0.0);
}

/* ---- tests ------------------------------------------------------------------------------------------------------- */

static void names_weights_and_decisions_are_those_of_the_formulas(void **state)
{
    (void)state;
    static sample seen[SAMPLES], asked[300];
    hk_vote vote;
    draw_samples(seen, N_OF(seen), 1);
    draw_samples(asked, N_OF(asked), 2);
    assert_ok(hk_vote_init(&vote, N));
    add_all(&vote, seen, N_OF(seen));
    hk_vote_fit(&vote);
    assert_fitted_to(&vote, seen, N_OF(seen));
    unsigned right = 0;
    for (size_t s = 0; s < N_OF(asked); s++) {
        int by_class = hk_vote_by_class(&vote, asked[s].counts);
        assert_int_equal(hk_vote_by_label(&vote, asked[s].counts),
                         expected_by_label(seen, N_OF(seen), asked[s].counts));
        assert_int_equal(by_class, expected_by_class(seen, N_OF(seen), asked[s].counts));
        right += by_class == asked[s].label;
    }
    assert_true(right > N_OF(asked) / 2); /* and they are of use */
    hk_vote_fini(&vote);
}

static void a_frequent_class_does_not_take_all_names(void **state)
{
    static const uint32_t few[2] = { 5, 1 }, many[2] = { 2, 1 };
    (void)state;
    hk_vote vote;
    assert_ok(hk_vote_init(&vote, 2));
    hk_vote_add(&vote, 3, few);
    for (int k = 0; k < 40; k++)
        hk_vote_add(&vote, 8, many);
    hk_vote_fit(&vote);
    assert_int_equal(vote.label[0], 3); /* 5 spikes a sample against 2, though 5 in all against 80 */
    assert_int_equal(vote.label[1], 3); /* equal means: the lowest class */
    assert_close(vote.n_named[3], 2.0, 0.0);
    assert_close(vote.n_named[8], 0.0, 0.0);
    hk_vote_fini(&vote);
}

static void equal_scores_go_to_the_lowest_class(void **state)
{
    (void)state;
    hk_vote vote;
    assert_ok(hk_vote_init(&vote, 4));
    hk_vote_add(&vote, 9, (const uint32_t[4]){ 7, 0, 0, 0 });
    hk_vote_add(&vote, 2, (const uint32_t[4]){ 0, 7, 0, 0 });
    hk_vote_add(&vote, 4, (const uint32_t[4]){ 0, 0, 7, 0 });
    hk_vote_fit(&vote);
    const uint32_t both[4] = { 3, 3, 0, 0 }, last[4] = { 3, 0, 3, 0 };
    assert_int_equal(hk_vote_by_label(&vote, both), 2);
    assert_int_equal(hk_vote_by_class(&vote, both), 2);
    assert_int_equal(hk_vote_by_label(&vote, last), 4);
    assert_int_equal(hk_vote_by_class(&vote, last), 4);
    hk_vote_fini(&vote);
}

static void spikes_of_a_name_with_many_neurons_count_less(void **state)
{
    (void)state;
    hk_vote vote;
    assert_ok(hk_vote_init(&vote, 3));
    hk_vote_add(&vote, 0, (const uint32_t[3]){ 6, 6, 0 });
    hk_vote_add(&vote, 1, (const uint32_t[3]){ 0, 0, 6 });
    hk_vote_fit(&vote);
    assert_int_equal(hk_vote_by_label(&vote, (const uint32_t[3]){ 2, 3, 3 }), 1); /* 5 / 2 against 3 / 1 */
    assert_int_equal(hk_vote_by_label(&vote, (const uint32_t[3]){ 3, 3, 3 }), 0); /* 3 against 3 */
    hk_vote_fini(&vote);
}

static void without_spikes_of_named_neurons_nothing_is_decided(void **state)
{
    static const uint32_t silent[3] = { 0, 0, 0 }, stranger[3] = { 0, 0, 11 };
    (void)state;
    hk_vote vote;
    assert_ok(hk_vote_init(&vote, 3));
    for (uint32_t j = 0; j < 3; j++) /* nothing learnt yet */
        assert_int_equal(vote.label[j], -1);
    assert_int_equal(hk_vote_by_label(&vote, stranger), -1);
    assert_int_equal(hk_vote_by_class(&vote, stranger), -1);
    hk_vote_add(&vote, 4, (const uint32_t[3]){ 2, 1, 0 });
    hk_vote_fit(&vote);
    assert_int_equal(vote.label[2], -1);
    assert_int_equal(hk_vote_by_label(&vote, silent), -1);
    assert_int_equal(hk_vote_by_class(&vote, silent), -1);
    assert_int_equal(hk_vote_by_label(&vote, stranger), -1);
    assert_int_equal(hk_vote_by_class(&vote, stranger), -1);
    assert_int_equal(hk_vote_by_label(&vote, (const uint32_t[3]){ 0, 1, 11 }), 4);
    hk_vote_fini(&vote);
}

/* Its smoothed shares alone, 1 / n for each neuron, would win where spikes come from neurons of several classes. */
static void a_class_that_was_never_seen_is_never_chosen(void **state)
{
    (void)state;
    hk_vote vote;
    assert_ok(hk_vote_init(&vote, 2));
    hk_vote_add(&vote, 3, (const uint32_t[2]){ 50, 0 });
    hk_vote_add(&vote, 5, (const uint32_t[2]){ 0, 49 });
    hk_vote_fit(&vote);
    assert_int_equal(hk_vote_by_class(&vote, (const uint32_t[2]){ 4, 4 }), 5);
    assert_int_equal(hk_vote_by_label(&vote, (const uint32_t[2]){ 4, 4 }), 3);
    assert_close(vote.weight[0 * K + 4], -HUGE_VAL, 0.0);
    hk_vote_fini(&vote);
}

static void samples_without_any_spike_leave_finite_equal_weights(void **state)
{
    static const uint32_t silent[2] = { 0, 0 };
    (void)state;
    hk_vote vote;
    assert_ok(hk_vote_init(&vote, 2));
    hk_vote_add(&vote, 1, silent);
    hk_vote_add(&vote, 7, silent);
    hk_vote_fit(&vote);
    for (uint32_t j = 0; j < 2; j++) {
        assert_close(vote.weight[j * K + 1], log(0.5), 1e-15);
        assert_close(vote.weight[j * K + 7], log(0.5), 1e-15);
    }
    assert_int_equal(vote.label[0], -1);
    hk_vote_fini(&vote);
}

static void names_stand_until_the_next_fit_and_more_samples_add_up(void **state)
{
    (void)state;
    static sample samples[SAMPLES];
    enum { FIRST = 61 };
    hk_vote vote;
    draw_samples(samples, SAMPLES, 3);
    assert_ok(hk_vote_init(&vote, N));
    add_all(&vote, samples, FIRST);
    hk_vote_fit(&vote);
    add_all(&vote, samples + FIRST, SAMPLES - FIRST);
    assert_fitted_to(&vote, samples, FIRST); /* added, but not yet fitted */
    hk_vote_fit(&vote);
    assert_fitted_to(&vote, samples, SAMPLES);
    hk_vote_fini(&vote);
}

static void clearing_forgets_the_samples_and_keeps_the_names(void **state)
{
    (void)state;
    static sample old[SAMPLES], new[SAMPLES];
    hk_vote vote;
    draw_samples(old, SAMPLES, 4);
    draw_samples(new, SAMPLES, 5);
    assert_ok(hk_vote_init(&vote, N));
    add_all(&vote, old, SAMPLES);
    hk_vote_fit(&vote);
    hk_vote_clear(&vote);
    assert_fitted_to(&vote, old, SAMPLES);
    add_all(&vote, new, SAMPLES);
    hk_vote_fit(&vote);
    assert_fitted_to(&vote, new, SAMPLES);
    hk_vote_fini(&vote);
    assert_null(vote.responses);
    hk_vote_fini(&vote); /* twice is fine */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_weights_and_decisions_are_those_of_the_formulas),
        cmocka_unit_test(a_frequent_class_does_not_take_all_names),
        cmocka_unit_test(equal_scores_go_to_the_lowest_class),
        cmocka_unit_test(spikes_of_a_name_with_many_neurons_count_less),
        cmocka_unit_test(without_spikes_of_named_neurons_nothing_is_decided),
        cmocka_unit_test(a_class_that_was_never_seen_is_never_chosen),
        cmocka_unit_test(samples_without_any_spike_leave_finite_equal_weights),
        cmocka_unit_test(names_stand_until_the_next_fit_and_more_samples_add_up),
        cmocka_unit_test(clearing_forgets_the_samples_and_keeps_the_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
