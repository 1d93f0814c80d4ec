/* experiments/spiking_som_measure.c - what the answers of a map say of its order, and of images; see spiking_som.h. */
#include "experiments/spiking_som.h"

#include <math.h>
#include <stdlib.h>

enum { CLASSES = HK_DATASET_CLASSES };

void hk_som_find_places(hk_spiking_som *som, const hk_som_samples *of, const hk_som_answers *answers)
{
    for (size_t u = 0; u < som->n_units; u++) {
        double sum[2] = { 0.0 }, n = 0.0;
        for (size_t k = 0; k < of->n; k++)
            if (answers->first[k] == u) {
                sum[0] += (double)of->positions[2 * k];
                sum[1] += (double)of->positions[2 * k + 1];
                n++;
            }
        for (size_t d = 0; d < 2; d++)
            som->outcome.places[2 * u + d] = n > 0.0 ? sum[d] / n : (double)NAN;
    }
}

static double apart(const double *a, const double *b)
{
    return sqrt((a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]));
}

double hk_som_find_order(const hk_spiking_som *som)
{
    const double *places = som->outcome.places;
    double n = 0.0, sx = 0.0, sy = 0.0, sxx = 0.0, syy = 0.0, sxy = 0.0;
    for (uint32_t a = 0; a < som->n_units; a++)
        for (uint32_t b = a + 1; b < som->n_units; b++) {
            double x = hk_spiking_map_distance(&som->map, a, b), y = apart(places + 2 * a, places + 2 * b);
            if (isnan(y))
                continue;
            n++;
            sx += x;
            sy += y;
            sxx += x * x;
            syy += y * y;
            sxy += x * y;
        }
    double product = (n * sxx - sx * sx) * (n * syy - sy * sy);
    return product > 0.0 ? (n * sxy - sx * sy) / sqrt(product) : 0.0;
}

static double find_position_error(const hk_spiking_som *som)
{
    double error = 0.0, n = 0.0;
    for (size_t k = 0; k < som->test.n; k++) {
        const uint32_t unit = som->tested.first[k];
        const double at[2] = { (double)som->test.positions[2 * k], (double)som->test.positions[2 * k + 1] };
        double off = unit == HK_SOM_NO_UNIT ? (double)NAN : apart(som->outcome.places + 2 * (size_t)unit, at);
        error += isnan(off) ? 0.0 : off;
        n += isnan(off) ? 0.0 : 1.0;
    }
    return error / n;
}

/* ---- images ---------------------------------------------------------------------------------------------------------- */

static void name_units(hk_spiking_som *som)
{
    hk_som_outcome *o = &som->outcome;
    for (size_t k = 0; k < som->label.n; k++)
        if (som->labelled.first[k] != HK_SOM_NO_UNIT)
            o->per_class[som->labelled.first[k] * CLASSES + som->label.images->labels[k]]++;
    for (size_t u = 0; u < som->n_units; u++) {
        const double *row = o->per_class + u * CLASSES;
        size_t best = 0;
        for (size_t c = 1; c < CLASSES; c++)
            best = row[c] > row[best] ? c : best;
        o->names[u] = row[best] > 0.0 ? (int32_t)best : -1;
    }
}

static double find_accuracy(hk_spiking_som *som)
{
    hk_som_outcome *o = &som->outcome;
    double right = 0.0;
    for (size_t k = 0; k < som->test.n; k++) {
        const uint32_t unit = som->tested.first[k], class = som->test.images->labels[k];
        const int32_t name = unit == HK_SOM_NO_UNIT ? -1 : o->names[unit];
        right += name == (int32_t) class;
        if (name >= 0)
            o->confusion[class * CLASSES + (uint32_t)name]++;
    }
    return right / (double)som->test.n;
}

/* ---- weights --------------------------------------------------------------------------------------------------------- */

static double angle_deg(const float *a, const float *b, size_t n)
{
    double aa = 0.0, bb = 0.0, ab = 0.0;
    for (size_t k = 0; k < n; k++) {
        aa += (double)a[k] * (double)a[k];
        bb += (double)b[k] * (double)b[k];
        ab += (double)a[k] * (double)b[k];
    }
    return acos(fmin(ab / sqrt(aa * bb), 1.0)) * (180.0 / acos(-1.0));
}

static int find_u_matrix(hk_spiking_som *som)
{
    const size_t n_inputs = som->train.n_inputs;
    float *weights = malloc(som->n_units * n_inputs * sizeof *weights);
    if (weights == NULL)
        return hk_fail(hk_run_ctx(som->run), HK_ENOMEM, "spiking-som: no memory for %zu weights",
                       som->n_units * n_inputs);
    hk_spiking_map_weights(&som->map, weights);
    for (uint32_t u = 0; u < som->n_units; u++) {
        double sum = 0.0, n = 0.0;
        for (uint32_t v = 0; v < som->n_units; v++)
            if (u != v && hk_spiking_map_distance(&som->map, u, v) < 1.5) {
                sum += angle_deg(weights + u * n_inputs, weights + v * n_inputs, n_inputs);
                n++;
            }
        som->outcome.u_matrix[u] = sum / n;
    }
    free(weights);
    return HK_OK;
}

int hk_som_judge(hk_spiking_som *som)
{
    hk_som_outcome *o = &som->outcome;
    if (hk_som_is_manifold(som)) {
        hk_som_find_places(som, &som->label, &som->labelled);
        o->order = hk_som_find_order(som);
        o->position_error = find_position_error(som);
    } else {
        name_units(som);
        o->accuracy = find_accuracy(som);
    }
    return find_u_matrix(som);
}

/* ---- telling --------------------------------------------------------------------------------------------------------- */

static size_t n_used(const hk_spiking_som *som)
{
    size_t n = 0;
    for (size_t u = 0; u < som->n_units; u++) {
        bool used = false;
        for (size_t k = 0; k < som->test.n && !used; k++)
            used = som->tested.first[k] == u;
        n += used;
    }
    return n;
}

static void report_manifold(const hk_spiking_som *som, hk_summary *summary)
{
    const hk_som_outcome *o = &som->outcome;
    hk_summary_number(summary, "order", o->order);
    hk_summary_number(summary, "order_before", o->order_before);
    hk_summary_number(summary, "position_error", o->position_error);
    hk_run_report(som->run, "order of the map: %.4f (before learning %.4f); a position is off by %.4f", o->order,
                  o->order_before, o->position_error);
}

static void report_images(const hk_spiking_som *som, hk_summary *summary)
{
    hk_summary_text(summary, "data", som->images.data.name);
    hk_summary_number(summary, "test_accuracy", som->outcome.accuracy);
    hk_run_report(som->run, "accuracy on %zu images: %.2f %%", som->test.n, 100.0 * som->outcome.accuracy);
}

void hk_som_report(hk_spiking_som *som)
{
    hk_summary *summary = hk_run_summary(som->run);
    const double topographic = (double)som->tested.n_apart / (double)som->test.n;
    const double together = (double)som->n_together / (double)som->n_shown;
    hk_summary_count(summary, "units", som->n_units);
    hk_summary_count(summary, "units_used", n_used(som));
    hk_summary_number(summary, "topographic_error", topographic);
    hk_summary_number(summary, "spikes_together", together);
    hk_summary_count(summary, "unanswered", som->tested.n_none);
    if (hk_som_is_manifold(som))
        report_manifold(som, summary);
    else
        report_images(som, summary);
    hk_run_report(som->run, "topographic error %.4f; %.2f units spiked together while learning", topographic, together);
}
