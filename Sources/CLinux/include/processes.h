#ifndef CLINUX_PROCESSES_H
#define CLINUX_PROCESSES_H

#include <pthread.h>
#include <sys/types.h>

/// What a new process is to be.
struct clinux_spawn {
    /// Absolute, or relative to `directory`. Not searched for in any PATH.
    const char *path;
    /// Both end with NULL.
    char *const *arguments;
    char *const *environment;
    const char *directory;
    /// Become descriptors 0, 1 and 2; no other descriptor reaches the program.
    int input;
    int output;
    int errors;
    mode_t mask;
};

/// Starts a program with posix_spawn(3): its own session and process group, every signal unblocked
/// and at its default. Returns 0 and stores the pid once the program has been exec'd, else an errno
/// value.
int clinux_spawn_process(const struct clinux_spawn *spawn, pid_t *pid);

/// Gives the calling thread its own umask and working directory (unshare(2), CLONE_FS), so that the
/// mask of `clinux_spawn_process` does not touch files that other threads make meanwhile.
/// Containers may refuse it.
int clinux_own_umask(void);

/// A close-on-exec pipe whose read end alone does not block: `ends[0]` reads, `ends[1]` writes.
int clinux_pipe(int ends[2]);

/// Where `part` first stands in `text`, or NULL (memmem(3)).
const void *clinux_find(const void *text, size_t size, const void *part, size_t part_size);

/// A close-on-exec file in memory that no name leads to (memfd_create(2)); `name` shows in /proc.
int clinux_memory_file(const char *name);

/// A close-on-exec descriptor of a process, readable once it has ended (pidfd_open(2)).
int clinux_pidfd_open(pid_t pid);
/// Signals the process that `pidfd` means and no other, however pids are reused
/// (pidfd_send_signal(2)).
int clinux_pidfd_send_signal(int pidfd, int number);

/// Gives memory that was freed back to the kernel (malloc_trim(3)).
void clinux_trim_memory(void);

/// Names a thread for ps(1) and debuggers; more than 15 bytes are refused (pthread_setname_np(3)).
void clinux_name_thread(pthread_t thread, const char *name);

/// Drops all supplementary groups and becomes this user and group for good.
int clinux_become(uid_t uid, gid_t gid);

#endif
