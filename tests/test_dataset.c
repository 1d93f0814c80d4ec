/* tests/test_dataset.c - where data sets are looked for, what is refused, and what the report says. MNIST need not be there. */
#define _DEFAULT_SOURCE /* mkdtemp, setenv */
#include "tests/hk_test.h"

#include "experiments/datasets/dataset.h"
#include "experiments/datasets/glyphs.h"

#include <sys/stat.h>
#include <unistd.h>

static const char *const file_names[4] = { "train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                           "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte" };

/* A world of its own: an empty home, an empty current folder, a data folder. */
typedef struct fixture {
    hk_ctx *ctx;
    hk_dataset data;
    char root[64], before[4096];
    char *home_before, *data_before;
} fixture;

static char *copied(const char *text)
{
    return text == NULL ? NULL : strcpy(malloc(strlen(text) + 1), text);
}

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    char path[128];
    f->ctx = hk_ctx_create();
    strcpy(f->root, "/tmp/hillock-dataset-XXXXXX");
    if (mkdtemp(f->root) == NULL || getcwd(f->before, sizeof f->before) == NULL || chdir(f->root) != 0)
        return -1;
    f->home_before = copied(getenv("HOME"));
    f->data_before = copied(getenv("HILLOCK_DATA"));
    snprintf(path, sizeof path, "%s/home", f->root);
    setenv("HOME", path, 1);
    snprintf(path, sizeof path, "%s/given", f->root);
    setenv("HILLOCK_DATA", path, 1);
    *state = f;
    return 0;
}

static void restore(const char *name, char *value)
{
    if (value == NULL)
        unsetenv(name);
    else
        setenv(name, value, 1);
    free(value);
}

static int teardown(void **state)
{
    fixture *f = *state;
    char command[128];
    int failed = chdir(f->before);
    snprintf(command, sizeof command, "rm -r '%s'", f->root);
    failed |= system(command);
    restore("HOME", f->home_before);
    restore("HILLOCK_DATA", f->data_before);
    hk_dataset_fini(&f->data);
    hk_ctx_destroy(f->ctx);
    free(f);
    return failed;
}

static void make_folder(const char *path)
{
    char part[256];
    for (size_t i = 1; path[i - 1] != '\0'; i++)
        if (path[i] == '/' || path[i] == '\0') {
            snprintf(part, sizeof part, "%.*s", (int)i, path);
            mkdir(part, 0777);
        }
}

static void write_file(const char *folder, const char *name, const uint8_t *bytes, size_t n)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

/* `n` images of rows x 3 with pixels first, first + 1, ...; or labels (rows 0) 0, 1, ..., 9, 0, ... */
static void write_idx(const char *folder, const char *name, uint8_t n, uint8_t rows, uint8_t first)
{
    uint8_t bytes[16 + 255 * 9] = { 0, 0, 8, rows > 0 ? 3 : 1, 0, 0, 0, n, 0, 0, 0, rows, 0, 0, 0, 3 };
    size_t header = rows > 0 ? 16 : 8, n_values = rows > 0 ? (size_t)n * rows * 3 : n;
    for (size_t i = 0; i < n_values; i++)
        bytes[header + i] = rows > 0 ? (uint8_t)(first + i) : (uint8_t)(i % 10);
    write_file(folder, name, bytes, header + n_values);
}

/* 12 training and 5 test images of 2 x 3; training pixels begin with `first`, which tells folders apart. */
static void write_set(const char *folder, uint8_t first)
{
    make_folder(folder);
    write_idx(folder, file_names[0], 12, 2, first);
    write_idx(folder, file_names[1], 12, 0, 0);
    write_idx(folder, file_names[2], 5, 2, 100);
    write_idx(folder, file_names[3], 5, 0, 0);
}

static int load(fixture *f, const char *name)
{
    hk_dataset_fini(&f->data);
    return hk_dataset_load(
        f->ctx,
        &(hk_dataset_request){ .name = name, .n_train = HK_DATASET_ALL, .n_test = HK_DATASET_ALL, .glyph_seed = 3 },
        &f->data);
}

static int load_some(fixture *f, const char *name, size_t n_train, size_t n_test)
{
    hk_dataset_fini(&f->data);
    return hk_dataset_load(
        f->ctx, &(hk_dataset_request){ .name = name, .n_train = n_train, .n_test = n_test, .glyph_seed = 3 }, &f->data);
}

static void files_are_loaded_with_their_labels_in_order(void **state)
{
    fixture *f = *state;
    float values[6];
    write_set("given/mnist", 17);
    assert_ok(load(f, "mnist"));
    assert_string_equal(f->data.name, "mnist");
    assert_non_null(strstr(f->data.path, "/given/mnist"));
    assert_int_equal(f->data.train.n, 12);
    assert_int_equal(f->data.test.n, 5);
    assert_int_equal(f->data.train.rows, 2);
    assert_int_equal(f->data.test.cols, 3);
    for (size_t i = 0; i < 12; i++)
        assert_int_equal(f->data.train.labels[i], i % 10);
    for (size_t i = 0; i < 72; i++)
        assert_int_equal(f->data.train.pixels[i], 17 + i);
    assert_int_equal(f->data.test.pixels[29], 129);
    hk_images_values(&f->data.test, 3, values);
    for (int i = 0; i < 6; i++)
        assert_true(values[i] == (float)(118 + i) / 255.0f);
    assert_false(f->data.is_original);
    assert_non_null(strstr(f->data.report, "12 training and 5 test images of 2 x 3"));
    assert_non_null(strstr(f->data.report, "not the content of the published files"));
    assert_non_null(strstr(f->data.report, f->data.path));
}

static void places_are_searched_in_the_documented_order(void **state)
{
    fixture *f = *state;
    static const char *const places[] = { "home/.local/share/hillock/mnist", "data/mnist",
                                          "given/mnist" }; /* last wins */
    for (size_t p = 0; p < N_OF(places); p++) {
        write_set(places[p], (uint8_t)(50 + p));
        assert_ok(load(f, "mnist"));
        assert_non_null(strstr(f->data.path, places[p]));
        assert_int_equal(f->data.train.pixels[0], 50 + p);
        assert_ok(load(f, "auto"));
        assert_string_equal(f->data.name, "mnist");
        assert_int_equal(f->data.train.pixels[0], 50 + p);
    }
    unsetenv("HILLOCK_DATA");
    assert_ok(load(f, "mnist"));
    assert_string_equal(f->data.path, "data/mnist");
    setenv("HILLOCK_DATA", "", 1);
    assert_ok(load(f, "mnist"));
    assert_string_equal(f->data.path, "data/mnist");
}

static void fashion_has_places_of_its_own(void **state)
{
    fixture *f = *state;
    write_set("given/fashion", 91);
    assert_ok(load(f, "fashion"));
    assert_string_equal(f->data.name, "fashion");
    assert_int_equal(f->data.train.pixels[0], 91);
    assert_ok(load(f, "auto"));
    assert_string_equal(f->data.name, "fashion");
    assert_non_null(strstr(f->data.report, "MNIST was not found"));
}

static void mnist_that_is_nowhere_is_refused_with_places_and_remedy(void **state)
{
    fixture *f = *state;
    assert_status(load(f, "mnist"), HK_ENAME);
    assert_non_null(strstr(hk_ctx_message(f->ctx), "/given/mnist, data/mnist, "));
    assert_non_null(strstr(hk_ctx_message(f->ctx), "/home/.local/share/hillock/mnist"));
    assert_non_null(strstr(hk_ctx_message(f->ctx), "make data"));
    assert_null(f->data.train.pixels);
    assert_status(load(f, "mnits"), HK_ENAME);
    assert_non_null(strstr(hk_ctx_message(f->ctx), "auto, mnist, fashion, glyphs"));
}

static void auto_without_files_draws_glyphs_and_says_why(void **state)
{
    fixture *f = *state;
    struct stat is;
    if (stat("/usr/share/datasets/fashion-mnist", &is) == 0)
        skip(); /* then it takes that: see the test of the installed files */
    assert_ok(load_some(f, "auto", 30, 20));
    assert_string_equal(f->data.name, "glyphs");
    assert_non_null(strstr(f->data.report, "MNIST was not found"));
}

static void a_folder_with_only_some_of_the_files_is_refused_not_passed_over(void **state)
{
    fixture *f = *state;
    for (int gone = 0; gone < 4; gone++) {
        char path[64];
        write_set("given/mnist", 1);
        write_set("data/mnist", 2);
        snprintf(path, sizeof path, "given/mnist/%s", file_names[gone]);
        unlink(path);
        assert_status(load(f, "mnist"), HK_EFORMAT);
        assert_non_null(strstr(hk_ctx_message(f->ctx), file_names[gone]));
        assert_status(load(f, "auto"), HK_EFORMAT);
    }
}

static void files_that_do_not_fit_together_are_refused(void **state)
{
    fixture *f = *state;
    uint8_t label_ten[8 + 12] = { 0, 0, 8, 1, 0, 0, 0, 12, [8 + 7] = 10 };
    write_set("given/mnist", 1);
    write_idx("given/mnist", file_names[1], 11, 0, 0); /* one label too few */
    assert_status(load(f, "mnist"), HK_EFORMAT);
    assert_non_null(strstr(hk_ctx_message(f->ctx), "12 training images but 11 labels"));
    write_file("given/mnist", file_names[1], label_ten, sizeof label_ten);
    assert_status(load(f, "mnist"), HK_EFORMAT);
    assert_non_null(strstr(hk_ctx_message(f->ctx), "training label 7 is 10"));
    write_idx("given/mnist", file_names[1], 12, 1, 0); /* images where labels should be */
    assert_status(load(f, "mnist"), HK_EFORMAT);
    write_set("given/mnist", 1);
    write_idx("given/mnist", file_names[2], 5, 3, 0); /* test images of another size */
    assert_status(load(f, "mnist"), HK_EFORMAT);
    write_set("given/mnist", 1);
    write_file("given/mnist", file_names[3], label_ten, 5); /* cut */
    assert_status(load(f, "auto"), HK_EFORMAT);
    assert_non_null(strstr(hk_ctx_message(f->ctx), file_names[3]));
    assert_null(f->data.train.pixels);
    assert_null(f->data.name);
}

static void fewer_images_can_be_asked_for_but_not_more_or_none(void **state)
{
    fixture *f = *state;
    write_set("given/mnist", 40);
    assert_ok(load_some(f, "mnist", 7, 5));
    assert_int_equal(f->data.train.n, 7);
    assert_int_equal(f->data.test.n, 5);
    assert_int_equal(f->data.train.pixels[41], 81);
    assert_status(load_some(f, "mnist", 13, 5), HK_ERANGE);
    assert_status(load_some(f, "mnist", 12, 6), HK_ERANGE);
    assert_status(load_some(f, "mnist", 0, 5), HK_ERANGE);
    assert_status(load_some(f, "glyphs", 5, 0), HK_ERANGE);
}

static void glyphs_of_training_and_test_differ_and_come_from_the_seed(void **state)
{
    fixture *f = *state;
    uint8_t pixels[HK_GLYPH_PIXELS];
    assert_ok(load_some(f, "glyphs", 30, 20));
    assert_string_equal(f->data.name, "glyphs");
    assert_string_equal(f->data.path, "");
    assert_true(f->data.is_original);
    assert_int_equal(f->data.train.n, 30);
    assert_int_equal(f->data.test.n, 20);
    assert_int_equal(f->data.train.rows, HK_GLYPH_SIDE);
    assert_int_equal(hk_glyph_draw(3, 29, pixels), f->data.train.labels[29]);
    assert_memory_equal(pixels, f->data.train.pixels + 29 * sizeof pixels, sizeof pixels);
    assert_true(memcmp(f->data.train.pixels, f->data.test.pixels, sizeof pixels) != 0);
    for (size_t ten = 0; ten < 2; ten++) {
        unsigned seen = 0;
        for (size_t i = 0; i < 10; i++)
            seen |= 1u << f->data.test.labels[10 * ten + i];
        assert_int_equal(seen, 1023);
    }
    assert_non_null(strstr(f->data.report, "30 training and 20 test images of 28 x 28 drawn by Hillock from seed 3"));
}

static void published_files_are_recognised_where_they_are_there(void **state)
{
    fixture *f = *state;
    struct stat is;
    int n_there = 0;
    if (f->data_before != NULL) {
        char path[4200];
        snprintf(path, sizeof path, "%s/mnist/%s.gz", f->data_before, file_names[0]);
        if (f->data_before[0] == '/' && stat(path, &is) == 0) {
            setenv("HILLOCK_DATA", f->data_before, 1);
            assert_ok(load(f, "auto"));
            assert_string_equal(f->data.name, "mnist");
            assert_true(f->data.is_original);
            assert_int_equal(f->data.train.n, 60000);
            assert_int_equal(f->data.test.n, 10000);
            assert_int_equal(f->data.train.labels[0],
                             5); /* the first digit of MNIST is a five, of the test set a seven */
            assert_int_equal(f->data.test.labels[0], 7);
            setenv("HILLOCK_DATA", f->root, 1);
            n_there++;
        }
    }
    if (stat("/usr/share/datasets/fashion-mnist", &is) == 0) {
        assert_ok(load(f, "auto"));
        assert_string_equal(f->data.name, "fashion");
        assert_true(f->data.is_original);
        assert_int_equal(f->data.train.n, 60000);
        assert_int_equal(f->data.test.n, 10000);
        n_there++;
    }
    if (n_there == 0)
        skip();
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(files_are_loaded_with_their_labels_in_order),
        T(places_are_searched_in_the_documented_order),
        T(fashion_has_places_of_its_own),
        T(mnist_that_is_nowhere_is_refused_with_places_and_remedy),
        T(auto_without_files_draws_glyphs_and_says_why),
        T(a_folder_with_only_some_of_the_files_is_refused_not_passed_over),
        T(files_that_do_not_fit_together_are_refused),
        T(fewer_images_can_be_asked_for_but_not_more_or_none),
        T(glyphs_of_training_and_test_differ_and_come_from_the_seed),
        T(published_files_are_recognised_where_they_are_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
