// A text of bounded length, written piece by piece.
#ifndef POLLSCOPE_TYPE_TEXT_H
#define POLLSCOPE_TYPE_TEXT_H

#include "pollscope_layout.h"
#include <stdbool.h>
#include <stdint.h>

struct pollscope_type_text {
    char bytes[POLLSCOPE_TYPE_NAME_MAX];
    uint32_t count;
    bool is_cut; // nothing more is added; the text ends in an ellipsis
};

// Cuts between characters, not within one.
static inline void pollscope_type_text_cut(struct pollscope_type_text *text) {
    static const char ellipsis[] = "\xE2\x80\xA6";
    enum { ellipsis_bytes = sizeof ellipsis - 1 };
    uint32_t end = text->count < POLLSCOPE_TYPE_NAME_MAX - ellipsis_bytes ? text->count
                                                                        : POLLSCOPE_TYPE_NAME_MAX - ellipsis_bytes;
    while (end > 0 && end < text->count && (text->bytes[end] & 0xC0) == 0x80)
        end--;
    for (uint32_t i = 0; i < ellipsis_bytes; i++)
        text->bytes[end + i] = ellipsis[i];
    text->count = end + ellipsis_bytes;
    text->is_cut = true;
}

static inline void pollscope_type_text_add_byte(struct pollscope_type_text *text, char byte) {
    if (text->is_cut)
        return;
    if (text->count == POLLSCOPE_TYPE_NAME_MAX)
        pollscope_type_text_cut(text);
    else
        text->bytes[text->count++] = byte;
}

static inline void pollscope_type_text_add(struct pollscope_type_text *text, const char *string) {
    while (*string)
        pollscope_type_text_add_byte(text, *string++);
}

static inline void pollscope_type_text_add_number(struct pollscope_type_text *text, uint64_t number) {
    char digits[20];
    uint32_t count = 0;
    do
        digits[count++] = (char)('0' + number % 10);
    while (number /= 10);
    while (count)
        pollscope_type_text_add_byte(text, digits[--count]);
}

#endif
