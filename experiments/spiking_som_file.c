/* experiments/spiking_som_file.c - what spiking-som writes; see spiking_som.h. */
#include "experiments/outcome.h"
#include "experiments/spiking_som.h"

#include <stdlib.h>

enum { ALL, OF_MANIFOLD, OF_IMAGES };

typedef struct entry {
    int of;
    const char *name;
    hk_array array;
} entry;

static int put_all(hk_spiking_som *som, const float *weights, hk_results *file)
{
    const hk_som_outcome *o = &som->outcome;
    const size_t rows = som->map.config.rows, cols = som->map.config.cols;
    const entry entries[] = {
        { ALL,
          "receptive_fields",
          { .type = HK_F32,
            .n_dims = 3,
            .shape = { som->n_units, som->train.rows, som->train.cols },
            .values = weights,
            .unit = "mV",
            .description = "weights of each unit, row by row of the map" } },
        { ALL,
          "map/u_matrix",
          { .type = HK_F64,
            .n_dims = 2,
            .shape = { rows, cols },
            .values = o->u_matrix,
            .unit = "degrees",
            .description = "mean angle between a unit's weights and those of its neighbours" } },
        { ALL,
          "map/answers",
          { .type = HK_U32,
            .n_dims = 1,
            .shape = { som->test.n },
            .values = som->tested.first,
            .description = "the unit that spiked first at each test sample; 4294967295: none" } },
        { OF_MANIFOLD,
          "map/places",
          { .type = HK_F64,
            .n_dims = 3,
            .shape = { rows, cols, 2 },
            .values = o->places,
            .description = "mean position that each unit answers to; NaN: none" } },
        { OF_IMAGES,
          "map/names",
          { .type = HK_I32,
            .n_dims = 2,
            .shape = { rows, cols },
            .values = o->names,
            .description = "class that a unit is named by; -1: none" } },
        { OF_IMAGES,
          "map/per_class",
          { .type = HK_F64,
            .n_dims = 2,
            .shape = { som->n_units, HK_DATASET_CLASSES },
            .values = o->per_class,
            .description = "images to learn from that each unit answers to, by class" } },
        { OF_IMAGES,
          "confusion",
          { .type = HK_F64,
            .n_dims = 2,
            .shape = { HK_DATASET_CLASSES, HK_DATASET_CLASSES },
            .values = o->confusion,
            .description = "true class by answer" } },
    };
    const int of = hk_som_is_manifold(som) ? OF_MANIFOLD : OF_IMAGES;
    int rc = HK_OK;
    for (size_t k = 0; k < sizeof entries / sizeof *entries && rc == HK_OK; k++)
        if (entries[k].of == ALL || entries[k].of == of)
            rc = hk_results_put(file, entries[k].name, &entries[k].array);
    return rc;
}

int hk_som_save(hk_spiking_som *som)
{
    hk_results *file;
    float *weights = malloc(som->n_units * som->train.n_inputs * sizeof *weights);
    if (weights == NULL)
        return hk_fail(hk_run_ctx(som->run), HK_ENOMEM, "spiking-som: out of memory");
    hk_spiking_map_weights(&som->map, weights);
    int rc = hk_outcome_open(som->run, &file);
    if (rc == HK_OK) {
        rc = put_all(som, weights, file);
        if (rc == HK_OK)
            rc = hk_results_close(file);
        else
            hk_results_discard(file);
    }
    free(weights);
    return rc;
}
