/* tests/test_model_outside.c - a neuron model that Hillock does not know, made of sim/model.h alone: nothing in sim/ names it.
 *
 * Perfect integrator:   dv/dt = drive     an input of weight w (mV) does v += w
 *                       spike when v >= v_th, then v = 0 for t_ref; inputs arriving meanwhile are lost
 *
 * Kept as u = v - drive x, x the time since the epoch: constant between inputs. */
#include "sim/model.h"

#include <math.h>

enum { DRIVE, V_TH, T_REF, N_PARAMS };
enum { U, N_COLUMNS };

static const hk_column integrator_params[N_PARAMS] = {
    [DRIVE] = { "drive_mv_per_ms", "mV/ms", 0.0, -1e6, 1e6, "constant slope of the potential" },
    [V_TH] = { "v_th_mv", "mV", 10.0, 1e-6, 1e6, "threshold" },
    [T_REF] = { "t_ref_ms", "ms", 0.0, 0.0, 1e6, "refractory period" },
};
static const hk_column integrator_state[] = { { "v_mv", "mV", 0.0, -1e9, 1e9, "potential" } };

static double param(const hk_neuron_view *view, int which, uint32_t i)
{
    return hk_param_at(&view->params[which], i);
}

static double since_epoch(const hk_neuron_view *view, hk_time now)
{
    return hk_time_between_ms(view->epoch, now, view->resolution_ms);
}

static double potential(const hk_neuron_view *view, uint32_t i, hk_time now)
{
    return view->columns[U][i] + param(view, DRIVE, i) * since_epoch(view, now);
}

static void set(const hk_neuron_view *view, uint32_t i, hk_time now, double v)
{
    view->columns[U][i] = v - param(view, DRIVE, i) * since_epoch(view, now);
}

static void prepare(const hk_neuron_view *view)
{
    (void)view; /* nothing is derived */
}

static double read_state(const hk_neuron_view *view, size_t variable, uint32_t i, hk_time now)
{
    (void)variable;
    return view->columns[U][i] == -HUGE_VAL ? 0.0 : potential(view, i, now);
}

static void write_state(const hk_neuron_view *view, size_t variable, uint32_t i, hk_time now, double value)
{
    (void)variable;
    if (view->columns[U][i] != -HUGE_VAL)
        set(view, i, now, value);
}

static int64_t epoch_steps(const hk_neuron_view *view)
{
    (void)view;
    return 100;
}

static void rebase(const hk_neuron_view *view, uint32_t begin, uint32_t end, hk_time to)
{
    for (uint32_t i = begin; i < end; i++)
        view->columns[U][i] = potential(view, i, to);
}

static void take(const hk_neuron_view *view, uint32_t i, hk_time now, hk_time horizon, hk_hits *hits)
{
    double later = param(view, DRIVE, i) > 0.0 ? potential(view, i, horizon) : potential(view, i, now);
    if (view->stamp != NULL)
        view->stamp[i] = view->stamp_now;
    if (later >= param(view, V_TH, i))
        hk_hits_add(hits, i);
}

static double weight_of(const hk_slab *slab, uint32_t k)
{
    return slab->weight64 != NULL ? slab->weight64[k] : (double)slab->weight[k];
}

static void receive(const hk_neuron_view *view, const hk_slab *slab, hk_time now, hk_time horizon, hk_hits *hits)
{
    for (uint32_t k = 0; k < slab->n; k++) {
        view->columns[U][hk_slab_target(slab, k)] += weight_of(slab, k);
        take(view, hk_slab_target(slab, k), now, horizon, hits);
    }
}

/* For the test of blow-ups: an input multiplies. */
static void receive_factors(const hk_neuron_view *view, const hk_slab *slab, hk_time now, hk_time horizon,
                            hk_hits *hits)
{
    for (uint32_t k = 0; k < slab->n; k++) {
        view->columns[U][hk_slab_target(slab, k)] *= weight_of(slab, k);
        take(view, hk_slab_target(slab, k), now, horizon, hits);
    }
}

static bool spontaneous(const hk_neuron_view *view)
{
    for (uint32_t i = 0; i < view->n; i++)
        if (param(view, DRIVE, i) > 0.0)
            return true;
    return false;
}

static void sweep(const hk_neuron_view *view, uint32_t begin, uint32_t end, hk_time now, hk_time horizon, hk_hits *hits)
{
    (void)now;
    for (uint32_t i = begin; i < end; i++)
        if (potential(view, i, horizon) >= param(view, V_TH, i))
            hk_hits_add(hits, i);
}

static double excess(const hk_neuron_view *view, uint32_t i, hk_time now)
{
    return potential(view, i, now) - param(view, V_TH, i);
}

static double predict(const hk_neuron_view *view, uint32_t i, hk_time now, hk_time horizon)
{
    if (view->columns[U][i] == -HUGE_VAL)
        return INFINITY;
    double missing = -excess(view, i, now), drive = param(view, DRIVE, i);
    if (missing <= 0.0)
        return 0.0;
    double after_ms = drive > 0.0 ? missing / drive : INFINITY;
    return after_ms <= hk_time_between_ms(now, horizon, view->resolution_ms) ? after_ms : INFINITY;
}

static double fire(const hk_neuron_view *view, uint32_t i, hk_time now)
{
    (void)now;
    view->columns[U][i] = -HUGE_VAL;
    return param(view, T_REF, i);
}

static void hold(const hk_neuron_view *view, uint32_t begin, uint32_t end, hk_time now)
{
    (void)now;
    for (uint32_t i = begin; i < end; i++)
        view->columns[U][i] = -HUGE_VAL;
}

static void release(const hk_neuron_view *view, uint32_t begin, uint32_t end, hk_time now)
{
    for (uint32_t i = begin; i < end; i++)
        set(view, i, now, 0.0);
}

static void settle(const hk_neuron_view *view, hk_time now)
{
    release(view, 0, view->n, now);
}

static int check(hk_ctx *ctx, const hk_neuron_view *view)
{
    for (uint32_t i = 0; i < view->n; i++)
        if (param(view, DRIVE, i) > 1e3 * param(view, V_TH, i))
            return hk_fail(ctx, HK_ERANGE, "integrator: neuron %u: drive_mv_per_ms = %g is too fast", i,
                           param(view, DRIVE, i));
    return HK_OK;
}

#define INTEGRATOR(model_name, receives)                                                                              \
    {                                                                                                                 \
        .name = model_name, .summary = "perfect integrator", .source = "-", .kind = HK_MODEL_NEURON,                  \
        .weight_unit = "mV", .params = integrator_params, .n_params = N_PARAMS, .state = integrator_state,            \
        .n_state = 1, .n_columns = N_COLUMNS, .check = check, .prepare = prepare, .read = read_state,                 \
        .write = write_state, .epoch_steps = epoch_steps, .rebase = rebase, .receive = receives,                      \
        .spontaneous = spontaneous, .sweep = sweep, .predict = predict, .excess = excess, .fire = fire, .hold = hold, \
        .release = release, .settle = settle, .deaf_when_held = true                                                  \
    }

static const hk_neuron_model integrator = INTEGRATOR("integrator", receive);
static const hk_neuron_model multiplier = INTEGRATOR("multiplier", receive_factors);

/* --- in use ------------------------------------------------------------------------------------------------------------- */

#include "tests/sim_rig.h"

#include <unistd.h>

static hk_population *outsiders(rig *r, const hk_neuron_model *model, uint32_t n)
{
    hk_population *p;
    rig_ok(r, hk_population_create(r->sim, "outsiders", model, n, &p));
    return p;
}

static void a_driven_integrator_is_a_clock(void **state)
{
    (void)state;
    rig r = rig_open();
    raster s;
    hk_population *p = outsiders(&r, &integrator, 2);
    rig_ok(&r, hk_population_set(p, "drive_mv_per_ms", (const double[]){ 0.7371, -1.0 }, 2));
    rig_set(&r, p, "t_ref_ms", 1.23);
    rig_set(&r, p, "v_mv", 2.385);
    raster_of(&r, &s, p);
    rig_run(&r, 1000.0);
    double first = (10.0 - 2.385) / 0.7371, next = 1.23 + 10.0 / 0.7371;
    assert_int_equal(s.n, (size_t)floor((1000.0 - first) / next) + 1);
    for (size_t k = 0; k < s.n; k++) {
        assert_int_equal(s.spikes[k].neuron, 0);
        assert_close(raster_ms(&r, &s, k), first + (double)k * next, 1e-11);
    }
    assert_close(rig_get(&r, p, "v_mv", 1), 2.385 - 1000.0, 1e-9);
    raster_free(&s);
    rig_close(&r);
}

/* A network of integrators and catalogue models: every third input of 4 mV makes it fire, and the ring of two goes on. */
static void it_counts_inputs_in_a_network_with_models_of_the_catalogue(void **state)
{
    (void)state;
    rig r = rig_open();
    raster s;
    hk_population *p = outsiders(&r, &integrator, 2), *in = rig_neurons(&r, "in", "spike_source", 1),
                  *relay = rig_neurons(&r, "relay", "lif", 1);
    rig_wire(&r, in, 0, p, 0, 4.0, 0.5);      /* three of them are 12 mV */
    rig_wire(&r, p, 0, relay, 0, 100.0, 1.5); /* the relay fires at once */
    rig_wire(&r, relay, 0, p, 1, 5.1, 1.5);   /* two of those */
    for (int k = 0; k < 60; k++)
        rig_give(&r, in, 0, 1.037 + 7.0 * k);
    raster_of(&r, &s, p);
    rig_run(&r, 500.0);
    assert_int_equal(s.n, 20 + 10);
    size_t n[2] = { 0 };
    for (size_t k = 0; k < s.n; k++) {
        uint32_t i = s.spikes[k].neuron;
        size_t nth = ++n[i];
        double input = 1.037 + 7.0 * (i == 0 ? 3.0 * (double)nth - 1.0 : 6.0 * (double)nth - 1.0);
        assert_close(raster_ms(&r, &s, k), input + 0.5 + (i == 0 ? 0.0 : 3.0), 1e-12);
    }
    assert_int_equal(n[0], 20);
    raster_free(&s);
    rig_close(&r);
}

static uint64_t mixed_hash_of(const double *cuts, size_t n_cuts, bool with_checkpoint)
{
    uint64_t hash = 0;
    double left = 200.0;
    for (size_t k = 0; left > 1e-9; k++) {
        static const char *const path = "outside.checkpoint";
        static rig r;
        if (k == 0 || with_checkpoint) {
            if (k > 0)
                rig_close(&r);
            r = rig_open();
            hk_projection *projection;
            hk_population *p = outsiders(&r, &integrator, 50), *noise = rig_neurons(&r, "noise", "poisson", 20);
            rig_ok(&r, hk_population_draw(p, "drive_mv_per_ms", (hk_draw){ HK_UNIFORM, -0.5, 0.8, 0, 0 }));
            rig_set(&r, p, "t_ref_ms", 0.77);
            rig_set(&r, noise, "rate_hz", 90.0);
            rig_ok(&r, hk_projection_create(r.sim,
                                            &(hk_projection_config){ .pre = noise,
                                                                     .post = p,
                                                                     .connect = HK_FIXED_INDEGREE,
                                                                     .n = 5,
                                                                     .weight = hk_constant(1.7),
                                                                     .delay_ms = { HK_UNIFORM, 0.1, 3.0, 0, 0 } },
                                            &projection));
            rig_ok(&r, hk_projection_create(r.sim,
                                            &(hk_projection_config){ .pre = p,
                                                                     .post = p,
                                                                     .connect = HK_FIXED_PROBABILITY,
                                                                     .probability = 0.2,
                                                                     .weight = { HK_NORMAL, 0.0, 1.0, 0, 0 },
                                                                     .delay_ms = { HK_UNIFORM, 1.0, 3.0, 0, 0 } },
                                            &projection));
            if (k > 0)
                rig_ok(&r, hk_sim_load(r.sim, path));
        }
        double ms = n_cuts == 0 ? left : fmin(left, cuts[k % n_cuts]);
        rig_run(&r, ms);
        left -= ms;
        if (with_checkpoint)
            rig_ok(&r, hk_sim_save(r.sim, path));
        if (left <= 1e-9) {
            hash = hk_sim_get_stats(r.sim).spike_hash;
            assert_true(hk_sim_get_stats(r.sim).spikes > 500);
            rig_close(&r);
            (void)unlink(path);
        }
    }
    return hash;
}

static void it_may_be_cut_and_checkpointed_like_any_other(void **state)
{
    (void)state;
    const double cuts[] = { 0.1, 12.7, 3.3, 0.9, 41.0 };
    char folder[] = "/tmp/hk-outside-XXXXXX";
    char *home = getcwd(NULL, 0);
    assert_true(home != NULL && mkdtemp(folder) != NULL && chdir(folder) == 0);
    uint64_t whole = mixed_hash_of(NULL, 0, false);
    assert_true(mixed_hash_of(cuts, N_OF(cuts), false) == whole);
    assert_true(mixed_hash_of(cuts, N_OF(cuts), true) == whole);
    assert_int_equal(chdir(home), 0);
    assert_int_equal(rmdir(folder), 0);
    free(home);
}

static void its_own_check_is_heard(void **state)
{
    (void)state;
    rig r = rig_open();
    hk_population *p = outsiders(&r, &integrator, 2);
    rig_ok(&r, hk_population_set(p, "drive_mv_per_ms", (const double[]){ 0.0, 1e5 }, 2));
    rig_gives(&r, hk_sim_run(r.sim, 1.0), HK_ERANGE);
    assert_non_null(strstr(hk_ctx_message(r.ctx), "neuron 1"));
    rig_gives(&r, hk_population_set_value(p, "t_ref_ms", -1.0), HK_ERANGE);
    rig_gives(&r, hk_population_set_value(p, "tau_m_ms", 1.0), HK_ENAME);
    rig_close(&r);
}

static void a_state_that_leaves_the_finite_numbers_is_an_error_that_names_its_population(void **state)
{
    (void)state;
    for (int sign = -1; sign <= 1; sign += 2) {
        rig r = rig_open();
        hk_population *p = outsiders(&r, &multiplier, 3), *in = rig_neurons(&r, "in", "spike_source", 1);
        rig_set(&r, p, "v_mv", -1.0);
        rig_wire(&r, in, 0, p, 1, 1e30, 0.1);
        if (sign < 0) /* minus infinity; else infinity times 0: no number */
            rig_wire(&r, in, 0, p, 1, 1e30, 0.1);
        else
            rig_wire(&r, in, 0, p, 1, 0.0, 10.0);
        for (int k = 0; k < 60; k++)
            rig_give(&r, in, 0, 1.0 + 0.137 * k);
        rig_gives(&r, hk_sim_run(r.sim, 200.0), HK_EBLOWUP);
        assert_non_null(strstr(hk_ctx_message(r.ctx), "outsiders"));
        assert_non_null(strstr(hk_ctx_message(r.ctx), "neuron 1"));
        rig_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_driven_integrator_is_a_clock),
        cmocka_unit_test(it_counts_inputs_in_a_network_with_models_of_the_catalogue),
        cmocka_unit_test(it_may_be_cut_and_checkpointed_like_any_other),
        cmocka_unit_test(its_own_check_is_heard),
        cmocka_unit_test(a_state_that_leaves_the_finite_numbers_is_an_error_that_names_its_population),
    };
    return cmocka_run_group_tests_name("model_outside", tests, NULL, NULL);
}
