/* experiments/circuit_reference.h - compares the distributions of a run, over the neurons of each population, with those of
 * other runs of the same network: other seeds, another integrator, another version.
 *
 * The measure is the Kolmogorov-Smirnov distance. What distances are to be expected, the references say themselves: a run is
 * within their spread when it is no further from the nearest of them than some two of them are from each other, in every
 * population and distribution. That takes two references; with one, distances are reported and nothing is judged. */
#ifndef HK_CIRCUIT_REFERENCE_H
#define HK_CIRCUIT_REFERENCE_H

#include "experiments/circuit_run.h"

enum { HK_REFERENCE_MOST_FILES = 5 };

/** Opens the files named in the option `reference`, separated by commas, reports, and sets the keys distance_rate, distance_cv,
 *  distance_correlation and within_spread of the summary; nothing when there are none. HK_EIO, HK_EFORMAT, HK_ENAME: a file, or a distribution in it, is not there; HK_ERANGE: too many
 *  files, or the statistics of one cover another time. */
HK_MUST_CHECK int hk_circuit_compare(const hk_circuit_run *r);

#endif
