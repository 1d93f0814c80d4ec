/* tests/test_hebbian_readout.c - learning at the times of spikes against the formulas with every trace written out. */
#include "tests/hk_test.h"

#include "experiments/readouts/hebbian.h"
#include "sim/draw.h"
#include "sim/rng.h"

enum { NEURONS = 13, K = 3, N = 60, MOST_SPIKES = 24 };
static const hk_hebbian_config usual = {
    .tau_ms = 17.3, .eta_start = 0.0613, .eta_end = 0.0041, .epochs = 3, .seed = 2385
};

/* Neurons prefer a class; several may spike at one time. */
static void draw(hk_features *f, uint64_t id)
{
    hk_stream stream = hk_stream_open(2385, HK_PURPOSE_TEST, id, 0);
    assert_ok(hk_features_init(NULL, N, NEURONS, f));
    f->n_classes = K;
    f->first_spike = calloc(N + 1, sizeof *f->first_spike);
    f->spikes = calloc(N * MOST_SPIKES, sizeof *f->spikes);
    for (size_t s = 0, at = 0; s < N; s++) {
        size_t n = s == 7 ? 0 : 4 + hk_stream_below(&stream, MOST_SPIKES - 4);
        double t_ms = 0.0;
        f->labels[s] = (uint32_t)(s % K);
        for (size_t k = 0; k < n; k++) {
            uint32_t neuron = (uint32_t)hk_stream_below(&stream, NEURONS);
            if (hk_stream_below(&stream, 3) > 0)
                neuron = neuron / K * K % 12 + f->labels[s];
            t_ms += hk_stream_below(&stream, 5) == 0 ? 0.0 : 2.7 * hk_stream_exponential(&stream);
            f->spikes[at++] = (hk_sample_spike){ .after_ms = t_ms, .neuron = neuron };
        }
        f->first_spike[s + 1] = at;
    }
}

/* x of neuron i just behind spike k of a sample: the sum over all its spikes so far. */
static double trace(const hk_sample_spike *spikes, size_t k, uint32_t i, double tau_ms)
{
    double x = 0.0;
    for (size_t m = 0; m <= k; m++)
        if (spikes[m].neuron == i)
            x += exp((spikes[m].after_ms - spikes[k].after_ms) / tau_ms);
    return x;
}

static double output(double w[NEURONS][K], const hk_sample_spike *spikes, size_t k, uint32_t c, double tau_ms)
{
    double y = 0.0;
    for (uint32_t i = 0; i < NEURONS; i++)
        y += w[i][c] * trace(spikes, k, i, tau_ms);
    return y;
}

static void reference(const hk_hebbian_config *config, const hk_features *f, double w[NEURONS][K])
{
    for (uint32_t epoch = 0; epoch < config->epochs; epoch++) {
        size_t order[N];
        hk_stream stream = hk_stream_open(config->seed, HK_PURPOSE_SHUFFLE, hk_name_id("hebbian samples"), epoch);
        for (size_t k = 0; k < N; k++)
            order[k] = k;
        for (size_t k = N - 1; k > 0; k--) {
            size_t other = hk_stream_below(&stream, k + 1), kept = order[k];
            order[k] = order[other];
            order[other] = kept;
        }
        for (size_t s = 0; s < N; s++) {
            const hk_sample_spike *spikes = f->spikes + f->first_spike[order[s]];
            double done = (epoch + (double)s / N) / config->epochs;
            double eta = config->eta_start * pow(config->eta_end / config->eta_start, done);
            for (size_t k = 0; k < f->first_spike[order[s] + 1] - f->first_spike[order[s]]; k++) {
                uint32_t i = spikes[k].neuron;
                double x = trace(spikes, k, i, config->tau_ms);
                for (uint32_t c = 0; c < K; c++) {
                    double target = f->labels[order[s]] == c;
                    double is = config->rule == HK_HEBBIAN_DELTA ? output(w, spikes, k, c, config->tau_ms) : w[i][c];
                    w[i][c] += eta * x * (target - is);
                }
            }
        }
    }
}

static void weights_and_decisions_are_those_of_the_formulas(void **state)
{
    (void)state;
    for (int rule = 0; rule < 2; rule++) {
        hk_features f, asked;
        hk_hebbian h;
        int32_t classes[N];
        double w[NEURONS][K] = { { 0 } };
        size_t n_right = 0;
        hk_hebbian_config c = usual;
        c.rule = (hk_hebbian_rule)rule;
        draw(&f, 1);
        draw(&asked, 2);
        assert_ok(hk_hebbian_learn(NULL, &c, &f, &h));
        reference(&c, &f, w);
        for (size_t i = 0; i < NEURONS; i++)
            for (size_t k = 0; k < K; k++)
                assert_close(h.weights[i * K + k], w[i][k], 1e-12);
        assert_ok(hk_hebbian_decide(NULL, &h, &asked, classes));
        for (size_t s = 0; s < N; s++) {
            const hk_sample_spike *spikes = asked.spikes + asked.first_spike[s];
            size_t n = asked.first_spike[s + 1] - asked.first_spike[s];
            int32_t best = n == 0 ? -1 : 0;
            double score[K] = { 0 };
            for (size_t k = 0; k < n; k++)
                for (uint32_t class = 0; class < K; class ++)
                    score[class] += output(w, spikes, k, class, c.tau_ms);
            for (int32_t class = 1; n > 0 && class < K; class ++)
                if (score[class] > score[best])
                    best = class;
            assert_int_equal(classes[s], best);
            n_right += best == (int32_t)asked.labels[s];
        }
        assert_true(n_right > 45); /* chance: 20 */
        assert_int_equal(classes[7], -1);
        hk_hebbian_fini(&h);
        hk_features_fini(&f);
        hk_features_fini(&asked);
    }
}

/* One neuron, one spike a sample, classes 3 : 1: the weight goes to 3/4 under both rules. */
static void a_weight_goes_to_the_share_of_its_class(void **state)
{
    (void)state;
    for (int rule = 0; rule < 2; rule++) {
        hk_features f;
        hk_hebbian h;
        assert_ok(hk_features_init(NULL, 400, 1, &f));
        f.n_classes = 2;
        f.first_spike = calloc(401, sizeof *f.first_spike);
        f.spikes = calloc(400, sizeof *f.spikes);
        for (size_t s = 0; s < 400; s++) {
            f.labels[s] = s % 4 == 0;
            f.spikes[s] = (hk_sample_spike){ .after_ms = 2.385 };
            f.first_spike[s + 1] = s + 1;
        }
        hk_hebbian_config c = usual;
        c.rule = (hk_hebbian_rule)rule;
        c.eta_end = 0.001;
        c.epochs = 20;
        assert_ok(hk_hebbian_learn(NULL, &c, &f, &h));
        assert_close(h.weights[0], 0.75, 0.02);
        assert_close(h.weights[1], 0.25, 0.02);
        hk_hebbian_fini(&h);
        hk_features_fini(&f);
    }
}

static void bad_settings_and_samples_without_spikes_are_refused(void **state)
{
    (void)state;
    hk_features f;
    hk_hebbian h;
    int32_t classes[N];
    hk_ctx *ctx = hk_ctx_create();
    hk_hebbian_config c[5];
    draw(&f, 3);
    for (size_t k = 0; k < N_OF(c); k++)
        c[k] = usual;
    c[0].tau_ms = 0.0;
    c[1].eta_start = NAN;
    c[2].eta_end = 0.07; /* above the start */
    c[3].epochs = 0;
    c[4] = (hk_hebbian_config){
        .rule = HK_HEBBIAN_DELTA, .tau_ms = 1e6, .eta_start = 1.0, .eta_end = 1.0, .epochs = 4
    };
    for (size_t k = 0; k < N_OF(c); k++)
        assert_status(hk_hebbian_learn(ctx, &c[k], &f, &h), HK_ERANGE);
    assert_non_null(strstr(hk_ctx_message(ctx), "without bound"));
    assert_ok(hk_hebbian_learn(ctx, &usual, &f, &h));
    free(f.spikes);
    f.spikes = NULL;
    assert_status(hk_hebbian_decide(ctx, &h, &f, classes), HK_ERANGE);
    hk_hebbian_fini(&h);
    assert_status(hk_hebbian_learn(ctx, &usual, &f, &h), HK_ERANGE);
    hk_features_fini(&f);
    hk_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_and_decisions_are_those_of_the_formulas),
        cmocka_unit_test(a_weight_goes_to_the_share_of_its_class),
        cmocka_unit_test(bad_settings_and_samples_without_spikes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
