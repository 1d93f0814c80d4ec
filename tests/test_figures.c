/* tests/test_figures.c - figures: files of the right kind, hostile texts, refusals, a gnuplot that is not there. */
#include "tests/hk_test.h"

#include "experiments/figures/figures.h"

#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/hillock-test-figures-XXXXXX";
static char path[128];
static hk_ctx *ctx;

static int enter(void **state)
{
    (void)state;
    ctx = hk_ctx_create();
    return ctx == NULL || mkdtemp(folder) == NULL;
}

static int leave(void **state)
{
    (void)state;
    hk_ctx_destroy(ctx);
    return rmdir(folder); /* whatever is left over makes this fail */
}

static hk_picture picture(hk_picture_format format, const char *title)
{
    snprintf(path, sizeof path, "%s/figure.%s", folder, hk_picture_suffix(format));
    return (hk_picture){ .path = path, .format = format, .title = title };
}

/* The file begins as its kind does; it is removed. */
static void assert_drawn(const char *beginning)
{
    char head[1024] = "";
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        print_error("%s is not there: %s\n", path, hk_ctx_message(ctx));
    assert_non_null(file);
    size_t got = fread(head, 1, sizeof head - 1, file);
    fclose(file);
    remove(path);
    assert_true(got > 100);
    assert_true(strncmp(head, beginning, strlen(beginning)) == 0);
}

static const double times_ms[] = { 1.25, 2.5, 2.5, 7.75, 9.0 };
static const uint64_t ids[] = { 3, 0, 1, 3, 2 };
static const int groups[] = { 0, 1, 9, 1 };
static const hk_band bands[] = {
    { .name = "first", .times_ms = times_ms, .ids = ids, .n = 5, .n_neurons = 4 },
    { .name = "it's 'the' second; system \"x\"",
      .times_ms = times_ms,
      .ids = ids,
      .n = 5,
      .n_neurons = 4,
      .groups = groups },
    { .name = "silent", .n_neurons = 7 },
};

static void need_gnuplot(void)
{
    if (!hk_gnuplot_exists())
        skip();
}

static void each_form_of_picture_is_written(void **state)
{
    static const char *const beginnings[] = { "<?xml", "\x89PNG\r\n", "%PDF-" };
    (void)state;
    need_gnuplot();
    for (int format = HK_PICTURE_SVG; format <= HK_PICTURE_PDF; format++) {
        hk_picture p = picture((hk_picture_format)format, "spikes");
        assert_ok(hk_figure_raster(ctx, &p, bands, 3, 0.0, 10.0, NULL));
        assert_drawn(beginnings[format]);
    }
}

static void every_figure_draws_awkward_values(void **state)
{
    static const float fields[] = { 0.5f, -1.0f, NAN, INFINITY, 0.25f, 0.0f, 0.125f, 3.0f };
    static const float blank[] = { 0.0f, 0.0f };
    static const double counts[] = { 3.0, 0.0, 0.0, 0.0 };
    static const double x[] = { 1.0, 2.0, (double)NAN, 4.0 }, y[] = { 0.5, (double)INFINITY, 3.0, -7.0 };
    static const char *const texts[] = { "7", "o'clock" };
    hk_windows windows = { .length_ms = 5.0, .texts = texts, .n = 2 };
    hk_curve curves[] = { { .name = "a", .x = x, .y = y, .n = 4 }, { .name = NULL, .x = x, .y = y, .n = 1 } };
    (void)state;
    need_gnuplot();
    hk_picture p = picture(HK_PICTURE_SVG, NULL);
    assert_ok(hk_figure_raster(ctx, &p, bands, 2, -5.0, 12.5, &windows));
    assert_drawn("<?xml");
    assert_ok(hk_figure_rates(ctx, &p, bands, 3, 0.0, 10.0, 0.3));
    assert_drawn("<?xml");
    assert_ok(hk_figure_fields(ctx, &p, fields, 2, 2, 2, "weight (mV)"));
    assert_drawn("<?xml");
    assert_ok(hk_figure_fields(ctx, &p, blank, 1, 1, 2, NULL));
    assert_drawn("<?xml");
    assert_ok(hk_figure_confusion(ctx, &p, counts, 2, texts));
    assert_drawn("<?xml");
    assert_ok(hk_figure_curves(ctx, &p, curves, 2, "images", "accuracy (%)", 100.0));
    assert_drawn("<?xml");
}

static void texts_from_files_cannot_become_commands(void **state)
{
    (void)state;
    need_gnuplot();
    char title[256];
    snprintf(title, sizeof title, "x'; system 'touch %s/owned'; print '\nsystem \"touch %s/owned\"\n`touch %s/owned`",
             folder, folder, folder);
    hk_picture p = picture(HK_PICTURE_SVG, title);
    hk_band band = bands[0];
    band.name = title;
    assert_ok(hk_figure_raster(ctx, &p, &band, 1, 0.0, 10.0, NULL));
    assert_drawn("<?xml");
    snprintf(path, sizeof path, "%s/owned", folder);
    assert_int_equal(access(path, F_OK), -1);
}

static void what_cannot_be_drawn_is_refused(void **state)
{
    static const double counts[] = { 1.0, -1.0, 0.0, (double)NAN }, none[] = { (double)NAN };
    static const float value[] = { 1.0f };
    hk_picture p = picture(HK_PICTURE_SVG, NULL);
    hk_curve curve = { .name = "a", .x = none, .y = none, .n = 1 };
    hk_band wrong = bands[0];
    wrong.n_neurons = 3; /* neuron 3 spikes */
    (void)state;
    assert_status(hk_figure_raster(ctx, &p, bands, 1, 10.0, 10.0, NULL), HK_ERANGE);
    assert_status(hk_figure_raster(ctx, &p, bands, 0, 0.0, 10.0, NULL), HK_ERANGE);
    assert_status(hk_figure_raster(ctx, &p, bands, 1, 0.0, (double)INFINITY, NULL), HK_ERANGE);
    assert_status(hk_figure_raster(ctx, &p, &wrong, 1, 0.0, 10.0, NULL), HK_ERANGE);
    assert_status(hk_figure_rates(ctx, &p, bands, 1, 0.0, 10.0, 0.0), HK_ERANGE);
    assert_status(hk_figure_rates(ctx, &p, bands, 1, 0.0, 10.0, (double)NAN), HK_ERANGE);
    assert_status(hk_figure_rates(ctx, &p, bands, 1, 0.0, 1e9, 1e-3), HK_ERANGE);
    assert_status(hk_figure_fields(ctx, &p, value, 0, 2, 2, NULL), HK_ERANGE);
    assert_status(hk_figure_fields(ctx, &p, value, 1, SIZE_MAX / 2, 4, NULL), HK_ERANGE);
    assert_status(hk_figure_confusion(ctx, &p, counts, 2, NULL), HK_ERANGE);
    assert_status(hk_figure_confusion(ctx, &p, counts, 41, NULL), HK_ERANGE);
    assert_status(hk_figure_curves(ctx, &p, &curve, 1, "x", "y", 0.0), HK_ERANGE);
}

static void a_folder_that_is_not_there_is_named(void **state)
{
    (void)state;
    need_gnuplot();
    hk_picture p = { .path = "/nowhere/at/all.svg", .format = HK_PICTURE_SVG };
    assert_status(hk_figure_raster(ctx, &p, bands, 1, 0.0, 10.0, NULL), HK_EIO);
    assert_non_null(strstr(hk_ctx_message(ctx), "/nowhere/at/all.svg"));
}

static void without_gnuplot_the_message_says_what_to_install(void **state)
{
    (void)state;
    char before[4096];
    snprintf(before, sizeof before, "%s", getenv("PATH") == NULL ? "" : getenv("PATH"));
    setenv("PATH", folder, 1);
    hk_picture p = picture(HK_PICTURE_SVG, NULL);
    bool exists = hk_gnuplot_exists();
    int rc = hk_figure_raster(ctx, &p, bands, 1, 0.0, 10.0, NULL);
    setenv("PATH", before, 1);
    assert_false(exists);
    assert_status(rc, HK_EIO);
    assert_non_null(strstr(hk_ctx_message(ctx), "gnuplot-nox"));
}

static void a_gnuplot_that_fails_leaves_no_file_and_is_quoted(void **state)
{
    (void)state;
    char before[4096], fake[160], both[4300];
    snprintf(before, sizeof before, "%s", getenv("PATH") == NULL ? "" : getenv("PATH"));
    snprintf(fake, sizeof fake, "%s/gnuplot", folder);
    FILE *file = fopen(fake, "w");
    assert_non_null(file);
    fputs("#!/bin/sh\ncat >/dev/null\necho half a picture\necho 'out of ink' >&2\nexit 3\n", file);
    fclose(file);
    assert_int_equal(chmod(fake, 0700), 0);
    snprintf(both, sizeof both, "%s:%s", folder, before);
    setenv("PATH", both, 1);
    hk_picture p = picture(HK_PICTURE_SVG, NULL);
    int rc = hk_figure_raster(ctx, &p, bands, 1, 0.0, 10.0, NULL);
    setenv("PATH", before, 1);
    remove(fake);
    assert_status(rc, HK_EIO);
    assert_non_null(strstr(hk_ctx_message(ctx), "out of ink"));
    assert_int_equal(access(path, F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_form_of_picture_is_written),
        cmocka_unit_test(every_figure_draws_awkward_values),
        cmocka_unit_test(texts_from_files_cannot_become_commands),
        cmocka_unit_test(what_cannot_be_drawn_is_refused),
        cmocka_unit_test(a_folder_that_is_not_there_is_named),
        cmocka_unit_test(without_gnuplot_the_message_says_what_to_install),
        cmocka_unit_test(a_gnuplot_that_fails_leaves_no_file_and_is_quoted),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
