/* sim/type.h - the kinds of numbers that arrays in files are made of. */
#ifndef HK_TYPE_H
#define HK_TYPE_H

#include <stddef.h>

/* Files hold little-endian values in whole arrays that are read as they stand. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "Hillock needs a little-endian machine");

/* The numbers stand in checkpoint files: new types come at the end. */
typedef enum hk_type { HK_U8, HK_U16, HK_U32, HK_U64, HK_I64, HK_F32, HK_F64, HK_I32, HK_N_TYPES } hk_type;

enum { HK_MOST_DIMS = 3 };

/** Bytes of one value; 0 for a number that is no type. */
size_t hk_type_size(hk_type type);
/** As NumPy calls it, "float64"; "unknown type" for a number that is none. */
const char *hk_type_name(hk_type type);

#endif
