#define _GNU_SOURCE
#include "events.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

_Static_assert(CLINUX_READABLE == EPOLLIN && CLINUX_WRITABLE == EPOLLOUT, "as epoll has them");
_Static_assert(CLINUX_ERROR == EPOLLERR && CLINUX_HANGUP == EPOLLHUP, "as epoll has them");

int clinux_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int clinux_epoll_add(int epoll, int fd, uint32_t events, uint64_t data) {
    struct epoll_event event = {.events = events, .data.u64 = data};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

int clinux_epoll_remove(int epoll, int fd) { return epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL); }

int clinux_epoll_wait(int epoll, struct clinux_event *events, int timeout_ms) {
    struct epoll_event found[CLINUX_EVENTS];
    int count = epoll_wait(epoll, found, CLINUX_EVENTS, timeout_ms);
    for (int i = 0; i < count; i++) {
        events[i].data = found[i].data.u64;
        events[i].events = found[i].events;
    }
    return count;
}

int clinux_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void clinux_eventfd_add(int fd) {
    int error = errno;
    uint64_t one = 1;
    // It fails only where the count is at its end, and then the reader is woken anyway.
    ssize_t written = write(fd, &one, sizeof one);
    (void)written;
    errno = error;
}

uint64_t clinux_eventfd_take(int fd) {
    uint64_t count = 0;
    return read(fd, &count, sizeof count) == sizeof count ? count : 0;
}

int clinux_timerfd(void) { return timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK); }

int clinux_timerfd_set(int fd, int64_t at_ms) {
    struct itimerspec times = {0};
    if (at_ms >= 0) {
        times.it_value.tv_sec = at_ms / 1000;
        // All zero would disarm it; the instant 0 has passed in any case.
        times.it_value.tv_nsec = at_ms % 1000 * 1000000L + (at_ms == 0);
    }
    return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &times, NULL);
}

int64_t clinux_timerfd_take(int fd) {
    uint64_t count = 0;
    if (read(fd, &count, sizeof count) == sizeof count) return (int64_t)count;
    return errno == EAGAIN ? 0 : -1;
}

#define SIGNALS 65

static volatile sig_atomic_t eventfd_of[SIGNALS];
static struct sigaction former[SIGNALS];

static void forward(int number) { clinux_eventfd_add(eventfd_of[number]); }

int clinux_signal_to_eventfd(int number, int fd) {
    if (number <= 0 || number >= SIGNALS) {
        errno = EINVAL;
        return -1;
    }
    eventfd_of[number] = fd;
    struct sigaction action = {.sa_handler = forward, .sa_flags = SA_RESTART};
    sigfillset(&action.sa_mask);
    return sigaction(number, &action, &former[number]);
}

int clinux_child_ends(void) {
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGCHLD);
    int error = pthread_sigmask(SIG_BLOCK, &ends, NULL);
    if (error == 0) return signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
    errno = error;
    return -1;
}

void clinux_child_ends_take(int fd) {
    // Signals of one number become one while they wait: a single read takes them all.
    struct signalfd_siginfo info;
    ssize_t size = read(fd, &info, sizeof info);
    (void)size;
}

bool clinux_signal_is_ignored(int number) {
    struct sigaction action;
    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

void clinux_ignore_strays(void) {
    static const int plain[] = {SIGUSR1, SIGUSR2, SIGIO, SIGSTKFLT};
    struct sigaction present;
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    for (int number = 1; number < SIGNALS; number++) {
        bool is_stray = number >= SIGRTMIN && number <= SIGRTMAX;
        for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) is_stray |= plain[i] == number;
        // What has a handler is of use to somebody: the wait for a lock is ended by such a signal.
        if (!is_stray || sigaction(number, NULL, &present) != 0) continue;
        if (present.sa_handler == SIG_DFL) sigaction(number, &ignore, NULL);
    }
}

int clinux_signal_restore(int number) {
    if (number <= 0 || number >= SIGNALS) {
        errno = EINVAL;
        return -1;
    }
    return sigaction(number, &former[number], NULL);
}
