/* punctual COUNT OFFSET_MS FILE PROGRAM ARGUMENT...: the floor of being on time: sleeps on CLOCK_REALTIME until
 * OFFSET_MS past each of the next COUNT seconds, and starts PROGRAM then. Where FILE is not "-", it first makes
 * PAGES pages of it durable, as many as a registration's WAL has. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv) {
    enum { PAGES = 11, PAGE = 4120 };
    static char pages[PAGES * PAGE];
    if (argc < 5) return 64;
    int file = argv[3][0] == '-' ? -1 : open(argv[3], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int count = atoi(argv[1]);
    long offset = atol(argv[2]) * 1000000L;
    struct timespec due;
    clock_gettime(CLOCK_REALTIME, &due);
    due.tv_nsec = offset;
    for (int i = 0; i < count; i++) {
        due.tv_sec++;
        while (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &due, NULL) == EINTR) {}
        if (file >= 0) {
            if (pwrite(file, pages, sizeof pages, (off_t)i * sizeof pages) < 0) return 1;
            if (fdatasync(file) != 0) return 1;
        }
        pid_t pid;
        if (posix_spawn(&pid, argv[4], NULL, NULL, argv + 4, environ) != 0) return 1;
        if (waitpid(pid, NULL, 0) != pid) return 1;
    }
    return 0;
}
