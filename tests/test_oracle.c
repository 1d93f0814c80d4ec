/* tests/test_oracle.c - networks whose neurons differ in everything (tests/data/mixed_*.json) against the differential
 * equations themselves: GSL's 8th-order stepper in steps of 0.01 ms, crossings located in each step by Brent's method on the
 * step's length. Nothing of Hillock's closed forms is used. */
#include "tests/reference_network.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_odeiv2.h>
#include <gsl/gsl_roots.h>

enum { V, I_EX, I_IN, THETA, N_VARIABLES };
static const double longest_step_ms = 0.01;

typedef struct arrival {
    double time_ms, weight;
} arrival;

typedef struct cell {
    double p[N_REF_PARAMS], y[N_VARIABLES], now_ms;
    double held_until_ms; /* -INFINITY: not held */
    bool exponential;
    arrival *inbox; /* [n], not in order */
    size_t n, capacity;
} cell;

typedef struct oracle {
    const ref_network *net;
    cell *cells;
    gsl_odeiv2_step *step;
    double *times_ms; /* spikes, [n] */
    uint32_t *neuron;
    size_t n, capacity;
} oracle;

static int derivatives(double t, const double y[], double dy[], void *data)
{
    (void)t;
    const cell *c = data;
    const double *p = c->p;
    bool held = c->held_until_ms > -INFINITY;
    dy[V] = held ? 0.0 : -(y[V] - p[P_E_L]) / p[P_TAU_M] + (p[P_I_E] + y[I_EX] + y[I_IN]) / p[P_C_M];
    dy[I_EX] = c->exponential ? -y[I_EX] / p[P_TAU_EX] : 0.0;
    dy[I_IN] = c->exponential ? -y[I_IN] / p[P_TAU_IN] : 0.0;
    dy[THETA] = -y[THETA] / p[P_TAU_THETA];
    return GSL_SUCCESS;
}

static void advance(oracle *o, cell *c, double h, double y[N_VARIABLES])
{
    double error[N_VARIABLES];
    gsl_odeiv2_system system = { derivatives, NULL, N_VARIABLES, c };
    memcpy(y, c->y, sizeof c->y);
    gsl_odeiv2_step_reset(o->step);
    if (h > 0.0)
        assert_int_equal(gsl_odeiv2_step_apply(o->step, 0.0, h, y, error, NULL, NULL, &system), GSL_SUCCESS);
}

static double above(const cell *c, const double y[N_VARIABLES])
{
    return y[V] - c->p[P_V_TH] - y[THETA];
}

typedef struct in_step {
    oracle *o;
    cell *c;
} in_step;

static double above_after(double h, void *data)
{
    in_step *s = data;
    double y[N_VARIABLES];
    advance(s->o, s->c, h, y);
    return above(s->c, y);
}

static double crossing(oracle *o, cell *c, double h)
{
    in_step data = { o, c };
    gsl_function f = { above_after, &data };
    gsl_root_fsolver *solver = gsl_root_fsolver_alloc(gsl_root_fsolver_brent);
    assert_int_equal(gsl_root_fsolver_set(solver, &f, 0.0, h), GSL_SUCCESS);
    double root = h;
    for (int k = 0; k < 100; k++) {
        assert_int_equal(gsl_root_fsolver_iterate(solver), GSL_SUCCESS);
        root = gsl_root_fsolver_root(solver);
        if (gsl_root_fsolver_x_upper(solver) - gsl_root_fsolver_x_lower(solver) < 1e-16)
            break;
    }
    gsl_root_fsolver_free(solver);
    return root;
}

static void send(cell *to, double time_ms, double weight)
{
    if (to->n == to->capacity) {
        to->capacity = 2 * to->capacity + 16;
        to->inbox = realloc(to->inbox, to->capacity * sizeof *to->inbox);
        assert_non_null(to->inbox);
    }
    to->inbox[to->n++] = (arrival){ time_ms, weight };
}

static void spike(oracle *o, uint32_t i)
{
    cell *c = &o->cells[i];
    if (o->n == o->capacity) {
        o->capacity = 2 * o->capacity + 64;
        o->times_ms = realloc(o->times_ms, o->capacity * sizeof *o->times_ms);
        o->neuron = realloc(o->neuron, o->capacity * sizeof *o->neuron);
        assert_true(o->times_ms != NULL && o->neuron != NULL);
    }
    size_t at = o->n++;
    for (; at > 0 && o->times_ms[at - 1] > c->now_ms; at--) {
        o->times_ms[at] = o->times_ms[at - 1];
        o->neuron[at] = o->neuron[at - 1];
    }
    o->times_ms[at] = c->now_ms;
    o->neuron[at] = i;
    c->y[V] = c->p[P_V_RESET];
    c->y[THETA] += c->p[P_THETA_PLUS];
    c->held_until_ms = c->now_ms + c->p[P_T_REF];
    for (uint32_t k = 0; k < o->net->n_connections; k++)
        if (o->net->pre[k] == i)
            send(&o->cells[o->net->post[k]], c->now_ms + o->net->delay_ms[k], o->net->weight[k]);
}

/* To `to_ms`, without input before it. */
static void run_free(oracle *o, uint32_t i, double to_ms)
{
    cell *c = &o->cells[i];
    while (c->now_ms < to_ms) {
        bool held = c->held_until_ms > -INFINITY;
        double until = held && c->held_until_ms < to_ms ? c->held_until_ms : to_ms;
        double h = fmin(longest_step_ms, until - c->now_ms), y[N_VARIABLES];
        bool last = h >= until - c->now_ms;
        advance(o, c, h, y);
        if (!held && above(c, y) >= 0.0) {
            h = crossing(o, c, h);
            advance(o, c, h, y);
            memcpy(c->y, y, sizeof y);
            c->now_ms += h;
            spike(o, i);
            continue;
        }
        memcpy(c->y, y, sizeof y);
        c->now_ms = last ? until : c->now_ms + h;
        if (held && c->now_ms >= c->held_until_ms)
            c->held_until_ms = -INFINITY;
    }
}

static void take(oracle *o, uint32_t i, double weight)
{
    cell *c = &o->cells[i];
    if (c->exponential)
        c->y[weight >= 0.0 ? I_EX : I_IN] += weight;
    else if (!(c->held_until_ms > -INFINITY))
        c->y[V] += weight;
    if (!(c->held_until_ms > -INFINITY) && above(c, c->y) >= 0.0)
        spike(o, i);
}

/* A window no longer than the shortest delay: neurons do not depend on each other in it. */
static void run_window(oracle *o, double to_ms)
{
    for (uint32_t i = 0; i < o->net->n; i++) {
        cell *c = &o->cells[i];
        for (;;) {
            size_t next = c->n;
            for (size_t k = 0; k < c->n; k++)
                if (c->inbox[k].time_ms <= to_ms && (next == c->n || c->inbox[k].time_ms < c->inbox[next].time_ms))
                    next = k;
            if (next == c->n)
                break;
            arrival a = c->inbox[next];
            c->inbox[next] = c->inbox[--c->n];
            run_free(o, i, a.time_ms);
            take(o, i, a.weight);
        }
        run_free(o, i, to_ms);
    }
}

static oracle oracle_run(const ref_network *net)
{
    oracle o = { .net = net,
                 .cells = calloc(net->n, sizeof *o.cells),
                 .step = gsl_odeiv2_step_alloc(gsl_odeiv2_step_rk8pd, N_VARIABLES) };
    double window = INFINITY;
    for (uint32_t i = 0; i < net->n; i++) {
        o.cells[i] = (cell){ .exponential = net->exponential, .held_until_ms = -INFINITY, .y = { net->v0[i] } };
        for (int k = 0; k < N_REF_PARAMS; k++)
            o.cells[i].p[k] = net->param[k][i];
    }
    for (uint32_t k = 0; k < net->n_connections; k++)
        window = fmin(window, net->delay_ms[k]);
    for (size_t k = 0; k < net->n_times; k++) {
        uint32_t input = net->times_of[k];
        send(&o.cells[net->target[input]], net->times_ms[k] + net->input_delay_ms[input], net->input_weight[input]);
    }
    for (double now = 0.0; now < net->t_stop_ms;)
        run_window(&o, now = fmin(now + window, net->t_stop_ms));
    return o;
}

static void oracle_close(oracle *o)
{
    for (uint32_t i = 0; i < o->net->n; i++)
        free(o->cells[i].inbox);
    gsl_odeiv2_step_free(o->step);
    free(o->cells);
    free(o->times_ms);
    free(o->neuron);
}

static void check(const char *path)
{
    gsl_set_error_handler_off();
    ref_network net;
    assert_true(ref_open(&net, path));
    oracle expected = oracle_run(&net);
    rig r;
    raster found;
    hk_population *neurons = ref_build(&r, &net, NULL);
    raster_of(&r, &found, neurons);
    rig_run(&r, net.t_stop_ms);
    double worst_ms = 0.0, worst_mv = 0.0, v[64], theta[64];
    for (size_t k = 0; k < found.n && k < expected.n; k++) {
        assert_int_equal(found.spikes[k].neuron, expected.neuron[k]);
        assert_close(raster_ms(&r, &found, k), expected.times_ms[k], 1e-9);
        worst_ms = fmax(worst_ms, fabs(raster_ms(&r, &found, k) - expected.times_ms[k]));
    }
    assert_int_equal(found.n, expected.n);
    assert_true(found.n > 80);
    rig_ok(&r, hk_population_get(neurons, "v_mv", v));
    rig_ok(&r, hk_population_get(neurons, "theta_mv", theta));
    for (uint32_t i = 0; i < net.n; i++) {
        assert_close(v[i], expected.cells[i].y[V], 1e-9);
        assert_close(theta[i], expected.cells[i].y[THETA], 1e-9);
        worst_mv = fmax(worst_mv, fabs(v[i] - expected.cells[i].y[V]));
    }
    print_message("%s: %zu spikes, worst %.2g ms, final potentials %.2g mV\n", path, found.n, worst_ms, worst_mv);
    raster_free(&found);
    rig_close(&r);
    oracle_close(&expected);
    ref_close(&net);
}

static void exponential_currents_follow_their_differential_equation(void **state)
{
    (void)state;
    check("tests/data/mixed_exp.json");
}

static void jump_synapses_follow_their_differential_equation(void **state)
{
    (void)state;
    check("tests/data/mixed_delta.json");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exponential_currents_follow_their_differential_equation),
        cmocka_unit_test(jump_synapses_follow_their_differential_equation),
    };
    return cmocka_run_group_tests_name("oracle", tests, NULL, NULL);
}
