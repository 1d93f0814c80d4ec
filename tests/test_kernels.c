/* tests/test_kernels.c - the inner loops of lif and lif_exp: every CPU path against the plain one, bit for bit, and the plain one
 * against one neuron at a time in other words. */
#include "tests/hk_test.h"

#include "neurons/lif_exp_kernels.h"
#include "neurons/lif_kernels.h"
#include "sim/cpu.h"
#include "sim/rng.h"

static const hk_lif_kernels *const lif[HK_N_CPU] = {
    &hk_lif_kernels_plain,
#if defined(__x86_64__)
    &hk_lif_kernels_avx2,
    &hk_lif_kernels_avx512,
#endif
};
static const hk_lif_exp_kernels *const lif_exp[HK_N_CPU] = {
    &hk_lif_exp_kernels_plain,
#if defined(__x86_64__)
    &hk_lif_exp_kernels_avx2,
    &hk_lif_exp_kernels_avx512,
#endif
};

enum { N_NEURONS = 300, LONGEST = 40, GUARD = 8, N_COLUMNS = 4 };

static hk_stream stream;

static double uniform(double low, double high)
{
    return low + (high - low) * hk_stream_uniform(&stream);
}

static int compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* A slab of n synapses with the given habits, its arrays at an odd place of their storage. */
typedef struct slab_store {
    uint32_t target[LONGEST + 16];
    float weight[LONGEST + 16];
    double weight64[LONGEST + 16];
    hk_slab slab;
} slab_store;

typedef enum targets { A_ROW, ALL_DIFFERENT, WITH_REPEATS } targets;
typedef enum signs { POSITIVE, NEGATIVE, MIXED } signs;

static void make_slab(slab_store *s, uint32_t n, targets how, signs sign, bool in_double)
{
    uint32_t shift = (uint32_t)hk_stream_below(&stream, 16);
    for (uint32_t k = 0; k < n; k++) {
        double w = uniform(0.0, 3.0) *
                   (sign == NEGATIVE || (sign == MIXED && hk_stream_below(&stream, 2) == 0) ? -1.0 : 1.0);
        if (hk_stream_below(&stream, 20) == 0)
            w = sign == NEGATIVE ? -0.0 : 0.0;
        s->weight[shift + k] = (float)w;
        s->weight64[shift + k] = w;
        s->target[shift + k] = (uint32_t)hk_stream_below(&stream, how == WITH_REPEATS ? 1 + n / 2 : N_NEURONS);
    }
    qsort(s->target + shift, n, sizeof *s->target, compare_u32);
    for (uint32_t k = 1; how == ALL_DIFFERENT && k < n; k++)
        if (s->target[shift + k] <= s->target[shift + k - 1])
            s->target[shift + k] = s->target[shift + k - 1] + 1; /* at most N_NEURONS - 1 + LONGEST */
    s->slab = (hk_slab){ .target = how == A_ROW ? NULL : s->target + shift,
                         .weight = in_double ? NULL : s->weight + shift,
                         .weight64 = in_double ? s->weight64 + shift : NULL,
                         .first = how == A_ROW ? (uint32_t)hk_stream_below(&stream, N_NEURONS - LONGEST) : 0,
                         .n = n,
                         .repeats = how == WITH_REPEATS };
}

/* Columns of one population; what the loops must not touch is behind them. */
typedef struct columns {
    double of[N_COLUMNS][N_NEURONS + LONGEST + GUARD];
} columns;

static void make_columns(columns *c, double low_at)
{
    for (int k = 0; k < N_COLUMNS; k++)
        for (size_t i = 0; i < N_OF(c->of[k]); i++)
            c->of[k][i] = k == 3 ? uniform(low_at - 2.0, low_at + 2.0) : uniform(-20.0, 20.0) * (k == 0 ? 1.0 : 0.1);
    for (size_t i = 0; i < N_OF(c->of[0]); i++) {
        if (hk_stream_below(&stream, 6) == 0)
            c->of[0][i] = -HUGE_VAL; /* held */
        c->of[1][i] = fabs(c->of[1][i]);
        c->of[2][i] = -fabs(c->of[2][i]);
    }
}

typedef struct hit_list {
    uint32_t neuron[N_NEURONS + LONGEST + GUARD];
    hk_hits hits;
} hit_list;

static hk_hits *empty(hit_list *list)
{
    list->hits = (hk_hits){ .neuron = list->neuron, .capacity = N_OF(list->neuron) };
    return &list->hits;
}

static void assert_same(const columns *a, const columns *b, const hit_list *x, const hit_list *y, hk_cpu level,
                        uint32_t n)
{
    if (memcmp(a, b, sizeof *a) != 0 || x->hits.n != y->hits.n ||
        memcmp(x->neuron, y->neuron, x->hits.n * sizeof *x->neuron) != 0) {
        print_error("%s differs from plain at n = %u (hits %zu, %zu)\n", hk_cpu_name(level), n, y->hits.n, x->hits.n);
        fail();
    }
}

static hk_lif_exp_columns view_of(columns *c)
{
    return (hk_lif_exp_columns){ .a = c->of[0], .j_ex = c->of[1], .j_in = c->of[2], .low = c->of[3] };
}

static hk_lif_exp_instant random_instant(void)
{
    return (hk_lif_exp_instant){ .fall = uniform(1e-3, 1.0),
                                 .g_ex = uniform(0.0, 30.0),
                                 .g_in = uniform(0.0, 30.0),
                                 .to_ex = uniform(0.001, 20.0),
                                 .to_in = uniform(0.001, 20.0),
                                 .relax = hk_stream_below(&stream, 10) == 0 ? 0.0 : uniform(0.0, 1.0),
                                 .reach = uniform(0.0, 5.0) };
}

/* --- lif ---------------------------------------------------------------------------------------------------------- */

static void every_path_of_lif_receives_alike(void **state)
{
    (void)state;
    static columns before, plain, other;
    static hit_list expected, found;
    slab_store s;
    size_t n_hits = 0;
    for (int round = 0; round < 40; round++)
        for (uint32_t n = 0; n <= LONGEST; n++)
            for (int form = 0; form < 12; form++) {
                make_slab(&s, n, (targets)(form % 3), (signs)(hk_stream_below(&stream, 3)), form / 3 == 3);
                make_columns(&before, n % 2 == 0 ? 18.0 : -3.0); /* below v_inf: driven */
                double growth = uniform(1.0, 50.0), relax = hk_stream_below(&stream, 2) == 0 ? 1.0 : uniform(0.0, 1.0);
                for (size_t i = 0; i < N_OF(before.of[0]); i++)
                    before.of[0][i] *= growth;
                plain = before;
                lif[0]->receive(&(hk_lif_columns){ .u = plain.of[0], .low = plain.of[3] }, &s.slab, growth, relax,
                                empty(&expected));
                n_hits += expected.hits.n;
                for (int level = 1; level <= (int)hk_cpu_best(); level++) {
                    other = before;
                    lif[level]->receive(&(hk_lif_columns){ .u = other.of[0], .low = other.of[3] }, &s.slab, growth,
                                        relax, empty(&found));
                    assert_same(&plain, &other, &expected, &found, (hk_cpu)level, n);
                }
                for (uint32_t k = 0; k < n; k++) { /* the plain one: v += w, in scaled units */
                    uint32_t i = hk_slab_target(&s.slab, k);
                    double w = s.slab.weight64 != NULL ? s.slab.weight64[k] : (double)s.slab.weight[k];
                    before.of[0][i] += w * growth;
                }
                assert_memory_equal(&before, &plain, sizeof plain);
            }
    assert_true(n_hits > 1000);
}

static void every_path_of_lif_decays_and_marks_alike(void **state)
{
    (void)state;
    static columns before, plain, other;
    slab_store s;
    for (uint32_t n = 0; n <= LONGEST; n++) {
        make_columns(&before, 0.0);
        plain = before;
        double factor = uniform(0.0, 1.0) * (n % 5 == 0 ? 0.0 : 1.0);
        lif[0]->decay(plain.of[0], factor, n);
        for (uint32_t i = 0; i < N_NEURONS; i++)
            assert_true(plain.of[0][i] ==
                        (i >= n || before.of[0][i] == -HUGE_VAL ? before.of[0][i] : before.of[0][i] * factor));
        make_slab(&s, n, (targets)(n % 3), MIXED, false);
        uint32_t marks[N_NEURONS + LONGEST + GUARD] = { 0 }, others[N_NEURONS + LONGEST + GUARD], all = 0;
        hk_neuron_view view = { .stamp = marks, .stamp_all = &all, .stamp_now = 77, .n = N_NEURONS };
        lif[0]->mark(&view, &s.slab);
        assert_int_equal(all, 0); /* a slab for some neurons */
        uint32_t n_marked = 0, n_different = 0;
        for (size_t i = 0; i < N_OF(marks); i++)
            n_marked += marks[i] == 77;
        for (uint32_t k = 0; k < n; k++) {
            assert_int_equal(marks[hk_slab_target(&s.slab, k)], 77);
            n_different += k == 0 || hk_slab_target(&s.slab, k) != hk_slab_target(&s.slab, k - 1);
        }
        assert_int_equal(n_marked, n_different);
        for (int level = 1; level <= (int)hk_cpu_best(); level++) {
            other = before;
            lif[level]->decay(other.of[0], factor, n);
            assert_memory_equal(&other, &plain, sizeof plain);
            memset(others, 0, sizeof others);
            view.stamp = others;
            lif[level]->mark(&view, &s.slab);
            assert_memory_equal(others, marks, sizeof marks);
        }
    }
}

static void every_path_of_lif_marks_all_neurons_by_one_stamp(void **state)
{
    (void)state;
    for (int level = 0; level <= (int)hk_cpu_best(); level++) {
        uint32_t marks[5] = { 1, 2, 3, 4, 5 }, all = 0;
        hk_neuron_view view = { .stamp = marks, .stamp_all = &all, .stamp_now = 77, .n = N_OF(marks) };
        lif[level]->mark(&view, &(hk_slab){ .first = 0, .n = N_OF(marks) });
        assert_int_equal(all, 77);
        for (uint32_t i = 0; i < N_OF(marks); i++)
            assert_int_equal(marks[i], i + 1);
    }
}

/* --- lif_exp -------------------------------------------------------------------------------------------------------- */

static void every_path_of_lif_exp_receives_alike(void **state)
{
    (void)state;
    static columns before, plain, other;
    static hit_list expected, found;
    slab_store s;
    size_t n_hits = 0;
    for (int round = 0; round < 40; round++)
        for (uint32_t n = 0; n <= LONGEST; n++)
            for (int form = 0; form < 12; form++) {
                make_slab(&s, n, (targets)(form % 3), (signs)(hk_stream_below(&stream, 3)), form / 3 == 3);
                make_columns(&before, 3.0);
                hk_lif_exp_instant now = random_instant();
                plain = before;
                hk_lif_exp_columns view = view_of(&plain);
                lif_exp[0]->receive(&view, &s.slab, &now, empty(&expected));
                n_hits += expected.hits.n;
                for (int level = 1; level <= (int)hk_cpu_best(); level++) {
                    other = before;
                    view = view_of(&other);
                    lif_exp[level]->receive(&view, &s.slab, &now, empty(&found));
                    assert_same(&plain, &other, &expected, &found, (hk_cpu)level, n);
                }
                for (uint32_t k = 0; k < n; k++) { /* the potential stays, the current jumps by w / c_m */
                    uint32_t i = hk_slab_target(&s.slab, k);
                    double w = s.slab.weight64 != NULL ? s.slab.weight64[k] : (double)s.slab.weight[k];
                    before.of[w >= 0.0 ? 1 : 2][i] += w * (w >= 0.0 ? now.to_ex : now.to_in);
                }
                assert_memory_equal(before.of[1], plain.of[1], sizeof plain.of[1]);
                assert_memory_equal(before.of[2], plain.of[2], sizeof plain.of[2]);
            }
    assert_true(n_hits > 1000);
}

static void every_path_of_lif_exp_sweeps_and_moves_its_epoch_alike(void **state)
{
    (void)state;
    static columns before, plain, other;
    static hit_list expected, found;
    size_t n_hits = 0, n_asked = 0;
    for (int round = 0; round < 30; round++)
        for (uint32_t n = 0; n < N_NEURONS; n += n < LONGEST ? 1 : 53) {
            make_columns(&before, 3.0);
            hk_lif_exp_instant now = random_instant();
            plain = before;
            hk_lif_exp_columns view = view_of(&plain);
            lif_exp[0]->sweep(&view, &now, n, empty(&expected));
            assert_memory_equal(&plain, &before, sizeof plain); /* looking changes nothing */
            n_hits += expected.hits.n;
            n_asked += n;
            size_t at = 0;
            for (uint32_t i = 0; i < n; i++) {
                double d = now.fall * (plain.of[0][i] + (plain.of[1][i] * now.g_ex + plain.of[2][i] * now.g_in));
                double later = d * now.relax, high = (later > d ? later : d) + plain.of[1][i] * now.reach;
                assert_true((high >= plain.of[3][i]) == (at < expected.hits.n && expected.neuron[at] == i));
                at += high >= plain.of[3][i];
            }
            lif_exp[0]->rebase(&view, &now, 0.37, 0.73, n);
            for (int level = 1; level <= (int)hk_cpu_best(); level++) {
                other = before;
                view = view_of(&other);
                lif_exp[level]->sweep(&view, &now, n, empty(&found));
                lif_exp[level]->rebase(&view, &now, 0.37, 0.73, n);
                assert_same(&plain, &other, &expected, &found, (hk_cpu)level, n);
            }
        }
    assert_true(n_hits > 1000 && n_hits < n_asked / 2);
}

static int open_stream(void **state)
{
    (void)state;
    stream = hk_stream_open(2385, HK_PURPOSE_TEST, 3, 0);
    print_message("CPU paths: plain ... %s\n", hk_cpu_name(hk_cpu_best()));
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_path_of_lif_receives_alike),
        cmocka_unit_test(every_path_of_lif_decays_and_marks_alike),
        cmocka_unit_test(every_path_of_lif_marks_all_neurons_by_one_stamp),
        cmocka_unit_test(every_path_of_lif_exp_receives_alike),
        cmocka_unit_test(every_path_of_lif_exp_sweeps_and_moves_its_epoch_alike),
    };
    return cmocka_run_group_tests_name("kernels", tests, open_stream, NULL);
}
