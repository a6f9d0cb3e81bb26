#ifndef CLINUX_EVENTS_H
#define CLINUX_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

/// One report of epoll_wait(2). A struct of our own: the kernel's is packed, which Swift handles
/// badly.
struct clinux_event {
    uint64_t data;
    uint32_t events;
};

/// The most events one wait reports.
#define CLINUX_EVENTS 128

#define CLINUX_READABLE 0x001u
#define CLINUX_WRITABLE 0x004u
#define CLINUX_ERROR 0x008u
#define CLINUX_HANGUP 0x010u

/// A close-on-exec epoll instance (epoll_create1(2)).
int clinux_epoll_create(void);
/// Watches `fd`, level-triggered; `data` comes back with each of its events.
int clinux_epoll_add(int epoll, int fd, uint32_t events, uint64_t data);
int clinux_epoll_remove(int epoll, int fd);
/// Waits for at most `timeout_ms` (-1: without end); at most `CLINUX_EVENTS` are stored in
/// `events`.
int clinux_epoll_wait(int epoll, struct clinux_event *events, int timeout_ms);

/// A close-on-exec, non-blocking counter (eventfd(2)).
int clinux_eventfd(void);
/// Adds 1. Safe in a signal handler.
void clinux_eventfd_add(int fd);
/// The count since the last call, which is then 0 again.
uint64_t clinux_eventfd_take(int fd);

/// A close-on-exec, non-blocking timer on CLOCK_REALTIME (timerfd_create(2)).
int clinux_timerfd(void);
/// Fires at `at_ms` since 1970. It also becomes readable, with ECANCELED from
/// `clinux_timerfd_take`, when the clock is set meanwhile (TFD_TIMER_CANCEL_ON_SET). Below 0:
/// disarmed.
int clinux_timerfd_set(int fd, int64_t at_ms);
/// How often it fired since the last call: 0 where it did not; -1 with ECANCELED after a clock
/// step.
int64_t clinux_timerfd_take(int fd);

/// From now on signal `number` adds 1 to the eventfd `fd`, in whatever thread it arrives. A handler
/// rather than signalfd(2), for which every thread, libraries' ones too, would have to block it.
int clinux_signal_to_eventfd(int number, int fd);
/// A close-on-exec, non-blocking signalfd(2) of SIGCHLD, which the calling thread blocks from now on, and so do those
/// that it makes: a handler would interrupt the thread at each child's end.
int clinux_child_ends(void);
/// Takes what it has told.
void clinux_child_ends_take(int fd);
/// Whether the signal does nothing (SIG_IGN), as SIGHUP under nohup(1).
bool clinux_signal_is_ignored(int number);
/// Has those signals do nothing that nobody sends us for a reason, and that would end this process: SIGUSR1,
/// SIGUSR2, SIGIO, SIGSTKFLT and the real-time ones; but for those that have a handler.
void clinux_ignore_strays(void);
/// Gives the signal back to the action that it had before.
int clinux_signal_restore(int number);

#endif
