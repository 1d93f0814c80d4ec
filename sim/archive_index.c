/* sim/archive_index.c - see archive_index.h. */
#include "sim/archive_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* Footer: magic 8, format 4, number of entries 4, address of the table 8, its size 8, its CRC 4, CRC of the footer 4. */
enum { FOOTER_SIZE = 40, FORMAT_AT = 8, N_AT = 12, ADDRESS_AT = 16, SIZE_AT = 24, CRC_AT = 32, FOOTER_CRC_AT = 36 };
/* Entry: kind 1, length of the path 2, n 8, address 8, CRC 4, then the path. */
enum { ENTRY_SIZE = 23, LONGEST_PATH = UINT16_MAX };

static const unsigned char magic[8] = { 'H', 'K', 'C', 'H', 'K', 'P', 'T', '\n' };

static unsigned char *put(unsigned char *at, uint64_t value, int n)
{
    for (int i = 0; i < n; ++i)
        *at++ = (unsigned char)(value >> 8 * i);
    return at;
}

static uint64_t get(const unsigned char *at, int n)
{
    uint64_t value = 0;
    for (int i = 0; i < n; ++i)
        value |= (uint64_t)at[i] << 8 * i;
    return value;
}

static uint32_t crc_of(const unsigned char *bytes, size_t n)
{
    return (uint32_t)crc32_z(0, bytes, n);
}

void hk_archive_index_fini(hk_archive_index *index)
{
    for (size_t i = 0; i < index->n; ++i)
        free(index->entries[i].path);
    free(index->entries);
    free(index->program);
    *index = (hk_archive_index){ 0 };
}

int hk_archive_index_add(hk_archive_index *index, const hk_archive_entry *entry)
{
    if (index->n == index->room) {
        size_t room = index->room == 0 ? 16 : 2 * index->room;
        hk_archive_entry *entries = realloc(index->entries, room * sizeof *entries);
        if (entries == NULL)
            return HK_ENOMEM;
        index->entries = entries;
        index->room = room;
    }
    char *path = strdup(entry->path);
    if (path == NULL)
        return HK_ENOMEM;
    index->entries[index->n] = *entry;
    index->entries[index->n++].path = path;
    return HK_OK;
}

const hk_archive_entry *hk_archive_index_find(hk_archive_index *index, const char *path)
{
    for (size_t tried = 0; tried < index->n; ++tried) {
        size_t i = (index->next + tried) % index->n;
        if (strcmp(index->entries[i].path, path) == 0) {
            index->next = i + 1;
            return &index->entries[i];
        }
    }
    return NULL;
}

uint64_t hk_archive_entry_bytes(const hk_archive_entry *entry)
{
    if (entry->kind == HK_ENTRY_GROUP)
        return 0;
    uint64_t size = entry->kind == HK_ENTRY_TEXT ? 1 : hk_type_size((hk_type)entry->kind);
    return entry->n > UINT64_MAX / size ? UINT64_MAX : entry->n * size;
}

int hk_archive_index_encode(const hk_archive_index *index, uint64_t address, unsigned char **out, size_t *size)
{
    size_t program = strlen(index->program);
    size_t table = 2 + program;
    for (size_t i = 0; i < index->n; ++i)
        table += ENTRY_SIZE + strlen(index->entries[i].path);
    unsigned char *bytes = malloc(table + FOOTER_SIZE);
    if (bytes == NULL)
        return HK_ENOMEM;
    unsigned char *at = put(bytes, program, 2);
    memcpy(at, index->program, program);
    at += program;
    for (size_t i = 0; i < index->n; ++i) {
        const hk_archive_entry *entry = &index->entries[i];
        size_t length = strlen(entry->path);
        at = put(at, (uint64_t)entry->kind, 1);
        at = put(at, length, 2);
        at = put(at, entry->n, 8);
        at = put(at, entry->address, 8);
        at = put(at, entry->crc, 4);
        memcpy(at, entry->path, length);
        at += length;
    }
    unsigned char *footer = at;
    memcpy(footer, magic, sizeof magic);
    put(footer + FORMAT_AT, HK_ARCHIVE_FORMAT, 4);
    put(footer + N_AT, index->n, 4);
    put(footer + ADDRESS_AT, address, 8);
    put(footer + SIZE_AT, table, 8);
    put(footer + CRC_AT, crc_of(bytes, table), 4);
    put(footer + FOOTER_CRC_AT, crc_of(footer, FOOTER_CRC_AT), 4);
    *out = bytes;
    *size = table + FOOTER_SIZE;
    return HK_OK;
}

int hk_archive_read_bytes(hk_ctx *ctx, const char *path, int fd, uint64_t address, void *out, size_t size)
{
    unsigned char *to = out;
    while (size > 0) {
        ssize_t n = pread(fd, to, size, (off_t)address);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return hk_fail(ctx, HK_EIO, "%s: cannot read: %s", path, strerror(errno));
        if (n == 0)
            return hk_fail(ctx, HK_EFORMAT, "%s: the file ends at byte %llu, in the middle of a value", path,
                           (unsigned long long)address);
        to += n;
        address += (uint64_t)n;
        size -= (size_t)n;
    }
    return HK_OK;
}

/* Takes the next entry off the table; HK_EFORMAT when it does not fit into the table or points behind `end`. */
static int decode_entry(hk_archive_index *index, const unsigned char **at, const unsigned char *table_end, uint64_t end)
{
    if ((size_t)(table_end - *at) < ENTRY_SIZE)
        return HK_EFORMAT;
    size_t length = (size_t)get(*at + 1, 2);
    hk_archive_entry entry = {
        .kind = (*at)[0], .n = get(*at + 3, 8), .address = get(*at + 11, 8), .crc = (uint32_t)get(*at + 19, 4)
    };
    *at += ENTRY_SIZE;
    if ((size_t)(table_end - *at) < length || memchr(*at, '\0', length) != NULL)
        return HK_EFORMAT;
    if (entry.kind >= HK_N_TYPES && entry.kind != HK_ENTRY_TEXT && entry.kind != HK_ENTRY_GROUP)
        return HK_EFORMAT;
    if (entry.address > end || hk_archive_entry_bytes(&entry) > end - entry.address)
        return HK_EFORMAT;
    entry.path = strndup((const char *)*at, length);
    if (entry.path == NULL)
        return HK_ENOMEM;
    *at += length;
    int rc = hk_archive_index_add(index, &entry);
    free(entry.path);
    return rc;
}

static int decode_table(hk_archive_index *index, const unsigned char *table, size_t size, uint64_t n, uint64_t end)
{
    const unsigned char *at = table, *table_end = table + size;
    size_t program = size < 2 ? 0 : (size_t)get(at, 2);
    if (size < 2 || size - 2 < program)
        return HK_EFORMAT;
    index->program = strndup((const char *)at + 2, program);
    if (index->program == NULL)
        return HK_ENOMEM;
    at += 2 + program;
    int rc = HK_OK;
    for (uint64_t i = 0; i < n && rc == HK_OK; ++i)
        rc = decode_entry(index, &at, table_end, end);
    return rc == HK_OK && at != table_end ? HK_EFORMAT : rc;
}

int hk_archive_index_read(hk_ctx *ctx, const char *path, int fd, hk_archive_index *out)
{
    *out = (hk_archive_index){ 0 };
    struct stat about;
    if (fstat(fd, &about) != 0)
        return hk_fail(ctx, HK_EIO, "%s: cannot look up its size: %s", path, strerror(errno));
    if (!S_ISREG(about.st_mode))
        return hk_fail(ctx, HK_EFORMAT, "%s: not a regular file", path);
    uint64_t file_size = (uint64_t)about.st_size;
    unsigned char footer[FOOTER_SIZE];
    if (file_size < FOOTER_SIZE)
        return hk_fail(ctx, HK_EFORMAT, "%s: no Hillock checkpoint: only %llu bytes", path,
                       (unsigned long long)file_size);
    int rc = hk_archive_read_bytes(ctx, path, fd, file_size - FOOTER_SIZE, footer, FOOTER_SIZE);
    if (rc != HK_OK)
        return rc;
    if (memcmp(footer, magic, sizeof magic) != 0)
        return hk_fail(ctx, HK_EFORMAT, "%s: no Hillock checkpoint, or cut short: its table of contents is missing",
                       path);
    if (get(footer + FOOTER_CRC_AT, 4) != crc_of(footer, FOOTER_CRC_AT))
        return hk_fail(ctx, HK_EFORMAT, "%s: damaged: the checksum of its footer is wrong", path);
    if (get(footer + FORMAT_AT, 4) != HK_ARCHIVE_FORMAT)
        return hk_fail(ctx, HK_EFORMAT, "%s: a checkpoint of format %llu; this program reads format %d", path,
                       (unsigned long long)get(footer + FORMAT_AT, 4), HK_ARCHIVE_FORMAT);
    uint64_t address = get(footer + ADDRESS_AT, 8), size = get(footer + SIZE_AT, 8);
    if (size > file_size - FOOTER_SIZE || address != file_size - FOOTER_SIZE - size)
        return hk_fail(ctx, HK_EFORMAT, "%s: damaged: a table of contents of %llu bytes at %llu in a file of %llu",
                       path, (unsigned long long)size, (unsigned long long)address, (unsigned long long)file_size);
    unsigned char *table = malloc((size_t)size + 1);
    if (table == NULL)
        return hk_fail(ctx, HK_ENOMEM, "%s: no memory for its table of contents", path);
    rc = hk_archive_read_bytes(ctx, path, fd, address, table, (size_t)size);
    if (rc == HK_OK && get(footer + CRC_AT, 4) != crc_of(table, (size_t)size))
        rc = hk_fail(ctx, HK_EFORMAT, "%s: damaged: the checksum of its table of contents is wrong", path);
    if (rc == HK_OK && (rc = decode_table(out, table, (size_t)size, get(footer + N_AT, 4), address)) != HK_OK)
        rc = hk_fail(ctx, rc, "%s: its table of contents is not sound: %s", path, hk_status_text(rc));
    free(table);
    if (rc != HK_OK)
        hk_archive_index_fini(out);
    return rc;
}
