/* experiments/network_models.c - see network_models.h. */
#include "experiments/network_models.h"

#include "neurons/catalogue.h"

#include <assert.h>
#include <string.h>

typedef struct alias {
    const char *name, *ours;
    double initial;
} alias;

/* NEST 3, models/iaf_psc_exp_ps, iaf_psc_alpha_ps and iaf_psc_delta_ps: their documented defaults. */
static const alias nest_params[] = {
    { "C_m", "c_m_pf", 250.0 },
    { "tau_m", "tau_m_ms", 10.0 },
    { "tau_syn_ex", "tau_syn_ex_ms", 2.0 },
    { "tau_syn_in", "tau_syn_in_ms", 2.0 },
    { "E_L", "e_l_mv", -70.0 },
    { "V_th", "v_th_mv", -55.0 },
    { "V_reset", "v_reset_mv", -70.0 },
    { "t_ref", "t_ref_ms", 2.0 },
    { "I_e", "i_e_pa", 0.0 },
};

static const struct {
    const char *name, *ours;
    bool on_grid;
} nest_models[] = {
    { "iaf_psc_delta_ps", "lif", false },       { "iaf_psc_exp_ps", "lif_exp", false },
    { "iaf_psc_alpha_ps", "lif_alpha", false }, { "iaf_psc_delta", "lif", true },
    { "iaf_psc_exp", "lif_exp", true },         { "iaf_psc_alpha", "lif_alpha", true },
};
enum { N_NEST_MODELS = sizeof nest_models / sizeof nest_models[0] };

static void add(hk_network_model *m, const char *name, size_t column, double initial)
{
    assert(m->n_params < HK_NETWORK_MOST_PARAMS);
    m->params[m->n_params++] = (hk_network_param){ .name = name, .column = column, .initial = initial };
}

static bool is_given_spikes(const hk_neuron_model *model)
{
    return model->kind == HK_MODEL_SOURCE && model->next == NULL;
}

bool hk_network_model_find(const char *name, hk_network_model *out)
{
    *out = (hk_network_model){ .model = hk_neuron_model_find(name) };
    if (out->model != NULL) {
        for (size_t k = 0; k < out->model->n_params; k++)
            add(out, out->model->params[k].name, k, out->model->params[k].initial);
        return !is_given_spikes(out->model);
    }
    for (size_t m = 0; m < N_NEST_MODELS; m++) {
        if (strcmp(name, nest_models[m].name) != 0)
            continue;
        out->model = hk_neuron_model_find(nest_models[m].ours);
        out->on_grid = nest_models[m].on_grid;
        for (size_t k = 0; k < sizeof nest_params / sizeof *nest_params; k++) {
            long column = hk_column_find(out->model->params, out->model->n_params, nest_params[k].ours);
            if (column >= 0)
                add(out, nest_params[k].name, (size_t)column, nest_params[k].initial);
        }
        return true;
    }
    return false;
}

const char *hk_network_model_name(size_t index)
{
    size_t n;
    const hk_neuron_model *const *models = hk_neuron_models(&n);
    for (size_t k = 0; k < n; k++)
        if (!is_given_spikes(models[k]) && index-- == 0)
            return models[k]->name;
    return index < N_NEST_MODELS ? nest_models[index].name : NULL;
}
