/// libsystemd's journal functions, found when the first of them is asked for.
///
/// Linking libsystemd would cost every start of `flower` half a millisecond (it brings six libraries
/// along) and would keep it from starting where there is no systemd. So the library is opened by
/// dlopen(3), and nothing but its name and these signatures is needed to build. Where its headers are
/// installed (libsystemd-dev), `csystemd.c` compares the signatures with them.
///
/// The variadic functions, which Swift cannot call, are left out.
#ifndef CSYSTEMD_H
#define CSYSTEMD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#pragma clang assume_nonnull begin

typedef struct sd_journal sd_journal;

/// Result, name without `sd_`, parameters: sd-journal(3). All give a negative errno on failure.
#define CSYSTEMD_FUNCTIONS(F)                                                                      \
    F(int, journal_sendv, (const struct iovec *iov, int n))                                        \
    F(int, journal_open, (sd_journal *_Nullable *_Nonnull ret, int flags))                         \
    F(int, journal_open_directory,                                                                 \
      (sd_journal *_Nullable *_Nonnull ret, const char *path, int flags))                          \
    F(void, journal_close, (sd_journal *_Nullable j))                                              \
    F(int, journal_set_data_threshold, (sd_journal * j, size_t size))                              \
    F(int, journal_add_match, (sd_journal * j, const void *data, size_t size))                     \
    F(int, journal_add_disjunction, (sd_journal * j))                                              \
    F(int, journal_add_conjunction, (sd_journal * j))                                              \
    F(void, journal_flush_matches, (sd_journal * j))                                               \
    F(int, journal_seek_head, (sd_journal * j))                                                    \
    F(int, journal_seek_tail, (sd_journal * j))                                                    \
    F(int, journal_seek_realtime_usec, (sd_journal * j, uint64_t usec))                            \
    F(int, journal_seek_cursor, (sd_journal * j, const char *cursor))                              \
    F(int, journal_next, (sd_journal * j))                                                         \
    F(int, journal_previous, (sd_journal * j))                                                     \
    F(int, journal_get_realtime_usec, (sd_journal * j, uint64_t *ret))                             \
    F(int, journal_get_cursor, (sd_journal * j, char *_Nullable *_Nonnull ret))                    \
    F(int, journal_get_data,                                                                       \
      (sd_journal * j, const char *field, const void *_Nullable *_Nonnull data, size_t *size))     \
    F(void, journal_restart_data, (sd_journal * j))                                                \
    F(int, journal_enumerate_available_data,                                                       \
      (sd_journal * j, const void *_Nullable *_Nonnull data, size_t *size))                        \
    F(int, journal_get_fd, (sd_journal * j))                                                       \
    F(int, journal_process, (sd_journal * j))                                                      \
    F(int, journal_wait, (sd_journal * j, uint64_t timeout_usec))

/// The same of those that give an sd_id128_t, which is 16 bytes: not compared with the headers.
#define CSYSTEMD_ID_FUNCTIONS(F)                                                                   \
    F(int, journal_get_monotonic_usec,                                                             \
      (sd_journal * j, uint64_t *ret, struct csystemd_id *ret_boot_id))

/// Of a newer libsystemd: NULL where it has none of that name. The first since 254.
#define CSYSTEMD_NEWER_FUNCTIONS(F)                                                                \
    F(int, journal_get_seqnum,                                                                     \
      (sd_journal * j, uint64_t *ret_seqnum, struct csystemd_id *_Nullable ret_seqnum_id))

struct csystemd_id {
    uint64_t halves[2];
};

#define CSYSTEMD_FIELD(result, name, parameters) result(*name) parameters;
#define CSYSTEMD_NEWER_FIELD(result, name, parameters) result(*_Nullable name) parameters;
struct csystemd {
    CSYSTEMD_FUNCTIONS(CSYSTEMD_FIELD)
    CSYSTEMD_ID_FUNCTIONS(CSYSTEMD_FIELD)
    CSYSTEMD_NEWER_FUNCTIONS(CSYSTEMD_NEWER_FIELD)
};
#undef CSYSTEMD_NEWER_FIELD
#undef CSYSTEMD_FIELD

/// The functions; NULL where the host has no libsystemd, or one older than 246. Safe from any thread.
const struct csystemd *_Nullable csystemd_load(void);

/// Flags of sd_journal_open(3).
#define CSYSTEMD_LOCAL_ONLY (1 << 0)
/// What sd_journal_wait(3) gives.
#define CSYSTEMD_NOP 0
#define CSYSTEMD_APPEND 1
#define CSYSTEMD_INVALIDATE 2

#pragma clang assume_nonnull end

#endif
