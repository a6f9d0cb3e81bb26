#define _GNU_SOURCE
#include "child.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/// A child shares the parent's memory (CLONE_VM) while the parent goes on, down to the thread's own:
/// `errno`, the dynamic linker's lock. So until its exec it calls nothing of libc, and the kernel only by
/// this. Returns what the kernel does: a negated errno value on failure.
static inline long call(long number, long a, long b, long c, long d) {
#if defined(__x86_64__)
    long result;
    register long fourth __asm__("r10") = d;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth)
                     : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
    return x0;
#else
#error "how this machine calls its kernel is not written here yet"
#endif
}

/// Of the kernel's signals; glibc's sigset_t is larger, and its calls leave out its own two (32, 33).
typedef uint64_t kernel_mask;
enum { SIGNALS = 64 };

/// As rt_sigaction(2) takes it where nothing is asked of it but the default: all zero.
struct kernel_action {
    long words[4];
};

static long set_mask(kernel_mask mask, kernel_mask *former) {
    return call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&mask, (long)former, sizeof mask);
}

/// What processes had as their limit before it was raised for this one; nothing where it was not.
static struct rlimit former_descriptors;
static bool has_raised;

long clinux_raise_descriptors(long wanted) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -1;
    rlim_t most = limit.rlim_max;
    if (most == RLIM_INFINITY || most > (rlim_t)wanted) most = (rlim_t)wanted;
    if (limit.rlim_cur >= most) return (long)limit.rlim_cur;
    struct rlimit raised = {.rlim_cur = most, .rlim_max = limit.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &raised) != 0) return (long)limit.rlim_cur;
    if (!has_raised) former_descriptors = limit;
    has_raised = true;
    return (long)most;
}

/// Ours are close-on-exec; this is for those that we inherited and libraries opened.
static void close_others(void) {
    if (call(SYS_close_range, 3, ~0U, 0, 0) == 0) return;
    // A kernel before 5.9, or a filter that does not know the call.
    struct rlimit limit = {.rlim_cur = 1024};
    call(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, (long)&limit);
    for (long descriptor = 3; descriptor < (long)limit.rlim_cur; descriptor++) {
        call(SYS_close, descriptor, 0, 0, 0);
    }
}

/// Where the limit may not be set, the mark is missing and nothing else.
static void set_locks(uint64_t locks) {
    uint64_t limit[2] = {0, 0};
    if (call(SYS_prlimit64, 0, RLIMIT_LOCKS, 0, (long)limit) < 0) return;
    limit[0] = locks;
    call(SYS_prlimit64, 0, RLIMIT_LOCKS, (long)limit, 0);
}

/// Returns only where something fails, with its negated errno value.
static long begin(const struct clinux_spawn *spawn) {
    // Before any signal may come: a handler of the parent's would run here, in the parent's memory.
    const struct kernel_action none = {{0}};
    for (long number = 1; number <= SIGNALS; number++) {
        // KILL and STOP have no other disposition, and are refused.
        call(SYS_rt_sigaction, number, (long)&none, 0, sizeof(kernel_mask));
    }
    long result = call(SYS_setsid, 0, 0, 0, 0);
    if (result < 0) return result;
    call(SYS_umask, spawn->mask, 0, 0, 0);
    if (spawn->locks != 0) set_locks(spawn->locks);
    result = call(SYS_chdir, (long)spawn->directory, 0, 0, 0);
    if (result < 0) return result;
    const int sources[] = {spawn->input, spawn->output, spawn->errors};
    for (long target = 0; target < 3; target++) {
        result = call(SYS_dup3, sources[target], target, 0, 0);
        if (result < 0) return result;
    }
    close_others();
    // A program that waits by select(2) must not get descriptors above its FD_SETSIZE.
    if (has_raised) call(SYS_prlimit64, 0, RLIMIT_NOFILE, (long)&former_descriptors, 0);
    set_mask(0, NULL);
    return call(SYS_execve, (long)spawn->path, (long)spawn->arguments, (long)spawn->environment, 0);
}

static int run(void *given) {
    struct clinux_spawn *spawn = given;
    spawn->failure = (int)-begin(spawn);
    for (;;) call(SYS_exit_group, 127, 0, 0, 0);
}

int clinux_spawn_begin(struct clinux_spawn *spawn, pid_t *pid, int *pidfd) {
    // dup3 would overwrite a source that stands at 0, 1 or 2 before it is used.
    if (spawn->input < 3 || spawn->output < 3 || spawn->errors < 3) return EBADF;
    spawn->failure = 0;
    spawn->busy = 1;
    kernel_mask former;
    set_mask(~(kernel_mask)0, &former);
    // CLONE_CHILD_CLEARTID: the kernel zeroes `busy` when the child gives this memory back.
    int flags = CLONE_VM | CLONE_PIDFD | CLONE_CHILD_CLEARTID | SIGCHLD;
    char *top = (char *)spawn->stack + CLINUX_SPAWN_STACK;
    pid_t made = clone(run, top, flags, spawn, pidfd, NULL, &spawn->busy);
    int error = made < 0 ? errno : 0;
    set_mask(former, NULL);
    if (error != 0) {
        spawn->busy = 0;
    } else {
        *pid = made;
    }
    return error;
}

bool clinux_spawn_is_busy(const struct clinux_spawn *spawn) {
    return __atomic_load_n(&spawn->busy, __ATOMIC_ACQUIRE) != 0;
}
