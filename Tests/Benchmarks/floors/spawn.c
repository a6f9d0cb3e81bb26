/* F1, usage: spawn WIDTH COUNT [clean]
 *
 * A bare posix_spawn loop: COUNT times /bin/true, WIDTH at once, nothing written anywhere. No
 * runner can be faster than the machine's own process creation.
 */
#include "spawn.h"

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: spawn WIDTH COUNT [clean]\n");
        return 64;
    }
    long width = atol(argv[1]), count = atol(argv[2]);
    int clean = argc > 3 && strcmp(argv[3], "clean") == 0;

    for (long started = 0, ended = 0; ended < count; ended++) {
        while (started < count && started - ended < width) {
            start_true(clean);
            started++;
        }
        reap(0);
    }
    return 0;
}
