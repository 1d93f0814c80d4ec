/* tests/test_plot.c - what `hillock plot` gives gnuplot: a stand-in for it copies the script into the picture. */
#include "tests/hk_scratch.h"

#include "experiments/plot.h"

static char before[4096];
static hk_ctx *ctx;

static int enter(void **state)
{
    if (hk_scratch_setup(state) != 0)
        return -1;
    ctx = hk_ctx_create();
    const char *script = "#!/bin/sh\nexec cat\n", *fake = scratch_path("gnuplot");
    char both[PATH_MAX + 4096];
    write_file(fake, script, strlen(script));
    chmod(fake, 0700);
    snprintf(before, sizeof before, "%s", getenv("PATH") == NULL ? "" : getenv("PATH"));
    snprintf(both, sizeof both, "%s:%s", hk_scratch, before);
    return setenv("PATH", both, 1);
}

static int leave(void **state)
{
    setenv("PATH", before, 1);
    hk_ctx_destroy(ctx);
    return hk_scratch_teardown(state);
}

/* The script that draws it; free it. */
static char *script_of(hk_plot_fn draw, const hk_plot_job *job, const void *data)
{
    size_t n;
    const char *path = scratch_path("picture.svg");
    assert_ok(draw(job, &(hk_picture){ .path = path, .format = HK_PICTURE_SVG, .title = "a title" }, data));
    char *script = (char *)file_bytes(path, &n);
    script[n] = '\0';
    return script;
}

/* The points behind "$<name> << EOD", one pair a line; NaN lines left out. */
static size_t points_of(const char *script, const char *name, size_t most, double *x, double *y)
{
    char head[40];
    snprintf(head, sizeof head, "$%s << EOD\n", name);
    const char *at = strstr(script, head);
    assert_non_null(at);
    size_t n = 0;
    for (at += strlen(head); strncmp(at, "EOD", 3) != 0; at = strchr(at, '\n') + 1)
        if (n < most && sscanf(at, "%lf %lf", &x[n], &y[n]) == 2 && !isnan(x[n]))
            n++;
    return n;
}

static void a_share_of_a_raster_is_spread_over_the_population(void **state)
{
    (void)state;
    enum { N = 10 };
    double times_ms[N], x[N], y[N];
    uint64_t ids[N];
    int groups[N] = { 0 };
    for (int k = 0; k < N; k++) {
        times_ms[k] = 1.5 * k + 1.0;
        ids[k] = (uint64_t)k;
    }
    hk_band bands[] = {
        { .name = "first", .times_ms = times_ms, .ids = ids, .n = N, .n_neurons = N },
        { .name = "tiny", .times_ms = times_ms, .ids = ids, .n = 1, .n_neurons = 1, .groups = groups }
    };
    hk_plot_spikes spikes = { .bands = bands, .n_bands = 2, .n = N + 1, .first_ms = 1.0, .last_ms = 14.5 };
    hk_plot_job job = { .ctx = ctx, .from_ms = -INFINITY, .to_ms = INFINITY, .share = 0.3 };
    char *script = script_of(hk_plot_raster, &job, &spikes);
    assert_int_equal(points_of(script, "S0_0", N, x, y), 3); /* the fourth, the seventh and the tenth */
    for (int k = 0; k < 3; k++) {
        assert_close(x[k], 1.5 * (3 * k + 3) + 1.0, 1e-6);
        assert_close(y[k], k, 0.0);
    }
    assert_int_equal(points_of(script, "S1_0", N, x, y), 0);
    assert_non_null(strstr(script, "first (3)"));
    free(script);
    job.share = 1.0;
    script = script_of(hk_plot_raster, &job, &spikes);
    assert_int_equal(points_of(script, "S0_0", N, x, y), N);
    assert_int_equal(points_of(script, "S1_0", N, x, y), 1);
    free(script);
    job.share = 0.05;
    assert_status(hk_plot_raster(&job, &(hk_picture){ .path = scratch_path("none.svg") }, &spikes), HK_ERANGE);
}

static void many_neurons_are_thinned_unasked(void **state)
{
    (void)state;
    static double times_ms[5000], x[5000], y[5000];
    static uint64_t ids[5000];
    for (uint64_t k = 0; k < 5000; k++) {
        times_ms[k] = 1.0 + 0.01 * (double)k;
        ids[k] = k;
    }
    hk_band band = { .name = "many", .times_ms = times_ms, .ids = ids, .n = 5000, .n_neurons = 5000 };
    hk_plot_spikes spikes = { .bands = &band, .n_bands = 1, .n = 5000, .first_ms = 1.0, .last_ms = 50.99 };
    hk_plot_job job = { .ctx = ctx, .from_ms = -INFINITY, .to_ms = INFINITY, .share = (double)NAN };
    char *script = script_of(hk_plot_raster, &job, &spikes);
    assert_int_equal(points_of(script, "S0_0", 5000, x, y), 2000);
    free(script);
}

static void distributions_are_cumulative_and_leave_out_what_is_not_finite(void **state)
{
    (void)state;
    enum { MOST = 400 };
    const char *path = scratch_path("statistics.h5");
    static const double a[] = { 3.5, 1.25, (double)NAN, 2.5 }, b[] = { 7.0 };
    double x[MOST], y[MOST];
    hk_results *results;
    assert_ok(hk_results_open(ctx, path, HK_RESULTS_CREATE, &results));
    assert_ok(hk_results_put(results, "statistics/L4E/rate_hz",
                             &(hk_array){ .type = HK_F64, .n_dims = 1, .shape = { 4 }, .values = a }));
    assert_ok(hk_results_put(results, "statistics/L4I/rate_hz",
                             &(hk_array){ .type = HK_F64, .n_dims = 1, .shape = { 1 }, .values = b }));
    assert_ok(hk_results_put(results, "statistics/L4I/cv_isi",
                             &(hk_array){ .type = HK_F64, .n_dims = 1, .shape = { 1 }, .values = &a[2] }));
    assert_ok(hk_results_close(results));
    assert_ok(hk_results_open(ctx, path, HK_RESULTS_READ, &results));
    hk_plot_job job = { .ctx = ctx, .results = results };
    char *script = script_of(hk_plot_neuron_rates, &job, NULL);
    size_t n = points_of(script, "L0", MOST, x, y);
    assert_true(n > 2);
    assert_close(x[0], 1.25, 0.0);
    assert_close(y[0], 100.0 / 3.0, 1e-9);
    assert_close(x[n - 1], 3.5, 0.0);
    assert_close(y[n - 1], 100.0, 0.0);
    n = points_of(script, "L1", MOST, x, y);
    assert_close(x[0], 7.0, 0.0);
    assert_close(y[n - 1], 100.0, 0.0);
    assert_true(strstr(script, "L4E") != NULL && strstr(script, "L4I") != NULL);
    free(script);
    assert_status(hk_plot_neuron_cvs(&job, &(hk_picture){ .path = scratch_path("none.svg") }, NULL), HK_ERANGE);
    assert_null(hk_plot_find_statistics(results, "correlation"));
    assert_non_null(hk_plot_find_statistics(results, "cv_isi"));
    hk_results_discard(results);
}

static void maps_are_drawn_where_their_units_lie(void **state)
{
    (void)state;
    const char *path = scratch_path("map.h5");
    static const double places[] = { 0.125,  0.25, 0.5,   0.375, (double)NAN, (double)NAN, /* two rows of three units */
                                     0.0625, 0.75, 0.625, 0.875, 0.9375,      0.8125 };
    static const double row[] = { 0.75, 0.0, 0.25, 0.0 }, heights[] = { 3.5, 1.25, 2.0, 7.5, 4.0, 0.5 };
    double x[8], y[8];
    hk_results *results;
    assert_ok(hk_results_open(ctx, path, HK_RESULTS_CREATE, &results));
    assert_ok(hk_results_put(results, "map/places",
                             &(hk_array){ .type = HK_F64, .n_dims = 3, .shape = { 2, 3, 2 }, .values = places }));
    assert_ok(hk_results_put(results, "line/places",
                             &(hk_array){ .type = HK_F64, .n_dims = 3, .shape = { 1, 2, 2 }, .values = row }));
    assert_ok(hk_results_put(results, "map/u_matrix",
                             &(hk_array){ .type = HK_F64, .n_dims = 2, .shape = { 2, 3 }, .values = heights }));
    assert_ok(hk_results_close(results));
    assert_ok(hk_results_open(ctx, path, HK_RESULTS_READ, &results));
    hk_plot_job job = { .ctx = ctx, .results = results };
    char *script = script_of(hk_plot_map, &job, hk_results_find(results, "map/places"));
    assert_non_null(
        strstr(script, "$R << EOD\n0.125 0.25\n0.5 0.375\n\n\n0.0625 0.75\n0.625 0.875\n0.9375 0.8125\n\nEOD\n"));
    assert_non_null(
        strstr(script, "$C << EOD\n0.125 0.25\n0.0625 0.75\n\n0.5 0.375\n0.625 0.875\n\n\n0.9375 0.8125\n"));
    free(script);
    script = script_of(hk_plot_map, &job, hk_results_find(results, "line/places"));
    assert_int_equal(points_of(script, "L0", 8, x, y), 2);
    assert_close(x[1], 1.0, 0.0); /* the second unit */
    assert_close(y[1], 0.25, 0.0);
    free(script);
    script = script_of(hk_plot_u_matrix, &job, hk_results_find(results, "map/u_matrix"));
    assert_non_null(strstr(script, "3.5 3.5"));
    assert_non_null(strstr(script, "cbrange [0:7.5]"));
    free(script);
    const hk_picture none = { .path = scratch_path("none.svg") };
    assert_status(hk_plot_map(&job, &none, hk_results_find(results, "map/u_matrix")), HK_EFORMAT);
    assert_status(hk_plot_u_matrix(&job, &none, hk_results_find(results, "map/places")), HK_EFORMAT);
    assert_status(hk_figure_places(ctx, &none, places, 0, 3), HK_ERANGE);
    assert_status(hk_figure_places(ctx, &none, places + 4, 1, 1), HK_ERANGE); /* nothing to draw */
    hk_results_discard(results);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_share_of_a_raster_is_spread_over_the_population),
        cmocka_unit_test(many_neurons_are_thinned_unasked),
        cmocka_unit_test(distributions_are_cumulative_and_leave_out_what_is_not_finite),
        cmocka_unit_test(maps_are_drawn_where_their_units_lie),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
