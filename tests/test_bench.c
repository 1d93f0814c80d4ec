/* tests/test_bench.c - medians and targets of figures, networks under the clock, and the command that prints them. */
#include "tests/hk_scratch.h"

#include "experiments/bench.h"
#include "experiments/bench_networks.h"
#include "experiments/bench_page.h"
#include "experiments/document.h"
#include "tests/trial.h"

static void the_median_does_not_mind_one_bad_repeat(void **state)
{
    (void)state;
    double odd[] = { 7.5, 2.385, 1e9, 3.0, 2.5 }, even[] = { 9.0, 1.0, 4.0, 2.0 };
    hk_figure figure = { .unit = "s" };
    hk_figure_set(&figure, odd, 5);
    assert_close(figure.value, 3.0, 0.0);
    assert_close(figure.low, 2.385, 0.0);
    assert_close(figure.high, 1e9, 0.0);
    assert_int_equal(figure.repeats, 5);
    hk_figure_set(&figure, even, 4);
    assert_close(figure.value, 3.0, 0.0);
}

static void a_target_is_reached_from_its_own_side(void **state)
{
    (void)state;
    hk_figure rate = { .value = 45e6, .target = 30e6 }, time = { .value = 0.2, .target = 0.3, .is_limit = true };
    assert_close(hk_figure_reached(&rate), 1.5, 1e-15);
    assert_close(hk_figure_reached(&time), 1.5, 1e-15);
    rate.target = NAN;
    time.value = NAN;
    assert_true(isnan(hk_figure_reached(&rate)) && isnan(hk_figure_reached(&time)));
}

static char *page_of(const hk_figures *figures, const hk_bench_table *networks)
{
    hk_ctx *ctx = hk_ctx_create();
    hk_machine machine = hk_machine_look();
    size_t n;
    assert_true(machine.n_cores >= 1 && machine.memory_gb > 0.01);
    hk_bench_page page = { .figures = figures, .networks = networks, .machine = &machine, .command = "hillock bench" };
    assert_ok(hk_bench_page_write(ctx, &page, scratch_path("page.md")));
    assert_status(hk_bench_page_write(ctx, &page, "/dev/null"), HK_EIO);
    char *text = (char *)file_bytes(scratch_path("page.md"), &n);
    text[n] = '\0';
    hk_ctx_destroy(ctx);
    return text;
}

static void a_missed_target_is_called_missed(void **state)
{
    (void)state;
    static const struct {
        hk_figure figure;
        const char *line;
    } rows[] = {
        { { .part = "queue", .what = "holds", .unit = "1/s", .value = 29.4e6, .repeats = 1, .target = 30e6 },
          "| queue | holds | 29.4 M/s | 1 |  | >= 30.0 M/s | 0.98 x MISSED |  |" },
        { { .part = "queue", .what = "times", .unit = "", .value = 7.5, .repeats = 1, .target = 5.0, .note = "why" },
          "| queue | times | 7.5 | 1 |  | >= 5 | 1.50 x | why |" },
        { { .part = "mnist",
            .what = "image",
            .unit = "ms",
            .value = 0.25,
            .low = 0.2,
            .high = 0.5,
            .repeats = 3,
            .target = 0.3,
            .is_limit = true },
          "| mnist | image | 0.25 ms | 3 | 0.2 ms ... 0.5 ms | <= 0.3 ms | 1.20 x |  |" },
        { { .part = "build", .what = "1e8", .unit = "s", .value = NAN, .target = NAN, .note = "left out" },
          "| build | 1e8 | - | 0 |  |  |  | left out |" },
    };
    hk_figures figures = { .n = 0 };
    for (size_t k = 0; k < N_OF(rows); k++)
        assert_ok(hk_figures_add(NULL, &figures, &rows[k].figure));
    char *text = page_of(&figures, &(hk_bench_table){ .n = 0 });
    for (size_t k = 0; k < N_OF(rows); k++)
        if (strstr(text, rows[k].line) == NULL)
            fail_msg("'%s' is missing in\n%s", rows[k].line, text);
    free(text);
    hk_figures_fini(&figures);
}

static hk_bench_row row_of(double factor, double target)
{
    double factors[] = { factor, 2.0 * factor, 0.5 * factor }, builds[] = { 4.25, 3.5 };
    hk_bench_row row = hk_bench_row_empty();
    row.part = "brunel";
    snprintf(row.what, sizeof row.what, "grid");
    row.n_threads = 2;
    row.n_synapses = 15.625e6;
    row.warmup_ms = 200.0;
    row.measured_ms = 1000.0;
    row.n_pieces = 5;
    row.fastest_piece = 0.25;
    row.slowest_piece = 1.75;
    hk_figure_set(&row.cells[HK_BENCH_REAL_TIME], factors, 3);
    hk_figure_set(&row.cells[HK_BENCH_BUILD], builds, 2);
    row.cells[HK_BENCH_REAL_TIME].target = target;
    return row;
}

static void a_network_is_one_row_with_its_interval_and_repeats(void **state)
{
    (void)state;
    hk_bench_table table = { .n = 0 };
    hk_bench_row rows[] = { row_of(0.75, 0.7), row_of(0.625, 0.7), hk_bench_row_empty() };
    rows[2].part = "microcircuit";
    snprintf(rows[2].note, sizeof rows[2].note, "left out: it does not fit");
    for (size_t k = 0; k < N_OF(rows); k++)
        assert_ok(hk_bench_table_add(NULL, &table, &rows[k]));
    char *text = page_of(&(hk_figures){ .n = 0 }, &table);
    static const char *const parts[] = {
        "| network | | threads | real-time factor | ns/event/thread | build | bytes/synapse | peak memory | speed-up |",
        "| brunel | grid | 2 | 0.75 (<= 0.7 MISSED) | - | 3.875 s | - | - | - | 1.56e+07 synapses; 200 ms warm-up, "
        "1000 ms "
        "measured, median of 3: 0.375 ... 1.5; in 5 pieces: 0.25 to 1.75 |",
        "| brunel | grid | 2 | 0.625 (<= 0.7) |",
        "| microcircuit |  | 0 | - | - | - | - | - | - | left out: it does not fit |",
    };
    for (size_t k = 0; k < N_OF(parts); k++)
        if (strstr(text, parts[k]) == NULL)
            fail_msg("'%s' is missing in\n%s", parts[k], text);
    free(text);
    hk_bench_table_fini(&table);
}

#define bench(...) bench_with((const char *const[]){ __VA_ARGS__, NULL })

static int bench_with(const char *const *given)
{
    char words[12][PATH_MAX] = { "hillock bench" };
    char *argv[12] = { words[0] };
    int argc = 1;
    for (; given[argc - 1] != NULL; argc++) {
        snprintf(words[argc], sizeof words[argc], "%s", given[argc - 1]);
        argv[argc] = words[argc];
    }
    return hk_bench_main(argc, argv);
}

static void one_part_can_be_measured_by_itself(void **state)
{
    (void)state;
    const char *json = scratch_path("bench.json");
    assert_int_equal(bench("ring", "--quick", "--json", json), 0);
    hk_ctx *ctx = hk_ctx_create();
    hk_document *document;
    assert_ok(hk_document_open(ctx, json, &document));
    const hk_node *root = hk_document_root(document), *figures = hk_node_get(root, "figures");
    double hops_per_s;
    assert_int_equal(hk_node_n(figures), 1);
    assert_string_equal(hk_node_text(hk_node_get(hk_node_at(figures, 0), "part")), "ring");
    assert_ok(hk_document_number(document, hk_node_get(hk_node_at(figures, 0), "value"), &hops_per_s));
    assert_true(hops_per_s > 1e3);
    assert_non_null(hk_node_get(hk_node_get(root, "machine"), "cpu"));
    hk_document_destroy(document);
    hk_ctx_destroy(ctx);
}

/* ---- networks ---------------------------------------------------------------------------------------------------- */

typedef struct measured {
    hk_ctx *ctx;
    hk_document *document;
    const hk_node *networks;
} measured;

static void measured_open(measured *m, const char *path)
{
    *m = (measured){ .ctx = hk_ctx_create() };
    assert_ok(hk_document_open(m->ctx, path, &m->document));
    m->networks = hk_node_get(hk_document_root(m->document), "networks");
}

static void measured_close(measured *m)
{
    hk_document_destroy(m->document);
    hk_ctx_destroy(m->ctx);
}

static double number_in(const measured *m, const hk_node *object, const char *key)
{
    double value;
    if (hk_node_get(object, key) == NULL)
        fail_msg("there is no '%s'", key);
    assert_ok(hk_document_number(m->document, hk_node_get(object, key), &value));
    return value;
}

static double value_in(const measured *m, const hk_node *row, const char *column)
{
    const hk_node *cell = hk_node_get(row, column);
    if (cell == NULL)
        fail_msg("there is no column '%s'", column);
    double value = number_in(m, cell, "value");
    assert_true(number_in(m, cell, "low") <= value && value <= number_in(m, cell, "high"));
    return value;
}

static void each_network_has_all_its_columns(void **state)
{
    (void)state;
    const char *json = scratch_path("networks.json");
    assert_int_equal(bench("microcircuit", "brunel", "coba", "sparse", "hpc", "scale", "--quick", "--json", json), 0);
    measured m;
    measured_open(&m, json);
    assert_int_equal(hk_node_n(m.networks), 4 + 6 + 2 + 2 + 4 + 4);
    for (size_t k = 0; k < hk_node_n(m.networks); k++) {
        const hk_node *row = hk_node_at(m.networks, k);
        double factor = value_in(&m, row, "real_time_factor"), threads = number_in(&m, row, "threads"),
               bytes = value_in(&m, row, "bytes_per_synapse"), synapses = number_in(&m, row, "synapses"),
               peak = 1e9 * value_in(&m, row, "peak_memory_gb");
        assert_true(factor > 1e-6 && value_in(&m, row, "build_s") > 0.0);
        assert_true(value_in(&m, row, "ns_per_synaptic_event_and_thread") > 0.01);
        assert_true(bytes >= 2.0 && bytes < 64.0);
        assert_true(peak > synapses * bytes && peak < 64e9);
        assert_true(number_in(&m, row, "fastest_piece") <= factor && factor <= number_in(&m, row, "slowest_piece"));
        assert_true(number_in(&m, row, "measured_ms") == 50.0 && number_in(&m, row, "pieces") == 5.0);
        if (hk_node_get(row, "speed_up") != NULL)
            assert_true(threads == 2.0 && value_in(&m, row, "speed_up") > 0.0);
    }
    measured_close(&m);
}

/* What is timed must be what users run under the same name. */
static void the_networks_are_those_of_the_experiments(void **state)
{
    (void)state;
    static const struct {
        const char *part, *setting;
        const char *arguments[10];
    } rows[] = {
        { "microcircuit", "grid", { "microcircuit", "--set", "scale=0.05", "--set", "integrator=grid" } },
        { "microcircuit", "exact", { "microcircuit", "--set", "scale=0.05", "--set", "integrator=exact" } },
        { "brunel", "grid", { "brunel", "--set", "neurons=500", "--set", "integrator=grid" } },
        { "cuba", "exact", { "cuba", "--set", "neurons=800", "--set", "integrator=exact" } },
        { "coba",
          "coba_i, grid",
          { "coba", "--set", "neurons=800", "--set", "variant=coba_i", "--set", "integrator=grid" } },
        { "sparse", "exact", { "sparse", "--set", "neurons=5000" } },
        { "hpc", "grid, static", { "hpc", "--set", "neurons=450", "--set", "plastic=none" } },
        { "hpc", "grid, stdp_pl", { "hpc", "--set", "neurons=450", "--set", "plastic=stdp_pl" } },
        { "brunel", "grid, stdp", { "brunel", "--set", "neurons=500", "--set", "plastic=stdp" } },
    };
    const char *json = scratch_path("same.json");
    assert_int_equal(bench("microcircuit", "brunel", "cuba", "coba", "sparse", "hpc", "--quick", "--json", json), 0);
    measured m;
    measured_open(&m, json);
    for (size_t r = 0; r < N_OF(rows); r++) {
        const char *arguments[16] = { NULL };
        size_t n = 0, n_found = 0;
        for (; rows[r].arguments[n] != NULL; n++)
            arguments[n] = rows[r].arguments[n];
        arguments[n++] = "--set";
        arguments[n++] = "duration_ms=60";
        arguments[n++] = "--out";
        arguments[n++] = "none";
        trial t;
        run_it(&t, arguments, HK_OK);
        assert_true(number_of(&t, "spikes") > 100.0);
        for (size_t k = 0; k < hk_node_n(m.networks); k++) {
            const hk_node *row = hk_node_at(m.networks, k);
            if (strcmp(hk_node_text(hk_node_get(row, "network")), rows[r].part) != 0 ||
                strcmp(hk_node_text(hk_node_get(row, "setting")), rows[r].setting) != 0)
                continue;
            n_found++;
            if (strcmp(hk_node_text(hk_node_get(row, "spike_hash")), value_of(&t, "spike_hash")->text) != 0)
                fail_msg("%s, %s: other spikes than the experiment's", rows[r].part, rows[r].setting);
        }
        assert_true(n_found > 0);
        trial_close(&t);
    }
    measured_close(&m);
}

static void a_network_that_does_not_fit_is_left_out_with_the_reason(void **state)
{
    (void)state;
    hk_bench b = { .ctx = hk_ctx_create(), .lines = stdout };
    assert_ok(hk_bench_case_run(&b, &(hk_bench_case){ .part = "huge",
                                                      .what = "grid",
                                                      .circuit = HK_BENCH_MICROCIRCUIT,
                                                      .integrator = HK_GRID,
                                                      .share = 40.0,
                                                      .measured_ms = 5.0 }));
    assert_int_equal(b.networks.n, 2);
    for (size_t k = 0; k < 2; k++) {
        assert_true(isnan(b.networks.rows[k].cells[HK_BENCH_REAL_TIME].value));
        assert_non_null(strstr(b.networks.rows[k].note, "left out: "));
        assert_non_null(strstr(b.networks.rows[k].note, "MB"));
    }
    hk_bench_table_fini(&b.networks);
    hk_ctx_destroy(b.ctx);
}

static void unknown_parts_and_flags_are_bad_usage(void **state)
{
    (void)state;
    assert_int_equal(bench("rign"), 2);
    assert_int_equal(bench("--fast"), 2);
    assert_int_equal(bench("ring", "--json"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_median_does_not_mind_one_bad_repeat),
        cmocka_unit_test(a_target_is_reached_from_its_own_side),
        cmocka_unit_test(a_missed_target_is_called_missed),
        cmocka_unit_test(a_network_is_one_row_with_its_interval_and_repeats),
        cmocka_unit_test(one_part_can_be_measured_by_itself),
        cmocka_unit_test(each_network_has_all_its_columns),
        cmocka_unit_test(the_networks_are_those_of_the_experiments),
        cmocka_unit_test(a_network_that_does_not_fit_is_left_out_with_the_reason),
        cmocka_unit_test(unknown_parts_and_flags_are_bad_usage),
    };
    return cmocka_run_group_tests(tests, hk_scratch_setup, hk_scratch_teardown);
}
