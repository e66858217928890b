// Reads unwind tables piece by piece, and never past an end: what does not fit marks the cursor as failed, and reads
// as 0 from then on.
#ifndef POLLSCOPE_CFI_CURSOR_H
#define POLLSCOPE_CFI_CURSOR_H

#include "table_pages.h"
#include "unwind.h"
#include <string.h>

struct pollscope_cfi_cursor {
    pollscope_memory_reader *read;
    uint64_t address; // of the next byte
    uint64_t end;
    uint32_t position, filled; // of the buffer; its byte `position` is that of `address`
    bool failed;
    uint8_t buffer[256]; // most entries, whole
};

static inline void pollscope_cfi_cursor_open(struct pollscope_cfi_cursor *cursor, pollscope_memory_reader *read,
                                             uint64_t address, uint64_t end) {
    cursor->read = read;
    cursor->address = address;
    cursor->end = end;
    cursor->position = cursor->filled = 0;
    cursor->failed = address > end;
}

static inline bool pollscope_cfi_cursor_has_more(const struct pollscope_cfi_cursor *cursor) {
    return !cursor->failed && cursor->address < cursor->end;
}

static inline uint8_t pollscope_cfi_cursor_byte(struct pollscope_cfi_cursor *cursor) {
    if (cursor->failed || cursor->address >= cursor->end) {
        cursor->failed = true;
        return 0;
    }
    if (cursor->position == cursor->filled) {
        uint64_t left = cursor->end - cursor->address;
        cursor->filled = left < sizeof cursor->buffer ? (uint32_t)left : (uint32_t)sizeof cursor->buffer;
        cursor->position = 0;
        if (!pollscope_table_read(cursor->read, cursor->address, cursor->buffer, cursor->filled)) {
            cursor->failed = true;
            return 0;
        }
    }
    cursor->address++;
    return cursor->buffer[cursor->position++];
}

// Little endian, as all that is supported.
static inline uint64_t pollscope_cfi_cursor_unsigned(struct pollscope_cfi_cursor *cursor, uint32_t bytes) {
    uint64_t value = 0;
    for (uint32_t i = 0; i < bytes; i++)
        value |= (uint64_t)pollscope_cfi_cursor_byte(cursor) << (8 * i);
    return value;
}

static inline int64_t pollscope_cfi_cursor_signed(struct pollscope_cfi_cursor *cursor, uint32_t bytes) {
    uint32_t unused = 64 - 8 * bytes;
    return (int64_t)(pollscope_cfi_cursor_unsigned(cursor, bytes) << unused) >> unused;
}

static inline uint64_t pollscope_cfi_cursor_uleb(struct pollscope_cfi_cursor *cursor) {
    uint64_t value = 0;
    for (uint32_t shift = 0; shift < 70; shift += 7) {
        uint8_t byte = pollscope_cfi_cursor_byte(cursor);
        if (shift < 64)
            value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return value;
    }
    cursor->failed = true;
    return 0;
}

static inline int64_t pollscope_cfi_cursor_sleb(struct pollscope_cfi_cursor *cursor) {
    uint64_t value = 0;
    for (uint32_t shift = 0; shift < 70; shift += 7) {
        uint8_t byte = pollscope_cfi_cursor_byte(cursor);
        if (shift < 64)
            value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            if (byte & 0x40 && shift + 7 < 64)
                value |= ~0ull << (shift + 7);
            return (int64_t)value;
        }
    }
    cursor->failed = true;
    return 0;
}

static inline void pollscope_cfi_cursor_skip(struct pollscope_cfi_cursor *cursor, uint64_t bytes) {
    if (cursor->failed || bytes > cursor->end - cursor->address) {
        cursor->failed = true;
        return;
    }
    cursor->address += bytes;
    if (bytes <= cursor->filled - cursor->position)
        cursor->position += (uint32_t)bytes;
    else
        cursor->position = cursor->filled = 0;
}

#endif
