/* F2, usage: durable create FILE COUNT
 *            durable drain FILE WIDTH
 *
 * The spawn loop of F1, durable: one transaction before each spawn records what has ended and
 * claims what fits, so at a larger width, where several end at once, it covers several. With 1
 * it drains a chain: each start waits for the commit of the end before.
 */
#include "spawn.h"
#include "store.h"

enum { WIDTH_LIMIT = 256 };

struct slot {
    pid_t child;
    sqlite3_int64 task;
};

static struct slot slots[WIDTH_LIMIT];

/* Takes the child out of its slot and returns the task that it ran. */
static sqlite3_int64 vacate(pid_t child) {
    long i = 0;
    while (slots[i].child != child) {
        i++;
    }
    slots[i].child = 0;
    return slots[i].task;
}

static void occupy(pid_t child, sqlite3_int64 task) {
    long i = 0;
    while (slots[i].child != 0) {
        i++;
    }
    slots[i] = (struct slot){child, task};
}

static void drain(struct store *store, long width) {
    sqlite3_int64 ended[WIDTH_LIMIT], claimed[WIDTH_LIMIT];
    long ends = 0, running = 0;

    do {
        store_begin(store);
        for (long i = 0; i < ends; i++) {
            store_finish(store, ended[i]);
        }
        long claims = store_claim(store, width - running, claimed);
        store_commit(store);

        for (long i = 0; i < claims; i++) {
            occupy(start_true(0), claimed[i]);
        }
        running += claims;
        ends = 0;
        pid_t child = running > 0 ? reap(0) : 0;
        while (child != 0) {
            ended[ends++] = vacate(child);
            child = reap(WNOHANG);
        }
        running -= ends;
    } while (running > 0 || ends > 0);
}

int main(int argc, char **argv) {
    long number = argc == 4 ? atol(argv[3]) : 0;
    if (number > 0 && strcmp(argv[1], "create") == 0) {
        store_create(argv[2], number);
        return 0;
    }
    if (number > 0 && number <= WIDTH_LIMIT && strcmp(argv[1], "drain") == 0) {
        struct store store = store_open(argv[2]);
        drain(&store, number);
        store_check(&store);
        store_close(&store);
        return 0;
    }
    fprintf(stderr, "usage: durable create FILE COUNT | durable drain FILE WIDTH\n");
    return 64;
}
