/* tests/test_grid_single.c - potentials and currents in single precision on the grid: next to those in double precision as far as its
 * 24 bits reach. Bits, cuts, threads and checkpoints: test_properties.c, test_checkpoint.c. */
#include "tests/sim_rig.h"

#include <stdlib.h>
#include <unistd.h>

static const double h = 0.1;

enum { N_CELLS = 211 };

static rig open_as(hk_precision precision)
{
    return rig_open_with(
        (hk_sim_config){ .resolution_ms = h, .seed = 31, .integrator = HK_GRID, .precision = precision });
}

typedef struct kind {
    const char *model;
    double tau_syn_in_ms, weight;
} kind;

/* Neurons under a drive and given inputs of both signs, with a threshold that they reach or not. */
static hk_population *open_cells(rig *r, hk_precision precision, const kind *of, double v_th_mv)
{
    *r = open_as(precision);
    hk_population *p = rig_neurons(r, "cells", of->model, N_CELLS);
    hk_population *given = rig_neurons(r, "given", "spike_source", 20);
    hk_projection *projection;
    rig_set(r, p, "tau_syn_in_ms", of->tau_syn_in_ms);
    rig_set(r, p, "v_th_mv", v_th_mv);
    rig_ok(r, hk_population_drive(p, 3000.0, 0.48 * of->weight));
    for (int sign = -1; sign <= 1; sign += 2)
        rig_ok(r, hk_projection_create(r->sim,
                                       &(hk_projection_config){ .name = sign > 0 ? "up" : "down",
                                                                .pre = given,
                                                                .post = p,
                                                                .connect = HK_FIXED_PROBABILITY,
                                                                .probability = 0.5,
                                                                .weight = hk_constant(sign * of->weight),
                                                                .delay_ms = { HK_UNIFORM, 0.5, 3.0, 0, 0 } },
                                       &projection));
    for (uint32_t k = 0; k < 2000; k++)
        rig_give(r, given, k % 20, h * (double)(1 + k));
    return p;
}

static const kind currents = { "lif_exp", 0.5, 87.3 }; /* with one accumulator a neuron; the others have two */

static void it_follows_double_precision_to_some_millionths_of_the_potential(void **state)
{
    (void)state;
    const kind kinds[] = { currents, { "lif_exp", 2.7, 87.3 }, { "lif_cond_exp", 2.7, 1.4 } };
    for (size_t c = 0; c < N_OF(kinds); c++) {
        rig a, b;
        hk_population *p = open_cells(&a, HK_DOUBLE, &kinds[c], 1000.0);
        hk_population *q = open_cells(&b, HK_SINGLE, &kinds[c], 1000.0);
        double worst = 0.0, largest = 0.0;
        for (int step = 0; step < 2000; step++) {
            double u[N_CELLS], v[N_CELLS];
            rig_run(&a, h);
            rig_run(&b, h);
            rig_ok(&a, hk_population_get(p, "v_mv", u));
            rig_ok(&b, hk_population_get(q, "v_mv", v));
            for (uint32_t i = 0; i < N_CELLS; i++) {
                worst = fmax(worst, fabs(u[i] - v[i]));
                largest = fmax(largest, fabs(u[i] + 70.0));
            }
        }
        print_message("%s: at most %.2g mV apart, potentials up to %.3g mV from rest\n", kinds[c].model, worst,
                      largest);
        assert_true(worst > 0.0 && largest > 5.0);
        assert_close(worst, 0.0, 5e-6 * fmax(largest, 70.0));
        rig_close(&a);
        rig_close(&b);
    }
}

static void networks_spike_as_often_with_either(void **state)
{
    (void)state;
    double rate_hz[2];
    for (int precision = HK_DOUBLE; precision <= HK_SINGLE; precision++) {
        rig r;
        hk_population *p = open_cells(&r, (hk_precision)precision, &currents, -58.0);
        rig_run(&r, 2000.0);
        rate_hz[precision] = (double)hk_population_n_spikes(p) / N_CELLS / 2.0;
        rig_close(&r);
    }
    print_message("%.3f and %.3f Hz\n", rate_hz[0], rate_hz[1]);
    assert_true(rate_hz[0] > 5.0);
    assert_close(rate_hz[1], rate_hz[0], 0.01 * rate_hz[0]); /* one threshold crossing in many falls otherwise */
}

static void models_without_such_a_form_keep_their_bits(void **state)
{
    (void)state;
    uint64_t hash[2];
    for (int precision = HK_DOUBLE; precision <= HK_SINGLE; precision++) {
        rig r = open_as((hk_precision)precision);
        rig_ok(&r, hk_population_drive(rig_neurons(&r, "cells", "lif", 50), 9000.0, 0.25));
        rig_run(&r, 200.0);
        assert_true(hk_sim_get_stats(r.sim).spikes > 100);
        hash[precision] = hk_sim_get_stats(r.sim).spike_hash;
        rig_close(&r);
    }
    assert_true(hash[0] == hash[1]);
}

static void it_is_refused_where_there_is_no_grid_and_where_a_checkpoint_has_the_other(void **state)
{
    (void)state;
    hk_ctx *ctx = hk_ctx_create();
    hk_sim *sim;
    const hk_sim_config refused[] = { { .resolution_ms = h, .precision = HK_SINGLE },
                                      { .resolution_ms = h, .integrator = HK_EXACT_DENSE, .precision = HK_SINGLE },
                                      { .resolution_ms = h, .integrator = HK_GRID, .precision = (hk_precision)2 } };
    for (size_t k = 0; k < N_OF(refused); k++) {
        assert_int_equal(hk_sim_create(ctx, &refused[k], &sim), HK_ERANGE);
        assert_non_null(strstr(hk_ctx_message(ctx), "precision"));
    }
    hk_ctx_destroy(ctx);

    char folder[] = "/tmp/hk-single-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/saved", folder);
    rig a, b;
    (void)open_cells(&a, HK_DOUBLE, &currents, -58.0);
    (void)open_cells(&b, HK_SINGLE, &currents, -58.0);
    rig_run(&a, 5.0);
    rig_ok(&a, hk_sim_save(a.sim, path));
    rig_gives(&b, hk_sim_load(b.sim, path), HK_EFORMAT);
    assert_non_null(strstr(hk_ctx_message(b.ctx), "single precision"));
    assert_int_equal(unlink(path) + rmdir(folder), 0);
    rig_close(&a);
    rig_close(&b);
}

/* A current that nothing feeds halves until it is 0, not until it is the smallest number there is. */
static void what_fades_becomes_nothing(void **state)
{
    (void)state;
#if defined(__SSE2__)
    for (int precision = HK_DOUBLE; precision <= HK_SINGLE; precision++) {
        rig r = open_as((hk_precision)precision);
        hk_population *p = rig_neurons(&r, "cells", "lif_exp", 9);
        rig_set(&r, p, "tau_syn_ex_ms", 0.5);
        rig_set(&r, p, "i_syn_ex_pa", 100.0);
        rig_run(&r, 10.0);
        assert_close(rig_get(&r, p, "i_syn_ex_pa", 8) / (100.0 * exp(-20.0)), 1.0, 1e-4);
        rig_run(&r, 400.0);
        assert_true(rig_get(&r, p, "i_syn_ex_pa", 8) == 0.0);
        rig_close(&r);
    }
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_follows_double_precision_to_some_millionths_of_the_potential),
        cmocka_unit_test(networks_spike_as_often_with_either),
        cmocka_unit_test(models_without_such_a_form_keep_their_bits),
        cmocka_unit_test(it_is_refused_where_there_is_no_grid_and_where_a_checkpoint_has_the_other),
        cmocka_unit_test(what_fades_becomes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
