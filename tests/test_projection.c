/* tests/test_projection.c - building projections: what each rule promises exactly, what it draws, and what it refuses. */
#include "tests/synapse_list.h"

static void assert_refused(pair *p, hk_projection_config cfg, int status, const char *says)
{
    hk_projection *projection = (hk_projection *)1;
    cfg.pre = cfg.pre == NULL ? p->pre : cfg.pre;
    cfg.post = cfg.post == NULL ? p->post : cfg.post;
    if (cfg.delay_ms.a == 0.0 && cfg.delay_ms.kind == HK_CONSTANT)
        cfg.delay_ms = hk_constant(1.5);
    hk_ctx_clear(p->r.ctx);
    rig_gives(&p->r, hk_projection_create(p->r.sim, &cfg, &projection), status);
    assert_null(projection);
    if (strstr(hk_ctx_message(p->r.ctx), says) == NULL)
        print_error("'%s' does not say '%s'\n", hk_ctx_message(p->r.ctx), says);
    assert_non_null(strstr(hk_ctx_message(p->r.ctx), says));
}

/* --- what each rule promises exactly ------------------------------------------------------------------------------ */

static void count_pairs(const synapses *s, uint32_t n_pre, uint32_t n_post, uint32_t *in, uint32_t *out, uint32_t *most)
{
    uint32_t *matrix = calloc((size_t)n_pre * n_post, sizeof *matrix);
    assert_non_null(matrix);
    memset(in, 0, n_post * sizeof *in);
    memset(out, 0, n_pre * sizeof *out);
    *most = 0;
    for (uint64_t k = 0; k < s->n; k++) {
        assert_true(s->pre[k] < n_pre && s->post[k] < n_post);
        in[s->post[k]]++;
        out[s->pre[k]]++;
        uint32_t times = ++matrix[(size_t)s->pre[k] * n_post + s->post[k]];
        *most = times > *most ? times : *most;
    }
    free(matrix);
}

static uint64_t n_autapses(const synapses *s)
{
    uint64_t n = 0;
    for (uint64_t k = 0; k < s->n; k++)
        n += s->pre[k] == s->post[k];
    return n;
}

static void counts_are_exact_and_pairs_as_allowed(void **state)
{
    (void)state;
    enum { N = 83, M = 57, K = 31, TOTAL = 2385 };
    for (unsigned pairs = 0; pairs < 4; pairs++)
        for (int within = 0; within < 2; within++) {
            bool autapses = (pairs & HK_PAIRS_AUTAPSES) != 0, multapses = (pairs & HK_PAIRS_MULTAPSES) != 0;
            uint32_t n_post = within ? N : M, in[N], out[N], most;
            uint64_t possible = (uint64_t)N * n_post - (within && !autapses ? N : 0);
            const hk_projection_config cfgs[] = {
                { .connect = HK_ALL_TO_ALL },
                { .connect = HK_FIXED_INDEGREE, .n = K },
                { .connect = HK_FIXED_TOTAL, .n = TOTAL },
                { .connect = HK_FIXED_PROBABILITY, .probability = 0.3 },
                { .connect = HK_FIXED_PROBABILITY, .probability = 1.0 },
                { .connect = HK_FIXED_PROBABILITY, .probability = 0.0 },
            };
            pair p = make_pair(N, within ? 0 : M, 1 + pairs);
            for (size_t c = 0; c < N_OF(cfgs); c++) {
                hk_projection_config cfg = cfgs[c];
                cfg.pairs = pairs;
                synapses s = list_of(connect(&p, cfg));
                count_pairs(&s, N, n_post, in, out, &most);
                if (within && !autapses)
                    assert_int_equal(n_autapses(&s), 0);
                bool may_repeat = multapses && (cfg.connect == HK_FIXED_INDEGREE || cfg.connect == HK_FIXED_TOTAL);
                assert_true(may_repeat ? most > 1 : most <= 1);
                if (cfg.connect == HK_ALL_TO_ALL || cfg.probability == 1.0)
                    assert_true(s.n == possible);
                if (c == 5)
                    assert_true(s.n == 0);
                if (cfg.connect == HK_FIXED_TOTAL)
                    assert_true(s.n == TOTAL);
                for (uint32_t i = 0; cfg.connect == HK_FIXED_INDEGREE && i < n_post; i++)
                    assert_int_equal(in[i], K);
                if (within && autapses && cfg.connect == HK_FIXED_TOTAL)
                    assert_true(n_autapses(&s) > 5);
                free_list(&s);
            }
            rig_close(&p.r);
        }
}

static void the_largest_indegree_and_total_without_multapses_are_everything(void **state)
{
    (void)state;
    enum { N = 23 };
    uint32_t in[N], out[N], most;
    pair p = make_pair(N, 0, 4);
    for (int total = 0; total < 2; total++)
        for (unsigned missing = 0; missing < 3; missing++) {
            synapses s = list_of(
                connect(&p, (hk_projection_config){ .connect = total ? HK_FIXED_TOTAL : HK_FIXED_INDEGREE,
                                                    .n = (total ? N * (N - 1) : N - 1) - missing }));
            count_pairs(&s, N, N, in, out, &most);
            assert_int_equal(s.n, N * (N - 1) - missing * (total ? 1 : N));
            assert_true(most == 1 && n_autapses(&s) == 0);
            free_list(&s);
        }
    assert_refused(&p, (hk_projection_config){ .connect = HK_FIXED_INDEGREE, .n = N }, HK_ERANGE, "in-degree");
    assert_refused(&p, (hk_projection_config){ .connect = HK_FIXED_TOTAL, .n = N * (N - 1) + 1 }, HK_ERANGE, "total");
    rig_close(&p.r);
}

static void one_to_one_pairs_equal_numbers(void **state)
{
    (void)state;
    pair p = make_pair(37, 37, 5);
    for (int several = 0; several < 2; several++) { /* one delay: no indices; several: sparse */
        synapses s = list_of(
            connect(&p, (hk_projection_config){ .connect = HK_ONE_TO_ONE,
                                                .weight = { HK_UNIFORM, 1.0, 2.0, 0, 0 },
                                                .delay_ms = several ? (hk_draw){ HK_UNIFORM, 1.0, 3.0, 0, 0 }
                                                                    : hk_constant(0.3) }));
        assert_int_equal(s.n, 37);
        for (uint32_t k = 0; k < 37; k++)
            assert_true(s.pre[k] == k && s.post[k] == k && s.weight[k] >= 1.0 && s.weight[k] < 2.0);
        free_list(&s);
    }
    rig_close(&p.r);
    p = make_pair(37, 36, 5);
    assert_refused(&p, (hk_projection_config){ .connect = HK_ONE_TO_ONE }, HK_ERANGE, "37 to 36");
    rig_close(&p.r);
}

/* --- order and access -------------------------------------------------------------------------------------------------- */

static void slabs_hold_all_synapses_by_delay_and_target(void **state)
{
    (void)state;
    const hk_projection_config cfgs[] = { { .connect = HK_ALL_TO_ALL },
                                          { .connect = HK_ONE_TO_ONE },
                                          { .connect = HK_FIXED_TOTAL,
                                            .n = 3000,
                                            .pairs = HK_PAIRS_MULTAPSES,
                                            .delay_ms = { HK_UNIFORM, 0.3, 2.0, 0, 0 } },
                                          { .connect = HK_FIXED_PROBABILITY,
                                            .probability = 0.1,
                                            .plastic = true,
                                            .delay_ms = { HK_UNIFORM, 0.3, 2.0, 0, 0 } } };
    for (size_t c = 0; c < N_OF(cfgs); c++) {
        pair p = make_pair(71, 71, 11);
        hk_projection_config cfg = cfgs[c];
        cfg.weight = (hk_draw){ HK_UNIFORM, -1.0, 1.0, 0, 0 };
        hk_projection *projection = connect(&p, cfg);
        synapses s = list_of(projection);
        uint64_t at = 0, n_weights;
        float *weights = hk_projection_weights(projection, &n_weights);
        for (uint32_t slot = 1; slot < hk_projection_n_slots(projection); slot++)
            assert_true(hk_projection_delay_steps(projection, slot) > hk_projection_delay_steps(projection, slot - 1));
        for (uint32_t pre = 0; pre < 71; pre++)
            for (uint32_t slot = 0; slot < hk_projection_n_slots(projection); slot++) {
                hk_slab slab = hk_projection_slab(projection, pre, slot);
                uint64_t begin = hk_projection_slab_begin(projection, pre, slot);
                assert_ptr_equal(slab.weight, weights + begin);
                assert_true(begin + slab.n <= n_weights);
                for (uint32_t k = 0; k < slab.n; k++, at++) {
                    assert_true(s.pre[at] == pre && s.post[at] == hk_slab_target(&slab, k));
                    assert_true(s.weight[at] == (double)slab.weight[k]);
                    assert_close(s.delay_ms[at], 0.1 * (double)hk_projection_delay_steps(projection, slot), 1e-12);
                    if (k > 0) {
                        assert_true(s.post[at] > s.post[at - 1] || (slab.repeats && s.post[at] == s.post[at - 1]));
                    }
                }
            }
        assert_true(at == s.n);
        free_list(&s);
        rig_close(&p.r);
    }
}

static void incoming_synapses_are_those_of_the_slabs_turned_round(void **state)
{
    (void)state;
    const hk_projection_config cfgs[] = { { .connect = HK_ALL_TO_ALL },
                                          { .connect = HK_ONE_TO_ONE },
                                          { .connect = HK_FIXED_TOTAL,
                                            .n = 3000,
                                            .pairs = HK_PAIRS_MULTAPSES,
                                            .plastic = true,
                                            .delay_ms = { HK_UNIFORM, 0.3, 2.0, 0, 0 } },
                                          { .connect = HK_FIXED_PROBABILITY, .probability = 0.0, .plastic = true } };
    for (size_t c = 0; c < N_OF(cfgs); c++) {
        pair p = make_pair(71, c == 1 ? 71 : 53, 12);
        hk_projection *projection = connect(&p, cfgs[c]);
        uint32_t n_post = c == 1 ? 71 : 53, n_slots = hk_projection_n_slots(projection);
        uint64_t n_weights, n = 0;
        (void)hk_projection_weights(projection, &n_weights);
        unsigned char *seen = calloc(n_weights + 1, 1);
        assert_non_null(seen);
        for (uint32_t post = 0; post < n_post; post++) {
            hk_incoming in = hk_projection_incoming(projection, post);
            for (uint32_t k = 0; k < in.n; k++, n++) {
                uint32_t row = in.source == NULL ? k : in.source[k], pre = row / n_slots, slot = row % n_slots;
                uint64_t synapse = in.source == NULL ? in.first + k * in.stride : in.synapse[k];
                hk_slab slab = hk_projection_slab(projection, pre, slot);
                uint64_t begin = hk_projection_slab_begin(projection, pre, slot);
                assert_true(synapse >= begin && synapse < begin + slab.n);
                assert_int_equal(hk_slab_target(&slab, (uint32_t)(synapse - begin)), post);
                assert_int_equal(seen[synapse]++, 0);
            }
        }
        assert_true(n == hk_projection_n_synapses(projection));
        free(seen);
        rig_close(&p.r);
    }
}

static void a_million_listed_synapses_are_the_same_in_any_order(void **state)
{
    (void)state;
    enum { N = 2000, SYNAPSES = 1000000 };
    uint32_t *pre = malloc(SYNAPSES * sizeof *pre), *post = malloc(SYNAPSES * sizeof *post);
    double *weight = malloc(SYNAPSES * sizeof *weight), *delay = malloc(SYNAPSES * sizeof *delay);
    assert_true(pre != NULL && post != NULL && weight != NULL && delay != NULL);
    hk_stream draw = hk_stream_open(1, HK_PURPOSE_TEST, 20, 0);
    for (int k = 0; k < SYNAPSES; k++) {
        pre[k] = (uint32_t)hk_stream_below(&draw, N);
        post[k] = (uint32_t)hk_stream_below(&draw, N);
        weight[k] = hk_stream_uniform(&draw) - 0.5;
        delay[k] = 0.1 * (double)(1 + hk_stream_below(&draw, 30));
    }
    synapses first = { 0 };
    for (int round = 0; round < 2; round++) {
        pair p = make_pair(N, N, 13);
        hk_projection *projection = connect(&p, (hk_projection_config){ .connect = HK_EXPLICIT,
                                                                        .n = SYNAPSES,
                                                                        .list_pre = pre,
                                                                        .list_post = post,
                                                                        .list_weight = weight,
                                                                        .list_delay_ms = delay });
        assert_true(hk_projection_bytes(projection) <= 8 * (uint64_t)SYNAPSES + 8 * (N * 30 + 1));
        synapses s = list_of(projection);
        if (round == 0) {
            first = s;
            for (uint32_t k = SYNAPSES - 1; k > 0; k--) { /* shuffle */
                uint32_t j = (uint32_t)hk_stream_below(&draw, k + 1), a = pre[k], b = post[k];
                double w = weight[k], d = delay[k];
                pre[k] = pre[j], post[k] = post[j], weight[k] = weight[j], delay[k] = delay[j];
                pre[j] = a, post[j] = b, weight[j] = w, delay[j] = d;
            }
        } else {
            assert_true(s.n == SYNAPSES && first.n == SYNAPSES);
            assert_memory_equal(s.pre, first.pre, SYNAPSES * sizeof *pre);
            assert_memory_equal(s.post, first.post, SYNAPSES * sizeof *post);
            assert_memory_equal(s.weight, first.weight, SYNAPSES * sizeof *weight);
            assert_memory_equal(s.delay_ms, first.delay_ms, SYNAPSES * sizeof *delay);
            free_list(&s);
        }
        rig_close(&p.r);
    }
    free_list(&first);
    free(pre);
    free(post);
    free(weight);
    free(delay);
}

static void drawn_connections_are_the_same_whatever_else_there_is_and_on_any_cpu(void **state)
{
    (void)state;
    synapses first = { 0 };
    for (int round = 0; round <= (int)hk_cpu_best() + 1; round++) {
        pair p = { .r = rig_open_as(0.1, 14, round == 0 ? NULL : hk_cpu_name((hk_cpu)(round - 1))) };
        for (int k = 0; k < round; k++) /* others, made before */
            rig_neurons(&p.r, (const char *[]){ "x", "y", "z", "u" }[k], "lif_exp", 10);
        p.pre = rig_neurons(&p.r, "pre", "lif", 200);
        p.post = rig_neurons(&p.r, "post", "lif", 300);
        if (round > 0)
            connect(&p, (hk_projection_config){ .name = "before", .connect = HK_FIXED_TOTAL, .n = 10 });
        synapses s = list_of(connect(&p, (hk_projection_config){ .connect = HK_FIXED_PROBABILITY,
                                                                 .probability = 0.1,
                                                                 .weight = { HK_NORMAL, 0.0, 1.0, 0, 0 },
                                                                 .delay_ms = { HK_UNIFORM, 0.1, 3.0, 0, 0 } }));
        if (round == 0) {
            first = s;
        } else {
            assert_true(s.n == first.n);
            assert_memory_equal(s.post, first.post, s.n * sizeof *s.post);
            assert_memory_equal(s.weight, first.weight, s.n * sizeof *s.weight);
            assert_memory_equal(s.delay_ms, first.delay_ms, s.n * sizeof *s.delay_ms);
            free_list(&s);
        }
        rig_close(&p.r);
    }
    free_list(&first);
}

/* --- sizes -------------------------------------------------------------------------------------------------------------- */

static void predicted_sizes_hold(void **state)
{
    (void)state;
    const hk_projection_config cfgs[] = {
        { .connect = HK_ALL_TO_ALL },
        { .connect = HK_FIXED_INDEGREE, .n = 100 },
        { .connect = HK_FIXED_INDEGREE, .n = 100, .plastic = true },
        { .connect = HK_FIXED_INDEGREE, .n = 100, .delay_ms = { HK_UNIFORM, 1.0, 5.0, 0, 0 } },
        { .connect = HK_FIXED_PROBABILITY, .probability = 0.1 },
        { .connect = HK_FIXED_TOTAL, .n = 50000 },
        { .connect = HK_ONE_TO_ONE }
    };
    for (size_t c = 0; c < N_OF(cfgs); c++) {
        pair p = make_pair(700, 700, 15);
        hk_projection_config cfg = cfgs[c];
        cfg.pre = p.pre;
        cfg.post = p.post;
        cfg.delay_ms = cfg.delay_ms.a == 0.0 ? hk_constant(1.0) : cfg.delay_ms;
        uint64_t n, bytes;
        rig_ok(&p.r, hk_projection_predict(p.r.sim, &cfg, &n, &bytes));
        hk_projection *projection = connect(&p, cfg);
        double got = (double)hk_projection_bytes(projection),
               synapses_got = (double)hk_projection_n_synapses(projection);
        bool random = cfg.connect == HK_FIXED_PROBABILITY;
        assert_close(synapses_got, (double)n, random ? 5.0 * sqrt(0.1 * 490000.0) : 0.0);
        assert_close(got, (double)bytes, 8.0 * 5.0 * (random ? 250.0 : 0.0) + 8.0 * 3.0 * 701.0);
        assert_true(random || got <= (double)bytes + 16.0);
        if (cfg.connect == HK_FIXED_INDEGREE && !cfg.plastic) {
            double tables = 8.0 * (700.0 * (double)hk_projection_n_slots(projection) + 1.0);
            assert_true(got <= 8.0 * synapses_got + tables);
        }
        rig_close(&p.r);
    }
}

static void what_does_not_fit_into_memory_is_refused_with_figures(void **state)
{
    (void)state;
    pair p = make_pair(4000000, 2500000, 16);
    assert_refused(&p, (hk_projection_config){ .connect = HK_ALL_TO_ALL }, HK_ENOMEM,
                   "1e+13 synapses need 40000"); /* MB */
    assert_refused(&p, (hk_projection_config){ .connect = HK_FIXED_PROBABILITY, .probability = 1.0 }, HK_ENOMEM,
                   "MB available");
    assert_refused(&p, (hk_projection_config){ .connect = HK_FIXED_INDEGREE, .n = 3999999 }, HK_ENOMEM, "1e+13");
    assert_refused(&p, (hk_projection_config){ .connect = HK_FIXED_TOTAL, .n = 9999999999999u }, HK_ENOMEM, "1e+13");
    uint32_t one = 0;
    assert_refused(
        &p,
        (hk_projection_config){ .connect = HK_EXPLICIT, .n = UINT64_C(1) << 60, .list_pre = &one, .list_post = &one },
        HK_ENOMEM, "synapses");
    rig_close(&p.r);
}

/* --- refusals ------------------------------------------------------------------------------------------------------------ */

static void bad_lists_are_refused_with_the_place(void **state)
{
    (void)state;
    pair p = make_pair(5, 7, 17);
    const uint32_t pre[3] = { 0, 4, 2 }, post[3] = { 6, 0, 3 }, bad_pre[3] = { 0, 5, 2 }, bad_post[3] = { 6, 0, 7 };
    const double weight[3] = { 1.0, -2.0, 0.5 }, delay[3] = { 0.1, 1.5, 0.7 };
    hk_projection_config good = { .connect = HK_EXPLICIT,
                                  .n = 3,
                                  .list_pre = pre,
                                  .list_post = post,
                                  .list_weight = weight,
                                  .list_delay_ms = delay },
                         bad;
    for (int in_double = 0; in_double < 2; in_double++) {
        good.double_weights = in_double;
        good.name = in_double ? "a" : "b";
        connect(&p, good);
        bad = good;
        bad.list_pre = bad_pre;
        assert_refused(&p, bad, HK_ERANGE, "connection 1 is from 5");
        bad = good;
        bad.list_post = bad_post;
        assert_refused(&p, bad, HK_ERANGE, "connection 2 is from 2 to 7");
        const double weights[] = { (double)NAN, (double)INFINITY, -(double)INFINITY, 1e39 };
        for (size_t k = 0; k < N_OF(weights); k++) {
            double list[3] = { 1.0, 1.0, weights[k] };
            bad = good;
            bad.list_weight = list;
            assert_refused(&p, bad, HK_ERANGE, "connection 2");
        }
        const double delays[] = { 0.0, -0.1, 0.15, 1.50001, (double)NAN, (double)INFINITY, 1e300, 0.05 };
        for (size_t k = 0; k < N_OF(delays); k++) {
            double list[3] = { 1.0, delays[k], 1.0 };
            bad = good;
            bad.list_delay_ms = list;
            assert_refused(&p, bad, HK_ERANGE, "connection 1");
        }
    }
    bad = good;
    bad.list_post = NULL;
    assert_refused(&p, bad, HK_ERANGE, "list_post");
    hk_projection *empty = connect(&p, (hk_projection_config){ .name = "none", .connect = HK_EXPLICIT, .n = 0 });
    assert_int_equal(hk_projection_n_synapses(empty), 0);
    rig_run(&p.r, 1.0);
    rig_close(&p.r);
}

static void bad_configurations_are_refused_by_name(void **state)
{
    (void)state;
    pair p = make_pair(5, 7, 18);
    hk_population *source = rig_neurons(&p.r, "source", "poisson", 3);
    const double nan = (double)NAN, inf = (double)INFINITY;
    assert_refused(&p, (hk_projection_config){ .connect = (hk_connect)77 }, HK_ERANGE, "connect");
    assert_refused(&p, (hk_projection_config){ .pairs = 4 }, HK_ERANGE, "pairs");
    assert_refused(&p, (hk_projection_config){ .connect = HK_FIXED_PROBABILITY, .probability = 1.0000001 }, HK_ERANGE,
                   "probability");
    assert_refused(&p, (hk_projection_config){ .connect = HK_FIXED_PROBABILITY, .probability = -0.1 }, HK_ERANGE,
                   "probability");
    assert_refused(&p, (hk_projection_config){ .connect = HK_FIXED_PROBABILITY, .probability = nan }, HK_ERANGE,
                   "probability");
    assert_refused(&p, (hk_projection_config){ .delay_ms = hk_constant(0.25) }, HK_ERANGE, "delay_ms = 0.25");
    assert_refused(&p, (hk_projection_config){ .delay_ms = hk_constant(-1.0) }, HK_ERANGE, "delay_ms");
    assert_refused(&p, (hk_projection_config){ .delay_ms = hk_constant(nan) }, HK_ERANGE, "delay_ms");
    assert_refused(&p, (hk_projection_config){ .delay_ms = { HK_UNIFORM, 2.0, 1.0, 0, 0 } }, HK_ERANGE, "delay_ms");
    assert_refused(&p, (hk_projection_config){ .delay_ms = { HK_UNIFORM, 1.0, 1e9, 0, 0 } }, HK_ERANGE, "delay");
    assert_refused(&p, (hk_projection_config){ .weight = hk_constant(inf) }, HK_ERANGE, "weight");
    assert_refused(&p, (hk_projection_config){ .weight = hk_constant(1e39) }, HK_ERANGE, "weight");
    assert_refused(&p, (hk_projection_config){ .weight = { HK_UNIFORM, 0.0, 1e39, 0, 0 } }, HK_ERANGE, "weight");
    assert_refused(&p, (hk_projection_config){ .weight = { HK_NORMAL, 0.0, -1.0, 0, 0 } }, HK_ERANGE, "weight");
    assert_refused(&p, (hk_projection_config){ .weight = { HK_NORMAL, 0.0, 1.0, 8.0, 9.0 } }, HK_ERANGE, "weight");
    assert_refused(&p, (hk_projection_config){ .weight = { (hk_distribution)9, 0.0, 1.0, 0, 0 } }, HK_ERANGE, "weight");
    assert_refused(&p, (hk_projection_config){ .post = source }, HK_ERANGE, "poisson neurons take no input");
    assert_refused(&p, (hk_projection_config){ .double_weights = true }, HK_ERANGE, "double_weights");
    pair q = make_pair(5, 7, 19);
    assert_refused(&p, (hk_projection_config){ .pre = q.pre }, HK_ERANGE, "of this simulation");
    rig_close(&q.r);
    assert_null(hk_sim_projection(p.r.sim, 0)); /* nothing was left behind */
    rig_run(&p.r, 1.0);
    rig_close(&p.r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_exact_and_pairs_as_allowed),
        cmocka_unit_test(the_largest_indegree_and_total_without_multapses_are_everything),
        cmocka_unit_test(one_to_one_pairs_equal_numbers),
        cmocka_unit_test(slabs_hold_all_synapses_by_delay_and_target),
        cmocka_unit_test(incoming_synapses_are_those_of_the_slabs_turned_round),
        cmocka_unit_test(a_million_listed_synapses_are_the_same_in_any_order),
        cmocka_unit_test(drawn_connections_are_the_same_whatever_else_there_is_and_on_any_cpu),
        cmocka_unit_test(predicted_sizes_hold),
        cmocka_unit_test(what_does_not_fit_into_memory_is_refused_with_figures),
        cmocka_unit_test(bad_lists_are_refused_with_the_place),
        cmocka_unit_test(bad_configurations_are_refused_by_name),
    };
    return cmocka_run_group_tests_name("projection", tests, NULL, NULL);
}
