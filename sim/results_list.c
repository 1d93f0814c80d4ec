/* sim/results_list.c - see results_list.h. Only hard links are followed: a link to another file may lead anywhere. */
#include "sim/results_list.h"

#include <hdf5.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Bounds against files made to do harm: hard links may form circles. Deflate shrinks at most 1032-fold, so no file holds
 * more values than that times its bytes. */
enum { DEEPEST = 16, MOST_ARRAYS = 100000, LONGEST_PATH = 4096, MOST_SHRINKING = 1032 };

typedef struct listing {
    hk_ctx *ctx;
    hk_h5disk *disk;
    uint64_t file_bytes;
    hk_results_entry *entries;
    size_t n, room;
    char path[LONGEST_PATH];
} listing;

static int unsound(const listing *list, const char *what)
{
    return hk_h5_fail(list->ctx, HK_EFORMAT, list->disk, "%s: %s: %s", hk_h5disk_path(list->disk), list->path, what);
}

hk_type hk_results_type(int64_t type)
{
    for (int t = 0; t < HK_N_TYPES; ++t)
        if (H5Tequal(type, hk_h5_file_type((hk_type)t)) > 0)
            return (hk_type)t;
    return HK_N_TYPES;
}

static char *text_or_empty(hid_t set, const char *name)
{
    char *text = hk_h5_get_text(set, name);
    return text != NULL ? text : strdup("");
}

/* Fills in the shape; a dataset without one of ours gets the type HK_N_TYPES. */
static int describe(const listing *list, hid_t set, hk_results_entry *entry)
{
    hsize_t dims[H5S_MAX_RANK];
    hid_t space = H5Dget_space(set), type = H5Dget_type(set);
    int n_dims = H5Sget_simple_extent_dims(space, dims, NULL);
    entry->type = n_dims >= 1 && n_dims <= HK_MOST_DIMS ? hk_results_type(type) : HK_N_TYPES;
    H5Tclose(type);
    H5Sclose(space);
    if (entry->type == HK_N_TYPES)
        return HK_OK;
    entry->n_dims = (unsigned)n_dims;
    const uint64_t most = list->file_bytes > UINT64_MAX / MOST_SHRINKING ? UINT64_MAX
                                                                         : list->file_bytes * MOST_SHRINKING;
    uint64_t n = 1;
    for (unsigned d = 0; d < entry->n_dims; ++d) {
        if (dims[d] > SIZE_MAX || (dims[d] > 0 && n > most / dims[d]))
            return unsound(list, "claims more values than a file of this size can hold");
        entry->shape[d] = (size_t)dims[d];
        n *= dims[d];
    }
    entry->n = (size_t)n;
    return HK_OK;
}

static int list_array(listing *list, hid_t set)
{
    if (list->n == MOST_ARRAYS)
        return unsound(list, "more than 100000 arrays");
    if (list->n == list->room) {
        size_t room = list->room == 0 ? 16 : 2 * list->room;
        hk_results_entry *entries = realloc(list->entries, room * sizeof *entries);
        if (entries == NULL)
            return hk_fail(list->ctx, HK_ENOMEM, "%s: out of memory", hk_h5disk_path(list->disk));
        list->entries = entries;
        list->room = room;
    }
    hk_results_entry *entry = &list->entries[list->n++];
    *entry = (hk_results_entry){ .name = strdup(list->path),
                                 .unit = text_or_empty(set, "units"),
                                 .description = text_or_empty(set, "description") };
    if (entry->name == NULL || entry->unit == NULL || entry->description == NULL)
        return hk_fail(list->ctx, HK_ENOMEM, "%s: out of memory", hk_h5disk_path(list->disk));
    return describe(list, set, entry);
}

static int list_group(listing *list, hid_t group, int depth);

static int list_member(listing *list, hid_t group, hsize_t i, int depth)
{
    const size_t length = strlen(list->path);
    const size_t slash = length == 0 ? 0 : 1;
    ssize_t n = H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, NULL, 0, H5P_DEFAULT);
    if (n < 0)
        return unsound(list, "cannot be listed");
    if (length + slash + (size_t)n + 1 > sizeof list->path)
        return unsound(list, "holds a name that is too long");
    if (slash == 1)
        list->path[length] = '/';
    char *name = list->path + length + slash;
    H5L_info_t link;
    int rc = HK_OK;
    if (H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, (size_t)n + 1, H5P_DEFAULT) < 0 ||
        H5Lget_info(group, name, &link, H5P_DEFAULT) < 0)
        rc = unsound(list, "cannot be listed");
    else if (link.type == H5L_TYPE_HARD) {
        hid_t object = H5Oopen(group, name, H5P_DEFAULT);
        H5I_type_t kind = object < 0 ? H5I_BADID : H5Iget_type(object);
        if (kind == H5I_GROUP)
            rc = list_group(list, object, depth + 1);
        else if (kind == H5I_DATASET)
            rc = list_array(list, object);
        else if (kind == H5I_BADID)
            rc = unsound(list, "cannot be opened");
        if (object >= 0)
            H5Oclose(object);
    }
    list->path[length] = '\0';
    return rc;
}

static int list_group(listing *list, hid_t group, int depth)
{
    H5G_info_t about;
    if (depth > DEEPEST)
        return unsound(list, "groups are nested more than 16 deep");
    if (H5Gget_info(group, &about) < 0)
        return unsound(list, "cannot be listed");
    int rc = HK_OK;
    for (hsize_t i = 0; i < about.nlinks && rc == HK_OK; ++i)
        rc = list_member(list, group, i, depth);
    return rc;
}

int hk_results_list(hk_ctx *ctx, hk_h5disk *disk, int64_t file, hk_results_entry **out, size_t *n)
{
    *out = NULL;
    *n = 0;
    listing *list = calloc(1, sizeof *list);
    struct stat about;
    if (list == NULL)
        return hk_fail(ctx, HK_ENOMEM, "%s: out of memory", hk_h5disk_path(disk));
    list->ctx = ctx;
    list->disk = disk;
    list->file_bytes = fstat(hk_h5disk_fd(disk), &about) == 0 ? (uint64_t)about.st_size : 0;
    hid_t root = H5Gopen2(file, "/", H5P_DEFAULT);
    int rc = root < 0 ? unsound(list, "no root group") : list_group(list, root, 0);
    if (root >= 0)
        H5Gclose(root);
    if (rc == HK_OK) {
        *out = list->entries;
        *n = list->n;
    } else
        hk_results_list_free(list->entries, list->n);
    free(list);
    return rc;
}

void hk_results_list_free(hk_results_entry *entries, size_t n)
{
    for (size_t i = 0; i < n; ++i) {
        free(entries[i].name);
        free(entries[i].unit);
        free(entries[i].description);
    }
    free(entries);
}
