#ifndef CLINUX_HOST_H
#define CLINUX_HOST_H

#include <stdint.h>

/// 1 where somebody keeps the clock right, 0 where nobody does (adjtimex(2), STA_UNSYNC).
int clinux_clock_is_kept(void);

/// The kind of the file system below `path`, as statfs(2) numbers them.
int clinux_filesystem(const char *path, int64_t *kind);

/// Keeps up to 2 MiB that are freed, where malloc(3) by itself gives all beyond 128 KiB back to the kernel: for
/// each row that a trigger of SQLite's sees, memory was taken from it and given back.
void clinux_keep_heap(void);

/// Gets memory for what a short command will allocate from the kernel at one go: a fault of a page at a time
/// takes 2 us each in a virtual machine. A process that lives on has no use for it. Where the kernel cannot
/// (before 5.14), nothing is lost.
void clinux_prepare_heap(void);

#endif
