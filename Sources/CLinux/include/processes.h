#ifndef CLINUX_PROCESSES_H
#define CLINUX_PROCESSES_H

#include <pthread.h>
#include <sys/types.h>

/// A close-on-exec pipe whose read end alone does not block: `ends[0]` reads, `ends[1]` writes.
int clinux_pipe(int ends[2]);

/// Where `part` first stands in `text`, or NULL (memmem(3)).
const void *clinux_find(const void *text, size_t size, const void *part, size_t part_size);

/// Where `byte` last stands in `text`, or NULL (memrchr(3)).
const void *clinux_find_last(const void *text, size_t size, unsigned char byte);

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

/// Makes the calling process the one that its descendants' orphans become children of
/// (PR_SET_CHILD_SUBREAPER, prctl(2)).
int clinux_adopt_orphans(void);

/// Drops all supplementary groups and becomes this user and group for good.
int clinux_become(uid_t uid, gid_t gid);

#endif
