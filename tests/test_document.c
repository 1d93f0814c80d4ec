/* tests/test_document.c - YAML and JSON files as trees, and what is refused. */
#include "tests/hk_test.h"

#include "experiments/document.h"

#include <unistd.h>

typedef struct fixture {
    hk_ctx *ctx;
    hk_document *document;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    f->ctx = hk_ctx_create();
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    hk_document_destroy(f->document);
    hk_ctx_destroy(f->ctx);
    free(f);
    return 0;
}

static int parse(fixture *f, const char *name, const char *text)
{
    hk_document_destroy(f->document);
    return hk_document_parse(f->ctx, name, text, strlen(text), &f->document);
}

static void assert_says(const fixture *f, const char *part)
{
    if (strstr(hk_ctx_message(f->ctx), part) != NULL)
        return;
    print_error("the message is '%s', without '%s'\n", hk_ctx_message(f->ctx), part);
    fail();
}

static void yaml_gives_a_tree_with_lines(void **state)
{
    fixture *f = *state;
    assert_ok(parse(f, "a.yaml", "name: ring\nlist:\n  - 1\n  - [2.385, x]\nempty:\nquoted: \"12\"\n"));
    const hk_node *root = hk_document_root(f->document);
    assert_int_equal(hk_node_kind_of(root), HK_NODE_MAP);
    assert_int_equal(hk_node_n(root), 4);
    assert_string_equal(hk_node_text(hk_node_get(root, "name")), "ring");
    const hk_node *list = hk_node_get(root, "list");
    assert_int_equal(hk_node_n(list), 2);
    assert_int_equal(hk_node_line(hk_node_at(list, 1)), 4);
    double value;
    assert_ok(hk_document_number(f->document, hk_node_at(hk_node_at(list, 1), 0), &value));
    assert_close(value, 2.385, 0.0);
    assert_true(hk_node_is_null(hk_node_get(root, "empty")));
    assert_false(hk_node_is_number(hk_node_get(root, "quoted")));
    assert_string_equal(hk_node_key(hk_node_at(root, 3)), "quoted");
    assert_null(hk_node_get(root, "nothing"));
    assert_null(hk_node_text(list));
}

static void json_is_read_to_the_last_digit(void **state)
{
    fixture *f = *state;
    assert_ok(
        parse(f, "a.json", "{\"t\": [0.1, 1e-3, -7.0625, 299.99999999999994], \"on\": true, \"s\": \"a\\u00e9\\n\"}"));
    const hk_node *root = hk_document_root(f->document), *t = hk_node_get(root, "t");
    static const double expected[] = { 0.1, 1e-3, -7.0625, 299.99999999999994 };
    for (size_t k = 0; k < N_OF(expected); k++) {
        double value;
        assert_ok(hk_document_number(f->document, hk_node_at(t, k), &value));
        assert_close(value, expected[k], 0.0);
    }
    bool on = false;
    assert_ok(hk_document_flag(f->document, hk_node_get(root, "on"), &on));
    assert_true(on);
    assert_string_equal(hk_node_text(hk_node_get(root, "s")), "a\xc3\xa9\n");
}

static void a_json_file_must_be_json(void **state)
{
    fixture *f = *state;
    assert_status(parse(f, "a.json", "a: 1\n"), HK_EFORMAT);
    assert_says(f, "a.json:1:");
    assert_ok(parse(f, "a.yaml", "a: 1\n"));
}

static void broken_files_give_line_and_column(void **state)
{
    static const struct {
        const char *text, *says;
    } bad[] = {
        { "a: [1, 2\nb: 3\n", "x.yaml:" },
        { "a: 'open\n", "x.yaml:" },
        { "\ta: 1\n", "x.yaml:1:1: a tab" },
        { "a: 1\n? ::\t:", "x.yaml:2:5: a tab" }, /* which breaks libfyaml 0.7.12 */
        { "a: 1\n b: 2\n", "x.yaml:" },
        { "a: 1\na: 2\n", "x.yaml:2:4: the key 'a' stands there twice" },
        { "a: &x [1]\nb: *x\n", "x.yaml:2:" },
        { "a: !!int 3\n", "x.yaml:1:4: tags" },
        { "? [1]\n: 2\n", "a key must be a text" },
        { "--- 1\n--- 2\n", "more than one document" },
        { "   \n\n", "nothing in it" },
        { "", "nothing in it" },
        { "a: \x01\n", "x.yaml:1:4: a control character" },
        { "a: 1\nb: \xff\n", "x.yaml:2:4: not UTF-8" },
        { "a: \"\\0\"\n", "zero byte" },
    };
    fixture *f = *state;
    for (size_t k = 0; k < N_OF(bad); k++) {
        assert_status(parse(f, "x.yaml", bad[k].text), HK_EFORMAT);
        assert_null(f->document);
        assert_says(f, bad[k].says);
    }
}

/* libfyaml prints some of its errors where it is let. */
static void errors_without_a_place_are_told_and_not_printed(void **state)
{
    static const char *const bad[] = { "a: |0\n x\n", "%YAML 9.2\n---\na: 1\n", "--- |0\n" };
    fixture *f = *state;
    for (size_t k = 0; k < N_OF(bad); k++) {
        FILE *printed = tmpfile();
        assert_non_null(printed);
        fflush(stderr);
        int before = dup(STDERR_FILENO);
        assert_true(before >= 0 && dup2(fileno(printed), STDERR_FILENO) == STDERR_FILENO);
        int rc = parse(f, "x.yaml", bad[k]);
        fflush(stderr);
        assert_int_equal(dup2(before, STDERR_FILENO), STDERR_FILENO);
        close(before);
        assert_int_equal(lseek(fileno(printed), 0, SEEK_END), 0);
        fclose(printed);
        assert_status(rc, HK_EFORMAT);
        assert_says(f, "x.yaml:");
        assert_null(strstr(hk_ctx_message(f->ctx), "nothing in it"));
    }
}

static char *repeated(const char *head, const char *unit, size_t n, const char *tail)
{
    size_t length = strlen(unit);
    char *text = malloc(strlen(head) + n * length + strlen(tail) + 1), *to = text + strlen(head);
    strcpy(text, head);
    for (size_t k = 0; k < n; k++, to += length)
        memcpy(to, unit, length);
    strcpy(to, tail);
    return text;
}

static void deep_nesting_is_refused_before_the_stack_is(void **state)
{
    fixture *f = *state;
    static const char *const units[] = { "[", "{\"a\":", "- " };
    for (size_t k = 0; k < N_OF(units); k++) {
        char *text = repeated("", units[k], 100000, "");
        assert_status(parse(f, "deep.yaml", text), HK_EFORMAT);
        free(text);
        assert_says(f, "deep.yaml:");
    }
    char *fits = repeated("", "[", 64, "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
    assert_ok(parse(f, "deep.yaml", fits));
    free(fits);
    char *one_more = repeated("", "[", 65, "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
    assert_status(parse(f, "deep.yaml", one_more), HK_EFORMAT);
    free(one_more);
}

static void an_alias_bomb_is_refused_at_its_first_alias(void **state)
{
    fixture *f = *state;
    assert_status(
        parse(f, "bomb.yaml", "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b]\n"),
        HK_EFORMAT);
    assert_says(f, "bomb.yaml:2:");
    assert_says(f, "aliases");
}

static void files_above_64_mib_are_refused_unread(void **state)
{
    fixture *f = *state;
    static const char start[] = "a";
    assert_status(hk_document_parse(f->ctx, "big.yaml", start, ((size_t)64 << 20) + 1, &f->document), HK_EFORMAT);
    assert_says(f, "64 MiB");
}

static void missing_files_and_folders_are_named(void **state)
{
    fixture *f = *state;
    assert_status(hk_document_open(f->ctx, "/nowhere/a.yaml", &f->document), HK_EIO);
    assert_says(f, "/nowhere/a.yaml");
    assert_status(hk_document_open(f->ctx, "/tmp", &f->document), HK_EIO);
}

static void values_of_the_wrong_kind_are_named_with_their_place(void **state)
{
    fixture *f = *state;
    assert_ok(parse(f, "v.yaml", "x: abc\ny: 3.5\nz: [1]\nq: \"3\"\nn: .nan\ni: 0x1f\n"));
    const hk_node *root = hk_document_root(f->document);
    double number;
    int64_t integer;
    uint64_t count;
    bool flag;
    assert_status(hk_document_number(f->document, hk_node_get(root, "x"), &number), HK_EFORMAT);
    assert_says(f, "v.yaml:1:4: x = 'abc', must be a finite number");
    assert_status(hk_document_integer(f->document, hk_node_get(root, "y"), -2, 9, &integer), HK_EFORMAT);
    assert_says(f, "v.yaml:2:4: y = '3.5', must be a whole number from -2 to 9");
    assert_status(hk_document_number(f->document, hk_node_get(root, "z"), &number), HK_EFORMAT);
    assert_says(f, "v.yaml:3:4: z is a list");
    assert_status(hk_document_number(f->document, hk_node_get(root, "q"), &number), HK_EFORMAT);
    assert_status(hk_document_number(f->document, hk_node_get(root, "n"), &number), HK_EFORMAT);
    assert_status(hk_document_number(f->document, hk_node_get(root, "i"), &number), HK_EFORMAT);
    assert_status(hk_document_count(f->document, hk_node_get(root, "y"), 10, &count), HK_EFORMAT);
    assert_status(hk_document_flag(f->document, hk_node_get(root, "x"), &flag), HK_EFORMAT);
    const hk_node *member;
    assert_status(hk_document_require(f->document, root, "w", &member), HK_EFORMAT);
    assert_says(f, "the key 'w' is missing");
    static const char *const allowed[] = { "x", "y", "z", "q", "number" };
    assert_status(hk_document_expect_keys(f->document, root, allowed, N_OF(allowed)), HK_EFORMAT);
    assert_says(f, "v.yaml:5:");
}

static void a_map_of_many_keys_stays_fast(void **state)
{
    fixture *f = *state;
    size_t n = 100000, used = 0, size = n * 16 + 1;
    char *text = malloc(size);
    for (size_t k = 0; k < n; k++)
        used += (size_t)snprintf(text + used, size - used, "k%zu: %zu\n", k, k);
    assert_ok(parse(f, "many.yaml", text));
    assert_int_equal(hk_node_n(hk_document_root(f->document)), n);
    free(text);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(yaml_gives_a_tree_with_lines),
        TEST(json_is_read_to_the_last_digit),
        TEST(a_json_file_must_be_json),
        TEST(broken_files_give_line_and_column),
        TEST(errors_without_a_place_are_told_and_not_printed),
        TEST(deep_nesting_is_refused_before_the_stack_is),
        TEST(an_alias_bomb_is_refused_at_its_first_alias),
        TEST(files_above_64_mib_are_refused_unread),
        TEST(missing_files_and_folders_are_named),
        TEST(values_of_the_wrong_kind_are_named_with_their_place),
        TEST(a_map_of_many_keys_stays_fast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
