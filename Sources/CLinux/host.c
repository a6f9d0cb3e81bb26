#include "host.h"

#include <sys/statfs.h>
#include <sys/timex.h>

int clinux_clock_is_kept(void) {
    struct timex state = {.modes = 0};
    int result = adjtimex(&state);
    if (result < 0) return -1;
    return result != TIME_ERROR && !(state.status & STA_UNSYNC);
}

int clinux_filesystem(const char *path, int64_t *kind) {
    struct statfs status;
    if (statfs(path, &status) != 0) return -1;
    *kind = (int64_t)(uint32_t)status.f_type;
    return 0;
}
