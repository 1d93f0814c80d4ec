/* experiments/circuit_reference.h - compares the distributions of a run, over the neurons of each population, with those of
 * other runs of the same network: other seeds, another integrator, another version.
 *
 * The measure is the Kolmogorov-Smirnov distance. What distances are to be expected, the references say themselves: in one
 * population and distribution a run lies outside their spread when it is further from the nearest of them than any two of
 * them are from each other. Of n + 1 runs of one kind at most one can lie so far off the n others, so that chance puts a
 * run there with a probability of at most 1 / (n + 1). The run as a whole is judged by how often it lies outside: it may do
 * so as often as 95 % of independent trials of that probability would. That takes two references; with one, distances are
 * reported and nothing is judged. */
#ifndef HK_CIRCUIT_REFERENCE_H
#define HK_CIRCUIT_REFERENCE_H

#include "experiments/circuit_run.h"

enum { HK_REFERENCE_MOST_FILES = 5 };

/** Opens the files named in the option `reference`, separated by commas, reports, and sets the keys distance_rate, distance_cv,
 *  distance_correlation outside_spread and within_spread of the summary; nothing when there are none. HK_EIO, HK_EFORMAT, HK_ENAME: a file, or a distribution in it, is not there; HK_ERANGE: too many
 *  files, or the statistics of one cover another time. */
HK_MUST_CHECK int hk_circuit_compare(const hk_circuit_run *r);

#endif
