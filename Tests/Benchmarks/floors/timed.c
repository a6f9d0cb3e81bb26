/* usage: timed LOG COMMAND [ARGUMENT...]
 *
 * Runs the command as it is and appends one line to LOG, in one write(2), so that many may do so at once:
 *
 *     began ended user system <tab> COMMAND <tab> ARGUMENT...
 *
 * all four in seconds, the first two of the monotonic clock, the other two of the command and of what it
 * has waited for. Ends as the command has ended. `size.py` has a build start its compilers so: with less
 * than a millisecond each, where a script's interpreter would take as long as some of BoringSSL's files.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static double seconds(struct timeval span) {
    return (double)span.tv_sec + (double)span.tv_usec / 1e6;
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: timed LOG COMMAND [ARGUMENT...]\n");
        return 64;
    }
    pid_t child;
    double began = now();
    int error = posix_spawnp(&child, argv[2], NULL, NULL, argv + 2, environ);
    if (error != 0) {
        fprintf(stderr, "timed: %s: %s\n", argv[2], strerror(error));
        return 127;
    }
    int status;
    struct rusage usage;
    while (wait4(child, &status, 0, &usage) != child) {
        if (errno != EINTR) {
            perror("timed: wait4");
            return 1;
        }
    }
    char *line = NULL;
    size_t length = 0;
    FILE *text = open_memstream(&line, &length);
    fprintf(text, "%.3f %.3f %.3f %.3f", began, now(), seconds(usage.ru_utime),
            seconds(usage.ru_stime));
    for (int i = 2; i < argc; i++) fprintf(text, "\t%s", argv[i]);
    fputc('\n', text);
    fclose(text);
    int log = open(argv[1], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (log < 0 || write(log, line, length) != (ssize_t)length) {
        fprintf(stderr, "timed: %s: %s\n", argv[1], strerror(errno));
        return 1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
