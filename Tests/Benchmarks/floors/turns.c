/* F3, usage: turns FILE COUNT BATCH [attempts]
 *
 * COUNT tasks that do nothing: made, then drained in transactions that finish the BATCH claimed
 * before and claim the next. No runner of components can be faster, registration included. With
 * `attempts` a row is kept of each as well, with its times and outcome: none that tells a person
 * afterwards what ran when can be faster than that.
 */
#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH_LIMIT = 10000 };

int main(int argc, char **argv) {
    int attempts = argc == 5 && strcmp(argv[4], "attempts") == 0;
    long count = argc == 4 + attempts ? atol(argv[2]) : 0;
    long batch = argc == 4 + attempts ? atol(argv[3]) : 0;
    if (count < 1 || batch < 1 || batch > BATCH_LIMIT) {
        fprintf(stderr, "usage: turns FILE COUNT BATCH [attempts]\n");
        return 64;
    }
    static sqlite3_int64 ids[BATCH_LIMIT];
    store_create(argv[1], count);
    struct store store = store_open(argv[1]);
    long claimed = 0;
    do {
        store_begin(&store);
        for (long i = 0; i < claimed; i++) {
            if (attempts) {
                store_keep(&store, ids[i]);
            }
            store_finish(&store, ids[i]);
        }
        claimed = store_claim(&store, batch, ids);
        store_commit(&store);
    } while (claimed > 0);
    store_check(&store);
    store_close(&store);
    return 0;
}
