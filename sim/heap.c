/* sim/heap.c - see heap.h. The children of i are 4 i + 1 to 4 i + 4; a parent is never later than its children. */
#include "sim/heap.h"

#include <stdint.h>
#include <stdlib.h>

enum { FIRST_CAPACITY = 64 };

int hk_heap_push(hk_heap *heap, const hk_event *event)
{
    if (heap->n == heap->capacity) {
        size_t capacity = heap->capacity == 0 ? FIRST_CAPACITY : 2 * heap->capacity;
        if (capacity > SIZE_MAX / sizeof(hk_event))
            return HK_ENOMEM;
        hk_event *events = realloc(heap->events, capacity * sizeof *events);
        if (events == NULL)
            return HK_ENOMEM;
        heap->events = events;
        heap->capacity = capacity;
    }
    size_t hole = heap->n++;
    hk_event moving = hk_event_read(event);
    while (hole > 0) {
        size_t parent = (hole - 1) / 4;
        if (hk_event_compare(&moving, &heap->events[parent]) >= 0)
            break;
        heap->events[hole] = heap->events[parent];
        hole = parent;
    }
    heap->events[hole] = moving;
    return HK_OK;
}

bool hk_heap_pop(hk_heap *heap, hk_event *out)
{
    if (heap->n == 0)
        return false;
    hk_event *events = heap->events;
    *out = events[0];
    size_t n = --heap->n;
    if (n == 0)
        return true;
    hk_event moving = events[n];
    size_t hole = 0;
    for (size_t child = 1; child < n; child = 4 * hole + 1) {
        size_t end = n - child < 4 ? n : child + 4;
        size_t least = child;
        for (size_t other = child + 1; other < end; other++)
            if (hk_event_compare(&events[other], &events[least]) < 0)
                least = other;
        if (hk_event_compare(&moving, &events[least]) <= 0)
            break;
        events[hole] = events[least];
        hole = least;
    }
    events[hole] = moving;
    return true;
}

void hk_heap_fini(hk_heap *heap)
{
    free(heap->events);
    *heap = (hk_heap){ 0 };
}
