/* tests/test_summary.c - summaries as JSON, read back with the JSON reader. */
#include "tests/hk_test.h"

#include "experiments/document.h"
#include "experiments/summary_tree.h"

#include <sys/stat.h>
#include <unistd.h>

typedef struct fixture {
    hk_ctx *ctx;
    hk_summary *summary;
    hk_document *document;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    f->ctx = hk_ctx_create();
    f->summary = hk_summary_create();
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    hk_document_destroy(f->document);
    hk_summary_destroy(f->summary);
    hk_ctx_destroy(f->ctx);
    free(f);
    return 0;
}

/* Prints the summary and reads it back. */
static const hk_node *read_back(fixture *f)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    hk_summary_print(f->summary, stream);
    fclose(stream);
    int rc = hk_document_parse(f->ctx, "summary.json", text, size, &f->document);
    if (rc != HK_OK)
        print_error("%s\n%s\n", hk_ctx_message(f->ctx), text);
    free(text);
    assert_ok(rc);
    return hk_document_root(f->document);
}

static double number_at(const fixture *f, const hk_node *map, const char *key)
{
    double value = 0.0;
    assert_non_null(hk_node_get(map, key));
    assert_ok(hk_document_number(f->document, hk_node_get(map, key), &value));
    return value;
}

static void an_empty_summary_is_an_empty_object(void **state)
{
    fixture *f = *state;
    const hk_node *root = read_back(f);
    assert_int_equal(hk_node_kind_of(root), HK_NODE_MAP);
    assert_int_equal(hk_node_n(root), 0);
}

static void every_kind_of_value_reads_back_exactly(void **state)
{
    fixture *f = *state;
    static const double rates[] = { 2.385, 1.0 / 3.0, 1e-300 };
    hk_summary_number(f->summary, "pi", 3.141592653589793);
    hk_summary_number(f->summary, "third", 1.0 / 3.0);
    hk_summary_integer(f->summary, "least", INT64_MIN);
    hk_summary_count(f->summary, "most", UINT64_MAX);
    hk_summary_hash(f->summary, "spike_hash", 0xdeadbeef01u);
    hk_summary_text(f->summary, "text", "a \"quote\", a \\ and\na line\ttab \x01 \x7f \xc3\xa9");
    hk_summary_text(f->summary, "nothing", NULL);
    hk_summary_flag(f->summary, "on", true);
    hk_summary_array(f->summary, "rates", rates, N_OF(rates));
    hk_summary_array(f->summary, "none", NULL, 0);
    hk_summary *inner = hk_summary_object(f->summary, "rates_hz");
    hk_summary_number(inner, "excitatory", 5.75);
    hk_summary *list = hk_summary_list(f->summary, "list");
    hk_summary_count(hk_summary_object(list, NULL), "seed", 7);
    hk_summary_text(list, NULL, "x");
    assert_ok(hk_summary_check(f->ctx, f->summary));

    const hk_node *root = read_back(f);
    assert_close(number_at(f, root, "pi"), 3.141592653589793, 0.0);
    assert_close(number_at(f, root, "third"), 1.0 / 3.0, 0.0);
    assert_string_equal(hk_node_text(hk_node_get(root, "least")), "-9223372036854775808");
    assert_string_equal(hk_node_text(hk_node_get(root, "most")), "18446744073709551615");
    assert_string_equal(hk_node_text(hk_node_get(root, "spike_hash")), "000000deadbeef01");
    assert_string_equal(hk_node_text(hk_node_get(root, "text")),
                        "a \"quote\", a \\ and\na line\ttab \x01 \x7f \xc3\xa9");
    assert_true(hk_node_is_null(hk_node_get(root, "nothing")));
    assert_string_equal(hk_node_text(hk_node_get(root, "on")), "true");
    assert_int_equal(hk_node_n(hk_node_get(root, "rates")), 3);
    assert_close(number_at(f, hk_node_get(root, "rates_hz"), "excitatory"), 5.75, 0.0);
    assert_int_equal(hk_node_n(hk_node_get(root, "list")), 2);
    assert_string_equal(hk_node_key(hk_node_at(root, 0)), "pi");
}

static void what_json_cannot_say_becomes_null(void **state)
{
    fixture *f = *state;
    static const double values[] = { 1.5, (double)NAN };
    hk_summary_number(f->summary, "nan", (double)NAN);
    hk_summary_number(f->summary, "inf", (double)-INFINITY);
    hk_summary_array(f->summary, "values", values, 2);
    hk_summary_text(f->summary, "bytes", "a\xff\xc3");
    const hk_node *root = read_back(f);
    assert_true(hk_node_is_null(hk_node_get(root, "nan")));
    assert_true(hk_node_is_null(hk_node_get(root, "inf")));
    assert_true(hk_node_is_null(hk_node_at(hk_node_get(root, "values"), 1)));
    assert_string_equal(hk_node_text(hk_node_get(root, "bytes")), "a\xef\xbf\xbd\xef\xbf\xbd");
}

static void a_key_given_twice_is_remembered_as_a_mistake(void **state)
{
    fixture *f = *state;
    hk_summary_number(f->summary, "rate", 1.0);
    hk_summary_number(f->summary, "rate", 2.0);
    assert_status(hk_summary_check(f->ctx, f->summary), HK_ESTATE);
    assert_non_null(strstr(hk_ctx_message(f->ctx), "'rate'"));
}

static void a_summary_without_memory_takes_every_call(void **state)
{
    fixture *f = *state;
    hk_summary_number(NULL, "a", 1.0);
    hk_summary_count(NULL, "a", 1);
    hk_summary_number(hk_summary_object(NULL, "b"), "c", 2.0);
    assert_status(hk_summary_check(f->ctx, NULL), HK_ENOMEM);
}

static void mean_and_deviation_go_through_inner_objects(void **state)
{
    fixture *f = *state;
    static const double values[] = { 90.25, 91.5, 89.125 };
    hk_summary *trials[3];
    for (size_t k = 0; k < 3; k++) {
        trials[k] = hk_summary_create();
        hk_summary_number(trials[k], "accuracy", values[k]);
        hk_summary_count(trials[k], "spikes", 10 + k);
        hk_summary_text(trials[k], "data", "mnist");
        hk_summary_number(hk_summary_object(trials[k], "rates_hz"), "e", 2.0 * values[k]);
        hk_summary_number(trials[k], "broken", k == 1 ? (double)NAN : 1.0);
    }
    hk_summary_statistics(hk_summary_object(f->summary, "mean"), hk_summary_object(f->summary, "sd"),
                          (const hk_summary *const *)trials, 3);
    hk_summary_statistics(hk_summary_object(f->summary, "mean1"), hk_summary_object(f->summary, "sd1"),
                          (const hk_summary *const *)trials, 1);
    for (size_t k = 0; k < 3; k++)
        hk_summary_destroy(trials[k]);
    const hk_node *root = read_back(f);
    const hk_node *mean = hk_node_get(root, "mean"), *sd = hk_node_get(root, "sd");
    double average = (90.25 + 91.5 + 89.125) / 3.0, squares = 0.0;
    for (size_t k = 0; k < 3; k++)
        squares += (values[k] - average) * (values[k] - average);
    assert_close(number_at(f, mean, "accuracy"), average, 1e-13);
    assert_close(number_at(f, sd, "accuracy"), sqrt(squares / 2.0), 1e-13);
    assert_close(number_at(f, mean, "spikes"), 11.0, 0.0);
    assert_close(number_at(f, hk_node_get(sd, "rates_hz"), "e"), 2.0 * sqrt(squares / 2.0), 1e-13);
    assert_null(hk_node_get(mean, "data"));
    assert_true(hk_node_is_null(hk_node_get(mean, "broken")));
    assert_close(number_at(f, hk_node_get(root, "mean1"), "accuracy"), 90.25, 0.0);
    assert_true(hk_node_is_null(hk_node_get(hk_node_get(root, "sd1"), "accuracy")));
}

static void a_copy_keeps_every_digit_of_whole_numbers(void **state)
{
    fixture *f = *state;
    hk_summary *from = hk_summary_create();
    hk_summary_count(from, "most", UINT64_MAX - 1);
    hk_summary_integer(from, "least", INT64_MIN + 1);
    hk_summary_copy(f->summary, from);
    hk_summary_destroy(from);
    const hk_node *root = read_back(f);
    assert_string_equal(hk_node_text(hk_node_get(root, "most")), "18446744073709551614");
    assert_string_equal(hk_node_text(hk_node_get(root, "least")), "-9223372036854775807");
}

static void a_file_is_replaced_whole_or_not_at_all(void **state)
{
    fixture *f = *state;
    char folder[] = "/tmp/hillock-test-summary-XXXXXX", path[128], text[64] = "";
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/s.json", folder);
    hk_summary_number(f->summary, "x", 2.385);
    assert_ok(hk_summary_write(f->ctx, f->summary, path));
    hk_summary_number(f->summary, "x", 7.0); /* a mistake: nothing may be written from now on */
    assert_status(hk_summary_write(f->ctx, f->summary, path), HK_ESTATE);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t got = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    assert_true(got > 0);
    assert_string_equal(text, "{\n  \"x\": 2.385\n}\n");
    remove(path);
    assert_int_equal(rmdir(folder), 0); /* no other file is left in it */
}

static void a_folder_that_does_not_exist_is_an_error(void **state)
{
    fixture *f = *state;
    assert_status(hk_summary_write(f->ctx, f->summary, "/nowhere/at/all.json"), HK_EIO);
    assert_non_null(strstr(hk_ctx_message(f->ctx), "/nowhere/at/all.json"));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_empty_summary_is_an_empty_object),       TEST(every_kind_of_value_reads_back_exactly),
        TEST(what_json_cannot_say_becomes_null),         TEST(a_key_given_twice_is_remembered_as_a_mistake),
        TEST(a_summary_without_memory_takes_every_call), TEST(mean_and_deviation_go_through_inner_objects),
        TEST(a_copy_keeps_every_digit_of_whole_numbers), TEST(a_file_is_replaced_whole_or_not_at_all),
        TEST(a_folder_that_does_not_exist_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
