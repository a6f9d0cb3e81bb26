/// Settings of SQLite that are made by variadic functions, which Swift cannot call.
#ifndef CSQLITE_SHIM_H
#define CSQLITE_SHIM_H

#include <sqlite3.h>

/// Keeps no account of the memory that SQLite takes: each malloc and free counted it under a mutex of the
/// whole process, 9 % of a drain of components. To be called before the first connection is opened; later
/// it is refused (SQLITE_MISUSE) and does nothing. See sqlite.org/c3ref/c_config_covering_index_scan.html,
/// SQLITE_CONFIG_MEMSTATUS.
static inline int csqlite_keep_no_account_of_memory(void) {
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

#endif
