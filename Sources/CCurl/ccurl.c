#include "CCurl.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#if __has_include(<curl/curl.h>)
#include <curl/curl.h>

#define CHECK_NUMBER(name, value)                                                                  \
    _Static_assert(CURL##name == value, "CURL" #name " has another number in libcurl");
CCURL_NUMBERS(CHECK_NUMBER)
#undef CHECK_NUMBER
_Static_assert(CCURL_ERROR_BYTES == CURL_ERROR_SIZE, "as libcurl has it");
_Static_assert(CCURL_HTTP_AND_HTTPS == (CURLPROTO_HTTP | CURLPROTO_HTTPS), "as libcurl has them");
_Static_assert(CCURL_GLOBAL_DEFAULT == CURL_GLOBAL_DEFAULT, "as libcurl has it");
_Static_assert(sizeof(struct ccurl_message) == sizeof(CURLMsg) &&
                   offsetof(struct ccurl_message, easy) == offsetof(CURLMsg, easy_handle) &&
                   offsetof(struct ccurl_message, data) == offsetof(CURLMsg, data),
               "CURLMsg is laid out otherwise by libcurl");
#endif

static struct ccurl functions;
static const struct ccurl *found;

static void load(void) {
    // Never closed again: its threads would outlive it. The second is the one that git needs in Debian.
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!library) library = dlopen("libcurl-gnutls.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
#define FIND(result, name, parameters)                                                             \
    *(void **)&functions.name = dlsym(library, "curl_" #name);                                     \
    if (!functions.name) return;
    CCURL_FUNCTIONS(FIND)
    CCURL_VARIADIC_FUNCTIONS(FIND)
#undef FIND
    if (functions.global_init(CCURL_GLOBAL_DEFAULT) == 0) found = &functions;
}

const struct ccurl *ccurl_load(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return found;
}

int ccurl_set_number(const struct ccurl *curl, void *easy, int option, long value) {
    return curl->easy_setopt(easy, option, value);
}

int ccurl_set_size(const struct ccurl *curl, void *easy, int option, int64_t value) {
    return curl->easy_setopt(easy, option, value);
}

int ccurl_set_text(const struct ccurl *curl, void *easy, int option, const char *value) {
    return curl->easy_setopt(easy, option, value);
}

int ccurl_set_pointer(const struct ccurl *curl, void *easy, int option, void *value) {
    return curl->easy_setopt(easy, option, value);
}

int ccurl_set_taker(const struct ccurl *curl, void *easy, int option, ccurl_taker taker) {
    return curl->easy_setopt(easy, option, taker);
}

void *ccurl_open_file(const char *path, int64_t *size) {
    // Without O_NONBLOCK to open a FIFO would wait for whoever writes to it.
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return NULL;
    struct stat status;
    if (fstat(file, &status) == 0) {
        if (S_ISREG(status.st_mode)) {
            *size = status.st_size;
            FILE *stream = fdopen(file, "r");
            if (stream) return stream;
        } else {
            errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
        }
    }
    int error = errno;
    close(file);
    errno = error;
    return NULL;
}

void ccurl_close_file(void *file) { fclose(file); }

void *ccurl_get_private(const struct ccurl *curl, void *easy) {
    void *value = NULL;
    return curl->easy_getinfo(easy, CCURL_INFO_PRIVATE, &value) == 0 ? value : NULL;
}
