#define _GNU_SOURCE
#include "processes.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static posix_spawnattr_t attributes;
static int attributes_error;

static void make_attributes(void) {
    sigset_t none, all;
    sigemptyset(&none);
    // Not sigfillset: it leaves out glibc's own two (32 and 33), which posix_spawn then ignores in
    // the child.
    memset(&all, 0xFF, sizeof all);
    int error = posix_spawnattr_init(&attributes);
    if (error == 0) error = posix_spawnattr_setsigmask(&attributes, &none);
    if (error == 0) error = posix_spawnattr_setsigdefault(&attributes, &all);
    // A new session is a new process group too.
    short flags = POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (error == 0) error = posix_spawnattr_setflags(&attributes, flags);
    attributes_error = error;
}

static int add_actions(posix_spawn_file_actions_t *actions, const struct clinux_spawn *spawn) {
    int error = posix_spawn_file_actions_addchdir_np(actions, spawn->directory);
    if (error == 0) error = posix_spawn_file_actions_adddup2(actions, spawn->input, 0);
    if (error == 0) error = posix_spawn_file_actions_adddup2(actions, spawn->output, 1);
    if (error == 0) error = posix_spawn_file_actions_adddup2(actions, spawn->errors, 2);
    // Ours are close-on-exec; this is for those that we inherited and libraries opened.
    if (error == 0) error = posix_spawn_file_actions_addclosefrom_np(actions, 3);
    return error;
}

int clinux_spawn_process(const struct clinux_spawn *spawn, pid_t *pid) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_attributes);
    if (attributes_error != 0) return attributes_error;
    // dup2 would overwrite a source that stands at 0, 1 or 2 before it is used.
    if (spawn->input < 3 || spawn->output < 3 || spawn->errors < 3) return EBADF;
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0) return error;
    error = add_actions(&actions, spawn);
    if (error == 0) {
        mode_t former = umask(spawn->mask);
        error = posix_spawn(
            pid, spawn->path, &actions, &attributes, spawn->arguments, spawn->environment);
        umask(former);
    }
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

int clinux_own_umask(void) { return unshare(CLONE_FS); }

int clinux_pipe(int ends[2]) {
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    // A program does not expect its standard output not to block; ours is the other end.
    if (fcntl(ends[0], F_SETFL, O_RDONLY | O_NONBLOCK) == 0) return 0;
    int error = errno;
    close(ends[0]);
    close(ends[1]);
    errno = error;
    return -1;
}

const void *clinux_find(const void *text, size_t size, const void *part, size_t part_size) {
    return memmem(text, size, part, part_size);
}

int clinux_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

int clinux_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int clinux_pidfd_send_signal(int pidfd, int number) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0);
}

void clinux_trim_memory(void) { malloc_trim(0); }

void clinux_name_thread(pthread_t thread, const char *name) { pthread_setname_np(thread, name); }

int clinux_become(uid_t uid, gid_t gid) {
    if (setgroups(0, NULL) != 0) return -1;
    if (setresgid(gid, gid, gid) != 0) return -1;
    return setresuid(uid, uid, uid);
}
