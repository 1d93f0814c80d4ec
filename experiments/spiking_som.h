/* experiments/spiking_som.h - the parts of the experiment spiking-som: what is shown, what the answers say, what is written. */
#ifndef HK_SPIKING_SOM_H
#define HK_SPIKING_SOM_H

#include "experiments/choice.h"
#include "experiments/experiment.h"
#include "experiments/spiking_map.h"

/** Of the option `data`; beyond them, images. */
enum { HK_SOM_LINE, HK_SOM_SQUARE, HK_SOM_MANIFOLDS };
#define HK_SOM_NO_UNIT UINT32_MAX

typedef struct hk_som_samples {
    size_t n, n_inputs;
    float *positions;        /* [n][2] on the manifold; NULL: images */
    const hk_images *images; /* NULL: positions */
    size_t rows, cols;       /* of inputs */
} hk_som_samples;

typedef struct hk_som_answers {
    uint32_t *first;          /* [n] unit, or HK_SOM_NO_UNIT */
    uint64_t n_none, n_apart; /* samples that no unit answered to; whose first two are no neighbours on the grid */
} hk_som_answers;

/** What comes out. */
typedef struct hk_som_outcome {
    double *places;    /* [n_units][2] mean positions answered to, NaN: none */
    double *u_matrix;  /* [n_units] mean angle, in degrees, between a unit's weights and those of its neighbours */
    double *per_class; /* [n_units][classes] images answered to */
    int32_t *names;    /* [n_units] class, -1: answers to nothing */
    double *confusion; /* [classes][classes] */
    double order, order_before, position_error, accuracy;
} hk_som_outcome;

typedef struct hk_spiking_som {
    hk_run *run;
    hk_choice images;
    hk_som_samples train, label, test; /* label: those of train that name the units */
    hk_spiking_map map;
    size_t n_units;
    hk_som_answers labelled, tested;
    hk_som_outcome outcome;
    uint64_t phase, at;           /* what a checkpoint keeps: the next sample of which phase, */
    uint64_t n_shown, n_together; /* and, while learning, samples and spikes of units */
} hk_spiking_som;

bool hk_som_is_manifold(const hk_spiking_som *som);

/** Loads or draws train, label and test. HK_ENOMEM, and what loading images can give. */
HK_MUST_CHECK int hk_som_samples_make(hk_spiking_som *som);
void hk_som_samples_free(hk_spiking_som *som);
/** Values [n_inputs] in [0, 1] of a sample. */
void hk_som_values(const hk_som_samples *samples, size_t k, float *values);
/** Mean length, as vectors of spikes, of the first samples to learn from. HK_ENOMEM. */
HK_MUST_CHECK int hk_som_length(const hk_spiking_som *som, double *length);

/** Places, from the answers to samples of a manifold. */
void hk_som_find_places(hk_spiking_som *som, const hk_som_samples *of, const hk_som_answers *answers);
/** Correlation of distances on the grid and between places, over all pairs of units that have one; 0 without any. */
double hk_som_find_order(const hk_spiking_som *som);
/** All of the outcome, from the answers. HK_ENOMEM. */
HK_MUST_CHECK int hk_som_judge(hk_spiking_som *som);
/** Tells the user, and the summary. */
void hk_som_report(hk_spiking_som *som);
/** Writes the results file. */
HK_MUST_CHECK int hk_som_save(hk_spiking_som *som);

#endif
