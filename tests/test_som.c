/* tests/test_som.c - the self-organising map against plain loops in double precision, on a known manifold, and its refusals. */
#include "tests/hk_test.h"

#include "experiments/readouts/som.h"
#include "sim/draw.h"
#include "sim/rng.h"

enum { D = 37, N = 331, ROWS = 5, COLS = 4, UNITS = ROWS * COLS };

static const hk_som_config usual = { .rows = ROWS,
                                     .cols = COLS,
                                     .epochs = 6,
                                     .parts = 1,
                                     .sigma_start = 2.3,
                                     .sigma_end = 0.4,
                                     .eta_start = 0.43,
                                     .eta_end = 0.017,
                                     .seed = 2385 };

/* Six clouds far from zero. */
static void draw_clouds(hk_features *f, uint64_t id)
{
    hk_stream stream = hk_stream_open(2385, HK_PURPOSE_TEST, id, 0);
    assert_ok(hk_features_init(NULL, N, D, f));
    f->n_classes = 6;
    for (size_t s = 0; s < N; s++) {
        f->labels[s] = (uint32_t)(s % 6);
        for (size_t k = 0; k < D; k++)
            f->values[s * D + k] = (float)(100.0 + 3.0 * (double)((s % 6 * 7 + k) % 5) +
                                           0.8 * hk_stream_normal(&stream));
    }
}

static void train(hk_som *som, const hk_som_config *config, const hk_features *f, hk_team *team)
{
    assert_ok(hk_som_create(NULL, config, f, som));
    for (uint32_t epoch = 0; epoch < config->epochs; epoch++)
        assert_ok(hk_som_learn(NULL, som, f, epoch, team));
}

/* ---- reference ------------------------------------------------------------------------------------------------------- */

typedef struct reference {
    double w[UNITS][D], share[UNITS], spread;
} reference;

static double square_to(const reference *r, size_t u, const float *x)
{
    double sum = 0.0;
    for (size_t k = 0; k < D; k++)
        sum += pow((double)x[k] - r->w[u][k], 2.0);
    return sum;
}

static size_t winner_of(const reference *r, const float *x, double conscience)
{
    size_t best = 0;
    double least = INFINITY;
    for (size_t u = 0; u < UNITS; u++) {
        double score = square_to(r, u, x) - conscience * r->spread * (1.0 - UNITS * r->share[u]);
        if (score < least) {
            least = score;
            best = u;
        }
    }
    return best;
}

static double h_of(const hk_som_config *c, size_t a, size_t b, double sigma)
{
    bool hex = c->grid == HK_SOM_HEXAGONAL;
    double dy = (double)(a / COLS) - (double)(b / COLS);
    double dx = (double)(a % COLS) - (double)(b % COLS);
    if (hex) {
        dx += 0.5 * ((double)(a / COLS % 2) - (double)(b / COLS % 2));
        dy *= sqrt(0.75);
    }
    double h = exp(-(dx * dx + dy * dy) / (2.0 * sigma * sigma));
    return h < 1e-4 ? 0.0 : h;
}

static void win(reference *r, size_t winner, double square)
{
    double rate = 1.0 / (10.0 * UNITS);
    for (size_t u = 0; u < UNITS; u++)
        r->share[u] += rate * ((double)(u == winner) - r->share[u]);
    r->spread += rate * (square - r->spread);
}

static void reference_online(reference *r, const hk_som_config *c, const hk_features *f)
{
    size_t order[N];
    for (uint32_t epoch = 0; epoch < c->epochs; epoch++) {
        hk_stream stream = hk_stream_open(c->seed, HK_PURPOSE_SHUFFLE, hk_name_id("som samples"), epoch);
        for (size_t k = 0; k < N; k++)
            order[k] = k;
        for (size_t k = N - 1; k > 0; k--) {
            size_t other = hk_stream_below(&stream, k + 1), kept = order[k];
            order[k] = order[other];
            order[other] = kept;
        }
        for (size_t s = 0; s < N; s++) {
            const float *x = f->values + order[s] * D;
            double done = (epoch + (double)s / N) / c->epochs;
            double sigma = c->sigma_start * pow(c->sigma_end / c->sigma_start, done);
            double eta = c->eta_start * pow(c->eta_end / c->eta_start, done);
            size_t winner = winner_of(r, x, c->conscience);
            double square = square_to(r, winner, x);
            for (size_t u = 0; u < UNITS; u++)
                for (size_t k = 0; k < D; k++)
                    r->w[u][k] += eta * h_of(c, u, winner, sigma) * ((double)x[k] - r->w[u][k]);
            if (c->conscience > 0.0)
                win(r, winner, square);
        }
    }
}

static void reference_batch(reference *r, const hk_som_config *c, const hk_features *f)
{
    double sums[UNITS][D] = { { 0 } }, n_won[UNITS] = { 0 };
    size_t n_moves = c->epochs * c->parts, winners[N];
    for (size_t move = 0; move < n_moves; move++) {
        double sigma = c->sigma_start * pow(c->sigma_end / c->sigma_start, (double)move / (double)(n_moves - 1));
        for (size_t u = 0; u < UNITS; u++) {
            n_won[u] *= c->parts > 2 ? 1.0 - 2.0 / c->parts : 0.0;
            for (size_t k = 0; k < D; k++)
                sums[u][k] *= c->parts > 2 ? 1.0 - 2.0 / c->parts : 0.0;
        }
        for (size_t s = move % c->parts; s < N; s += c->parts)
            winners[s] = winner_of(r, f->values + s * D, c->conscience);
        for (size_t s = move % c->parts; s < N; s += c->parts) {
            n_won[winners[s]] += 1.0;
            for (size_t k = 0; k < D; k++)
                sums[winners[s]][k] += (double)f->values[s * D + k];
            if (c->conscience > 0.0)
                win(r, winners[s], square_to(r, winners[s], f->values + s * D));
        }
        for (size_t v = 0; v < UNITS; v++)
            for (size_t k = 0; k < D; k++) {
                double above = 0.0, below = 0.0;
                for (size_t u = 0; u < UNITS; u++) {
                    above += h_of(c, u, v, sigma) * sums[u][k];
                    below += h_of(c, u, v, sigma) * n_won[u];
                }
                if (below > 0.0)
                    r->w[v][k] = above / below;
            }
    }
}

/* Starts from the map's own first prototypes. */
static void compare(const hk_som_config *config, double tolerance)
{
    hk_features f;
    hk_som som;
    hk_som_hit hits[N];
    static reference r;
    r = (reference){ 0 };
    draw_clouds(&f, 1);
    assert_ok(hk_som_create(NULL, config, &f, &som));
    for (size_t u = 0; u < UNITS; u++) {
        r.share[u] = 1.0 / UNITS;
        for (size_t k = 0; k < D; k++)
            r.w[u][k] = (double)som.weights[u * D + k];
    }
    hk_som_fini(&som);
    train(&som, config, &f, NULL);
    if (config->method == HK_SOM_BATCH)
        reference_batch(&r, config, &f);
    else
        reference_online(&r, config, &f);
    for (size_t u = 0; u < UNITS; u++)
        for (size_t k = 0; k < D; k++)
            assert_close((double)som.weights[u * D + k], r.w[u][k], tolerance);
    assert_ok(hk_som_find(NULL, &som, &f, NULL, hits));
    for (size_t s = 0; s < N; s++)
        assert_int_equal(hits[s].first, winner_of(&r, f.values + s * D, 0.0));
    hk_som_fini(&som);
    hk_features_fini(&f);
}

/* ---- tests ------------------------------------------------------------------------------------------------------- */

static void winners_and_prototypes_of_a_batch_are_those_of_the_formula(void **state)
{
    (void)state;
    hk_som_config c = usual;
    compare(&c, 2e-5);
    c.grid = HK_SOM_HEXAGONAL;
    c.parts = 7;
    compare(&c, 2e-5);
    c.conscience = 0.3;
    compare(&c, 2e-5);
}

static void winners_and_prototypes_online_are_those_of_the_formula(void **state)
{
    (void)state;
    hk_som_config c = usual;
    c.method = HK_SOM_ONLINE;
    compare(&c, 1e-3); /* thousands of steps in single precision, at values of 100 */
    c.grid = HK_SOM_HEXAGONAL;
    c.conscience = 0.3;
    compare(&c, 1e-3);
}

static void more_threads_change_no_bit(void **state)
{
    (void)state;
    hk_features f;
    hk_team *team;
    hk_som alone, together;
    hk_som_hit hits[2][N];
    hk_som_config c = usual;
    c.parts = 3;
    draw_clouds(&f, 2);
    assert_ok(hk_team_create(NULL, 2, &team));
    train(&alone, &c, &f, NULL);
    train(&together, &c, &f, team);
    assert_memory_equal(alone.weights, together.weights, UNITS * D * sizeof(float));
    assert_ok(hk_som_find(NULL, &alone, &f, NULL, hits[0]));
    assert_ok(hk_som_find(NULL, &together, &f, team, hits[1]));
    assert_memory_equal(hits[0], hits[1], sizeof hits[0]);
    hk_team_destroy(team);
    hk_som_fini(&alone);
    hk_som_fini(&together);
    hk_features_fini(&f);
}

/* A square, bent into a sheet of five dimensions: neighbours on the map must be neighbours on the sheet. */
static void a_bent_sheet_is_unrolled_onto_the_map(void **state)
{
    (void)state;
    enum { POINTS = 3000 };
    hk_stream stream = hk_stream_open(2385, HK_PURPOSE_TEST, 3, 0);
    hk_features f;
    hk_som som;
    hk_som_quality quality;
    double a[POINTS], b[POINTS];
    assert_ok(hk_features_init(NULL, POINTS, 5, &f));
    f.n_classes = 1;
    for (size_t s = 0; s < POINTS; s++) {
        a[s] = hk_stream_uniform(&stream);
        b[s] = hk_stream_uniform(&stream);
        const double x[] = { cos(2.0 * a[s]), sin(2.0 * a[s]), 1.7 * b[s], 0.3 * b[s] * b[s], 0.2 * a[s] * b[s] };
        for (size_t k = 0; k < 5; k++)
            f.values[s * 5 + k] = (float)x[k];
    }
    hk_som_hit *hits = malloc(POINTS * sizeof *hits);
    for (int kind = 0; kind < 4; kind++) {
        hk_som_config c = usual;
        double step_a = 0.0, step_b = 0.0, shuffled = 0.0;
        c.rows = c.cols = 9;
        c.epochs = 12;
        c.sigma_start = 5.0;
        c.sigma_end = 0.8;
        c.grid = kind % 2 == 0 ? HK_SOM_SQUARE : HK_SOM_HEXAGONAL;
        c.method = kind < 2 ? HK_SOM_BATCH : HK_SOM_ONLINE;
        train(&som, &c, &f, NULL);
        assert_ok(hk_som_find(NULL, &som, &f, NULL, hits));
        assert_ok(hk_som_measure(NULL, &som, &f, hits, &quality));
        assert_true(quality.topographic_error < 0.08);
        assert_true(quality.quantisation_error < 0.15);
        assert_int_equal(quality.n_dead, 0);
        /* means of a and b per unit change little from a unit to its neighbours to the right */
        double mean[81][2] = { { 0 } }, n[81] = { 0 };
        for (size_t s = 0; s < POINTS; s++) {
            mean[hits[s].first][0] += a[s];
            mean[hits[s].first][1] += b[s];
            n[hits[s].first] += 1.0;
        }
        for (size_t u = 0; u < 81; u++) {
            size_t v = u % 9 == 8 ? u - 1 : u + 1, far = (u * 37 + 41) % 81;
            step_a += fabs(mean[u][0] / n[u] - mean[v][0] / n[v]) / 81.0;
            step_b += fabs(mean[u][1] / n[u] - mean[v][1] / n[v]) / 81.0;
            shuffled += fabs(mean[u][0] / n[u] - mean[far][0] / n[far]) / 81.0;
        }
        assert_true(step_a + step_b < 0.2); /* one axis of the sheet: 1 / 9 a step */
        assert_true(shuffled > 0.2);
        hk_som_fini(&som);
    }
    free(hits);
    hk_features_fini(&f);
}

static void units_are_named_by_majority_and_the_dead_by_the_nearest(void **state)
{
    (void)state;
    hk_features f;
    hk_som som;
    hk_som_quality quality;
    const float x[] = { 0.0f, 0.25f, 0.5f, 5.0f, 5.25f, 9.0f };
    const uint32_t labels[] = { 2, 1, 1, 0, 3, 3 };
    assert_ok(hk_features_init(NULL, 6, 1, &f));
    f.n_classes = 4;
    memcpy(f.values, x, sizeof x);
    memcpy(f.labels, labels, sizeof labels);
    hk_som_config c = { .rows = 1,
                        .cols = 4,
                        .epochs = 1,
                        .parts = 1,
                        .sigma_start = 1.0,
                        .sigma_end = 1.0,
                        .eta_start = 1.0,
                        .eta_end = 1.0 };
    assert_ok(hk_som_create(NULL, &c, &f, &som));
    const float w[] = { 0.25f, 5.0f, 100.0f, 8.0f };
    memcpy(som.weights, w, sizeof w);
    hk_som_hit hits[6];
    assert_ok(hk_som_find(NULL, &som, &f, NULL, hits));
    const hk_som_hit expected[] = { { 0, 1 }, { 0, 1 }, { 0, 1 }, { 1, 3 }, { 1, 3 }, { 3, 1 } };
    assert_memory_equal(hits, expected, sizeof expected);
    assert_ok(hk_som_name(NULL, &som, &f, hits));
    const int32_t names[] = { 1, 0, 3, 3 }; /* 0 and 3 tie at unit 1; unit 2 is dead and nearest to unit 3 */
    assert_memory_equal(som.labels, names, sizeof names);
    assert_ok(hk_som_measure(NULL, &som, &f, hits, &quality));
    assert_int_equal(quality.n_dead, 1);
    assert_close(quality.topographic_error, 3.0 / 6.0, 1e-12); /* units 1 and 3 are two steps apart */
    assert_close(quality.quantisation_error, (0.25 + 0.0 + 0.25 + 0.0 + 0.25 + 1.0) / 6.0, 1e-12);
    double heights[4];
    hk_som_u_matrix(&som, heights);
    const double steps[] = { 4.75, (4.75 + 95.0) / 2.0, (95.0 + 92.0) / 2.0, 92.0 };
    for (size_t u = 0; u < 4; u++)
        assert_close(heights[u], steps[u], 1e-12);
    hk_som_fini(&som);
    hk_features_fini(&f);
}

static void a_hexagonal_unit_has_six_neighbours_and_a_square_one_eight(void **state)
{
    (void)state;
    for (int hex = 0; hex < 2; hex++)
        for (size_t u = 0; u < 35; u++) {
            hk_som_config c = { .rows = 5, .cols = 7, .grid = hex ? HK_SOM_HEXAGONAL : HK_SOM_SQUARE };
            size_t n = 0, row = u / 7, col = u % 7;
            for (size_t v = 0; v < 35; v++)
                n += hk_som_are_neighbours(&c, u, v);
            if (row > 0 && row < 4 && col > 0 && col < 6)
                assert_int_equal(n, hex ? 6 : 8);
        }
}

static void conscience_makes_units_win_more_evenly(void **state)
{
    (void)state;
    double uneven[2];
    hk_features f;
    draw_clouds(&f, 4);
    for (size_t s = 0; s < N; s++) /* two thirds in one small cloud */
        for (size_t k = 0; s % 3 != 0 && k < D; k++)
            f.values[s * D + k] = 50.0f + 0.1f * (f.values[s * D + k] - 100.0f);
    for (int with = 0; with < 2; with++) {
        hk_som som;
        hk_som_hit hits[N];
        hk_som_config c = usual;
        c.epochs = 40;
        c.method = HK_SOM_ONLINE;
        c.conscience = with ? 0.5 : 0.0;
        train(&som, &c, &f, NULL);
        assert_ok(hk_som_find(NULL, &som, &f, NULL, hits));
        double n_won[UNITS] = { 0 };
        for (size_t s = 0; s < N; s++)
            n_won[hits[s].first] += 1.0;
        uneven[with] = 0.0;
        for (size_t u = 0; u < UNITS; u++)
            uneven[with] += pow(n_won[u] / N - 1.0 / UNITS, 2.0);
        hk_som_fini(&som);
    }
    assert_true(uneven[1] < uneven[0]);
    hk_features_fini(&f);
}

static void bad_configurations_are_refused(void **state)
{
    (void)state;
    hk_features f;
    hk_som som;
    hk_ctx *ctx = hk_ctx_create();
    draw_clouds(&f, 5);
    hk_som_config c[10];
    for (size_t k = 0; k < N_OF(c); k++)
        c[k] = usual;
    c[0].rows = 0;
    c[1].rows = c[1].cols = 1;
    c[2].rows = 100;
    c[3].epochs = 0;
    c[4].sigma_end = 0.0;
    c[5].sigma_start = NAN;
    c[6].eta_start = 1.5;
    c[7].eta_end = 0.0;
    c[8].conscience = -0.1;
    c[9].parts = 0;
    for (size_t k = 0; k < N_OF(c); k++)
        assert_status(hk_som_create(ctx, &c[k], &f, &som), HK_ERANGE);
    assert_status(hk_som_create(ctx, &c[2], &f, &som), HK_ERANGE);
    assert_non_null(strstr(hk_ctx_message(ctx), "331 samples"));
    hk_features_fini(&f);
    hk_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(winners_and_prototypes_of_a_batch_are_those_of_the_formula),
        cmocka_unit_test(winners_and_prototypes_online_are_those_of_the_formula),
        cmocka_unit_test(more_threads_change_no_bit),
        cmocka_unit_test(a_bent_sheet_is_unrolled_onto_the_map),
        cmocka_unit_test(units_are_named_by_majority_and_the_dead_by_the_nearest),
        cmocka_unit_test(a_hexagonal_unit_has_six_neighbours_and_a_square_one_eight),
        cmocka_unit_test(conscience_makes_units_win_more_evenly),
        cmocka_unit_test(bad_configurations_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
