#include "ICUStub.h"

#include <stddef.h>
#include <stdint.h>

/// A table of contents with nothing in it, as unicode/udata.h lays it out and ucmndata.h reads it.
struct empty_data {
    _Alignas(16) uint16_t header_size;
    uint8_t magic[2];
    uint16_t info_size;
    uint16_t reserved_word;
    uint8_t is_big_endian;
    uint8_t charset_family;
    uint8_t size_of_char;
    uint8_t reserved_byte;
    uint8_t format[4];
    uint8_t format_version[4];
    uint8_t data_version[4];
    // What follows begins at a multiple of 16 bytes.
    uint8_t padding[8];
    uint32_t count;
};
_Static_assert(offsetof(struct empty_data, count) == 32, "the header's size");

#define EMPTY                                                                                      \
    {                                                                                              \
        .header_size = 32, .magic = {0xda, 0x27}, .info_size = 20,                                 \
        .is_big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__, .size_of_char = 2,                \
        .format = {'C', 'm', 'n', 'D'}, .format_version = {1}, .count = 0                          \
    }

// By the name of whichever ICU the toolchain's Foundation brings; with one of another name all of its data is linked.
#define STUB(version)                                                                              \
    extern const struct empty_data icudt##version##_dat;                                           \
    const struct empty_data icudt##version##_dat = EMPTY;
STUB(72) STUB(73) STUB(74) STUB(75) STUB(76) STUB(77) STUB(78) STUB(79) STUB(80) STUB(81) STUB(82)
