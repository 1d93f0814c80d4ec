/* sim/type.c - see type.h. */
#include "sim/type.h"

static const struct {
    size_t size;
    const char *name;
} types[HK_N_TYPES] = {
    [HK_U8] = { 1, "uint8" },  [HK_U16] = { 2, "uint16" },  [HK_U32] = { 4, "uint32" },  [HK_U64] = { 8, "uint64" },
    [HK_I64] = { 8, "int64" }, [HK_F32] = { 4, "float32" }, [HK_F64] = { 8, "float64" }, [HK_I32] = { 4, "int32" },
};

size_t hk_type_size(hk_type type)
{
    return (unsigned)type < HK_N_TYPES ? types[type].size : 0;
}

const char *hk_type_name(hk_type type)
{
    return (unsigned)type < HK_N_TYPES ? types[type].name : "unknown type";
}
