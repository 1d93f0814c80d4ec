/* experiments/readouts/catalogue.h - the readouts that come with Hillock: how spikes become decisions. */
#ifndef HK_READOUTS_CATALOGUE_H
#define HK_READOUTS_CATALOGUE_H

#include <stddef.h>

/** A readout as `hillock list` and `hillock show` tell of it; its functions stand in its own header. */
typedef struct hk_readout {
    const char *name, *summary, *source; /* "vote"; one line; the paper */
} hk_readout;

/** All of them; *n is their number. */
const hk_readout *const *hk_readouts(size_t *n);

#endif
