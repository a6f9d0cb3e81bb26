/// libcurl's functions, found when the first of them is asked for.
///
/// The host's library brings the host's certificates, proxies, HTTP/2 and security updates. It is opened by
/// dlopen(3): to link it would cost every start of `flower` the binding of some thirty libraries, and would keep it
/// from starting where there is no libcurl. Nothing but its name and these signatures is needed to build. Where
/// its headers are installed (libcurl4-openssl-dev), `ccurl.c` compares the numbers with them.
#ifndef CCURL_H
#define CCURL_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Names as libcurl-easy(3) and libcurl-multi(3) have them, without `curl_`; `CURL` and `CURLM` are void there.
#define CCURL_FUNCTIONS(F)                                                                         \
    F(int, global_init, (long flags))                                                              \
    F(const char *_Nonnull, easy_strerror, (int code))                                             \
    F(void *_Nullable, easy_init, (void))                                                          \
    F(void, easy_cleanup, (void *easy))                                                            \
    F(struct curl_slist *_Nullable, slist_append,                                                  \
      (struct curl_slist *_Nullable list, const char *text))                                       \
    F(void, slist_free_all, (struct curl_slist *_Nullable list))                                   \
    F(void *_Nullable, multi_init, (void))                                                         \
    F(int, multi_add_handle, (void *multi, void *easy))                                            \
    F(int, multi_remove_handle, (void *multi, void *easy))                                         \
    F(int, multi_perform, (void *multi, int *running))                                             \
    F(int, multi_poll,                                                                             \
      (void *multi, void *_Nullable fds, unsigned int count, int timeout_ms, int *_Nullable ready))\
    F(int, multi_wakeup, (void *multi))                                                            \
    F(struct ccurl_message *_Nullable, multi_info_read, (void *multi, int *left))

/// Variadic ones, which Swift cannot call: see the functions below.
#define CCURL_VARIADIC_FUNCTIONS(F)                                                                \
    F(int, easy_setopt, (void *easy, int option, ...))                                             \
    F(int, easy_getinfo, (void *easy, int info, ...))

struct curl_slist;

/// CURLMsg: an exchange that has ended.
struct ccurl_message {
    int kind;
    void *_Nonnull easy;
    union {
        void *_Nullable whatever;
        int code;
    } data;
};

#define CCURL_FIELD(result, name, parameters) result(*_Nonnull name) parameters;
struct ccurl {
    CCURL_FUNCTIONS(CCURL_FIELD)
    CCURL_VARIADIC_FUNCTIONS(CCURL_FIELD)
};
#undef CCURL_FIELD

/// The functions; NULL where the host has no libcurl (OpenSSL's or GnuTLS's), or one older than 7.68. Safe from any
/// thread.
const struct ccurl *_Nullable ccurl_load(void);

/// curl_easy_setopt(3); they give a CURLcode, 0 for success.
int ccurl_set_number(const struct ccurl *curl, void *easy, int option, long value);
int ccurl_set_size(const struct ccurl *curl, void *easy, int option, int64_t value);
/// A text is copied.
int ccurl_set_text(const struct ccurl *curl, void *easy, int option, const char *_Nullable value);
int ccurl_set_pointer(const struct ccurl *curl, void *easy, int option, void *_Nullable value);
/// Takes `count` bytes (`size` is 1), and gives how many it took: with fewer the exchange ends.
typedef size_t (*ccurl_taker)(char *bytes, size_t size, size_t count, void *_Nullable context);
int ccurl_set_taker(const struct ccurl *curl, void *easy, int option, ccurl_taker taker);
/// CURLOPT_READDATA: a regular file that libcurl itself reads, rewinds and leaves open. NULL, with errno, where it
/// cannot be opened or is not a regular file.
void *_Nullable ccurl_open_file(const char *path, int64_t *size);
void ccurl_close_file(void *file);
/// CURLINFO_PRIVATE.
void *_Nullable ccurl_get_private(const struct ccurl *curl, void *easy);

/// curl/curl.h's numbers, of those options that are used.
#define CCURL_NUMBERS(N)                                                                           \
    N(OPT_WRITEDATA, 10001)                                                                        \
    N(OPT_URL, 10002)                                                                              \
    N(OPT_READDATA, 10009)                                                                         \
    N(OPT_ERRORBUFFER, 10010)                                                                      \
    N(OPT_HTTPHEADER, 10023)                                                                       \
    N(OPT_HEADERDATA, 10029)                                                                       \
    N(OPT_CUSTOMREQUEST, 10036)                                                                    \
    N(OPT_CAINFO, 10065)                                                                           \
    N(OPT_ACCEPT_ENCODING, 10102)                                                                  \
    N(OPT_PRIVATE, 10103)                                                                          \
    N(OPT_COPYPOSTFIELDS, 10165)                                                                   \
    N(OPT_UNIX_SOCKET_PATH, 10231)                                                                 \
    N(OPT_WRITEFUNCTION, 20011)                                                                    \
    N(OPT_HEADERFUNCTION, 20079)                                                                   \
    N(OPT_NOBODY, 44)                                                                              \
    N(OPT_UPLOAD, 46)                                                                              \
    N(OPT_POST, 47)                                                                                \
    N(OPT_FOLLOWLOCATION, 52)                                                                      \
    N(OPT_MAXREDIRS, 68)                                                                           \
    N(OPT_NOSIGNAL, 99)                                                                            \
    N(OPT_TIMEOUT_MS, 155)                                                                         \
    N(OPT_CONNECTTIMEOUT_MS, 156)                                                                  \
    N(OPT_PROTOCOLS, 181)                                                                          \
    N(OPT_REDIR_PROTOCOLS, 182)                                                                    \
    N(OPT_INFILESIZE_LARGE, 30115)                                                                 \
    N(OPT_POSTFIELDSIZE_LARGE, 30120)                                                              \
    N(INFO_PRIVATE, 0x100000 + 21)                                                                 \
    N(E_WRITE_ERROR, 23)                                                                           \
    N(E_OUT_OF_MEMORY, 27)                                                                         \
    N(E_OPERATION_TIMEDOUT, 28)                                                                    \
    N(MSG_DONE, 1)

#define CCURL_NUMBER(name, value) CCURL_##name = value,
enum { CCURL_NUMBERS(CCURL_NUMBER) };
#undef CCURL_NUMBER
/// CURL_ERROR_SIZE.
#define CCURL_ERROR_BYTES 256
/// CURLPROTO_HTTP | CURLPROTO_HTTPS.
#define CCURL_HTTP_AND_HTTPS 3L
/// CURL_GLOBAL_DEFAULT.
#define CCURL_GLOBAL_DEFAULT 3L

#pragma clang assume_nonnull end

#endif
