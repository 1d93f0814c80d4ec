/* experiments/circuit_synapses.c - see circuit_synapses.h. */
#include "experiments/circuit_synapses.h"

#include "experiments/clock.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static double typical_weight(const hk_circuit_projection *p)
{
    return fabs(p->weight.kind == HK_UNIFORM ? 0.5 * (p->weight.a + p->weight.b) : p->weight.a);
}

static double relative_rounding(const hk_circuit_run *r, size_t index)
{
    double error = hk_projection_rounding_error(hk_sim_projection(r->sim, (uint32_t)index));
    return error == 0.0 ? 0.0 : error / typical_weight(&r->plan.circuit.projections[index]);
}

void hk_circuit_report_synapses(const hk_circuit_run *r)
{
    uint64_t bytes = 0;
    size_t worst = 0;
    if (r->plan.circuit.n_projections == 0)
        return;
    for (size_t k = 0; k < r->plan.circuit.n_projections; k++) {
        bytes += hk_projection_bytes(hk_sim_projection(r->sim, (uint32_t)k));
        if (relative_rounding(r, k) > relative_rounding(r, worst))
            worst = k;
    }
    double bytes_each = r->n_synapses > 0 ? (double)bytes / (double)r->n_synapses : (double)NAN;
    hk_summary_number(hk_run_summary(r->run), "bytes_per_synapse", bytes_each);
    hk_summary_number(hk_run_summary(r->run), "weight_rounding", relative_rounding(r, worst));
    const hk_projection *projection = hk_sim_projection(r->sim, (uint32_t)worst);
    double error = hk_projection_rounding_error(projection);
    if (error == 0.0)
        hk_run_report(r->run, "%.1f bytes a synapse; no weight was rounded to 16 bits", bytes_each);
    else
        hk_run_report(r->run, "%.1f bytes a synapse; weights rounded by at most %.2g %s, %.2g %% of a typical one (%s)",
                      bytes_each, error, hk_population_model(hk_projection_post(projection))->weight_unit,
                      100.0 * relative_rounding(r, worst), hk_projection_name(projection));
}

/* ---- learning ---------------------------------------------------------------------------------------------------- */

typedef struct learnt {
    uint64_t n, events;
    double mean, sd;
    hk_clips clips;
    double finish_s; /* wall time of the changes that the rule had put off */
} learnt;

/* Changes that are still on their way count as well. */
static uint64_t count_events(const hk_projection *projection)
{
    const uint32_t *pre = hk_population_counts(hk_projection_pre(projection)),
                   *post = hk_population_counts(hk_projection_post(projection));
    uint64_t n = 0;
    for (uint32_t i = 0; i < hk_projection_n_pre(projection); i++)
        for (uint32_t slot = 0; slot < hk_projection_n_slots(projection); slot++)
            n += (uint64_t)pre[i] * hk_projection_slab(projection, i, slot).n;
    for (uint32_t j = 0; j < hk_projection_n_post(projection); j++)
        n += (uint64_t)post[j] * hk_projection_incoming(projection, j).n;
    return n;
}

static learnt look_at(const hk_circuit_run *r, size_t index)
{
    hk_projection *projection = hk_sim_projection(r->sim, (uint32_t)index);
    double begin_s = hk_clock_wall_s(), sum = 0.0, squares = 0.0;
    learnt l = { .n = 0 };
    const float *weights = hk_projection_weights(projection, &l.n);
    l.finish_s = hk_clock_wall_s() - begin_s;
    for (uint64_t k = 0; k < l.n; k++)
        sum += (double)weights[k];
    l.mean = sum / (double)l.n;
    for (uint64_t k = 0; k < l.n; k++)
        squares += ((double)weights[k] - l.mean) * ((double)weights[k] - l.mean);
    l.sd = l.n > 1 ? sqrt(squares / (double)(l.n - 1)) : 0.0;
    l.events = count_events(projection);
    l.clips = r->plan.circuit.projections[index].rule.clips(hk_rule_state(r->rules[index]));
    return l;
}

/* The keys are of one projection: circuits have no more that learn. */
void hk_circuit_report_learning(const hk_circuit_run *r)
{
    size_t k = 0;
    while (k < r->plan.circuit.n_projections && r->rules[k] == NULL)
        k++;
    if (k == r->plan.circuit.n_projections)
        return;
    learnt l = look_at(r, k);
    hk_summary *summary = hk_run_summary(r->run);
    double ns = 1e9 * (r->course.simulate_s + l.finish_s) / (double)l.events;
    hk_summary_count(summary, "plastic_synapses", l.n);
    hk_summary_number(summary, "plastic_weight_mean", l.mean);
    hk_summary_number(summary, "plastic_weight_sd", l.sd);
    hk_summary_count(summary, "plastic_events", l.events);
    hk_summary_number(summary, "ns_per_plastic_event", ns);
    hk_summary_count(summary, "plastic_at_bounds", l.clips.low + l.clips.high);
    const hk_projection *projection = hk_sim_projection(r->sim, (uint32_t)k);
    const hk_circuit_projection *p = &r->plan.circuit.projections[k];
    hk_run_report(r->run,
                  "%s on %s: %" PRIu64 " weights, %.6g +- %.3g %s (at first %.6g), %" PRIu64
                  " stopped at a bound; %" PRIu64 " plastic events, %.1f ns each",
                  p->rule.type->name, hk_projection_name(projection), l.n, l.mean, l.sd,
                  hk_population_model(hk_projection_post(projection))->weight_unit, p->weight.a,
                  l.clips.low + l.clips.high, l.events, ns);
}

/* ---- the results file -------------------------------------------------------------------------------------------- */

enum { LINE = 160 };

static int put_names(hk_results *file, const hk_circuit_run *r)
{
    char names[HK_CIRCUIT_MOST_PROJECTIONS * LINE] = "", units[HK_CIRCUIT_MOST_PROJECTIONS * LINE] = "";
    size_t names_at = 0, units_at = 0;
    for (size_t k = 0; k < r->plan.circuit.n_projections; k++) {
        const hk_projection *projection = hk_sim_projection(r->sim, (uint32_t)k);
        const char *end = k == 0 ? "" : "\n", *unit = hk_population_model(hk_projection_post(projection))->weight_unit;
        names_at += (size_t)snprintf(names + names_at, sizeof names - names_at, "%s%.*s", end, LINE - 2,
                                     hk_projection_name(projection));
        units_at += (size_t)snprintf(units + units_at, sizeof units - units_at, "%s%.*s", end, LINE - 2, unit);
    }
    int rc = hk_results_put_text(file, "projections", "names", names);
    return rc == HK_OK ? hk_results_put_text(file, "projections", "weight_units", units) : rc;
}

int hk_circuit_put_synapses(const hk_circuit_run *r, hk_results *file)
{
    size_t n = r->plan.circuit.n_projections;
    if (n == 0)
        return HK_OK;
    uint64_t synapses[HK_CIRCUIT_MOST_PROJECTIONS];
    double values[3][HK_CIRCUIT_MOST_PROJECTIONS];
    static const char *const names[] = { "bytes_per_synapse", "rounding_error", "typical_weight" },
                             *const descriptions[] = { "by projection",
                                                       "largest, of a weight kept in 16 bits; 0: none was rounded",
                                                       "size of the mean it was drawn with" };
    for (size_t k = 0; k < n; k++) {
        const hk_projection *projection = hk_sim_projection(r->sim, (uint32_t)k);
        synapses[k] = hk_projection_n_synapses(projection);
        values[0][k] = synapses[k] > 0 ? (double)hk_projection_bytes(projection) / (double)synapses[k] : (double)NAN;
        values[1][k] = hk_projection_rounding_error(projection);
        values[2][k] = typical_weight(&r->plan.circuit.projections[k]);
    }
    int rc = hk_results_put(
        file, "projections/synapses",
        &(hk_array){ .type = HK_U64, .n_dims = 1, .shape = { n }, .values = synapses, .description = "by projection" });
    for (size_t i = 0; rc == HK_OK && i < 3; i++) {
        char name[64];
        snprintf(name, sizeof name, "projections/%s", names[i]);
        rc = hk_results_put(
            file, name,
            &(hk_array){
                .type = HK_F64, .n_dims = 1, .shape = { n }, .values = values[i], .description = descriptions[i] });
    }
    return rc == HK_OK ? put_names(file, r) : rc;
}
