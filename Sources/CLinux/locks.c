#define _GNU_SOURCE
#include "locks.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/// The signal that ends a wait. Real-time signals are free for programs; the highest but two,
/// because the lowest are what libraries reach for first.
#define WAIT_SIGNAL (SIGRTMAX - 2)

/// After the time has passed the signal is repeated this often: one that arrives between the check
/// of the clock and the start of the wait would otherwise be lost, and the wait endless.
#define REPEAT_NS 10000000

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static int set_lock(int fd, int command, short type) {
    // A whole-file lock; l_pid must be 0 for open-file-description locks.
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET};
    return fcntl(fd, command, &lock);
}

int clinux_ofd_lock_try(int fd, short type) {
    int result;
    do {
        result = set_lock(fd, F_OFD_SETLK, type);
    } while (result != 0 && errno == EINTR);
    if (result != 0 && errno == EACCES) errno = EAGAIN;
    return result;
}

int clinux_ofd_unlock(int fd) { return set_lock(fd, F_OFD_SETLK, F_UNLCK); }

int clinux_ofd_is_locked(int fd) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(fd, F_OFD_GETLK, &lock) != 0) return -1;
    return lock.l_type != F_UNLCK;
}

int clinux_ofd_share_byte(int fd, long long offset) {
    struct flock lock = {
        .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = offset, .l_len = 1};
    return fcntl(fd, F_OFD_SETLK, &lock);
}

int clinux_ofd_byte_is_locked(int fd, long long offset) {
    struct flock lock = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = offset, .l_len = 1};
    if (fcntl(fd, F_OFD_GETLK, &lock) != 0) return -1;
    return lock.l_type != F_UNLCK;
}

/// Exists so that the signal interrupts the wait rather than ending the process.
static void interrupt(int signal) { (void)signal; }

static int handler_error;

static void install_handler(void) {
    // No SA_RESTART: the interrupted fcntl is to return EINTR.
    struct sigaction action = {.sa_handler = interrupt};
    sigemptyset(&action.sa_mask);
    handler_error = sigaction(WAIT_SIGNAL, &action, NULL) == 0 ? 0 : errno;
}

static int start_timer(timer_t *timer, int timeout_ms) {
    // To this thread alone: another thread's wait is not to be cut short.
    struct sigevent event = {
        .sigev_notify = SIGEV_THREAD_ID,
        .sigev_signo = WAIT_SIGNAL,
    };
    event.sigev_notify_thread_id = gettid();
    if (timer_create(CLOCK_MONOTONIC, &event, timer) != 0) return -1;
    struct itimerspec times = {
        .it_value = {.tv_sec = timeout_ms / 1000, .tv_nsec = (timeout_ms % 1000) * 1000000L},
        .it_interval = {.tv_nsec = REPEAT_NS},
    };
    if (timer_settime(*timer, 0, &times, NULL) == 0) return 0;
    int error = errno;
    timer_delete(*timer);
    errno = error;
    return -1;
}

static long long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/// Waits until the lock is had or `deadline_ms` has passed; a signal of anyone else's only repeats
/// it.
static int wait_until(int fd, short type, long long deadline_ms) {
    for (;;) {
        if (set_lock(fd, F_OFD_SETLKW, type) == 0) return 0;
        if (errno != EINTR) return -1;
        if (now_ms() >= deadline_ms) {
            errno = ETIMEDOUT;
            return -1;
        }
    }
}

int clinux_ofd_lock_wait(int fd, short type, int timeout_ms) {
    // What F_OFD_SETLKW itself does first; a free lock then costs one system call and no timer.
    if (clinux_ofd_lock_try(fd, type) == 0) return 0;
    if (errno != EAGAIN) return -1;
    if (timeout_ms <= 0) {
        errno = ETIMEDOUT;
        return -1;
    }
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install_handler);
    if (handler_error != 0) {
        errno = handler_error;
        return -1;
    }
    sigset_t mask, former;
    sigemptyset(&mask);
    sigaddset(&mask, WAIT_SIGNAL);
    pthread_sigmask(SIG_UNBLOCK, &mask, &former);
    long long deadline_ms = now_ms() + timeout_ms;
    timer_t timer;
    int result = start_timer(&timer, timeout_ms);
    if (result == 0) {
        result = wait_until(fd, type, deadline_ms);
        int error = errno;
        timer_delete(timer);
        errno = error;
    }
    int error = errno;
    pthread_sigmask(SIG_SETMASK, &former, NULL);
    errno = error;
    return result;
}
