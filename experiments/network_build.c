/* experiments/network_build.c - see network_build.h. */
#include "experiments/network_build.h"

#include "neurons/catalogue.h"
#include "sim/memory.h"

#include <stdlib.h>
#include <string.h>

/* The synapses of one projection. */
typedef struct pair_list {
    uint32_t *pre, *post;
    double *weight, *delay_ms;
    size_t n;
} pair_list;

static bool pair_list_init(pair_list *list, size_t capacity)
{
    *list = (pair_list){ .pre = malloc((capacity + 1) * sizeof *list->pre),
                         .post = malloc((capacity + 1) * sizeof *list->post),
                         .weight = malloc((capacity + 1) * sizeof *list->weight),
                         .delay_ms = malloc((capacity + 1) * sizeof *list->delay_ms) };
    return list->pre != NULL && list->post != NULL && list->weight != NULL && list->delay_ms != NULL;
}

static void pair_list_fini(pair_list *list)
{
    free(list->pre);
    free(list->post);
    free(list->weight);
    free(list->delay_ms);
}

static void add(pair_list *list, uint32_t pre, uint32_t post, double weight, double delay_ms)
{
    list->pre[list->n] = pre;
    list->post[list->n] = post;
    list->weight[list->n] = weight;
    list->delay_ms[list->n] = delay_ms;
    list->n++;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* A projection has a table of neurons by distinct delays: a file of some MB could ask for one of many GB. */
static int check_table(hk_ctx *ctx, const hk_population *pre, const pair_list *list)
{
    double *delays = malloc((list->n + 1) * sizeof *delays);
    if (delays == NULL)
        return hk_fail(ctx, HK_ENOMEM, "network: out of memory for %zu connections", list->n);
    memcpy(delays, list->delay_ms, list->n * sizeof *delays);
    qsort(delays, list->n, sizeof *delays, compare_doubles);
    double n_distinct = list->n > 0;
    for (size_t k = 1; k < list->n; k++)
        n_distinct += delays[k] != delays[k - 1];
    free(delays);
    double bytes = 8.0 * n_distinct * hk_population_n(pre), available = (double)hk_memory_available();
    if (bytes > available)
        return hk_fail(ctx, HK_ENOMEM,
                       "network: %u %s neurons with %.0f distinct delays need a table of %.0f MB, the machine "
                       "has %.0f MB available",
                       hk_population_n(pre), hk_population_name(pre), n_distinct, bytes / 1e6, available / 1e6);
    return HK_OK;
}

static int connect(hk_network *network, hk_population *pre, hk_population *post, const pair_list *list)
{
    if (list->n == 0)
        return HK_OK;
    hk_projection *projection;
    int rc = check_table(hk_sim_ctx(network->sim), pre, list);
    if (rc != HK_OK)
        return rc;
    return hk_projection_create(network->sim,
                                &(hk_projection_config){ .pre = pre,
                                                         .post = post,
                                                         .connect = HK_EXPLICIT,
                                                         .n = list->n,
                                                         .list_pre = list->pre,
                                                         .list_post = list->post,
                                                         .list_weight = list->weight,
                                                         .list_delay_ms = list->delay_ms,
                                                         .double_weights = true },
                                &projection);
}

static int make_group(hk_network *network, const hk_network_group *group, hk_population **out)
{
    const hk_neuron_model *model = group->model;
    int rc = hk_population_create(network->sim, model->name, model, group->n, out);
    for (size_t k = 0; rc == HK_OK && k < model->n_params; k++) {
        const double *values = group->params + k * group->n;
        bool uniform = true;
        for (uint32_t i = 1; i < group->n && uniform; i++)
            uniform = values[i] == values[0];
        rc = hk_population_set(*out, model->params[k].name, values, uniform ? 1 : group->n);
    }
    for (size_t k = 0; rc == HK_OK && k < model->n_state; k++)
        rc = hk_population_set(*out, model->state[k].name, group->state + k * group->n, group->n);
    return rc;
}

static int connect_groups(hk_network *network, const hk_network_file *file, pair_list *list)
{
    for (uint32_t pre = 0; pre < file->n_groups; pre++)
        for (uint32_t post = 0; post < file->n_groups; post++) {
            list->n = 0;
            for (size_t k = 0; k < file->n_links; k++) {
                const hk_network_link *link = &file->links[k];
                if (link->pre.group == pre && link->post.group == post)
                    add(list, link->pre.index, link->post.index, link->weight, link->delay_ms);
            }
            int rc = connect(network, network->groups[pre], network->groups[post], list);
            if (rc != HK_OK)
                return rc;
        }
    return HK_OK;
}

static int make_inputs(hk_network *network, const hk_network_file *file, pair_list *list)
{
    if (file->n_inputs == 0)
        return HK_OK;
    hk_ctx *ctx = hk_sim_ctx(network->sim);
    uint32_t *ids = malloc((file->n_times + 1) * sizeof *ids);
    if (ids == NULL)
        return hk_fail(ctx, HK_ENOMEM, "network: out of memory for %zu input spikes", file->n_times);
    for (size_t k = 0; k < file->n_inputs; k++)
        for (size_t t = 0; t < file->inputs[k].n; t++)
            ids[file->inputs[k].first + t] = (uint32_t)k;
    int rc = hk_population_create(network->sim, "inputs", hk_neuron_model_find("spike_source"),
                                  (uint32_t)file->n_inputs, &network->inputs);
    if (rc == HK_OK)
        rc = hk_spike_source_add(network->inputs, file->n_times, file->times_ms, ids);
    free(ids);
    for (uint32_t post = 0; rc == HK_OK && post < file->n_groups; post++) {
        list->n = 0;
        for (size_t k = 0; k < file->n_inputs; k++) {
            const hk_network_input *input = &file->inputs[k];
            if (input->target.group == post)
                add(list, (uint32_t)k, input->target.index, input->weight, input->delay_ms);
        }
        rc = connect(network, network->inputs, network->groups[post], list);
    }
    return rc;
}

int hk_network_build(hk_ctx *ctx, const hk_network_file *file, uint64_t seed, unsigned n_threads, hk_network *out)
{
    *out = (hk_network){ .groups = calloc(file->n_groups + 1, sizeof(hk_population *)) };
    pair_list list;
    bool has_room = pair_list_init(&list, file->n_links > file->n_inputs ? file->n_links : file->n_inputs);
    int rc = HK_OK;
    if (out->groups == NULL || !has_room)
        rc = hk_fail(ctx, HK_ENOMEM, "network: out of memory for %zu connections", file->n_links);
    if (rc == HK_OK)
        rc = hk_sim_create(
            ctx,
            &(hk_sim_config){ .resolution_ms = file->resolution_ms, .seed = seed, .n_extra_threads = n_threads - 1 },
            &out->sim);
    for (size_t g = 0; rc == HK_OK && g < file->n_groups; g++)
        rc = make_group(out, &file->groups[g], &out->groups[g]);
    if (rc == HK_OK)
        rc = connect_groups(out, file, &list);
    if (rc == HK_OK)
        rc = make_inputs(out, file, &list);
    pair_list_fini(&list);
    return rc;
}

void hk_network_fini(hk_network *network)
{
    hk_sim_destroy(network->sim);
    free(network->groups);
    *network = (hk_network){ .sim = NULL };
}
