/* journal COUNT: so many entries with a line and the fields of a task's line, one after the other, by
 * sd_journal_sendv(3). The library is looked for at run time: its headers need not be there. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

int main(int argc, char **argv) {
    if (argc != 2) return 64;
    void *library = dlopen("libsystemd.so.0", RTLD_NOW);
    int (*send)(const struct iovec *, int) = library ? dlsym(library, "sd_journal_sendv") : NULL;
    if (!send) return 69;
    char message[64], number[64];
    const char *fields[] = {
        "SYSLOG_IDENTIFIER=floor", "FLOOR_INSTANCE=0123abcd", "FLOOR_FLOW=loud", "FLOOR_RUN=1",
        "FLOOR_TASK=task", "FLOOR_ITEM=0", "FLOOR_ATTEMPT=1", message, "PRIORITY=6", number,
        "FLOOR_STREAM=output",
    };
    enum { count = sizeof fields / sizeof *fields };
    for (long line = 1; line <= atol(argv[1]); line++) {
        snprintf(message, sizeof message, "MESSAGE=%ld", line);
        snprintf(number, sizeof number, "FLOOR_LINE=%ld", line);
        struct iovec parts[count];
        for (int i = 0; i < count; i++) {
            parts[i].iov_base = (void *)fields[i];
            parts[i].iov_len = strlen(fields[i]);
        }
        if (send(parts, count) < 0) return 74;
    }
    return 0;
}
