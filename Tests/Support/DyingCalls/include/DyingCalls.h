#ifndef DYING_CALLS_H
#define DYING_CALLS_H

/// How the process dies at a call.
enum dying_calls_mode {
    DYING_BEFORE = 0,
    DYING_AFTER = 1,
    /// A write in half; any other call as DYING_BEFORE.
    DYING_TORN = 2,
};

/// From now on this process kills itself with SIGKILL at its `count`th call that changes a file or a lock,
/// counted from 0: at a random point of a transaction, however fast or slow the machine is.
///
/// The calls are write, pwrite64, fsync, fdatasync, ftruncate64, fcntl and unlink, those of libsqlite3
/// included: a program's own definition comes before libc's.
void dying_calls_arm(long count, int mode);

#endif
