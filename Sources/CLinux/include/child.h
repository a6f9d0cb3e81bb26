#ifndef CLINUX_CHILD_H
#define CLINUX_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/// What a new process is to be. It, and all that it points to, is the new process's too until
/// `clinux_spawn_is_busy` says no: neither changed nor freed before.
struct clinux_spawn {
    /// Absolute, or relative to `directory`. Not searched for in any PATH.
    const char *path;
    /// Both end with NULL.
    char *const *arguments;
    char *const *environment;
    const char *directory;
    /// Become descriptors 0, 1 and 2, and stand above them; no other descriptor reaches the program.
    /// They may be closed once the call has returned.
    int input;
    int output;
    int errors;
    mode_t mask;
    /// The soft limit of file locks (RLIMIT_LOCKS) that it gets, and passes on; 0 = its maker's. It limits nothing
    /// since Linux 2.4.25 (getrlimit(2)): it is a mark.
    uint64_t locks;
    /// Of `CLINUX_SPAWN_STACK` bytes, aligned to 16.
    void *stack;
    /// The kernel's, see `clinux_spawn_is_busy`.
    int busy;
    /// Once it is not busy: why the program could not be exec'd, an errno value; 0 = it was.
    int failure;
};

enum { CLINUX_SPAWN_STACK = 16 << 10 };

/// Raises how many descriptors this process may have to `wanted`, as far as its hard limit allows; programs that
/// are started by `clinux_spawn_begin` have the former limit. Calling it twice is safe.
///
/// Returns how many it may have then; -1 where that cannot be told.
long clinux_raise_descriptors(long wanted);

/// Starts a program: its own session and process group, every signal unblocked and at its default.
///
/// Returns 0, the pid and a close-on-exec descriptor of the process, readable once it has ended; else
/// an errno value. Does not wait for the exec: a process that could not make it ends with code 127, and
/// `failure` says why.
///
/// Unlike posix_spawn(3), which keeps the caller waiting for the exec: a third of a millisecond in
/// which an event loop could do its work. 2,000 times /bin/true with two pipes each, 8 at once: 544 ms
/// beside 663.
int clinux_spawn_begin(struct clinux_spawn *spawn, pid_t *pid, int *pidfd);

/// Whether the new process still has this memory: it has neither exec'd nor ended.
bool clinux_spawn_is_busy(const struct clinux_spawn *spawn);

#endif
