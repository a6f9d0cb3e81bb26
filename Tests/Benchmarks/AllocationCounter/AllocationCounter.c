/* An executable's own malloc comes before the C library's, which stays reachable by its other
   name. Swift cannot define it: the symbol is reserved there. Single-threaded use only. */
#include "AllocationCounter.h"

#include <errno.h>
#include <stddef.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static long count;

void *malloc(size_t size) {
    count++;
    return __libc_malloc(size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
    count++;
    *result = __libc_memalign(alignment, size);
    return *result ? 0 : ENOMEM;
}

long allocation_count(void) { return count; }
