/* tests/test_drive.c - Poisson input without synapses: its statistics, what it does to the free membrane potential (Campbell's
 * theorem, for neurons at their exact times and for those in steps), when it ends, and what is refused. */
#include "tests/sim_rig.h"

#include "sim/cpu.h"

static rig open_as(hk_integrator integrator, double resolution_ms, uint64_t seed, unsigned n_extra_threads)
{
    return rig_open_with((hk_sim_config){
        .resolution_ms = resolution_ms, .seed = seed, .integrator = integrator, .n_extra_threads = n_extra_threads });
}

/* Neurons that spike at each input and are free again at once: their spikes are the drive. */
static hk_population *relays(rig *r, const char *name, uint32_t n, double rate_hz)
{
    hk_population *p = rig_neurons(r, name, "lif", n);
    rig_set(r, p, "t_ref_ms", 0.0);
    rig_ok(r, hk_population_drive(p, rate_hz, 100.0));
    return p;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Kolmogorov-Smirnov distance from the uniform distribution, times sqrt(n): above 2 once in 1,500 cases. */
static double ks_uniform(double *values, size_t n)
{
    double worst = 0.0;
    qsort(values, n, sizeof *values, compare_doubles);
    for (size_t k = 0; k < n; k++)
        worst = fmax(worst, fmax(values[k] - (double)k / (double)n, (double)(k + 1) / (double)n - values[k]));
    return worst * sqrt((double)n);
}

static void intervals_at_exact_times_are_exponential(void **state)
{
    (void)state;
    enum { N = 7 };
    const double rates[] = { 0.37, 85.0, 2385.0, 40000.0, 3e6 }; /* up to 300 a step */
    for (size_t k = 0; k < 2 * N_OF(rates) - 1; k++) {           /* the last of them is too fast for dense networks */
        rig r = open_as(k < N_OF(rates) ? HK_EXACT : HK_EXACT_DENSE, 0.1, 100 + k, 0);
        raster s;
        double rate_hz = rates[k % N_OF(rates)];
        hk_population *p = relays(&r, "driven", N, rate_hz);
        raster_of(&r, &s, p);
        rig_run(&r, fmax(1.0, nearbyint(3000.0 / rate_hz * 1e3)));
        assert_true((double)s.n > 0.95 * N * 3000.0 && (double)s.n < 1.05 * N * 3000.0);
        double *share = calloc(s.n, sizeof *share), sum = 0.0, lagged = 0.0, before[N] = { 0 };
        hk_time last[N];
        for (size_t i = 0; i < N; i++)
            last[i] = hk_time_grid(0, 0.1);
        for (size_t i = 0; i < s.n; i++) {
            uint32_t neuron = s.spikes[i].neuron;
            double x = hk_time_between_ms(last[neuron], s.spikes[i].time, 0.1) * rate_hz / 1000.0; /* of mean 1 */
            assert_true(x > 0.0);
            share[i] = -expm1(-x);
            sum += x;
            lagged += before[neuron] > 0.0 ? (x - 1.0) * (before[neuron] - 1.0) : 0.0;
            before[neuron] = x;
            last[neuron] = s.spikes[i].time;
        }
        double n = (double)s.n;
        assert_true(ks_uniform(share, s.n) < 2.0);
        assert_close(sum / n, 1.0, 5.0 / sqrt(n));
        assert_close(lagged / n, 0.0, 5.0 / sqrt(n)); /* and independent of the one before */
        free(share);
        raster_free(&s);
        rig_close(&r);
    }
}

/* On the grid a relay spikes once in a step, whatever the number of inputs: with probability 1 - exp(-rate h). */
static void neurons_and_bins_are_independent_in_all_forms(void **state)
{
    (void)state;
    enum { N = 40, BINS = 400 };
    static double count[BINS][N];
    const double rate_hz = 200.0, bin_ms = 20.0, h = 0.1;
    for (int form = HK_EXACT; form <= HK_EXACT_DENSE; form++) {
        rig r = open_as((hk_integrator)form, h, 6, 0);
        hk_population *p = relays(&r, "driven", N, rate_hz);
        double share = -expm1(-1e-3 * rate_hz * h), steps = bin_ms / h;
        double mean = form != HK_GRID ? 1e-3 * rate_hz * bin_ms : steps * share;
        double variance = form != HK_GRID ? mean : steps * share * (1.0 - share), sum = 0.0, square = 0.0;
        for (int bin = 0; bin < BINS; bin++) {
            hk_population_clear_counts(p);
            rig_run(&r, bin_ms);
            for (int i = 0; i < N; i++) {
                count[bin][i] = hk_population_counts(p)[i] - mean;
                sum += count[bin][i];
                square += count[bin][i] * count[bin][i];
            }
        }
        double n = (double)N * BINS, worst = 0.0, squares = 0.0, lagged = 0.0, n_pairs = N * (N - 1) / 2.0;
        assert_close(sum / n, 0.0, 4.0 * sqrt(variance / n));
        assert_close(square / n / variance, 1.0, 5.0 * sqrt(2.3 / n));
        for (int i = 0; i < N; i++)
            for (int j = 0; j <= i; j++) {
                double product = 0.0;
                for (int bin = 0; bin < BINS; bin++)
                    product += count[bin][i] * count[bin][j];
                double z = product / (variance * sqrt((double)BINS)); /* about standard normal */
                worst = i == j ? worst : fmax(worst, fabs(z));
                squares += i == j ? 0.0 : z * z;
            }
        for (int bin = 1; bin < BINS; bin++)
            for (int i = 0; i < N; i++)
                lagged += count[bin][i] * count[bin - 1][i] / variance;
        assert_true(worst < 5.0);
        assert_close(squares / n_pairs, 1.0, 5.0 * sqrt(2.2 / n_pairs));
        assert_close(lagged / sqrt(n), 0.0, 5.0);
        rig_close(&r);
    }
}

/* --- Campbell's theorem ------------------------------------------------------------------------------------------ */

typedef struct campbell {
    const char *model;
    double tau_m_ms, c_m_pf, tau_syn_ms; /* 0: jumps */
    double rate_hz, weight;
} campbell;

/* What one input makes of the potential x ms later. */
static double response(const campbell *of, double x)
{
    if (of->tau_syn_ms == 0.0)
        return of->weight * exp(-x / of->tau_m_ms);
    double both = of->tau_m_ms * of->tau_syn_ms / (of->tau_m_ms - of->tau_syn_ms);
    return of->weight / of->c_m_pf * both * (exp(-x / of->tau_m_ms) - exp(-x / of->tau_syn_ms));
}

/* Mean and variance in the stationary state. At exact times integrals over the response and its square, in closed form; on the
 * grid sums over the ends of steps, at which all inputs of a step arrive. */
static void expected_moments(const campbell *of, hk_integrator form, double h, double *mean, double *variance)
{
    double rate = 1e-3 * of->rate_hz, tau = of->tau_m_ms, syn = of->tau_syn_ms, w = of->weight;
    *mean = syn == 0.0 ? rate * w * tau : rate * w * tau * syn / of->c_m_pf;
    *variance = syn == 0.0 ? rate * w * w * tau / 2.0
                           : rate * w * w / of->c_m_pf / of->c_m_pf * tau * tau * syn * syn / (2.0 * (tau + syn));
    if (form != HK_GRID)
        return;
    *mean = *variance = 0.0;
    for (int k = 0; k * h < 60.0 * tau; k++) {
        *mean += rate * h * response(of, k * h);
        *variance += rate * h * response(of, k * h) * response(of, k * h);
    }
}

static void check_campbell(const campbell *of, hk_integrator form, double h)
{
    enum { N = 1000, SAMPLES = 10 };
    static double v[N];
    rig r = open_as(form, h, 77, 0);
    hk_population *p = rig_neurons(&r, "free", of->model, N);
    rig_set(&r, p, "tau_m_ms", of->tau_m_ms);
    rig_set(&r, p, "c_m_pf", of->c_m_pf);
    if (of->tau_syn_ms > 0.0)
        rig_set(&r, p, of->weight < 0.0 ? "tau_syn_in_ms" : "tau_syn_ex_ms", of->tau_syn_ms);
    rig_set(&r, p, "e_l_mv", -70.0);
    rig_set(&r, p, "v_mv", -70.0);
    rig_set(&r, p, "v_th_mv", 500.0);
    rig_ok(&r, hk_population_drive(p, of->rate_hz, of->weight));
    double apart_ms = nearbyint(6.0 * of->tau_m_ms), sum = 0.0, squares = 0.0, n = (double)N * SAMPLES, mean, variance;
    rig_run(&r, 3.0 * apart_ms);
    expected_moments(of, form, h, &mean, &variance);
    for (int k = 0; k < SAMPLES; k++) {
        rig_run(&r, apart_ms);
        rig_ok(&r, hk_population_get(p, "v_mv", v));
        for (int i = 0; i < N; i++) {
            sum += v[i] + 70.0 - mean;
            squares += (v[i] + 70.0 - mean) * (v[i] + 70.0 - mean);
        }
    }
    assert_true(hk_population_n_spikes(p) == 0);
    assert_close(sum / n, 0.0, 4.0 * sqrt(variance / n));
    assert_close(squares / n / variance, 1.0, 4.5 * sqrt(2.4 / n)); /* shot noise has a little more than normal tails */
    rig_close(&r);
}

static void the_free_potential_has_the_moments_of_campbells_theorem(void **state)
{
    (void)state;
    const campbell cases[] = {
        { .model = "lif", .tau_m_ms = 9.3, .c_m_pf = 231.0, .rate_hz = 5430.0, .weight = 0.31 },
        { .model = "lif", .tau_m_ms = 9.3, .c_m_pf = 231.0, .rate_hz = 23200.0, .weight = -0.17 },
        { .model = "lif_exp", .tau_m_ms = 9.3, .c_m_pf = 231.0, .tau_syn_ms = 0.53, .rate_hz = 8000.0, .weight = 87.8 },
        { .model = "lif_exp", .tau_m_ms = 9.3, .c_m_pf = 231.0, .tau_syn_ms = 3.7, .rate_hz = 3000.0, .weight = -41.0 },
    };
    for (size_t k = 0; k < N_OF(cases); k++) {
        check_campbell(&cases[k], HK_EXACT, 0.1);
        check_campbell(&cases[k], HK_EXACT_DENSE, 0.1);
        check_campbell(&cases[k], HK_EXACT_DENSE, 0.4);
        check_campbell(&cases[k], HK_GRID, 0.1);
        check_campbell(&cases[k], HK_GRID, 0.5); /* so coarse that a continuous formula would not do */
    }
}

/* --- what it depends on, and when it ends -------------------------------------------------------------------------- */

static uint64_t hash_of(hk_integrator form, const char *name, uint64_t seed, unsigned n_extra, bool with_others,
                        const char *cpu)
{
    rig r = rig_open_with((hk_sim_config){
        .resolution_ms = 0.1, .seed = seed, .integrator = form, .n_extra_threads = n_extra, .cpu = cpu });
    hk_population *p = relays(&r, name, 150, 731.0);
    raster s;
    if (with_others)
        relays(&r, "another", 70, 2000.0);
    raster_of(&r, &s, p);
    rig_run(&r, 50.0);
    uint64_t hash = 0xcbf29ce484222325u;
    assert_true(s.n > 4000);
    for (size_t k = 0; k < s.n; k++) {
        uint64_t bits;
        memcpy(&bits, &s.spikes[k].time.offset, sizeof bits);
        hash = ((hash ^ bits) * 0x100000001b3u ^ (uint64_t)s.spikes[k].time.step << 20 ^ s.spikes[k].neuron) *
               0x100000001b3u;
    }
    raster_free(&s);
    rig_close(&r);
    return hash;
}

static void it_depends_on_seed_name_and_neuron_alone(void **state)
{
    (void)state;
    for (int form = HK_EXACT; form <= HK_EXACT_DENSE; form++) {
        hk_integrator f = (hk_integrator)form;
        uint64_t expected = hash_of(f, "driven", 7, 0, false, NULL);
        assert_true(hash_of(f, "driven", 7, 0, true, NULL) == expected);
        assert_true(hash_of(f, "driven", 7, 3, false, NULL) == expected);
        assert_true(hash_of(f, "driven", 7, 0, false, "plain") == expected);
        assert_true(hash_of(f, "driven", 8, 0, false, NULL) != expected);
        assert_true(hash_of(f, "Driven", 7, 0, false, NULL) != expected);
    }
}

static void it_can_be_changed_and_ended_between_runs(void **state)
{
    (void)state;
    enum { N = 200 };
    for (int form = HK_EXACT; form <= HK_EXACT_DENSE; form++) {
        rig r = open_as((hk_integrator)form, 0.1, 4, 0);
        hk_population *p = relays(&r, "driven", N, 0.0);
        rig_run(&r, 50.0);
        assert_true(hk_population_n_spikes(p) == 0);
        rig_ok(&r, hk_population_drive(p, 90.0, 100.0));
        rig_run(&r, 100.3);
        double n = (double)hk_population_n_spikes(p), expected = N * 0.09 * 100.3;
        assert_close(n, expected, 5.0 * sqrt(expected) + expected * 0.0045); /* less where two share a step */
        rig_ok(&r, hk_population_drive(p, 731.0, 100.0)); /* replaces the other: they do not add up */
        rig_run(&r, 99.7);
        double more = (double)hk_population_n_spikes(p) - n;
        expected = N * (form != HK_GRID ? 0.731 * 99.7 : 997.0 * -expm1(-0.0731));
        assert_close(more, expected, 5.0 * sqrt(expected));
        rig_ok(&r, hk_population_drive(p, 731.0, -100.0)); /* as strong, the other way: no spike any more */
        rig_run(&r, 50.0);
        assert_close((double)hk_population_n_spikes(p), n + more, 0.0);
        assert_true(rig_get(&r, p, "v_mv", 0) < -100.0);
        rig_ok(&r, hk_population_drive(p, 0.0, 100.0));
        rig_run(&r, 1000.0);
        assert_close((double)hk_population_n_spikes(p), n + more, 0.0);
        assert_close(rig_get(&r, p, "v_mv", N - 1), rig_get(&r, p, "e_l_mv", 0), 1e-9); /* at rest: nothing arrives */
        rig_close(&r);
    }
}

static void it_goes_into_the_current_of_its_sign(void **state)
{
    (void)state;
    for (int form = HK_EXACT; form <= HK_EXACT_DENSE; form++)
        for (int sign = -1; sign <= 1; sign += 2) {
            rig r = open_as((hk_integrator)form, 0.1, 4, 0);
            hk_population *p = rig_neurons(&r, "driven", "lif_exp", 9);
            rig_set(&r, p, "tau_syn_ex_ms", 2.3);
            rig_set(&r, p, "tau_syn_in_ms", 3.7);
            rig_ok(&r, hk_population_drive(p, 9000.0, sign * 3.1));
            rig_run(&r, 30.0);
            assert_true(sign * rig_get(&r, p, sign > 0 ? "i_syn_ex_pa" : "i_syn_in_pa", 8) > 3.1);
            assert_close(rig_get(&r, p, sign > 0 ? "i_syn_in_pa" : "i_syn_ex_pa", 8), 0.0, 0.0);
            rig_close(&r);
        }
}

/* --- refusals ------------------------------------------------------------------------------------------------------ */

static void what_cannot_be_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    for (int form = HK_EXACT; form <= HK_EXACT_DENSE; form++) {
        rig r = open_as((hk_integrator)form, 0.1, 4, 0);
        hk_population *p = relays(&r, "driven", 50, 90.0);
        const char *sources[] = { "poisson", "spike_source" };
        for (size_t k = 0; k < N_OF(sources); k++)
            rig_gives(&r, hk_population_drive(rig_neurons(&r, sources[k], sources[k], 2), 10.0, 1.0), HK_ESTATE);
        const double rates[] = { NAN, -1.0, -1e-300, INFINITY, 1.1e9 };
        for (size_t k = 0; k < N_OF(rates); k++)
            rig_gives(&r, hk_population_drive(p, rates[k], 100.0), HK_ERANGE);
        const double weights[] = { NAN, INFINITY, -INFINITY, 1.1e37 };
        for (size_t k = 0; k < N_OF(weights); k++)
            rig_gives(&r, hk_population_drive(p, 100.0, weights[k]), HK_ERANGE);
        int too_fast = form == HK_EXACT ? HK_OK : HK_ERANGE; /* 100 a step of 0.1 ms */
        rig_ok(&r, hk_population_drive(p, 1e6, -100.0));
        rig_gives(&r, hk_population_drive(p, 1.001e6, -100.0), too_fast);
        if (form != HK_EXACT)
            assert_non_null(strstr(hk_ctx_message(r.ctx), "1e+06"));
        rig_ok(&r, hk_population_drive(p, 90.0, 100.0));
        rig_gives(&r, hk_population_drive(p, -90.0, 100.0), HK_ERANGE);
        rig_run(&r, 100.0);
        double expected = 50 * 0.09 * 100.0;
        assert_close((double)hk_population_n_spikes(p), expected, 5.0 * sqrt(expected));
        rig_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals_at_exact_times_are_exponential),
        cmocka_unit_test(neurons_and_bins_are_independent_in_all_forms),
        cmocka_unit_test(the_free_potential_has_the_moments_of_campbells_theorem),
        cmocka_unit_test(it_depends_on_seed_name_and_neuron_alone),
        cmocka_unit_test(it_can_be_changed_and_ended_between_runs),
        cmocka_unit_test(it_goes_into_the_current_of_its_sign),
        cmocka_unit_test(what_cannot_be_is_refused_and_changes_nothing),
    };
    return cmocka_run_group_tests_name("drive", tests, NULL, NULL);
}
