/* sim/raster.h - reading spikes from a SONATA file, whoever wrote it, also while it is being recorded or after a crash.
 *
 * What is seen is what stood in the file when it was opened; open it again to see more.
 *
 * HDF5 itself reads the file. Hillock's rasters have checksums on all of their structure, so a damaged one is refused; the
 * values have none. A file that was made to do harm is only as safe to open as the HDF5 library installed. */
#ifndef HK_RASTER_H
#define HK_RASTER_H

#include "sim/attribute.h"
#include "sim/status.h"

#include <stddef.h>
#include <stdint.h>

typedef struct hk_raster hk_raster;

/** HK_EIO when the file cannot be opened, HK_EFORMAT when it is no spike file, is damaged, or gives times in another unit
 *  than ms. */
HK_MUST_CHECK int hk_raster_open(hk_ctx *ctx, const char *path, hk_raster **out);
void hk_raster_close(hk_raster *raster);

/** Populations, by name. */
size_t hk_raster_n_populations(const hk_raster *raster);
const char *hk_raster_name(const hk_raster *raster, size_t population);
/** Spikes of a population: the length of the shorter column. At most as many as a file of that size can hold. */
uint64_t hk_raster_count(const hk_raster *raster, size_t population);
/** The population of that name: HK_ENAME lists what there is. */
HK_MUST_CHECK int hk_raster_find(const hk_raster *raster, const char *name, size_t *population);

/** Reads spikes first .. first + n - 1 of a population, in the order of the file (by time, if Hillock wrote it). Either
 *  column may be NULL. HK_ERANGE beyond the count, HK_EFORMAT when the values cannot be read, or an id is negative. */
HK_MUST_CHECK int hk_raster_read(hk_raster *raster, size_t population, uint64_t first, size_t n, double *times_ms,
                                 uint64_t *ids);

/** The attributes of the file: version, command, configuration, seed, ... Borrowed. */
const hk_attribute *hk_raster_attributes(const hk_raster *raster, size_t *n);

#endif
