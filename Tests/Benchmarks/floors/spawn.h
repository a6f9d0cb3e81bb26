/* One /bin/true, started and waited for: what both spawning floors do. */
#ifndef SPAWN_H
#define SPAWN_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* `clean` starts it as Flower starts a task: a session of its own, no signal blocked or ignored,
 * no descriptor beyond the standard three, an environment of its own. */
static inline pid_t start_true(int clean) {
    static char *argv[] = {"true", NULL};
    static char *environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin", NULL};
    static posix_spawnattr_t attributes;
    static posix_spawn_file_actions_t actions;
    static int prepared = 0;

    if (clean && !prepared) {
        sigset_t none, all;
        sigemptyset(&none);
        sigfillset(&all);
        posix_spawnattr_init(&attributes);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setsigdefault(&attributes, &all);
        posix_spawnattr_setflags(
            &attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_addclosefrom_np(&actions, 3);
        prepared = 1;
    }
    pid_t child;
    int error = clean ? posix_spawn(&child, "/bin/true", &actions, &attributes, argv, environment)
                      : posix_spawn(&child, "/bin/true", NULL, NULL, argv, environ);
    if (error != 0) {
        fprintf(stderr, "posix_spawn: %s\n", strerror(error));
        exit(1);
    }
    return child;
}

/* Waits for any child; with WNOHANG returns 0 if none has ended. A failed one ends the floor, for
 * its figure would be wrong. */
static inline pid_t reap(int options) {
    int status = 0;
    pid_t child = waitpid(-1, &status, options);
    if (child < 0 && errno == ECHILD && options == WNOHANG) {
        return 0;
    }
    if (child < 0 || status != 0) {
        fprintf(stderr, "waitpid: %d, status %d\n", (int)child, status);
        exit(1);
    }
    return child;
}

#endif
