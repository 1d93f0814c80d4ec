/* experiments/nets/robustness.c - see robustness.h. */
#include "experiments/nets/robustness.h"

#include <stdlib.h>

const char *const hk_robust_names[HK_ROBUST_KINDS] = { "moved_px", "turned_deg", "scaled" };
const double hk_robust_levels[HK_ROBUST_KINDS][HK_ROBUST_LEVELS] = {
    [HK_ROBUST_MOVED] = { 1.0, 2.0, 3.0, 4.0, 5.0 },
    [HK_ROBUST_TURNED] = { 10.0, 20.0, 30.0, 45.0, 60.0 },
    [HK_ROBUST_SCALED] = { 0.5, 0.65, 0.8, 1.25, 1.4 },
};

hk_distortion hk_robust_distortion(int kind, size_t level, size_t image)
{
    static const double right[4] = { 1.0, 0.0, -1.0, 0.0 }, down[4] = { 0.0, 1.0, 0.0, -1.0 };
    const double amount = hk_robust_levels[kind][level];
    hk_distortion out = { .scale = 1.0 };
    if (kind == HK_ROBUST_MOVED) {
        out.right_px = amount * right[image % 4];
        out.down_px = amount * down[image % 4];
    } else if (kind == HK_ROBUST_TURNED) {
        out.turn_deg = image % 2 == 0 ? amount : -amount;
    } else {
        out.scale = amount;
    }
    return out;
}

static int judge(hk_run *run, const hk_vector_map *map, const hk_images *images, const hk_distortion *distortions,
                 hk_team *team, hk_vectors_fn vectors, void *user, double *accuracy)
{
    hk_features features = { 0 };
    int rc = vectors(user, images, distortions, &features);
    if (rc == HK_OK)
        rc = hk_vector_map_judge(hk_run_ctx(run), map, &features, team, accuracy);
    hk_features_fini(&features);
    return rc;
}

int hk_robustness_measure(hk_run *run, const hk_vector_map *map, const hk_images *images, size_t n, hk_team *team,
                          hk_vectors_fn vectors, void *user, hk_robustness *out)
{
    hk_images some = *images;
    some.n = n < images->n ? n : images->n;
    *out = (hk_robustness){ 0 };
    if (some.n == 0)
        return HK_OK;
    hk_distortion *distortions = malloc(some.n * sizeof *distortions);
    if (distortions == NULL)
        return hk_fail(hk_run_ctx(run), HK_ENOMEM, "no memory to distort %zu images", some.n);
    for (size_t k = 0; k < some.n; k++)
        distortions[k] = (hk_distortion){ .scale = 1.0 };
    int rc = judge(run, map, &some, distortions, team, vectors, user, &out->plain);
    for (int kind = 0; kind < HK_ROBUST_KINDS; kind++)
        for (size_t level = 0; level < HK_ROBUST_LEVELS && rc == HK_OK && !hk_run_stopping(run); level++) {
            for (size_t k = 0; k < some.n; k++)
                distortions[k] = hk_robust_distortion(kind, level, k);
            rc = judge(run, map, &some, distortions, team, vectors, user, &out->accuracy[kind][level]);
        }
    out->n = rc == HK_OK && !hk_run_stopping(run) ? some.n : 0;
    free(distortions);
    return rc;
}

void hk_robustness_tell(hk_run *run, const hk_robustness *robustness)
{
    if (robustness->n == 0)
        return;
    hk_summary *all = hk_summary_object(hk_run_summary(run), "robustness");
    hk_summary_number(all, "plain", robustness->plain);
    for (int kind = 0; kind < HK_ROBUST_KINDS; kind++) {
        const double *l = hk_robust_levels[kind], *a = robustness->accuracy[kind];
        hk_summary_array(all, hk_robust_names[kind], a, HK_ROBUST_LEVELS);
        hk_run_report(run, "%-10s %g: %.1f, %g: %.1f, %g: %.1f, %g: %.1f, %g: %.1f %% right", hk_robust_names[kind],
                      l[0], 100.0 * a[0], l[1], 100.0 * a[1], l[2], 100.0 * a[2], l[3], 100.0 * a[3], l[4],
                      100.0 * a[4]);
    }
}

int hk_robustness_put(const hk_robustness *robustness, hk_results *file)
{
    const hk_array arrays[] = {
        { .type = HK_F64,
          .n_dims = 2,
          .shape = { HK_ROBUST_KINDS, HK_ROBUST_LEVELS },
          .values = hk_robust_levels,
          .description = "pixels moved, degrees turned, factor scaled" },
        { .type = HK_F64,
          .n_dims = 2,
          .shape = { HK_ROBUST_KINDS, HK_ROBUST_LEVELS },
          .values = robustness->accuracy,
          .description = "share of the images that the map decides right" },
    };
    if (robustness->n == 0)
        return HK_OK;
    int rc = hk_results_put(file, "robustness/levels", &arrays[0]);
    return rc == HK_OK ? hk_results_put(file, "robustness/accuracy", &arrays[1]) : rc;
}
