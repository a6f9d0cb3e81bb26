/* A table of tasks in SQLite, no more than a durable drain needs: WAL and synchronous=FULL, as
 * Flower has them. Every failure ends the program. */
#ifndef STORE_H
#define STORE_H

#include <sqlite3.h>

struct store {
    sqlite3 *database;
    sqlite3_stmt *begin, *commit, *ready, *claim, *finish, *keep;
};

/* Makes the file anew with `count` waiting tasks. */
void store_create(const char *path, long count);

struct store store_open(const char *path);
void store_close(struct store *store);

void store_begin(struct store *store);
void store_commit(struct store *store);

/* Marks up to `limit` waiting tasks as running; returns how many, their numbers in `ids`. */
long store_claim(struct store *store, long limit, sqlite3_int64 *ids);
void store_finish(struct store *store, sqlite3_int64 id);

/* Keeps a row of what has ended: an attempt. */
void store_keep(struct store *store, sqlite3_int64 id);

/* Ends the program with 1 unless all tasks have succeeded. */
void store_check(struct store *store);

#endif
