/* tests/test_bench.c - medians and targets of figures, and the command that prints them. */
#include "tests/hk_scratch.h"

#include "experiments/bench.h"
#include "experiments/bench_figures.h"
#include "experiments/document.h"

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

static char *page_of(const hk_figures *figures)
{
    hk_ctx *ctx = hk_ctx_create();
    hk_machine machine = hk_machine_look();
    size_t n;
    assert_true(machine.n_cores >= 1 && machine.memory_gb > 0.01);
    assert_ok(hk_figures_write_markdown(ctx, figures, &machine, "hillock bench", scratch_path("page.md")));
    assert_status(hk_figures_write_markdown(ctx, figures, &machine, "hillock bench", "/dev/null"), HK_EIO);
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
          "| queue | holds | 29.4 M/s |  | >= 30.0 M/s | 0.98 x MISSED |  |" },
        { { .part = "queue", .what = "times", .unit = "", .value = 7.5, .repeats = 1, .target = 5.0, .note = "why" },
          "| queue | times | 7.5 |  | >= 5 | 1.50 x | why |" },
        { { .part = "mnist",
            .what = "image",
            .unit = "ms",
            .value = 0.25,
            .low = 0.2,
            .high = 0.5,
            .repeats = 3,
            .target = 0.3,
            .is_limit = true },
          "| mnist | image | 0.25 ms | 0.2 ms ... 0.5 ms | <= 0.3 ms | 1.20 x |  |" },
        { { .part = "build", .what = "1e8", .unit = "s", .value = NAN, .target = NAN, .note = "left out" },
          "| build | 1e8 | - |  |  |  | left out |" },
    };
    hk_figures figures = { .n = 0 };
    for (size_t k = 0; k < N_OF(rows); k++)
        assert_ok(hk_figures_add(NULL, &figures, &rows[k].figure));
    char *text = page_of(&figures);
    for (size_t k = 0; k < N_OF(rows); k++)
        if (strstr(text, rows[k].line) == NULL)
            fail_msg("'%s' is missing in\n%s", rows[k].line, text);
    free(text);
    hk_figures_fini(&figures);
}

static int bench(const char *one, const char *two, const char *three, const char *four)
{
    char words[5][PATH_MAX] = { "hillock bench" };
    const char *given[] = { one, two, three, four };
    char *argv[5] = { words[0] };
    int argc = 1;
    for (size_t k = 0; k < N_OF(given) && given[k] != NULL; k++, argc++) {
        snprintf(words[argc], sizeof words[argc], "%s", given[k]);
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

static void unknown_parts_and_flags_are_bad_usage(void **state)
{
    (void)state;
    assert_int_equal(bench("rign", NULL, NULL, NULL), 2);
    assert_int_equal(bench("--fast", NULL, NULL, NULL), 2);
    assert_int_equal(bench("ring", "--json", NULL, NULL), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_median_does_not_mind_one_bad_repeat),
        cmocka_unit_test(a_target_is_reached_from_its_own_side),
        cmocka_unit_test(a_missed_target_is_called_missed),
        cmocka_unit_test(one_part_can_be_measured_by_itself),
        cmocka_unit_test(unknown_parts_and_flags_are_bad_usage),
    };
    return cmocka_run_group_tests(tests, hk_scratch_setup, hk_scratch_teardown);
}
