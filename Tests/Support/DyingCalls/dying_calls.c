#define _GNU_SOURCE
#include "DyingCalls.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_long calls_left = -1;
static atomic_int dying_mode = DYING_BEFORE;

void dying_calls_arm(long count, int mode) {
    atomic_store(&dying_mode, mode);
    atomic_store(&calls_left, count);
}

/// Whether this is the call to die at.
static int is_last(void) {
    if (atomic_load(&calls_left) < 0) return 0;
    return atomic_fetch_sub(&calls_left, 1) == 0;
}

static void die(void) {
    for (;;) syscall(SYS_kill, getpid(), SIGKILL);
}

/// Makes the call by `call`, and dies before or after it where it is the last.
#define DYING(call)                                                        \
    do {                                                                   \
        int last = is_last();                                              \
        if (last && atomic_load(&dying_mode) != DYING_AFTER) die();        \
        long result = (call);                                              \
        if (last) die();                                                   \
        return result;                                                     \
    } while (0)

/// For writes, which may be torn.
#define DYING_WRITE(half, whole)                                           \
    do {                                                                   \
        int last = is_last();                                              \
        if (last && atomic_load(&dying_mode) == DYING_TORN) {              \
            (void)(half);                                                  \
            die();                                                         \
        }                                                                  \
        if (last && atomic_load(&dying_mode) == DYING_BEFORE) die();       \
        long result = (whole);                                             \
        if (last) die();                                                   \
        return result;                                                     \
    } while (0)

ssize_t write(int fd, const void *bytes, size_t count) {
    DYING_WRITE(syscall(SYS_write, fd, bytes, count / 2), syscall(SYS_write, fd, bytes, count));
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
    DYING_WRITE(syscall(SYS_pwrite64, fd, bytes, count / 2, offset),
                syscall(SYS_pwrite64, fd, bytes, count, offset));
}

int fsync(int fd) { DYING(syscall(SYS_fsync, fd)); }

int fdatasync(int fd) { DYING(syscall(SYS_fdatasync, fd)); }

int ftruncate64(int fd, off64_t length) { DYING(syscall(SYS_ftruncate, fd, length)); }

int unlink(const char *path) { DYING(syscall(SYS_unlinkat, AT_FDCWD, path, 0)); }

/// Every command takes no argument, an int or a pointer: fcntl(2).
static int locking(int fd, int command, long argument) {
    DYING(syscall(SYS_fcntl, fd, command, argument));
}

int fcntl64(int fd, int command, ...) {
    va_list arguments;
    va_start(arguments, command);
    long argument = va_arg(arguments, long);
    va_end(arguments);
    return locking(fd, command, argument);
}

int fcntl(int fd, int command, ...) {
    va_list arguments;
    va_start(arguments, command);
    long argument = va_arg(arguments, long);
    va_end(arguments);
    return locking(fd, command, argument);
}
