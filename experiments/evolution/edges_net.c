/* experiments/evolution/edges_net.c - the features of edges.h as spikes of a simulation.
 *
 * Time of an image, D the delay of every synapse and T the window in which a value of 1 comes first and one of 0 last: pixels spike
 * in [D, D + T], edge neurons in the T behind T + 2 D, pool neurons in the T behind 2 T + 3 D. */
#include "encoders/catalogue.h"
#include "experiments/clock.h"
#include "experiments/evolution/edges.h"
#include "neurons/sources.h"
#include "neurons/ttfs.h"
#include "sim/simulation.h"

#include <stdlib.h>
#include <string.h>

#define WINDOW_MS 20.0
#define DELAY_MS 4.0
#define EDGES_ONSET_MS (WINDOW_MS + 2.0 * DELAY_MS)
#define POOLS_ONSET_MS (EDGES_ONSET_MS + WINDOW_MS + DELAY_MS)

enum { SIDE = HK_EDGES_SIDE, RADIUS = SIDE / 2, STRIDE = HK_EDGES_STRIDE, POOLED = HK_EDGES_POOLED };

typedef struct circuit {
    const hk_edges_config *config;
    hk_sim *sim;
    hk_population *pixels, *edges, *pools;
    float *image;   /* [rows * cols] */
    float *values;  /* [n_features], of the image shown */
    hk_time latest; /* when a pool neuron spikes whose value is 0 */
} circuit;

/* Explicit synapses while they are counted up. */
typedef struct synapses {
    size_t n;
    uint32_t *pre, *post;
    double *weight;
} synapses;

static int add_layer(circuit *net, const char *name, uint32_t n, double onset_ms, hk_population **out)
{
    int rc = hk_population_create(net->sim, name, &hk_ttfs, n, out);
    if (rc == HK_OK)
        rc = hk_population_set_value(*out, "onset_ms", onset_ms);
    return rc == HK_OK ? hk_population_set_value(*out, "window_ms", WINDOW_MS) : rc;
}

static void add(synapses *all, uint32_t pre, uint32_t post, double weight)
{
    all->pre[all->n] = pre;
    all->post[all->n] = post;
    all->weight[all->n++] = weight;
}

/* The pixels that edge neuron (y, x) of every filter sees. */
static void see(const hk_edges_config *c, const float *kernels, uint32_t y, uint32_t x, synapses *all)
{
    const hk_edges_shape s = hk_edges_shape_of(c);
    for (int k = 0; k < SIDE * SIDE; k++) {
        const int64_t row = (int64_t)y * STRIDE + k / SIDE - RADIUS, col = (int64_t)x * STRIDE + k % SIDE - RADIUS;
        if (row < 0 || col < 0 || row >= c->rows || col >= c->cols)
            continue;
        for (uint32_t f = 0; f < c->n_filters; f++)
            add(all, (uint32_t)row * c->cols + (uint32_t)col, (f * s.edge_rows + y) * s.edge_cols + x,
                (double)kernels[f * SIDE * SIDE + (uint32_t)k]);
    }
}

static int connect_list(circuit *net, hk_population *pre, hk_population *post, const synapses *all)
{
    hk_projection *projection;
    return hk_projection_create(net->sim,
                                &(hk_projection_config){ .pre = pre,
                                                         .post = post,
                                                         .connect = HK_EXPLICIT,
                                                         .n = all->n,
                                                         .list_pre = all->pre,
                                                         .list_post = all->post,
                                                         .list_weight = all->weight,
                                                         .delay_ms = hk_constant(DELAY_MS) },
                                &projection);
}

static int connect(hk_ctx *ctx, circuit *net)
{
    const hk_edges_config *c = net->config;
    const hk_edges_shape s = hk_edges_shape_of(c);
    const size_t n_edges = (size_t)c->n_filters * s.edge_rows * s.edge_cols, most = n_edges * SIDE * SIDE;
    float *kernels = malloc(c->n_filters * SIDE * SIDE * sizeof *kernels);
    synapses all = { .pre = malloc(most * sizeof *all.pre),
                     .post = malloc(most * sizeof *all.post),
                     .weight = malloc(most * sizeof *all.weight) };
    int rc = HK_OK;
    if (kernels == NULL || all.pre == NULL || all.post == NULL || all.weight == NULL)
        rc = hk_fail(ctx, HK_ENOMEM, "edges: no memory for %zu synapses", most);
    for (uint32_t f = 0; rc == HK_OK && f < c->n_filters; f++)
        hk_edge_kernel(&c->filters[f], kernels + f * SIDE * SIDE);
    for (uint32_t y = 0; rc == HK_OK && y < s.edge_rows; y++)
        for (uint32_t x = 0; x < s.edge_cols; x++)
            see(c, kernels, y, x, &all);
    if (rc == HK_OK)
        rc = connect_list(net, net->pixels, net->edges, &all);
    all.n = 0;
    for (uint32_t k = 0; rc == HK_OK && k < n_edges; k++) {
        const uint32_t f = k / (s.edge_rows * s.edge_cols), y = k / s.edge_cols % s.edge_rows, x = k % s.edge_cols;
        add(&all, k, (f * s.pool_rows + y / POOLED) * s.pool_cols + x / POOLED, c->filters[f].gain / (POOLED * POOLED));
    }
    if (rc == HK_OK)
        rc = connect_list(net, net->edges, net->pools, &all);
    free(kernels);
    free(all.pre);
    free(all.post);
    free(all.weight);
    return rc;
}

static int set_thresholds(hk_ctx *ctx, circuit *net)
{
    const hk_edges_config *c = net->config;
    const size_t n = hk_population_n(net->edges), each = n / c->n_filters;
    double *bias_mv = malloc(n * sizeof *bias_mv);
    if (bias_mv == NULL)
        return hk_fail(ctx, HK_ENOMEM, "edges: out of memory");
    for (size_t k = 0; k < n; k++)
        bias_mv[k] = -c->filters[k / each].threshold * WINDOW_MS;
    int rc = hk_population_set(net->edges, "bias_mv", bias_mv, n);
    free(bias_mv);
    return rc;
}

/* Spikes of pool neurons are the features. */
static int on_window(hk_sim *sim, hk_time end, void *user)
{
    circuit *net = user;
    size_t n;
    const hk_spike *spikes = hk_population_spikes(net->pools, &n);
    (void)end;
    for (size_t k = 0; k < n; k++) {
        const double left_ms = hk_time_between_ms(spikes[k].time, net->latest, hk_sim_resolution_ms(sim));
        net->values[spikes[k].neuron] = (float)(left_ms / WINDOW_MS);
    }
    return 0;
}

static int build(hk_ctx *ctx, const hk_edges_config *config, circuit *net)
{
    const hk_edges_shape s = hk_edges_shape_of(config);
    *net = (circuit){ .config = config };
    net->image = calloc((size_t)config->rows * config->cols, sizeof *net->image);
    if (net->image == NULL)
        return hk_fail(ctx, HK_ENOMEM, "edges: out of memory");
    int rc = hk_sim_create(ctx, &(hk_sim_config){ .resolution_ms = DELAY_MS }, &net->sim);
    if (rc == HK_OK)
        rc = hk_population_create(net->sim, "pixels", &hk_spike_source, config->rows * config->cols, &net->pixels);
    if (rc == HK_OK)
        rc = add_layer(net, "edges", config->n_filters * s.edge_rows * s.edge_cols, EDGES_ONSET_MS, &net->edges);
    if (rc == HK_OK)
        rc = add_layer(net, "pools", hk_edges_n_features(config), POOLS_ONSET_MS, &net->pools);
    if (rc == HK_OK)
        rc = connect(ctx, net);
    if (rc == HK_OK)
        rc = set_thresholds(ctx, net);
    if (rc == HK_OK)
        hk_sim_on_window(net->sim, on_window, net);
    return rc;
}

static int show(circuit *net, const hk_images *images, size_t i, float *values)
{
    const double params[] = { DELAY_MS, HK_EDGES_DARK,
                              0.0 }; /* of latency: the largest value's time, threshold, no bins */
    const uint32_t n = images->rows * images->cols;
    const hk_encoding encoding = { .values = net->image, .n = n, .window_ms = DELAY_MS + WINDOW_MS, .params = params };
    hk_images_values(images, i, net->image);
    memset(values, 0, hk_edges_n_features(net->config) * sizeof *values);
    net->values = values;
    int rc = hk_sim_settle(net->sim);
    net->latest = hk_time_after(hk_sim_now(net->sim), POOLS_ONSET_MS + WINDOW_MS, DELAY_MS);
    return rc == HK_OK ? hk_sim_present(net->sim, net->pixels, &hk_latency, &encoding,
                                        POOLS_ONSET_MS + WINDOW_MS - encoding.window_ms, NULL)
                       : rc;
}

/* ---- all images -------------------------------------------------------------------------------------------------- */

typedef struct part {
    hk_ctx *ctx;
    int rc;
    bool stopped;
    hk_sim_stats stats;
    double cpu_s;
} part;

typedef struct work {
    const hk_edges_config *config;
    const hk_images *images;
    const hk_features *out;
    bool (*stop)(void *user);
    void *user;
    unsigned n_parts;
    part *parts; /* [n_parts], one a member */
} work;

static void do_part(void *user, unsigned member)
{
    const work *w = user;
    part *p = &w->parts[member];
    circuit net;
    const double before_s = hk_clock_thread_cpu_s();
    p->rc = p->ctx == NULL ? HK_ENOMEM : build(p->ctx, w->config, &net);
    for (size_t i = member; p->rc == HK_OK && i < w->images->n && !p->stopped; i += w->n_parts) {
        p->rc = show(&net, w->images, i, w->out->values + i * w->out->n_features);
        p->stopped = w->stop(w->user);
    }
    if (p->ctx == NULL)
        return;
    if (p->rc == HK_OK)
        p->stats = hk_sim_get_stats(net.sim);
    hk_sim_destroy(net.sim);
    free(net.image);
    p->cpu_s = hk_clock_thread_cpu_s() - before_s;
}

int hk_edges_simulate(hk_ctx *ctx, const hk_edges_config *config, const hk_images *images, hk_team *team,
                      bool (*stop)(void *user), void *user, hk_edges_cost *cost, hk_features *out)
{
    *out = (hk_features){ 0 };
    int rc = hk_edges_make_room(ctx, config, images, out);
    if (rc != HK_OK)
        return rc;
    const unsigned n = hk_team_size(team);
    work w = { .config = config,
               .images = images,
               .out = out,
               .stop = stop,
               .user = user,
               .n_parts = n,
               .parts = calloc(n, sizeof *w.parts) };
    bool stopped = false;
    for (unsigned k = 0; w.parts != NULL && k < n; k++)
        w.parts[k].ctx = hk_ctx_create();
    if (w.parts != NULL)
        hk_team_run(team, do_part, &w);
    else
        rc = hk_fail(ctx, HK_ENOMEM, "edges: out of memory");
    for (unsigned k = 0; w.parts != NULL && k < n; k++) {
        if (rc == HK_OK && w.parts[k].rc != HK_OK)
            rc = hk_fail(ctx, w.parts[k].rc, "%s",
                         w.parts[k].ctx == NULL ? "edges: out of memory" : hk_ctx_message(w.parts[k].ctx));
        stopped = stopped || w.parts[k].stopped;
        cost->spikes += w.parts[k].stats.spikes;
        cost->others_cpu_s += k > 0 ? w.parts[k].cpu_s : 0.0;
        cost->synaptic_events += w.parts[k].stats.synaptic_events;
        hk_ctx_destroy(w.parts[k].ctx);
    }
    free(w.parts);
    if (rc != HK_OK || stopped)
        hk_features_fini(out);
    return rc;
}
