#define _GNU_SOURCE
#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void check(struct store *store, int code, int wanted) {
    if (code != wanted) {
        fprintf(stderr, "sqlite: %d: %s\n", code, sqlite3_errmsg(store->database));
        exit(1);
    }
}

static void execute(struct store *store, const char *sql) {
    check(store, sqlite3_exec(store->database, sql, NULL, NULL, NULL), SQLITE_OK);
}

static sqlite3_stmt *prepare(struct store *store, const char *sql) {
    sqlite3_stmt *statement;
    check(store, sqlite3_prepare_v3(store->database, sql, -1, SQLITE_PREPARE_PERSISTENT,
                                    &statement, NULL), SQLITE_OK);
    return statement;
}

static sqlite3_int64 now_ms(void) {
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    return at.tv_sec * 1000LL + at.tv_nsec / 1000000;
}

static void step(struct store *store, sqlite3_stmt *statement) {
    check(store, sqlite3_step(statement), SQLITE_DONE);
    check(store, sqlite3_reset(statement), SQLITE_OK);
}

static struct store connect(const char *path) {
    struct store store = {0};
    check(&store, sqlite3_open(path, &store.database), SQLITE_OK);
    execute(&store, "PRAGMA journal_mode = WAL");
    execute(&store, "PRAGMA synchronous = FULL");
    return store;
}

void store_create(const char *path, long count) {
    unlink(path);
    struct store store = connect(path);
    execute(&store,
        "CREATE TABLE task (id INTEGER PRIMARY KEY, status INTEGER NOT NULL DEFAULT 0,"
        " started_at_ms INTEGER, ended_at_ms INTEGER, exit_code INTEGER) STRICT;"
        "CREATE INDEX task_ready ON task (id) WHERE status = 0;"
        "CREATE TABLE attempt (task_id INTEGER NOT NULL, number INTEGER NOT NULL,"
        " started_at_ms INTEGER NOT NULL, ended_at_ms INTEGER, outcome TEXT, exit_code INTEGER,"
        " PRIMARY KEY (task_id, number)) STRICT, WITHOUT ROWID");
    sqlite3_stmt *insert = prepare(&store,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)"
        " INSERT INTO task (id) SELECT i FROM n");
    sqlite3_bind_int64(insert, 1, count);
    step(&store, insert);
    sqlite3_finalize(insert);
    sqlite3_close(store.database);
}

struct store store_open(const char *path) {
    struct store store = connect(path);
    store.begin = prepare(&store, "BEGIN IMMEDIATE");
    store.commit = prepare(&store, "COMMIT");
    store.ready = prepare(&store, "SELECT id FROM task WHERE status = 0 ORDER BY id LIMIT ?1");
    store.claim = prepare(&store, "UPDATE task SET status = 1, started_at_ms = ?2 WHERE id = ?1");
    store.finish = prepare(&store,
        "UPDATE task SET status = 3, ended_at_ms = ?2, exit_code = 0 WHERE id = ?1");
    store.keep = prepare(&store,
        "INSERT INTO attempt SELECT id, 1, started_at_ms, ?2, 'succeeded', 0 FROM task"
        " WHERE id = ?1");
    return store;
}

void store_close(struct store *store) {
    sqlite3_finalize(store->begin);
    sqlite3_finalize(store->commit);
    sqlite3_finalize(store->ready);
    sqlite3_finalize(store->claim);
    sqlite3_finalize(store->finish);
    sqlite3_finalize(store->keep);
    sqlite3_close(store->database);
}

void store_begin(struct store *store) { step(store, store->begin); }

void store_commit(struct store *store) { step(store, store->commit); }

static void mark(struct store *store, sqlite3_stmt *statement, sqlite3_int64 id) {
    sqlite3_bind_int64(statement, 1, id);
    sqlite3_bind_int64(statement, 2, now_ms());
    step(store, statement);
}

long store_claim(struct store *store, long limit, sqlite3_int64 *ids) {
    long found = 0;
    sqlite3_bind_int64(store->ready, 1, limit);
    while (sqlite3_step(store->ready) == SQLITE_ROW) {
        ids[found++] = sqlite3_column_int64(store->ready, 0);
    }
    check(store, sqlite3_reset(store->ready), SQLITE_OK);
    for (long i = 0; i < found; i++) {
        mark(store, store->claim, ids[i]);
    }
    return found;
}

void store_finish(struct store *store, sqlite3_int64 id) { mark(store, store->finish, id); }

void store_keep(struct store *store, sqlite3_int64 id) { mark(store, store->keep, id); }

void store_check(struct store *store) {
    sqlite3_stmt *left = prepare(store, "SELECT count(*) FROM task WHERE status <> 3");
    check(store, sqlite3_step(left), SQLITE_ROW);
    if (sqlite3_column_int64(left, 0) != 0) {
        fprintf(stderr, "%lld tasks have not succeeded\n", sqlite3_column_int64(left, 0));
        exit(1);
    }
    sqlite3_finalize(left);
}
