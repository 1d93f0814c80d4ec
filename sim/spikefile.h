/* sim/spikefile.h - the SONATA file below the recorder: HDF5 only, no threads, no queue. Private to the recorder.
 *
 * Invariant: at every moment after hk_spikefile_start(), the file as it stands on disk opens, and holds a prefix of each
 * population's spikes. Data goes to the file before the dataset's length does: writes are not cached, the length is held
 * back until hk_spikefile_flush(), and HDF5's SWMR mode writes an index before what points to it. */
#ifndef HK_SPIKEFILE_H
#define HK_SPIKEFILE_H

#include "sim/status.h"

#include <stddef.h>
#include <stdint.h>

typedef struct hk_spikefile hk_spikefile;

/** As hk_recorder_create, hk_recorder_reopen; nothing is at, or changed at, `path` before start. */
HK_MUST_CHECK int hk_spikefile_create(hk_ctx *ctx, const char *path, hk_spikefile **out);
HK_MUST_CHECK int hk_spikefile_reopen(hk_ctx *ctx, const char *path, hk_spikefile **out);

/** As hk_recorder_add_population; *last_ms is the time of the last spike kept, -INFINITY when there is none. */
HK_MUST_CHECK int hk_spikefile_add_population(hk_spikefile *file, hk_ctx *ctx, const char *name, uint64_t n_kept,
                                              double *last_ms);
HK_MUST_CHECK int hk_spikefile_set_attribute(hk_spikefile *file, hk_ctx *ctx, const char *name, const char *text);
HK_MUST_CHECK int hk_spikefile_start(hk_spikefile *file, hk_ctx *ctx);

/* From here on, any one thread at a time. */
HK_MUST_CHECK int hk_spikefile_append(hk_spikefile *file, hk_ctx *ctx, uint32_t population, size_t n,
                                      const double *times_ms, const uint64_t *ids);
/** What was appended becomes readable for others. */
HK_MUST_CHECK int hk_spikefile_flush(hk_spikefile *file, hk_ctx *ctx);
/** Flushes, and waits until it is on the medium. */
HK_MUST_CHECK int hk_spikefile_sync(hk_spikefile *file, hk_ctx *ctx);

/** After start: finishes the file. Frees in any case. */
HK_MUST_CHECK int hk_spikefile_close(hk_spikefile *file, hk_ctx *ctx);
/** Frees; before start, that leaves everything as it was. */
void hk_spikefile_discard(hk_spikefile *file);

#endif
