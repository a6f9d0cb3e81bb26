#ifndef CLINUX_HOST_H
#define CLINUX_HOST_H

#include <stdint.h>

/// 1 where somebody keeps the clock right, 0 where nobody does (adjtimex(2), STA_UNSYNC).
int clinux_clock_is_kept(void);

/// The kind of the file system below `path`, as statfs(2) numbers them.
int clinux_filesystem(const char *path, int64_t *kind);

#endif
