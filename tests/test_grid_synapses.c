/* tests/test_grid_synapses.c - the network drawn on the grid is the one drawn for exact runs; what compact synapses keep of their
 * weights, when they are taken, and what is refused. */
#include "tests/sim_rig.h"

#include "sim/rng.h"

typedef struct synapses {
    uint64_t n;
    uint32_t *pre, *post;
    double *weight, *delay_ms;
} synapses;

static synapses list_of(const hk_projection *p)
{
    synapses s = { .n = hk_projection_n_synapses(p) };
    s.pre = calloc(s.n + 1, sizeof *s.pre);
    s.post = calloc(s.n + 1, sizeof *s.post);
    s.weight = calloc(s.n + 1, sizeof *s.weight);
    s.delay_ms = calloc(s.n + 1, sizeof *s.delay_ms);
    assert_true(s.pre != NULL && s.post != NULL && s.weight != NULL && s.delay_ms != NULL);
    assert_true(hk_projection_list(p, s.n + 1, s.pre, s.post, s.weight, s.delay_ms) == s.n);
    return s;
}

static void free_list(synapses *s)
{
    free(s->pre);
    free(s->post);
    free(s->weight);
    free(s->delay_ms);
}

static rig open_as(hk_integrator integrator, unsigned n_extra_threads)
{
    return rig_open_with((hk_sim_config){
        .resolution_ms = 0.1, .seed = 2385, .integrator = integrator, .n_extra_threads = n_extra_threads });
}

static hk_projection *connect(rig *r, hk_projection_config cfg)
{
    hk_projection *projection;
    if (cfg.delay_ms.kind == HK_CONSTANT && cfg.delay_ms.a == 0.0)
        cfg.delay_ms = hk_constant(1.5);
    rig_ok(r, hk_projection_create(r->sim, &cfg, &projection));
    return projection;
}

/* --- the same network ----------------------------------------------------------------------------------------------------- */

enum { N_A = 211, N_B = 173, N_LIST = 3000 };

typedef struct two_populations {
    rig r;
    hk_population *a, *b;
} two_populations;

static two_populations open_two(hk_integrator integrator, const char *model, unsigned n_extra_threads)
{
    two_populations t = { .r = open_as(integrator, n_extra_threads) };
    t.a = rig_neurons(&t.r, "a", model, N_A);
    t.b = rig_neurons(&t.r, "b", model, N_B);
    if (strcmp(model, "lif_exp") == 0) /* two ports: two scales a population */
        rig_set(&t.r, t.b, "tau_syn_in_ms", 3.7);
    return t;
}

static hk_projection_config listed(bool with_values)
{
    static uint32_t pre[N_LIST], post[N_LIST];
    static double weight[N_LIST], delay_ms[N_LIST];
    hk_stream draw = hk_stream_open(1, HK_PURPOSE_TEST, 1, 0);
    for (uint32_t k = 0; k < N_LIST; k++) {
        pre[k] = (uint32_t)hk_stream_below(&draw, N_A);
        post[k] = (uint32_t)hk_stream_below(&draw, N_B);
        weight[k] = 3.0 * hk_stream_uniform(&draw) - 1.0;
        delay_ms[k] = 0.1 * (double)(1 + hk_stream_below(&draw, 60));
    }
    hk_projection_config cfg = { .connect = HK_EXPLICIT, .n = N_LIST, .list_pre = pre, .list_post = post };
    if (with_values) {
        cfg.list_weight = weight;
        cfg.list_delay_ms = delay_ms;
    }
    return cfg;
}

static hk_projection_config ways_to_connect(int which)
{
    switch (which) {
    case 0:
        return (hk_projection_config){ .connect = HK_ALL_TO_ALL };
    case 1:
        return (hk_projection_config){ .connect = HK_FIXED_PROBABILITY, .probability = 0.13 };
    case 2:
        return (hk_projection_config){ .connect = HK_FIXED_INDEGREE, .n = 31 };
    case 3:
        return (hk_projection_config){ .connect = HK_FIXED_INDEGREE, .n = 31, .pairs = HK_PAIRS_MULTAPSES };
    case 4:
        return (hk_projection_config){ .connect = HK_FIXED_TOTAL, .n = 4001 };
    case 5:
        return (hk_projection_config){ .connect = HK_FIXED_TOTAL, .n = 4001, .pairs = HK_PAIRS_MULTAPSES };
    case 6:
        return listed(false);
    default:
        return listed(true);
    }
}

enum { N_WAYS = 8 };

static const hk_draw weight_draws[] = {
    { HK_CONSTANT, 0.1, 0, 0, 0 },      { HK_NORMAL, 0.878, 0.0878, 0.0, 2.0 }, { HK_NORMAL, -3.5, 0.4, 0, 0 },
    { HK_NORMAL, 0.2, 1.0, -1.0, 2.5 }, { HK_UNIFORM, 0.4, 1.3, 0, 0 },         { HK_UNIFORM, -1.0, 0.7, 0, 0 },
};
static const hk_draw delay_draws[] = {
    { HK_CONSTANT, 1.5, 0, 0, 0 },      { HK_NORMAL, 1.5, 0.75, 0.1, 100.0 },
    { HK_NORMAL, 0.8, 0.4, 0.1, 1.27 }, { HK_NORMAL, 3.0, 2.0, 0, 0 },    /* below one step: one */
    { HK_UNIFORM, 0.1, 7.3, 0, 0 },     { HK_NORMAL, 250.0, 26.0, 0, 0 }, /* too wide for a table */
};

static int compare_doubles(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Where pre, delay and target are the same: some projections keep the order of drawing, others sort by weight. */
static void sort_repeated(synapses *s)
{
    for (uint64_t k = 0, end; k < s->n; k = end) {
        for (end = k + 1; end < s->n && s->pre[end] == s->pre[k] && s->post[end] == s->post[k] &&
                          s->delay_ms[end] == s->delay_ms[k];)
            end++;
        qsort(s->weight + k, end - k, sizeof *s->weight, compare_doubles);
    }
}

static double assert_same_network(const hk_projection *exact, const hk_projection *grid)
{
    synapses a = list_of(exact), b = list_of(grid);
    sort_repeated(&a);
    sort_repeated(&b);
    double worst = 0.0;
    assert_true(a.n == b.n);
    assert_memory_equal(a.pre, b.pre, a.n * sizeof *a.pre);
    assert_memory_equal(a.post, b.post, a.n * sizeof *a.post);
    assert_memory_equal(a.delay_ms, b.delay_ms, a.n * sizeof *a.delay_ms);
    for (uint64_t k = 0; k < a.n; k++)
        worst = fmax(worst, fabs(a.weight[k] - b.weight[k]));
    free_list(&a);
    free_list(&b);
    return worst;
}

static void check_network(const char *model, int way, const hk_draw *weight, const hk_draw *delay_ms, unsigned n_extra)
{
    two_populations exact = open_two(HK_EXACT, model, 0), grid = open_two(HK_GRID, model, n_extra);
    hk_projection_config cfg = ways_to_connect(way);
    bool listed_weights = cfg.list_weight != NULL;
    cfg.name = "drawn";
    cfg.weight = *weight;
    cfg.delay_ms = *delay_ms;
    cfg.pre = exact.a;
    cfg.post = exact.b;
    hk_projection *p = connect(&exact.r, cfg);
    cfg.pre = grid.a;
    cfg.post = grid.b;
    hk_projection *q = connect(&grid.r, cfg);
    bool dense = cfg.connect == HK_ALL_TO_ALL && delay_ms->kind == HK_CONSTANT;
    rig_ok(&grid.r, hk_sim_build(grid.r.sim));
    double most = listed_weights ? 2.0 : fmax(fabs(weight->a), fabs(weight->b));
    if (!listed_weights && weight->kind == HK_NORMAL)
        most = weight->min == 0.0 && weight->max == 0.0 ? fabs(weight->a) + 8.3 * weight->b : fabs(weight->max);
    double half_unit = 0.5 * most / 8191.0, single = most * 0x1p-24;
    double worst = assert_same_network(p, q), error = hk_projection_rounding_error(q);
    assert_true(worst <= error + single);
    assert_true(error <= half_unit * (1.0 + 1e-9) + (listed_weights ? single : 0.0));
    if (weight->kind == HK_CONSTANT && !listed_weights)
        assert_close(error, 0.0, 1e-15);
    else
        assert_true(dense || error > 0.5 * half_unit); /* of thousands of weights one is nearly half a unit off */
    if (!dense && (weight->kind != HK_CONSTANT || listed_weights)) {
        uint64_t n_weights;
        assert_true(hk_projection_bytes(q) == 4 * hk_projection_n_synapses(q));
        assert_null(hk_projection_weights(q, &n_weights));
    }
    rig_close(&exact.r);
    rig_close(&grid.r);
}

static void the_network_on_the_grid_is_the_one_of_exact_runs(void **state)
{
    (void)state;
    for (int way = 0; way < N_WAYS; way++)
        for (size_t w = 0; w < N_OF(weight_draws); w++)
            for (size_t d = 0; d < (way == 1 && w == 1 ? N_OF(delay_draws) : N_OF(delay_draws) - 1); d++)
                check_network(((size_t)way + w + d) % 2 == 0 ? "lif" : "lif_exp", way, &weight_draws[w],
                              &delay_draws[d], (unsigned)(w + d) % 4);
}

/* Several projections merged in the tables, within and between populations, do not get into each other. */
static void merged_projections_are_listed_apart(void **state)
{
    (void)state;
    hk_projection *all[2][6];
    two_populations both[2];
    for (int k = 0; k < 2; k++) {
        two_populations *t = &both[k];
        *t = open_two(k == 0 ? HK_EXACT : HK_GRID, "lif_exp", 2);
        size_t n = 0;
        for (int from = 0; from < 2; from++)
            for (int to = 0; to < 2; to++) {
                hk_projection_config cfg = { .connect = HK_FIXED_PROBABILITY, .probability = 0.1 + 0.05 * from };
                if (from == 0 && to == 0) /* lists come after what is drawn from the same neurons */
                    cfg = listed(true);
                cfg.pre = from ? t->b : t->a;
                cfg.post = to ? t->b : t->a;
                cfg.weight = weight_draws[from + 3];
                cfg.delay_ms = delay_draws[to + 1];
                all[k][n++] = connect(&t->r, cfg);
            }
        hk_projection_config cfg = listed(true);
        cfg.name = "a second one between the two";
        cfg.pre = t->a;
        cfg.post = t->b;
        all[k][n++] = connect(&t->r, cfg);
        cfg.name = "a third one";
        cfg.weights = HK_WEIGHTS_FLOAT;
        all[k][n++] = connect(&t->r, cfg);
    }
    rig_ok(&both[1].r, hk_sim_build(both[1].r.sim));
    for (size_t n = 0; n < 6; n++) {
        double worst = assert_same_network(all[0][n], all[1][n]);
        assert_true(worst <= hk_projection_rounding_error(all[1][n]) + 3.0 * 0x1p-24);
        bool compact = hk_projection_bytes(all[1][n]) <= 4 * hk_projection_n_synapses(all[1][n]);
        assert_true(compact == (n < 4)); /* two between the same populations could not be told apart */
    }
    rig_close(&both[0].r);
    rig_close(&both[1].r);
}

static void building_first_or_running_first_draws_the_same(void **state)
{
    (void)state;
    synapses s[2];
    for (int k = 0; k < 2; k++) {
        two_populations t = open_two(HK_GRID, "lif", 1);
        hk_projection *p = connect(&t.r, (hk_projection_config){ .pre = t.a,
                                                                 .post = t.b,
                                                                 .connect = HK_FIXED_INDEGREE,
                                                                 .n = 20,
                                                                 .weight = weight_draws[3],
                                                                 .delay_ms = delay_draws[1] });
        assert_true(hk_projection_n_synapses(p) == 20 * N_B); /* expected ones are known before */
        if (k == 0)
            rig_ok(&t.r, hk_sim_build(t.r.sim));
        else
            rig_run(&t.r, 0.3);
        s[k] = list_of(p);
        rig_ok(&t.r, hk_sim_build(t.r.sim)); /* once more changes nothing */
        rig_close(&t.r);
    }
    assert_true(s[0].n == s[1].n);
    assert_memory_equal(s[0].weight, s[1].weight, s[0].n * sizeof *s[0].weight);
    assert_memory_equal(s[0].delay_ms, s[1].delay_ms, s[0].n * sizeof *s[0].delay_ms);
    free_list(&s[0]);
    free_list(&s[1]);
}

/* --- scales ------------------------------------------------------------------------------------------------------------------ */

/* Two projections onto the same neurons, which share their scale where the model has one port. */
static void two_onto_one(const char *model, hk_draw w0, hk_draw w1, hk_weights weights, double *errors, double *bytes)
{
    two_populations t = open_two(HK_GRID, model, 0);
    const hk_draw draws[] = { w0, w1 };
    hk_projection *p[2];
    for (int k = 0; k < 2; k++)
        p[k] = connect(&t.r, (hk_projection_config){ .pre = k == 0 ? t.a : t.b,
                                                     .post = t.b,
                                                     .connect = HK_FIXED_INDEGREE,
                                                     .n = 40,
                                                     .weight = draws[k],
                                                     .weights = weights });
    rig_ok(&t.r, hk_sim_build(t.r.sim));
    for (int k = 0; k < 2; k++) {
        synapses s = list_of(p[k]);
        errors[k] = hk_projection_rounding_error(p[k]);
        bytes[k] = (double)hk_projection_bytes(p[k]) / (double)s.n;
        for (uint64_t i = 0; draws[k].kind == HK_CONSTANT && i < s.n; i++)
            assert_close(s.weight[i], draws[k].a, errors[k] + (bytes[k] > 4.0 ? fabs(draws[k].a) * 0x1p-24 : 0.0));
        free_list(&s);
    }
    rig_close(&t.r);
}

static void weights_too_small_for_the_common_scale_keep_single_precision(void **state)
{
    (void)state;
    double errors[2], bytes[2];
    two_onto_one("lif", (hk_draw){ HK_UNIFORM, 0.01, 0.02, 0, 0 }, (hk_draw){ HK_UNIFORM, 1.0, 3.0, 0, 0 },
                 HK_WEIGHTS_COMPACT, errors, bytes);
    assert_close(errors[0], 0.0, 0.0);
    assert_true(bytes[0] >= 8.0);
    assert_close(bytes[1], 4.0, 0.0);
    assert_true(errors[1] > 0.0 && errors[1] <= 0.5 * 3.0 / 32767.0 * (1.0 + 1e-9));
    two_onto_one("lif", hk_constant(0.01 * sqrt(2.0)), hk_constant(-3.0 * sqrt(5.0)), HK_WEIGHTS_COMPACT, errors,
                 bytes);
    assert_true(errors[0] == 0.0 && bytes[0] >= 8.0 && bytes[1] == 2.0);
    /* each sign has its own scale where inhibition has its own current */
    two_onto_one("lif_exp", hk_constant(0.01 * sqrt(2.0)), hk_constant(-3.0 * sqrt(5.0)), HK_WEIGHTS_COMPACT, errors,
                 bytes);
    assert_true(bytes[0] == 2.0 && bytes[1] == 2.0);
    assert_close(errors[0], 0.0, 1e-15);
    assert_close(errors[1], 0.0, 1e-14);
}

/* --- synapses that all weigh the same --------------------------------------------------------------------------------------- */

typedef struct alike {
    double bytes[3]; /* a synapse, of those onto the two populations and those of the second */
    uint64_t hash;
} alike;

/* A population sends one weight to two others, through delays that leave spikes in flight when the network is changed; `odd` is what
 * it sends to a third one, which is too weak to fire. */
static alike run_alike(hk_draw odd, unsigned n_extra_threads)
{
    alike got;
    two_populations t = open_two(HK_GRID, "lif", n_extra_threads);
    hk_population *c = rig_neurons(&t.r, "c", "lif", 30), *late;
    hk_projection *p[4];
    rig_set(&t.r, t.a, "i_e_pa", 400.0);
    for (int k = 0; k < 3; k++)
        p[k] = connect(&t.r, (hk_projection_config){ .pre = k < 2 ? t.a : t.b,
                                                     .post = k == 0 ? t.a : t.b,
                                                     .connect = HK_FIXED_INDEGREE,
                                                     .n = 40,
                                                     .weight = hk_constant(k < 2 ? 0.3 : -0.6),
                                                     .delay_ms = delay_draws[1 + k] });
    p[3] = connect(
        &t.r,
        (hk_projection_config){
            .pre = t.a, .post = c, .connect = HK_FIXED_INDEGREE, .n = 3, .weight = odd, .delay_ms = delay_draws[4] });
    rig_run(&t.r, 35.7);
    late = rig_neurons(&t.r, "late", "lif", 10);
    (void)connect(&t.r, (hk_projection_config){ .pre = t.b, .post = late, .connect = HK_ALL_TO_ALL, .weight = odd });
    rig_run(&t.r, 40.0);
    for (int k = 0; k < 3; k++)
        got.bytes[k] = (double)hk_projection_bytes(p[k]) / (double)hk_projection_n_synapses(p[k]);
    hk_sim_stats stats = hk_sim_get_stats(t.r.sim);
    assert_true(stats.spikes > 1000);
    got.hash = stats.spike_hash;
    rig_close(&t.r);
    return got;
}

static void weights_that_are_all_the_same_take_no_room(void **state)
{
    (void)state;
    alike one = run_alike(hk_constant(1e-6), 0);
    assert_true(one.bytes[0] == 2.0 && one.bytes[1] == 2.0 && one.bytes[2] == 2.0);
    static const hk_draw others[] = { { HK_CONSTANT, -1e-6, 0, 0, 0 }, { HK_UNIFORM, 1e-6, 2e-6, 0, 0 } };
    for (size_t k = 0; k < N_OF(others); k++) { /* the same spikes through synapses that keep their weights */
        alike each = run_alike(others[k], (unsigned)k + 1);
        assert_true(each.bytes[0] == 4.0 && each.bytes[1] == 4.0 && each.bytes[2] == 2.0);
        assert_true(each.hash == one.hash);
    }
}

static void single_precision_is_kept_where_it_is_asked_for(void **state)
{
    (void)state;
    double errors[2], bytes[2];
    two_onto_one("lif", weight_draws[1], hk_constant(-0.5), HK_WEIGHTS_FLOAT, errors, bytes);
    for (int k = 0; k < 2; k++)
        assert_true(errors[k] == 0.0 && bytes[k] >= 8.0);
    for (int k = 0; k < 3; k++) { /* and then the weights are those of exact runs, to the bit */
        two_populations exact = open_two(HK_EXACT, "lif", 0), grid = open_two(HK_GRID, "lif", 2);
        hk_projection_config cfg = ways_to_connect(k + 1);
        cfg.name = "drawn";
        cfg.weights = HK_WEIGHTS_FLOAT;
        cfg.weight = weight_draws[3];
        cfg.delay_ms = delay_draws[k + 1];
        cfg.pre = exact.a;
        cfg.post = exact.b;
        hk_projection *p = connect(&exact.r, cfg);
        cfg.pre = grid.a;
        cfg.post = grid.b;
        hk_projection *q = connect(&grid.r, cfg);
        rig_ok(&grid.r, hk_sim_build(grid.r.sim));
        assert_close(assert_same_network(p, q), 0.0, 0.0);
        rig_close(&exact.r);
        rig_close(&grid.r);
    }
}

/* --- refusals, in threads too --------------------------------------------------------------------------------------------- */

static void assert_build_refused(rig *r, int status, const char *says)
{
    hk_ctx_clear(r->ctx);
    rig_gives(r, hk_sim_build(r->sim), status);
    assert_non_null(strstr(hk_ctx_message(r->ctx), says));
    rig_gives(r, hk_sim_run(r->sim, 1.0), status); /* it stays refused */
}

static void sums_that_would_leave_32_bits_are_refused(void **state)
{
    (void)state;
    for (unsigned n_extra = 0; n_extra <= 2; n_extra += 2)
        for (int weights = HK_WEIGHTS_COMPACT; weights <= HK_WEIGHTS_FLOAT; weights++) {
            rig r = open_as(HK_GRID, n_extra);
            hk_population *pre = rig_neurons(&r, "pre", "lif", 30), *post = rig_neurons(&r, "post", "lif", 1);
            connect(&r, (hk_projection_config){ .pre = pre,
                                                .post = post,
                                                .connect = HK_FIXED_INDEGREE,
                                                .n = 264000, /* of nearly 8191 units each */
                                                .pairs = HK_PAIRS_MULTAPSES,
                                                .weights = (hk_weights)weights,
                                                .weight = { HK_UNIFORM, 0.999, 1.0, 0, 0 } });
            if (weights == HK_WEIGHTS_COMPACT)
                assert_build_refused(&r, HK_ERANGE, "32-bit");
            else
                rig_run(&r, 1.0);
            rig_close(&r);
        }
}

static void slabs_too_long_for_their_tables_are_refused(void **state)
{
    (void)state;
    for (unsigned n_extra = 0; n_extra <= 2; n_extra += 2)
        for (int weights = HK_WEIGHTS_COMPACT; weights <= HK_WEIGHTS_FLOAT; weights++) {
            rig r = open_as(HK_GRID, n_extra);
            hk_population *pre = rig_neurons(&r, "pre", "lif", 1), *post = rig_neurons(&r, "post", "lif", 5);
            connect(&r, (hk_projection_config){ .pre = pre,
                                                .post = post,
                                                .connect = HK_FIXED_TOTAL,
                                                .n = 66000,
                                                .pairs = HK_PAIRS_MULTAPSES,
                                                .weights = (hk_weights)weights,
                                                .weight = { HK_UNIFORM, 0.09, 0.1, 0, 0 } });
            if (weights == HK_WEIGHTS_COMPACT)
                assert_build_refused(&r, HK_ERANGE, "neuron 0 has 66000 synapses");
            else
                rig_run(&r, 1.0);
            rig_close(&r);
        }
}

static void the_longest_slab_is_taken(void **state)
{
    (void)state;
    rig r = open_as(HK_GRID, 0);
    hk_population *pre = rig_neurons(&r, "pre", "spike_source", 1), *post = rig_neurons(&r, "post", "lif", 1);
    hk_projection *p = connect(&r, (hk_projection_config){ .pre = pre,
                                                           .post = post,
                                                           .connect = HK_FIXED_TOTAL,
                                                           .n = UINT16_MAX,
                                                           .pairs = HK_PAIRS_MULTAPSES,
                                                           .weight = { HK_UNIFORM, -1.1e-3, -0.9e-3, 0, 0 } });
    rig_give(&r, pre, 0, 0.5);
    rig_run(&r, 0.5 + 1.5);
    synapses s = list_of(p);
    double sum = 0.0;
    for (uint64_t k = 0; k < s.n; k++)
        sum += s.weight[k];
    assert_true(s.n == UINT16_MAX && hk_projection_bytes(p) == 4 * s.n);
    assert_close(sum, -65.535, 0.5);
    assert_close(rig_get(&r, post, "v_mv", 0), rig_get(&r, post, "e_l_mv", 0) + sum, 1e-9);
    free_list(&s);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_network_on_the_grid_is_the_one_of_exact_runs),
        cmocka_unit_test(merged_projections_are_listed_apart),
        cmocka_unit_test(building_first_or_running_first_draws_the_same),
        cmocka_unit_test(weights_too_small_for_the_common_scale_keep_single_precision),
        cmocka_unit_test(weights_that_are_all_the_same_take_no_room),
        cmocka_unit_test(single_precision_is_kept_where_it_is_asked_for),
        cmocka_unit_test(sums_that_would_leave_32_bits_are_refused),
        cmocka_unit_test(slabs_too_long_for_their_tables_are_refused),
        cmocka_unit_test(the_longest_slab_is_taken),
    };
    return cmocka_run_group_tests_name("grid_synapses", tests, NULL, NULL);
}
