/* sim/memory.h - large arrays: huge pages where the system gives them, and what still fits. */
#ifndef HK_MEMORY_H
#define HK_MEMORY_H

#include <stddef.h>
#include <stdint.h>

enum { HK_PAGE = 4096 };

/** `bytes` zeroed bytes aligned to 64, or NULL. Those of a page or more share no page with anything else: processors fetch ahead within
 *  a page, and would take lines from a thread that writes behind the end of what another one reads. Large ones ask for huge pages.
 *  Freed with hk_memory_free. */
void *hk_memory_alloc(size_t bytes);
void hk_memory_free(void *memory, size_t bytes);

/** `array` (malloc; NULL at first, when *capacity is 0) with room for n elements of `size` bytes, moved if need be; what it held
 *  stays. NULL when memory ran out: then array and *capacity are as before. With n = 0 it is an array, too. */
void *hk_memory_grow(void *array, size_t *capacity, size_t n, size_t size);

/** Bytes that the machine can still give without swapping; UINT64_MAX when the system does not say. */
uint64_t hk_memory_available(void);

#endif
