/* experiments/network.c - runs any small network given neuron by neuron in a file (network_file.h), and compares it
 * with a reference run where there is one. */
#include "experiments/clock.h"
#include "experiments/network_build.h"
#include "experiments/network_summary.h"
#include "experiments/spike_list.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const hk_option options[] = {
    { .name = "csv", .type = HK_OPTION_TEXT, .meaning = "file for the spikes as a table: neuron_id,spike_time_ms" },
    { .name = "reference",
      .type = HK_OPTION_TEXT,
      .meaning = "such a table from elsewhere; the run is compared with it" },
    { .name = "tolerance_ms",
      .type = HK_OPTION_NUMBER,
      .unit = "ms",
      .initial = 1e-9,
      .min = 0.0,
      .max = 1e9,
      .meaning = "a spike further from the reference fails the run" },
    { .name = "tolerance_mv",
      .type = HK_OPTION_NUMBER,
      .unit = "mV",
      .initial = 1e-8,
      .min = 0.0,
      .max = 1e9,
      .meaning = "a final potential further from the file's final_V_m_mV fails the run" },
    { .name = "probe_ms",
      .type = HK_OPTION_NUMBER,
      .unit = "ms",
      .initial = 0.0,
      .min = 0.0,
      .max = 1e10,
      .meaning = "interval at which the potentials of all neurons go to the file; 0: never" },
};

typedef struct state {
    hk_run *run;
    hk_network_file file;
    hk_network network;
    hk_probe *probes[HK_COURSE_MOST_PROBES];
    size_t n_probes;
    hk_course course;
    bool keeps_spikes;
    hk_spike_list spikes, reference;
    int status; /* of what a window does: it cannot return one */
} state;

static int on_window(hk_sim *sim, hk_time end, void *user)
{
    (void)end;
    state *s = user;
    for (size_t g = 0; s->keeps_spikes && s->status == HK_OK && g < s->file.n_groups; g++) {
        size_t n;
        const hk_spike *spikes = hk_population_spikes(s->network.groups[g], &n);
        for (size_t k = 0; s->status == HK_OK && k < n; k++)
            s->status = hk_spike_list_add(hk_sim_ctx(sim), &s->spikes, s->file.groups[g].ids[spikes[k].neuron],
                                          hk_time_to_ms(spikes[k].time, s->file.resolution_ms));
    }
    return s->status;
}

static int prepare(state *s)
{
    hk_ctx *ctx = hk_run_ctx(s->run);
    const char *reference = hk_run_text(s->run, "reference");
    double probe_ms = hk_run_number(s->run, "probe_ms");
    int rc = hk_network_file_open(ctx, hk_run_argument(s->run), &s->file);
    if (rc == HK_OK && *reference != '\0')
        rc = hk_spike_list_open(ctx, reference, &s->reference);
    for (size_t k = 0; rc == HK_OK && k < s->reference.n; k++)
        if (hk_network_file_find(&s->file, s->reference.spikes[k].id) == NULL)
            rc = hk_fail(ctx, HK_EFORMAT, "%s: no neuron of the network has the id %" PRIu64, reference,
                         s->reference.spikes[k].id);
    if (rc == HK_OK)
        rc = hk_network_build(ctx, &s->file, hk_run_seed(s->run), hk_run_threads(s->run), &s->network);
    s->keeps_spikes = *reference != '\0' || *hk_run_text(s->run, "csv") != '\0';
    for (size_t g = 0; rc == HK_OK && probe_ms > 0.0 && g < s->file.n_groups && s->n_probes < HK_COURSE_MOST_PROBES;
         g++) {
        const hk_neuron_model *model = s->file.groups[g].model;
        if (hk_column_find(model->state, model->n_state, "v_mv") < 0)
            continue;
        hk_probe_config cfg = { .population = s->network.groups[g], .variable = "v_mv", .interval_ms = probe_ms };
        rc = hk_probe_create(s->network.sim, &cfg, &s->probes[s->n_probes]);
        s->n_probes += rc == HK_OK;
    }
    return rc;
}

static void warn(const state *s)
{
    if (s->file.n_on_grid > 0)
        hk_run_warn(s->run,
                    "%zu neurons are of models that NEST binds to a grid; here their spikes come at exact times, as "
                    "those of the models ending in _ps",
                    s->file.n_on_grid);
    if (s->file.n_late > 0)
        hk_run_warn(s->run, "%zu of %zu input spikes come after t_stop_ms = %g and have no effect", s->file.n_late,
                    s->file.n_times, s->file.t_stop_ms);
}

/* ---- results ----------------------------------------------------------------------------------------------------- */

static int put_final_state(const state *s, hk_results *results)
{
    int rc = HK_OK;
    for (size_t g = 0; rc == HK_OK && g < s->file.n_groups; g++) {
        const hk_network_group *group = &s->file.groups[g];
        const hk_neuron_model *model = group->model;
        char name[160];
        double *values = malloc(group->n * sizeof *values);
        if (values == NULL)
            return hk_fail(hk_run_ctx(s->run), HK_ENOMEM, "network: out of memory for the final state");
        snprintf(name, sizeof name, "final_state/%s/id", model->name);
        rc = hk_results_put(results, name,
                            &(hk_array){ .type = HK_U64,
                                         .n_dims = 1,
                                         .shape = { group->n },
                                         .values = group->ids,
                                         .description = "ids in the network's file, by node id of the spikes" });
        for (size_t k = 0; rc == HK_OK && k < model->n_state; k++) {
            snprintf(name, sizeof name, "final_state/%s/%s", model->name, model->state[k].name);
            rc = hk_population_get(s->network.groups[g], model->state[k].name, values);
            if (rc == HK_OK)
                rc = hk_results_put(results, name,
                                    &(hk_array){ .type = HK_F64,
                                                 .n_dims = 1,
                                                 .shape = { group->n },
                                                 .values = values,
                                                 .unit = model->state[k].unit,
                                                 .description = model->state[k].meaning });
        }
        free(values);
    }
    return rc == HK_OK ? hk_results_put_number(results, "final_state", "time_ms", hk_sim_now_ms(s->network.sim)) : rc;
}

static int put_results(hk_results *results, const void *user)
{
    const state *s = user;
    int rc = put_final_state(s, results);
    for (size_t k = 0, g = 0; rc == HK_OK && k < s->n_probes; k++, g++) {
        const hk_neuron_model *model = s->file.groups[g].model;
        while (hk_column_find(model->state, model->n_state, "v_mv") < 0)
            model = s->file.groups[++g].model;
        char name[160];
        snprintf(name, sizeof name, "probes/%s_v_mv", model->name);
        rc = hk_probe_put(s->probes[k], results, name);
    }
    return rc;
}

/* ---- comparison -------------------------------------------------------------------------------------------------- */

static int compare_counts(const state *s)
{
    uint64_t n_spikes = 0;
    for (size_t k = 0; k < s->file.n_neurons; k++) {
        const hk_network_neuron *neuron = &s->file.neurons[k];
        uint32_t n = hk_population_counts(s->network.groups[neuron->place.group])[neuron->place.index];
        n_spikes += n;
        if (neuron->n_spikes >= 0 && (uint64_t)neuron->n_spikes != n)
            return hk_fail(hk_run_ctx(s->run), HK_ESTATE,
                           "network: neuron %" PRIu64 " spiked %u times, %" PRId64 " times in the reference",
                           neuron->id, n, neuron->n_spikes);
    }
    if (s->file.n_spikes >= 0 && (uint64_t)s->file.n_spikes != n_spikes)
        return hk_fail(hk_run_ctx(s->run), HK_ESTATE, "network: %" PRIu64 " spikes, %" PRId64 " in the reference",
                       n_spikes, s->file.n_spikes);
    return HK_OK;
}

static int compare_spikes(state *s)
{
    if (*hk_run_text(s->run, "reference") == '\0')
        return HK_OK;
    hk_spike_difference d = hk_spike_list_compare(&s->spikes, &s->reference);
    hk_summary_count(hk_run_summary(s->run), "reference_spikes", s->reference.n);
    hk_summary_number(hk_run_summary(s->run), "worst_deviation_ms", d.worst_ms);
    hk_run_report(s->run, "against %s: %zu spikes of %zu; worst deviation %.3g ms (neuron %" PRIu64 " at %.6f ms)",
                  hk_run_text(s->run, "reference"), s->spikes.n, s->reference.n, d.worst_ms, d.worst_id, d.worst_at_ms);
    if (d.n_missing + d.n_extra > 0)
        return hk_fail(hk_run_ctx(s->run), HK_ESTATE,
                       "network: %zu spikes of the reference are missing and %zu are too many, "
                       "first of neuron %" PRIu64,
                       d.n_missing, d.n_extra, d.first_id);
    if (!(d.worst_ms <= hk_run_number(s->run, "tolerance_ms")))
        return hk_fail(hk_run_ctx(s->run), HK_ESTATE,
                       "network: a spike of neuron %" PRIu64 " at %.6f ms is %.3g ms from the "
                       "reference, must be within tolerance_ms = %g",
                       d.worst_id, d.worst_at_ms, d.worst_ms, hk_run_number(s->run, "tolerance_ms"));
    return HK_OK;
}

static int compare_final_v(const state *s)
{
    double worst_mv = -1.0;
    uint64_t worst_id = 0;
    for (size_t g = 0; g < s->file.n_groups; g++) {
        const hk_network_group *group = &s->file.groups[g];
        if (hk_column_find(group->model->state, group->model->n_state, "v_mv") < 0)
            continue;
        double *v = malloc(group->n * sizeof *v);
        int rc = v == NULL ? hk_fail(hk_run_ctx(s->run), HK_ENOMEM, "network: out of memory for the final state")
                           : hk_population_get(s->network.groups[g], "v_mv", v);
        for (uint32_t i = 0; rc == HK_OK && i < group->n; i++) {
            double off_mv = fabs(v[i] - hk_network_file_find(&s->file, group->ids[i])->final_v_mv);
            if (off_mv > worst_mv) { /* never where the file says nothing: NaN */
                worst_mv = off_mv;
                worst_id = group->ids[i];
            }
        }
        free(v);
        if (rc != HK_OK)
            return rc;
    }
    if (worst_mv < 0.0)
        return HK_OK;
    hk_summary_number(hk_run_summary(s->run), "worst_deviation_mv", worst_mv);
    hk_run_report(s->run, "final potentials: worst deviation %.3g mV (neuron %" PRIu64 ")", worst_mv, worst_id);
    if (!(worst_mv <= hk_run_number(s->run, "tolerance_mv")))
        return hk_fail(hk_run_ctx(s->run), HK_ESTATE,
                       "network: the final potential of neuron %" PRIu64 " is %.3g mV from the "
                       "reference, must be within tolerance_mv = %g",
                       worst_id, worst_mv, hk_run_number(s->run, "tolerance_mv"));
    return HK_OK;
}

static int compare(state *s)
{
    int rc = compare_spikes(s);
    if (rc == HK_OK)
        rc = compare_final_v(s);
    return rc == HK_OK ? compare_counts(s) : rc;
}

/* ---- the run ----------------------------------------------------------------------------------------------------- */

static const hk_summary_key keys[] = {
    HK_NETWORK_KEYS,
    { "neurons", "", "in the file" },
    { "connections", "", "in the file, inputs apart" },
    { "input_spikes", "", "in the file" },
    { "reference_spikes", "", "in the table given as `reference`" },
    { "worst_deviation_ms", "ms", "largest distance of a spike from its like in that table" },
    { "worst_deviation_mv", "mV", "largest distance of a final potential from the file's final_V_m_mV" },
};

static void summarise(const state *s)
{
    hk_summary *summary = hk_run_summary(s->run);
    uint64_t n_spikes = 0;
    for (size_t g = 0; g < s->file.n_groups; g++)
        n_spikes += hk_population_n_spikes(s->network.groups[g]);
    hk_network_summarise(&s->course);
    hk_summary_count(summary, "neurons", s->file.n_neurons);
    hk_summary_count(summary, "connections", s->file.n_links);
    hk_summary_count(summary, "input_spikes", s->file.n_times);
    hk_run_report(s->run, "network of %zu neurons and %zu connections: %" PRIu64 " spikes in %.10g ms",
                  s->file.n_neurons, s->file.n_links, n_spikes, hk_sim_now_ms(s->network.sim));
}

static int run_network(state *s)
{
    double start_s = hk_clock_wall_s();
    int rc = prepare(s);
    if (rc != HK_OK)
        return rc;
    warn(s);
    hk_course_config cfg = { .run = s->run,
                             .sim = s->network.sim,
                             .build_s = hk_clock_wall_s() - start_s,
                             .duration_ms = s->file.t_stop_ms,
                             .recorded = s->network.groups,
                             .n_recorded = s->file.n_groups,
                             .probes = s->probes,
                             .n_probes = s->n_probes,
                             .on_window = on_window,
                             .user = s };
    rc = hk_course_run(&s->course, &cfg);
    if (rc == HK_OK)
        rc = s->status;
    if (rc != HK_OK)
        return rc;
    summarise(s);
    rc = hk_course_add(&s->course, put_results, s);
    if (rc == HK_OK && *hk_run_text(s->run, "csv") != '\0')
        rc = hk_spike_list_write(hk_run_ctx(s->run), hk_run_text(s->run, "csv"), hk_run_seed(s->run), &s->spikes);
    return rc == HK_OK && hk_course_is_complete(&s->course) ? compare(s) : rc;
}

static int run(hk_run *run)
{
    state *s = calloc(1, sizeof *s);
    if (s == NULL)
        return hk_fail(hk_run_ctx(run), HK_ENOMEM, "network: out of memory");
    s->run = run;
    int rc = run_network(s);
    hk_course_fini(&s->course);
    for (size_t k = 0; k < s->n_probes; k++)
        hk_probe_destroy(s->probes[k]);
    hk_network_fini(&s->network);
    hk_network_file_fini(&s->file);
    hk_spike_list_fini(&s->spikes);
    hk_spike_list_fini(&s->reference);
    free(s);
    return rc;
}

const hk_experiment hk_experiment_network = {
    .name = "network",
    .summary = "any small network given neuron by neuron in YAML or JSON, exact, and compared with a reference",
    .argument = "FILE",
    .example = "network net.yaml --set csv=spikes.csv",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .keys = keys,
    .n_keys = sizeof keys / sizeof keys[0],
    .threaded = true,
    .run = run,
};
