/* sim/recorder.h - spike rasters streamed to a SONATA file while the simulation runs.
 *
 *   /spikes/<population>/timestamps  float64, ms      /spikes/<population>/node_ids  uint64
 *
 * One writer thread owns the file; spikes reach it through a bounded queue, so that a slow disk slows the run down
 * instead of filling the memory. Results that are known only at the end (weights, curves) are added by results.h after
 * closing.
 *
 * While the run goes on, the file can be read at any time, with nothing special to do: h5py.File(path, "r"), h5dump,
 * h5ls, and hk_raster_open() show what stood there at the last flush; h5py.File(path, "r", swmr=True) also follows it, with
 * dataset.refresh(). Programs that want to write to it are refused (by HDF5's file lock). The two columns of a
 * population are written one after the other: the shorter one counts, and hk_raster_read() does so.
 *
 * After a crash or SIGKILL, at any moment, the same holds: the file opens and has a prefix of each population's spikes, up
 * to the last flush. After a power failure that is so for the last hk_recorder_sync(); what was written later may be
 * incomplete. After a full disk, what was written before stays readable. A new file gets its name at start: until
 * then it is called "<path>.<process>.part".
 *
 * Values are not compressed; "h5repack -f SHUF -f GZIP=1 in.h5 out.h5" does that afterwards.
 *
 * Layout: the SONATA developer guide, github.com/AllenInstitute/sonata. */
#ifndef HK_RECORDER_H
#define HK_RECORDER_H

#include "sim/status.h"

#include <stddef.h>
#include <stdint.h>

typedef struct hk_recorder hk_recorder;

typedef struct hk_recorder_config {
    const char *path;
    size_t queue_bytes;      /* > 0: bound of what waits for the writer thread; at least 8 KiB are used */
    double flush_interval_s; /* > 0: at least this often what was written becomes readable for others */
} hk_recorder_config;

/** Creates (replaces, at start) the file. HK_EIO naming path and reason, also when another program has a file of that
 *  name open; HK_ENOMEM, HK_ERANGE. */
HK_MUST_CHECK int hk_recorder_create(hk_ctx *ctx, const hk_recorder_config *cfg, hk_recorder **out);
/** Opens an existing file to go on writing; the populations of the file are cut back to the numbers of spikes given to
 *  hk_recorder_add_population (what came after a checkpoint is dropped), at start. HK_EIO, HK_EFORMAT. */
HK_MUST_CHECK int hk_recorder_reopen(hk_ctx *ctx, const hk_recorder_config *cfg, hk_recorder **out);

/** Before start: adds /spikes/<name>; `n_kept` spikes are kept when reopened (0 for a new file, or a population that the
 *  file does not have yet). *index is for hk_recorder_write, counted from 0 in the order of adding. HK_ERANGE: name empty,
 *  with '/', or taken; or n_kept beyond what the file has. */
HK_MUST_CHECK int hk_recorder_add_population(hk_recorder *recorder, const char *name, uint64_t n_kept, uint32_t *index);
/** Before start: a root attribute (text), such as version, command, configuration, seed. */
HK_MUST_CHECK int hk_recorder_set_attribute(hk_recorder *recorder, const char *name, const char *text);
/** Starts the writer thread and SWMR; no more populations or attributes after it. HK_EIO; HK_EFORMAT when a reopened file
 *  has a population that was not added. */
HK_MUST_CHECK int hk_recorder_start(hk_recorder *recorder);

/** Hands n spikes to the writer (copied); waits while the queue is full. Called by one thread at a time. HK_ERANGE, and
 *  nothing is taken: a time that is not finite, or before the last one of that population. HK_EIO once writing has failed
 *  (disk full, ...), with the reason in the recorder's context; the run may go on, but its spikes are dropped. */
HK_MUST_CHECK int hk_recorder_write(hk_recorder *recorder, uint32_t index, size_t n, const double *times_ms,
                                    const uint32_t *ids);
/** Waits until everything handed over is written, flushed and synced to disk. HK_EIO. */
HK_MUST_CHECK int hk_recorder_sync(hk_recorder *recorder);
/** Spikes handed over so far for a population, kept ones included. */
uint64_t hk_recorder_count(const hk_recorder *recorder, uint32_t index);

/** Writes what waits, closes and frees, also after a failure. HK_EIO when not everything reached the file. A recorder that
 *  was not started leaves everything as it was. NULL is fine. */
HK_MUST_CHECK int hk_recorder_close(hk_recorder *recorder);

#endif
