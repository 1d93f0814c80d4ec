/* sim/attribute.h - what a file says about itself, as text. */
#ifndef HK_ATTRIBUTE_H
#define HK_ATTRIBUTE_H

#include <stddef.h>

typedef struct hk_attribute {
    char *name;
    char *text; /* numbers are written out in full, separated by ", "; "?" for a kind of value that is no text */
} hk_attribute;

void hk_attributes_free(hk_attribute *attributes, size_t n);

#endif
