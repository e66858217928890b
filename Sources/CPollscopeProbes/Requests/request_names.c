// Makes names of requests comparable, and keeps each once.
//
// A service that names its requests by their paths has as many names as it has users. So what looks like an identifier is
// replaced before a name is looked for: `/users/17` and `/users/18` are both `/users/{id}`.
#include "request_names.h"

#include "clock.h"
#include "session.h"
#include <string.h>

static const char placeholder[] = "{id}";

// Secret, so that nobody outside can fill the table by names that all look for the same entry.
static uint64_t seed;

void pollscope_request_names_start(void) {
    seed = pollscope_clock_ticks() * 0x9E3779B97F4A7C15ull ^ (uintptr_t)&seed ^ (uintptr_t)__builtin_frame_address(0);
}

// All bits of the product count: of 64 of them alone the last bytes of a text would not reach the low ones.
static inline uint64_t fold(uint64_t a, uint64_t b) {
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

// Eight bytes a multiplication.
static uint64_t hash_of(const uint8_t *text, uint64_t bytes) {
    const uint64_t odd = 0x9E3779B97F4A7C15ull; // 2^64 / golden ratio
    uint64_t hash = seed ^ bytes * odd;
    for (uint64_t at = 0; at < bytes; at += 8) {
        uint64_t word = 0;
        if (bytes - at >= 8)
            memcpy(&word, text + at, 8);
        else
            for (uint64_t i = at; i < bytes; i++)
                word = word << 8 | text[i];
        hash = fold(hash ^ odd, word ^ seed);
    }
    hash = fold(hash ^ seed, odd);
    return hash ? hash : 1;
}

// --- identifiers ---------------------------------------------------------------------------------------------

static bool is_digit(uint8_t byte) { return byte >= '0' && byte <= '9'; }
static bool is_lower(uint8_t byte) { return byte >= 'a' && byte <= 'z'; }
static bool is_upper(uint8_t byte) { return byte >= 'A' && byte <= 'Z'; }
static bool is_hexadecimal(uint8_t byte) { return is_digit(byte) || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'f'); }

// Whether a segment of a path is a number, a date, an address, a UUID, a hash or a token, and no word. What is quoted by
// percent signs, or has an @, is what a user has typed.
static bool is_identifier(const uint8_t *segment, uint64_t bytes) {
    enum { hash_bytes = 8, mixed_bytes = 10, token_bytes = 16 };
    uint64_t digits = 0, lowers = 0, uppers = 0, hexadecimals = 0, joints = 0, others = 0;
    for (uint64_t i = 0; i < bytes; i++) {
        uint8_t byte = segment[i];
        if (byte == '@' || byte == '%')
            return true;
        digits += is_digit(byte);
        lowers += is_lower(byte);
        uppers += is_upper(byte);
        hexadecimals += is_hexadecimal(byte);
        joints += byte == '-' || byte == '.' || byte == ':' || byte == ',' || byte == '+';
        others += !is_digit(byte) && !is_lower(byte) && !is_upper(byte) && byte != '-' && byte != '_' && byte != '.' &&
                  byte != ':' && byte != ',' && byte != '=' && byte != '~' && byte != '+';
    }
    if (digits == 0 || others != 0)
        return false;
    return digits + joints == bytes || (bytes >= hash_bytes && hexadecimals + joints == bytes) ||
           (bytes >= mixed_bytes && lowers != 0 && uppers != 0) || bytes >= token_bytes;
}

// What of a path is not its name.
static bool ends_path(uint8_t byte) { return byte == '?' || byte == '#' || byte == ';'; }
static bool is_blank(uint8_t byte) { return byte == ' ' || byte == '\t'; }

// Writes the name as it is kept; returns its bytes. `*cut`: it was longer.
static uint32_t simplify(const uint8_t *name, uint64_t bytes, uint8_t out[static POLLSCOPE_REQUEST_NAME_MAX], bool *cut) {
    uint32_t count = 0;
    bool in_path = false;
    *cut = false;
    for (uint64_t at = 0; at < bytes;) {
        if (in_path && ends_path(name[at]))
            break; // what is asked for is not what is called
        uint64_t end = at;
        bool is_segment = in_path && name[at] != '/' && !is_blank(name[at]);
        if (is_segment)
            while (end < bytes && name[end] != '/' && !is_blank(name[end]) && !ends_path(name[end]))
                end++;
        else
            end++;
        const uint8_t *piece = name + at;
        uint64_t length = end - at;
        if (is_segment && is_identifier(piece, length)) {
            piece = (const uint8_t *)placeholder;
            length = sizeof placeholder - 1;
        }
        if (length > POLLSCOPE_REQUEST_NAME_MAX - count) {
            *cut = true;
            length = POLLSCOPE_REQUEST_NAME_MAX - count;
        }
        memcpy(out + count, piece, length);
        count += (uint32_t)length;
        if (*cut)
            break;
        bool opens = name[at] == '/' && (at == 0 || is_blank(name[at - 1]) || name[at - 1] == ':');
        in_path = opens || (in_path && !is_blank(name[at]));
        at = end;
    }
    // Not within a character.
    if (*cut) {
        uint32_t whole = count;
        while (whole > 0 && count - whole < 3 && (out[whole - 1] & 0xC0) == 0x80)
            whole--;
        if (whole > 0 && out[whole - 1] >= 0xC0)
            count = whole - 1;
    }
    return count;
}

// --- the table -----------------------------------------------------------------------------------------------

static void publish(struct pollscope_request_name *entry, const uint8_t *text, uint32_t bytes, bool cut) {
    // There is room for as many of the longest names as there are entries.
    uint32_t offset = __atomic_fetch_add(&pollscope_session.header->name_texts_used, bytes, __ATOMIC_RELAXED);
    memcpy(pollscope_session.name_texts + offset, text, bytes);
    __atomic_store_n(&entry->where, offset | (uint64_t)bytes << 32 | (uint64_t)cut << 48 | 1ull << 63,
                     __ATOMIC_RELEASE);
}
_Static_assert(POLLSCOPE_REQUEST_NAMES_MAX * POLLSCOPE_REQUEST_NAME_MAX <= POLLSCOPE_REQUEST_NAMES_BYTES, "room");

// Whether an entry is of a text; one that is being written is taken to be.
static bool is_text(const struct pollscope_request_name *entry, const uint8_t *text, uint32_t bytes) {
    uint64_t where = __atomic_load_n(&entry->where, __ATOMIC_ACQUIRE);
    return where == 0 || ((where >> 32 & UINT16_MAX) == bytes &&
                          memcmp(pollscope_session.name_texts + (uint32_t)where, text, bytes) == 0);
}

static uint32_t intern(const uint8_t *text, uint32_t bytes, bool cut) {
    enum { looks_max = 128 };
    uint64_t hash = hash_of(text, bytes);
    for (uint32_t look = 0; look < looks_max; look++) {
        uint32_t index = (uint32_t)(hash + look) & (POLLSCOPE_REQUEST_NAMES_MAX - 1);
        struct pollscope_request_name *entry = &pollscope_session.request_names[index];
        uint64_t seen = __atomic_load_n(&entry->hash, __ATOMIC_RELAXED);
        if (seen == 0 && __atomic_compare_exchange_n(&entry->hash, &seen, hash, false, __ATOMIC_RELAXED,
                                                     __ATOMIC_RELAXED)) {
            publish(entry, text, bytes, cut);
            return index + 1;
        }
        if (seen == hash && is_text(entry, text, bytes))
            return index + 1;
    }
    return 0;
}

uint32_t pollscope_request_name(struct pollscope_thread *thread, const uint8_t *name, uint64_t bytes) {
    enum { bytes_looked_at = 256 };
    if (bytes > bytes_looked_at)
        bytes = bytes_looked_at;
    // The same few names come again and again, as they are.
    uint64_t hash = hash_of(name, bytes);
    struct pollscope_known_name *known = &thread->known_names[hash % POLLSCOPE_KNOWN_NAMES];
    if (known->hash == hash)
        return known->number;
    uint8_t text[POLLSCOPE_REQUEST_NAME_MAX];
    bool cut;
    uint32_t count = simplify(name, bytes, text, &cut);
    uint32_t number = intern(text, count, cut || bytes == bytes_looked_at);
    if (number == 0)
        __atomic_fetch_add(&pollscope_session.header->names_refused, 1, __ATOMIC_RELAXED);
    else
        *known = (struct pollscope_known_name){hash, number};
    return number;
}
