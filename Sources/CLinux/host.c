#define _GNU_SOURCE
#include "host.h"

#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/statfs.h>
#include <sys/timex.h>
#include <unistd.h>

int clinux_clock_is_kept(void) {
    struct timex state = {.modes = 0};
    int result = adjtimex(&state);
    if (result < 0) return -1;
    return result != TIME_ERROR && !(state.status & STA_UNSYNC);
}

int clinux_filesystem(const char *path, int64_t *kind) {
    struct statfs status;
    if (statfs(path, &status) != 0) return -1;
    *kind = (int64_t)(uint32_t)status.f_type;
    return 0;
}

/// What stays free at the end of a heap, and from what size on a piece is a mapping of its own.
enum { TRIM_BYTES = 2 << 20, MAPPED_BYTES = 1 << 20 };

void clinux_keep_heap(void) {
    mallopt(M_TRIM_THRESHOLD, TRIM_BYTES);
    mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES);
}

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

/// What a registration allocates.
enum { HEAP_BYTES = 448 << 10, PAGE_BYTES = 4096 };

void clinux_prepare_heap(void) {
    mallopt(M_TOP_PAD, HEAP_BYTES);
    uintptr_t from = ((uintptr_t)sbrk(0) + PAGE_BYTES - 1) & ~(uintptr_t)(PAGE_BYTES - 1);
    // One of them is more than is left of what the heap has, and less than would be a mapping of its own.
    void *volatile first = malloc(100 << 10);
    void *volatile second = malloc(100 << 10);
    free(first);
    free(second);
    uintptr_t to = (uintptr_t)sbrk(0) & ~(uintptr_t)(PAGE_BYTES - 1);
    if (to > from) madvise((void *)from, to - from, MADV_POPULATE_WRITE);
}
