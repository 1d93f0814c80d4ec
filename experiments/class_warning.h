/* experiments/class_warning.h - a class of which there is no image cannot be learnt: said before a run begins. */
#ifndef HK_CLASS_WARNING_H
#define HK_CLASS_WARNING_H

#include "experiments/datasets/dataset.h"
#include "experiments/experiment.h"

/** Warns of classes that none of the images has. `purpose` completes "images ...": "to learn from". */
void hk_warn_of_classes(hk_run *run, const hk_images *images, const char *purpose);

#endif
