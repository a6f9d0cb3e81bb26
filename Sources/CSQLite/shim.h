/// Settings of SQLite that are made by variadic functions, which Swift cannot call.
#ifndef CSQLITE_SHIM_H
#define CSQLITE_SHIM_H

#include <sqlite3.h>

/// To be called before the first connection is opened; later it is refused (SQLITE_MISUSE) and does nothing.
/// See sqlite.org/c3ref/c_config_covering_index_scan.html.
///
/// - No account is kept of the memory that SQLite takes: each malloc and free counted it under a mutex of
///   the whole process, 9 % of a drain of components.
/// - What a statement must be able to undo is kept in memory: a claim of a thousand tasks changes some hundred
///   pages, and beyond 64 KiB SQLite makes a temporary file for them. No other limit will do: it writes what
///   it has until then at one go, and of one write it takes 128 KiB for the most (os_unix.c, seekAndWriteFd),
///   beyond which it says that the disk is full.
static inline int csqlite_configure(void) {
    int code = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    if (code != SQLITE_OK) return code;
    return sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, -1);
}

#endif
