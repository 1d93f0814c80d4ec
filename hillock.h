/* hillock.h - all of Hillock's public interface: #include <hillock/hillock.h>
 *
 * A program makes a context for error sentences (sim/status.h), a simulation (sim/simulation.h), populations of models
 * and projections between them, and takes models, learning rules and codes from the three catalogues by name. */
#ifndef HILLOCK_H
#define HILLOCK_H

#include "sim/version.h"
#include "sim/status.h"
#include "sim/mathfn.h"
#include "sim/simulation.h"
#include "sim/probe.h"

#include "neurons/catalogue.h"
#include "plasticity/catalogue.h"
#include "encoders/catalogue.h"

#endif
