/* F3, usage: turns FILE COUNT BATCH [together] [bare]
 *
 * COUNT tasks that do nothing: made, then drained in one transaction that claims BATCH and one that
 * finishes them, with a row of each attempt: its times and its outcome. No runner of components that
 * tells a person afterwards what ran when can be faster, registration included.
 *
 * `together`: one transaction finishes the BATCH claimed before and claims the next. `bare`: nothing
 * is kept of an attempt.
 */
#include "store.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH_LIMIT = 10000 };

static bool take_word(int *argc, char **argv, const char *word) {
    bool is_last = *argc > 4 && strcmp(argv[*argc - 1], word) == 0;
    if (is_last) {
        *argc -= 1;
    }
    return is_last;
}

int main(int argc, char **argv) {
    bool is_bare = take_word(&argc, argv, "bare");
    bool is_together = take_word(&argc, argv, "together");
    long count = argc == 4 ? atol(argv[2]) : 0;
    long batch = argc == 4 ? atol(argv[3]) : 0;
    if (count < 1 || batch < 1 || batch > BATCH_LIMIT) {
        fprintf(stderr, "usage: turns FILE COUNT BATCH [together] [bare]\n");
        return 64;
    }
    static sqlite3_int64 ids[BATCH_LIMIT];
    store_create(argv[1], count);
    struct store store = store_open(argv[1]);
    long claimed = 0;
    do {
        store_begin(&store);
        for (long i = 0; i < claimed; i++) {
            if (!is_bare) {
                store_keep(&store, ids[i]);
            }
            store_finish(&store, ids[i]);
        }
        if (!is_together && claimed > 0) {
            store_commit(&store);
            store_begin(&store);
        }
        claimed = store_claim(&store, batch, ids);
        store_commit(&store);
    } while (claimed > 0);
    store_check(&store);
    store_close(&store);
    return 0;
}
