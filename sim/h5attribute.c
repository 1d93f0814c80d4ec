/* sim/h5attribute.c - attributes of HDF5 objects: see h5.h. Whatever the type, they are read as text, for people. */
#include "sim/h5.h"

#include <hdf5.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A fixed-length text that claims more bytes is not believed; more numbers are counted instead of listed. */
enum { LONGEST_TEXT = 1 << 20, MOST_NUMBERS = 16 };

/* Takes `space` over. */
static int put_attribute(hid_t object, const char *name, hid_t space, hid_t file_type, hid_t memory_type,
                         const void *value)
{
    int rc = -1;
    htri_t there = H5Aexists(object, name);
    hid_t attribute = H5I_INVALID_HID;
    if (there == 0 || (there > 0 && H5Adelete(object, name) >= 0))
        attribute = H5Acreate2(object, name, file_type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute >= 0) {
        rc = H5Awrite(attribute, memory_type, value);
        if (H5Aclose(attribute) < 0)
            rc = -1;
    }
    H5Sclose(space);
    return rc;
}

int hk_h5_put_text(int64_t object, const char *name, const char *text)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    int rc = -1;
    if (H5Tset_size(type, H5T_VARIABLE) >= 0 && H5Tset_cset(type, H5T_CSET_UTF8) >= 0)
        rc = put_attribute(object, name, H5Screate(H5S_SCALAR), type, type, &text);
    H5Tclose(type);
    return rc;
}

int hk_h5_put_number(int64_t object, const char *name, hk_type type, const void *value)
{
    return put_attribute(object, name, H5Screate(H5S_SCALAR), hk_h5_file_type(type), hk_h5_memory_type(type), value);
}

int hk_h5_put_numbers(int64_t object, const char *name, hk_type type, const void *values, size_t n)
{
    return put_attribute(object, name, H5Screate_simple(1, (hsize_t[]){ n }, NULL), hk_h5_file_type(type),
                         hk_h5_memory_type(type), values);
}

static char *read_string(hid_t attribute, hid_t type)
{
    if (H5Tis_variable_str(type) > 0) {
        char *theirs = NULL, *ours = NULL;
        if (H5Aread(attribute, type, &theirs) >= 0 && theirs != NULL)
            ours = strdup(theirs);
        H5free_memory(theirs);
        return ours;
    }
    size_t size = H5Tget_size(type);
    if (size == 0 || size > LONGEST_TEXT)
        return NULL;
    char *text = calloc(1, size + 1);
    if (text != NULL && H5Aread(attribute, type, text) < 0) {
        free(text);
        return NULL;
    }
    if (text != NULL && H5Tget_strpad(type) == H5T_STR_SPACEPAD)
        while (size > 0 && text[size - 1] == ' ')
            text[--size] = '\0';
    return text;
}

static char *read_enum(hid_t attribute, hid_t type)
{
    unsigned char value[16] = { 0 };
    char name[256];
    if (H5Tget_size(type) > sizeof value || H5Aread(attribute, type, value) < 0 ||
        H5Tenum_nameof(type, value, name, sizeof name) < 0)
        return NULL;
    return strdup(name);
}

static char *read_numbers(hid_t attribute, hid_t type, size_t n)
{
    union {
        double reals[MOST_NUMBERS];
        int64_t integers[MOST_NUMBERS];
        uint64_t naturals[MOST_NUMBERS];
    } values;
    char text[MOST_NUMBERS * 32] = "";
    bool real = H5Tget_class(type) == H5T_FLOAT, is_signed = !real && H5Tget_sign(type) == H5T_SGN_2;
    if (H5Aread(attribute, real ? H5T_NATIVE_DOUBLE : is_signed ? H5T_NATIVE_INT64 : H5T_NATIVE_UINT64, &values) < 0)
        return NULL;
    for (size_t i = 0, at = 0; i < n; ++i) {
        const char *comma = i == 0 ? "" : ", ";
        if (real)
            at += (size_t)snprintf(text + at, sizeof text - at, "%s%.17g", comma, values.reals[i]);
        else if (is_signed)
            at += (size_t)snprintf(text + at, sizeof text - at, "%s%" PRId64, comma, values.integers[i]);
        else
            at += (size_t)snprintf(text + at, sizeof text - at, "%s%" PRIu64, comma, values.naturals[i]);
    }
    return strdup(text);
}

static char *read_any(hid_t attribute)
{
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    hssize_t n = H5Sget_simple_extent_npoints(space);
    H5T_class_t kind = H5Tget_class(type);
    char *text = NULL;
    if (kind == H5T_STRING && n == 1)
        text = read_string(attribute, type);
    else if (kind == H5T_ENUM && n == 1)
        text = read_enum(attribute, type);
    else if ((kind == H5T_INTEGER || kind == H5T_FLOAT) && n >= 0 && n <= MOST_NUMBERS)
        text = read_numbers(attribute, type, (size_t)n);
    H5Sclose(space);
    H5Tclose(type);
    return text;
}

char *hk_h5_get_text(int64_t object, const char *name)
{
    if (H5Aexists(object, name) <= 0)
        return NULL;
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    if (attribute < 0)
        return NULL;
    char *text = read_any(attribute);
    H5Aclose(attribute);
    return text;
}

typedef struct listing {
    hk_attribute *attributes;
    size_t n;
} listing;

static herr_t list_one(hid_t object, const char *name, const H5A_info_t *info, void *user)
{
    listing *list = user;
    (void)info;
    hk_attribute *attributes = realloc(list->attributes, (list->n + 1) * sizeof *attributes);
    if (attributes == NULL)
        return -1;
    list->attributes = attributes;
    hk_attribute new = { .name = strdup(name), .text = hk_h5_get_text(object, name) };
    if (new.text == NULL) /* a kind that has no text here */
        new.text = strdup("?");
    attributes[list->n++] = new;
    return new.name == NULL || new.text == NULL ? -1 : 0;
}

int hk_h5_list_attributes(int64_t object, hk_attribute **out, size_t *n)
{
    listing list = { 0 };
    int rc = H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, NULL, list_one, &list);
    if (rc < 0) {
        hk_attributes_free(list.attributes, list.n);
        list = (listing){ 0 };
    }
    *out = list.attributes;
    *n = list.n;
    return rc;
}

void hk_attributes_free(hk_attribute *attributes, size_t n)
{
    for (size_t i = 0; i < n; ++i) {
        free(attributes[i].name);
        free(attributes[i].text);
    }
    free(attributes);
}
