#ifndef CLINUX_LOCKS_H
#define CLINUX_LOCKS_H

/// Locks the whole file by its open file description (fcntl(2), F_OFD_SETLK) without waiting.
/// `type` is F_WRLCK or F_RDLCK. Returns 0, or -1 with EAGAIN where another description holds it.
int clinux_ofd_lock_try(int fd, short type);

/// The same, waiting in the kernel's queue (F_OFD_SETLKW) for at most `timeout_ms`.
/// Returns 0, or -1 with ETIMEDOUT after that time. Safe in any number of threads at once.
int clinux_ofd_lock_wait(int fd, short type, int timeout_ms);

/// Gives the lock of this description back. Returns 0; unlocking what is not locked is no error.
int clinux_ofd_unlock(int fd);

/// Whether another description holds a lock that would refuse a `F_WRLCK` (F_OFD_GETLK): 1, 0, or
/// -1. Takes nothing.
int clinux_ofd_is_locked(int fd);

/// Takes a shared lock of one byte, which need not be there (F_OFD_SETLK, F_RDLCK). Returns 0 or -1.
int clinux_ofd_share_byte(int fd, long long offset);

/// As clinux_ofd_is_locked, of one byte.
int clinux_ofd_byte_is_locked(int fd, long long offset);

#endif
