// Preloaded (ld.so(8)) into a service, to hang where a file in /run says so.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/epoll.h>
#include <unistd.h>

static void hang_if(const char *path) {
    while (access(path, F_OK) == 0) pause();
}

int epoll_wait(int epoll, struct epoll_event *events, int count, int timeout) {
    hang_if("/run/hang-loop");
    int (*next)(int, struct epoll_event *, int, int) = dlsym(RTLD_NEXT, "epoll_wait");
    int found = next(epoll, events, count, timeout);
    hang_if("/run/hang-loop");
    return found;
}

int fdatasync(int file) {
    hang_if("/run/hang-disk");
    int (*next)(int) = dlsym(RTLD_NEXT, "fdatasync");
    return next(file);
}
