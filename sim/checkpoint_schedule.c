/* sim/checkpoint_schedule.c - what a checkpoint keeps of planned changes of parameters. */
#include "sim/engine.h"

#include <stdlib.h>

int hk_schedule_archive(hk_sim *sim, hk_archive *archive)
{
    size_t n = sim->n_changes;
    uint64_t next = sim->next_change;
    int rc = hk_archive_enter(archive, "schedule");
    if (rc == HK_OK && hk_archive_is_loading(archive))
        rc = hk_archive_length(archive, "step", HK_I64, &n);
    hk_change *changes = rc == HK_OK ? calloc(n + 1, sizeof *changes) : NULL;
    int64_t *step = calloc(n + 1, sizeof *step);
    uint32_t *where = calloc(2 * n + 1, sizeof *where);
    double *value = calloc(n + 1, sizeof *value);
    if (rc == HK_OK && (changes == NULL || step == NULL || where == NULL || value == NULL))
        rc = HK_ENOMEM;
    for (size_t k = 0; rc == HK_OK && !hk_archive_is_loading(archive) && k < n; k++) {
        step[k] = sim->changes[k].step;
        where[2 * k] = sim->changes[k].population;
        where[2 * k + 1] = sim->changes[k].param;
        value[k] = sim->changes[k].value;
    }
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "step", HK_I64, step, n);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "where", HK_U32, where, 2 * n);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "value", HK_F64, value, n);
    if (rc == HK_OK)
        rc = hk_archive_array(archive, "next", HK_U64, &next, 1);
    if (rc == HK_OK && next > n)
        rc = hk_fail(sim->ctx, HK_EFORMAT, "checkpoint: %llu of %zu scheduled changes have been made",
                     (unsigned long long)next, n);
    for (size_t k = 0; rc == HK_OK && k < n; k++) {
        changes[k] = (hk_change){
            .step = step[k], .population = where[2 * k], .param = where[2 * k + 1], .value = value[k]
        };
        if (where[2 * k] >= sim->n_populations || where[2 * k + 1] >= sim->populations[where[2 * k]]->model->n_params)
            rc = hk_fail(sim->ctx, HK_EFORMAT, "checkpoint: the schedule does not fit the simulation");
    }
    if (rc == HK_OK) {
        free(sim->changes);
        sim->changes = changes;
        sim->n_changes = n;
        sim->next_change = (size_t)next;
        hk_archive_leave(archive);
    } else {
        free(changes);
    }
    free(step);
    free(where);
    free(value);
    return rc;
}
