/* experiments/datasets/dataset.c - see dataset.h. */
#include "experiments/datasets/dataset.h"

#include "experiments/datasets/glyphs.h"
#include "experiments/datasets/idx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char *const hk_dataset_names[] = { "auto", "mnist", "fashion", "glyphs", NULL };

enum { TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS, N_FILES };

static const char *const file_names[N_FILES] = {
    [TRAIN_IMAGES] = "train-images-idx3-ubyte",
    [TRAIN_LABELS] = "train-labels-idx1-ubyte",
    [TEST_IMAGES] = "t10k-images-idx3-ubyte",
    [TEST_LABELS] = "t10k-labels-idx1-ubyte",
};

/* A data set that comes as files. */
typedef struct source {
    const char *name, *title;
    const char *installed; /* folder where a package puts it, or NULL */
    const char *how_to_get;
    uint32_t crc[N_FILES]; /* of the published files, unzipped */
} source;

static const source mnist = {
    .name = "mnist",
    .title = "MNIST",
    .how_to_get = "`make data` downloads it",
    .crc = { 0xe9f4d8b3, 0xe0cb4ad2, 0x91373bdf, 0x4ab9eff9 },
};

static const source fashion = {
    .name = "fashion",
    .title = "Fashion-MNIST",
    .installed = "/usr/share/datasets/fashion-mnist",
    .how_to_get = "Debian's package dataset-fashion-mnist installs it",
    .crc = { 0xb4f29f28, 0x741a4657, 0x678fe0b1, 0x80142c1f },
};

typedef char path_text[4096];

enum { N_PLACES = 4 };

/* Place number `place` of a source; false when there is none (a variable is not set, the path would be too long). */
static bool place_of(const source *from, int place, path_text folder)
{
    const char *root = NULL, *inside = "";
    int length = 0;
    switch (place) {
    case 0:
        root = getenv("HILLOCK_DATA");
        break;
    case 1:
        root = "data";
        break;
    case 2:
        root = getenv("HOME");
        inside = "/.local/share/hillock";
        break;
    default:
        if (from->installed == NULL)
            return false;
        length = snprintf(folder, sizeof(path_text), "%s", from->installed);
        return length < (int)sizeof(path_text);
    }
    if (root == NULL || *root == '\0')
        return false;
    length = snprintf(folder, sizeof(path_text), "%s%s/%s", root, inside, from->name);
    return length < (int)sizeof(path_text);
}

/* The path of a file in `folder`, plain or gzipped. */
static bool find_file(const char *folder, int file, path_text path)
{
    static const char *const endings[] = { "", ".gz" };
    for (int i = 0; i < 2; i++) {
        struct stat is;
        int length = snprintf(path, sizeof(path_text), "%s/%s%s", folder, file_names[file], endings[i]);
        if (length < (int)sizeof(path_text) && stat(path, &is) == 0)
            return true;
    }
    return false;
}

/* Finds the folder with all four files. HK_OK with *found false: in no place is any of them. */
static int find_folder(hk_ctx *ctx, const source *from, path_text folder, bool *found)
{
    *found = false;
    for (int place = 0; place < N_PLACES; place++) {
        path_text path;
        int n_files = 0, missing = 0;
        if (!place_of(from, place, folder))
            continue;
        for (int file = 0; file < N_FILES; file++) {
            bool is_there = find_file(folder, file, path);
            n_files += is_there;
            missing = is_there ? missing : file;
        }
        if (n_files > 0 && n_files < N_FILES)
            return hk_fail(ctx, HK_EFORMAT,
                           "%s: has only %d of the %d files of %s; %s, plain or with .gz, is missing; %s", folder,
                           n_files, (int)N_FILES, from->title, file_names[missing], from->how_to_get);
        *found = n_files == N_FILES;
        if (*found)
            return HK_OK;
    }
    return HK_OK;
}

static int fail_not_found(hk_ctx *ctx, const source *from)
{
    char places[N_PLACES * (sizeof(path_text) + 2)];
    size_t used = 0;
    for (int place = 0; place < N_PLACES; place++) {
        path_text folder;
        if (!place_of(from, place, folder))
            continue;
        if (used > 0) {
            memcpy(places + used, ", ", 2);
            used += 2;
        }
        size_t length = strlen(folder);
        memcpy(places + used, folder, length);
        used += length;
    }
    places[used] = '\0';
    return hk_fail(ctx, HK_ENAME, "data %s: %s; not found in %s", from->name, from->how_to_get, places);
}

static int check_pair(hk_ctx *ctx, const char *folder, const hk_idx *images, const hk_idx *labels, const char *what)
{
    if (images->n_dims != 3 || labels->n_dims != 1)
        return hk_fail(ctx, HK_EFORMAT, "%s: %s images have %u dimensions and labels %u, must be 3 and 1", folder, what,
                       images->n_dims, labels->n_dims);
    if (images->dims[0] != labels->dims[0])
        return hk_fail(ctx, HK_EFORMAT, "%s: %u %s images but %u labels", folder, images->dims[0], what,
                       labels->dims[0]);
    for (size_t i = 0; i < labels->n; i++)
        if (labels->values[i] >= HK_DATASET_CLASSES)
            return hk_fail(ctx, HK_EFORMAT, "%s: %s label %zu is %u, must be 0 to %d", folder, what, i,
                           labels->values[i], HK_DATASET_CLASSES - 1);
    return HK_OK;
}

/* Moves the first n of a checked pair of files into *out. */
static int take(hk_ctx *ctx, const char *folder, const char *what, hk_idx *images, hk_idx *labels, size_t n,
                hk_images *out)
{
    if (n != HK_DATASET_ALL && n > labels->n)
        return hk_fail(ctx, HK_ERANGE, "%zu %s images asked for, but %s has %zu", n, what, folder, labels->n);
    out->n = n == HK_DATASET_ALL ? labels->n : n;
    out->rows = images->dims[1];
    out->cols = images->dims[2];
    out->pixels = images->values;
    out->labels = labels->values;
    images->values = labels->values = NULL;
    if (out->n < labels->n) { /* a smaller block can only fail by staying as large as it was */
        uint8_t *smaller = realloc(out->pixels, out->n * out->rows * out->cols);
        out->pixels = smaller == NULL ? out->pixels : smaller;
    }
    return HK_OK;
}

static int load_files(hk_ctx *ctx, const source *from, const hk_dataset_request *request, hk_dataset *out)
{
    hk_idx idx[N_FILES] = { { 0 } };
    int rc = HK_OK;
    out->name = from->name;
    out->is_original = true;
    for (int file = 0; file < N_FILES && rc == HK_OK; file++) {
        path_text path;
        if (!find_file(out->path, file, path))
            rc = hk_fail(ctx, HK_EIO, "%s/%s: has just disappeared", out->path, file_names[file]);
        else
            rc = hk_idx_read(ctx, path, &idx[file]);
        if (rc == HK_OK && hk_idx_crc(&idx[file]) != from->crc[file])
            out->is_original = false;
    }
    if (rc == HK_OK)
        rc = check_pair(ctx, out->path, &idx[TRAIN_IMAGES], &idx[TRAIN_LABELS], "training");
    if (rc == HK_OK)
        rc = check_pair(ctx, out->path, &idx[TEST_IMAGES], &idx[TEST_LABELS], "test");
    if (rc == HK_OK && memcmp(&idx[TRAIN_IMAGES].dims[1], &idx[TEST_IMAGES].dims[1], 2 * sizeof(uint32_t)) != 0)
        rc = hk_fail(ctx, HK_EFORMAT, "%s: training images are %u x %u, test images %u x %u", out->path,
                     idx[TRAIN_IMAGES].dims[1], idx[TRAIN_IMAGES].dims[2], idx[TEST_IMAGES].dims[1],
                     idx[TEST_IMAGES].dims[2]);
    if (rc == HK_OK)
        rc = take(ctx, out->path, "training", &idx[TRAIN_IMAGES], &idx[TRAIN_LABELS], request->n_train, &out->train);
    if (rc == HK_OK)
        rc = take(ctx, out->path, "test", &idx[TEST_IMAGES], &idx[TEST_LABELS], request->n_test, &out->test);
    for (int file = 0; file < N_FILES; file++)
        hk_idx_fini(&idx[file]);
    if (rc == HK_OK)
        snprintf(out->report, sizeof out->report, "%s, %zu training and %zu test images of %u x %u from %s (%s)",
                 from->title, out->train.n, out->test.n, out->train.rows, out->train.cols, out->path,
                 out->is_original ? "the published files, by checksum" : "not the content of the published files");
    return rc;
}

static int draw_glyphs(hk_ctx *ctx, uint64_t seed, uint64_t first, size_t n, hk_images *out)
{
    if (n > SIZE_MAX / HK_GLYPH_PIXELS)
        return hk_fail(ctx, HK_ENOMEM, "glyphs: no memory for %zu images", n);
    *out = (hk_images){ .n = n, .rows = HK_GLYPH_SIDE, .cols = HK_GLYPH_SIDE };
    out->pixels = malloc(n * HK_GLYPH_PIXELS);
    out->labels = malloc(n);
    if (out->pixels == NULL || out->labels == NULL)
        return hk_fail(ctx, HK_ENOMEM, "glyphs: no memory for %zu images", n);
    for (size_t i = 0; i < n; i++)
        out->labels[i] = hk_glyph_draw(seed, first + i, out->pixels + i * HK_GLYPH_PIXELS);
    return HK_OK;
}

static int load_glyphs(hk_ctx *ctx, const hk_dataset_request *request, hk_dataset *out)
{
    const uint64_t first_test = UINT64_C(1000000000000); /* a multiple of ten; memory ends long before */
    size_t n_train = request->n_train == HK_DATASET_ALL ? 60000 : request->n_train;
    size_t n_test = request->n_test == HK_DATASET_ALL ? 10000 : request->n_test;
    out->name = "glyphs";
    out->is_original = true;
    int rc = draw_glyphs(ctx, request->glyph_seed, 0, n_train, &out->train);
    if (rc == HK_OK)
        rc = draw_glyphs(ctx, request->glyph_seed, first_test, n_test, &out->test);
    if (rc == HK_OK)
        snprintf(out->report, sizeof out->report,
                 "glyphs, %zu training and %zu test images of %d x %d drawn by Hillock from seed %llu", n_train, n_test,
                 HK_GLYPH_SIDE, HK_GLYPH_SIDE, (unsigned long long)request->glyph_seed);
    return rc;
}

/* With `optional` a source whose files are in no place is no failure; then *found is false. */
static int load_source(hk_ctx *ctx, const source *from, const hk_dataset_request *request, bool optional, bool *found,
                       hk_dataset *out)
{
    int rc = find_folder(ctx, from, out->path, found);
    if (rc == HK_OK && *found)
        rc = load_files(ctx, from, request, out);
    else if (rc == HK_OK && !optional)
        rc = fail_not_found(ctx, from);
    if (rc == HK_OK && !*found)
        out->path[0] = '\0';
    return rc;
}

static int load_first(hk_ctx *ctx, const hk_dataset_request *request, hk_dataset *out)
{
    bool found = false;
    int rc = load_source(ctx, &mnist, request, true, &found, out);
    if (rc != HK_OK || found)
        return rc;
    rc = load_source(ctx, &fashion, request, true, &found, out);
    if (rc == HK_OK && !found)
        rc = load_glyphs(ctx, request, out);
    if (rc == HK_OK) {
        size_t used = strlen(out->report);
        snprintf(out->report + used, sizeof out->report - used, " (MNIST was not found: `make data` downloads it)");
    }
    return rc;
}

int hk_dataset_load(hk_ctx *ctx, const hk_dataset_request *request, hk_dataset *out)
{
    bool found = false;
    int rc = HK_OK;
    memset(out, 0, sizeof *out);
    if (request->n_train == 0 || request->n_test == 0)
        return hk_fail(ctx, HK_ERANGE,
                       "data %s: %zu training and %zu test images asked for, must be at least 1 of each", request->name,
                       request->n_train, request->n_test);
    if (strcmp(request->name, "auto") == 0)
        rc = load_first(ctx, request, out);
    else if (strcmp(request->name, mnist.name) == 0)
        rc = load_source(ctx, &mnist, request, false, &found, out);
    else if (strcmp(request->name, fashion.name) == 0)
        rc = load_source(ctx, &fashion, request, false, &found, out);
    else if (strcmp(request->name, "glyphs") == 0)
        rc = load_glyphs(ctx, request, out);
    else
        rc = hk_fail(ctx, HK_ENAME, "no data set is called '%s'; there are: auto, mnist, fashion, glyphs",
                     request->name);
    if (rc != HK_OK)
        hk_dataset_fini(out);
    return rc;
}

void hk_dataset_fini(hk_dataset *dataset)
{
    free(dataset->train.pixels);
    free(dataset->train.labels);
    free(dataset->test.pixels);
    free(dataset->test.labels);
    memset(dataset, 0, sizeof *dataset);
}

hk_images hk_images_part(const hk_images *images, size_t first, size_t n)
{
    hk_images out = *images;
    out.n = n;
    out.pixels += first * images->rows * images->cols;
    out.labels += first;
    return out;
}

void hk_images_values(const hk_images *images, size_t i, float *values)
{
    size_t n = (size_t)images->rows * images->cols;
    const uint8_t *pixels = images->pixels + i * n;
    for (size_t k = 0; k < n; k++)
        values[k] = (float)pixels[k] / 255.0f;
}
