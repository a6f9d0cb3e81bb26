/* stamp FILE WORD: appends "SECONDS.NANOSECONDS WORD" to FILE, the time being this program's first
 * statement. Linked statically, so that what is measured is who starts it and not the loader. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (argc != 3) return 64;
    char line[128];
    int count = snprintf(
        line, sizeof line, "%lld.%09ld %s\n", (long long)now.tv_sec, now.tv_nsec, argv[2]);
    int file = open(argv[1], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    return file < 0 || write(file, line, (size_t)count) != count;
}
