/* sim/grid_scales.c - which projections get compact synapses on the grid, and the scale of their weights. See grid.h. */
#include "sim/grid.h"

#include "sim/dense.h"
#include "sim/storage.h"

#include <math.h>

enum {
    MOST_UNITS = 32767, /* of a weight */
    FEW_UNITS =
        8191, /* of the largest where that is precise enough: the sums of a step then seldom need more than 16 bits */
};

#define MOST_ROUNDING 1e-3 /* of the typical weight of a projection */
#define FAR_NORMAL 8.3     /* hk_stream_normal() comes no further from 0 */

hk_weight_range hk_weight_range_of(const hk_projection_config *asked)
{
    const hk_draw *d = &asked->weight;
    if (asked->connect == HK_EXPLICIT && asked->list_weight != NULL) {
        hk_weight_range r = { .low = HUGE_VAL, .high = -HUGE_VAL };
        for (uint64_t k = 0; k < asked->n; k++) {
            r.low = fmin(r.low, asked->list_weight[k]);
            r.high = fmax(r.high, asked->list_weight[k]);
            r.typical += fabs(asked->list_weight[k]) / (double)asked->n;
        }
        return asked->n > 0 ? r : (hk_weight_range){ 0 };
    }
    if (d->kind == HK_CONSTANT)
        return (hk_weight_range){ .low = d->a, .high = d->a, .typical = fabs(d->a) };
    if (d->kind == HK_UNIFORM)
        return (hk_weight_range){ .low = d->a, .high = d->b, .typical = 0.5 * fmax(fabs(d->a), fabs(d->b)) };
    hk_weight_range r = { .low = d->a - FAR_NORMAL * d->b, .high = d->a + FAR_NORMAL * d->b };
    r.typical = fmax(fabs(d->a), d->b);
    if (d->min != 0.0 || d->max != 0.0) {
        r.low = fmax(r.low, d->min);
        r.high = fmin(r.high, d->max);
    }
    return r;
}

/* One that was made in the middle of a run is kept apart: spikes sent before do not go through it. */
static bool may_be_on_slabs(const hk_grid *grid, const hk_projection *p)
{
    return grid->populations[p->post->index].is_numbered && p->asked.pre != NULL && p->born == 0 &&
           p->asked.weights == HK_WEIGHTS_COMPACT && !p->asked.double_weights;
}

/* Do the weights of a projection share a scale with those onto population `post`? In dense networks all do. */
static bool shares_scale(const hk_grid *grid, const hk_projection *p, uint32_t post)
{
    return (grid->dense != NULL || p->post->index == post) && may_be_on_slabs(grid, p);
}

/* The largest weight of each port sets its scale; weights that are all whole multiples of one number get an exact one. */
static void find_scales(hk_grid *grid, uint32_t post)
{
    enum { MOST_PARTS = 1000 };
    hk_grid_population *g = &grid->populations[post];
    for (uint32_t port = 0; port < g->n_ports; port++) {
        double most = 0.0, least = HUGE_VAL, faintest = HUGE_VAL;
        bool constant = true;
        for (size_t k = 0; k < grid->n_projections; k++) {
            const hk_projection *p = grid->sim->projections[k];
            if (!shares_scale(grid, p, post))
                continue;
            hk_weight_range r = hk_weight_range_of(&p->asked);
            r.low = g->n_ports == 2 && port == 0 ? fmax(r.low, 0.0) : r.low;
            r.high = g->n_ports == 2 && port == 1 ? fmin(r.high, 0.0) : r.high;
            if (r.low > r.high || (r.low == 0.0 && r.high == 0.0))
                continue;
            double size = fmax(fabs(r.low), fabs(r.high));
            most = fmax(most, size);
            least = fmin(least, size);
            faintest = fmin(faintest, r.typical);
            constant = constant && r.low == r.high;
        }
        g->scale[port] = most / FEW_UNITS;
        if (0.5 * g->scale[port] > MOST_ROUNDING * faintest)
            g->scale[port] = most / MOST_UNITS;
        if (most == 0.0)
            g->scale[port] = 1.0;
        for (int parts = 1; constant && most > 0.0 && parts <= MOST_PARTS && parts * most / least < MOST_UNITS;
             parts++) {
            double scale = least / parts;
            bool exact = true;
            for (size_t k = 0; exact && k < grid->n_projections; k++) {
                const hk_projection *p = grid->sim->projections[k];
                if (shares_scale(grid, p, post)) {
                    double units = hk_weight_range_of(&p->asked).low / scale;
                    exact = fabs(units - nearbyint(units)) <= 1e-12 * fabs(units);
                }
            }
            if (exact) {
                g->scale[port] = scale;
                g->is_exact[port] = true;
                break;
            }
        }
    }
}

/* The weight of all synapses on slabs from a population, in units of their accumulators. Dense networks keep each one's. */
static int32_t find_units(const hk_grid *grid, const hk_population *pre)
{
    int32_t all = 0;
    for (size_t k = 0; k < pre->n_out; k++) {
        const hk_projection *p = pre->out[k];
        if (!p->on_slabs)
            continue;
        const hk_grid_population *g = &grid->populations[p->post->index];
        hk_weight_range r = hk_weight_range_of(&p->asked);
        bool is_listed = p->asked.connect == HK_EXPLICIT && p->asked.list_weight != NULL;
        uint32_t port = g->n_ports == 2 && r.low < 0.0 ? 1 : 0;
        int32_t units = hk_grid_units(r.low, 1.0 / g->scale[port]);
        if (grid->dense != NULL || r.low != r.high || (!is_listed && p->asked.weight.kind != HK_CONSTANT) ||
            units == 0 || (all != 0 && units != all))
            return 0;
        all = units;
    }
    return all;
}

void hk_grid_choose_projections(hk_grid *grid)
{
    for (uint32_t i = 0; i < grid->n_populations; i++) {
        find_scales(grid, i);
        if (grid->dense != NULL && grid->populations[i].n_ports > 0)
            grid->dense->scale = grid->populations[i].scale[0];
    }
    for (size_t k = 0; k < grid->n_projections; k++) {
        hk_projection *p = grid->sim->projections[k];
        hk_grid_population *g = &grid->populations[p->post->index];
        p->on_slabs = false;
        if (!may_be_on_slabs(grid, p))
            continue;
        hk_weight_range r = hk_weight_range_of(&p->asked);
        uint32_t port = g->n_ports == 2 && r.high < 0.0 ? 1 : 0;
        p->on_slabs = g->is_exact[port] || 0.5 * g->scale[port] <= MOST_ROUNDING * r.typical || r.typical == 0.0;
        for (size_t l = 0; l < k; l++) { /* synapses of two between the same populations could not be told apart */
            const hk_projection *other = grid->sim->projections[l];
            if (other->on_slabs && other->pre == p->pre && other->post == p->post)
                p->on_slabs = false;
        }
        g->on_slabs = g->on_slabs || p->on_slabs;
    }
    for (uint32_t i = 0; i < grid->n_populations; i++)
        grid->populations[i].units = find_units(grid, grid->sim->populations[i]);
}
