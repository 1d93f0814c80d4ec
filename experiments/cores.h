/* experiments/cores.h - how many processor cores this process may use. */
#ifndef HK_CORES_H
#define HK_CORES_H

/** At least 1. */
unsigned hk_cores(void);

#endif
