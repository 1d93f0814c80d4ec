/* sim/memory.c - see memory.h. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS, madvise */
#include "sim/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20 }; /* below it malloc serves */
enum { LEAST = 16 };          /* elements of an array that grows */
enum { LINE = 64 };

static size_t whole_pages(size_t bytes)
{
    return (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
}

/* Whole huge pages: room for one more is asked for, and what lies before the first and behind the last is given back. */
static void *map(size_t bytes)
{
    if (bytes > SIZE_MAX - 2 * (size_t)HUGE_PAGE)
        return NULL;
    const size_t wanted = whole_pages(bytes), mapped = wanted + HUGE_PAGE;
    char *all = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED)
        return NULL;
    const size_t before = whole_pages((uintptr_t)all) - (uintptr_t)all, behind = mapped - wanted - before;
    if (before > 0)
        munmap(all, before);
    if (behind > 0)
        munmap(all + before + wanted, behind);
#ifdef MADV_HUGEPAGE
    (void)madvise(all + before, wanted, MADV_HUGEPAGE); /* a hint: without it the array is only slower */
#endif
    return all + before;
}

void *hk_memory_alloc(size_t bytes)
{
    if (bytes >= HUGE_PAGE)
        return map(bytes);
    const size_t alignment = bytes >= HK_PAGE ? HK_PAGE : LINE;
    const size_t rounded = (bytes + alignment - 1) / alignment * alignment;
    void *memory = aligned_alloc(alignment, rounded > 0 ? rounded : LINE);
    if (memory != NULL)
        memset(memory, 0, rounded);
    return memory;
}

void hk_memory_free(void *memory, size_t bytes)
{
    if (memory == NULL)
        return;
    if (bytes >= HUGE_PAGE)
        munmap(memory, whole_pages(bytes));
    else
        free(memory);
}

void *hk_memory_grow(void *array, size_t *capacity, size_t n, size_t size)
{
    if (array != NULL && n <= *capacity)
        return array;
    if (n > (SIZE_MAX / 2 - LEAST) / size)
        return NULL;
    void *grown = realloc(array, (2 * n + LEAST) * size);
    if (grown != NULL)
        *capacity = 2 * n + LEAST;
    return grown;
}

uint64_t hk_memory_available(void)
{
    FILE *file = fopen("/proc/meminfo", "r");
    if (file == NULL)
        return UINT64_MAX;
    char line[128];
    unsigned long long kib;
    uint64_t available = UINT64_MAX;
    while (fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
            available = (uint64_t)kib * 1024;
    fclose(file);
    return available;
}
