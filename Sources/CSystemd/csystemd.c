#include "CSystemd.h"

#include <dlfcn.h>
#include <pthread.h>

#if __has_include(<systemd/sd-journal.h>)
#include <systemd/sd-journal.h>

#define CHECK(result, name, parameters)                                                            \
    _Static_assert(__builtin_types_compatible_p(__typeof__(&sd_##name),                            \
                                                __typeof__(((struct csystemd *)0)->name)),         \
                   "sd_" #name " is declared otherwise by libsystemd");
CSYSTEMD_FUNCTIONS(CHECK)
#undef CHECK
_Static_assert(CSYSTEMD_LOCAL_ONLY == SD_JOURNAL_LOCAL_ONLY, "as libsystemd has it");
_Static_assert(CSYSTEMD_NOP == SD_JOURNAL_NOP && CSYSTEMD_APPEND == SD_JOURNAL_APPEND &&
                   CSYSTEMD_INVALIDATE == SD_JOURNAL_INVALIDATE,
               "as libsystemd has them");
#endif

static struct csystemd functions;
static const struct csystemd *found;

static void load(void) {
    // Never closed again: its threads' keys would outlive it.
    void *library = dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
#define FIND(result, name, parameters)                                                             \
    *(void **)&functions.name = dlsym(library, "sd_" #name);                                       \
    if (!functions.name) return;
    CSYSTEMD_FUNCTIONS(FIND)
    CSYSTEMD_ID_FUNCTIONS(FIND)
#undef FIND
#define FIND(result, name, parameters) *(void **)&functions.name = dlsym(library, "sd_" #name);
    CSYSTEMD_NEWER_FUNCTIONS(FIND)
#undef FIND
    found = &functions;
}

const struct csystemd *csystemd_load(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return found;
}
