/* experiments/class_warning.c - see class_warning.h. */
#include "experiments/class_warning.h"

#include <stdio.h>

void hk_warn_of_classes(hk_run *run, const hk_images *images, const char *purpose)
{
    size_t seen[HK_DATASET_CLASSES] = { 0 };
    char missing[4 * HK_DATASET_CLASSES] = "";
    int length = 0;
    for (size_t i = 0; i < images->n; i++)
        seen[images->labels[i]]++;
    for (int c = 0; c < HK_DATASET_CLASSES; c++)
        if (seen[c] == 0)
            length += snprintf(missing + length, sizeof missing - (size_t)length, "%s%d", length == 0 ? "" : ", ", c);
    if (length > 0)
        hk_run_warn(run, "none of the %zu images %s is of class %s, so no image of such a class will be decided right",
                    images->n, purpose, missing);
}
