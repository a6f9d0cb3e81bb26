/* punctual COUNT OFFSET_MS PROGRAM ARGUMENT...: the floor of being on time: sleeps on CLOCK_REALTIME until
 * OFFSET_MS past each of the next COUNT seconds, and starts PROGRAM then. */
#define _GNU_SOURCE
#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

int main(int argc, char **argv) {
    if (argc < 4) return 64;
    int count = atoi(argv[1]);
    long offset = atol(argv[2]) * 1000000L;
    struct timespec due;
    clock_gettime(CLOCK_REALTIME, &due);
    due.tv_nsec = offset;
    for (int i = 0; i < count; i++) {
        due.tv_sec++;
        while (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &due, NULL) == EINTR) {}
        pid_t pid;
        if (posix_spawn(&pid, argv[3], NULL, NULL, argv + 3, environ) != 0) return 1;
        if (waitpid(pid, NULL, 0) != pid) return 1;
    }
    return 0;
}
