// Knows the allocation of a Swift object by its frames, and keeps the names of types in the session.
#define _GNU_SOURCE
#include "types.h"

#include "cfi.h"
#include "session.h"
#include "type_name.h"
#include <dlfcn.h>
#include <errno.h>

#define RUNTIME extern __attribute__((weak))
RUNTIME void swift_allocObject(void);
RUNTIME void swift_allocBox(void);
RUNTIME void swift_bufferAllocate(void);
RUNTIME void swift_slowAlloc(void);
RUNTIME void *_swift_allocObject; // what swift_allocObject goes on to where somebody has replaced it

struct code {
    uint64_t start, bytes;
};

// swift_allocObject first. The others contain a copy of it, and other allocations of their own. Written at start.
static struct code allocating[4];
static struct code slow;

// By the table of the image: the code that has the same entry. False where no table is for it.
static struct code code_of(const void *function) {
    enum { longest = 64 << 10 };
    struct pollscope_cfi_row row;
    uint64_t start = (uintptr_t)function, inside = 0, outside = 1;
    if (!start || !pollscope_cfi_find(start, pollscope_memory_read_own, &row) || row.function != start)
        return (struct code){0};
    while (outside < longest && pollscope_cfi_find(start + outside, pollscope_memory_read_own, &row) &&
           row.function == start) {
        inside = outside;
        outside *= 2;
    }
    while (outside - inside > 1) {
        uint64_t middle = inside + (outside - inside) / 2;
        if (pollscope_cfi_find(start + middle, pollscope_memory_read_own, &row) && row.function == start)
            inside = middle;
        else
            outside = middle;
    }
    return (struct code){start, outside};
}

static bool returns_into(uint64_t frame, const struct code *code) { return frame - 1 - code->start < code->bytes; }

static const void *find(const void *linked, const char *name) { return linked ? linked : dlsym(RTLD_DEFAULT, name); }

void pollscope_types_start(void) {
    const void *const *replaceable = find(&_swift_allocObject, "_swift_allocObject");
    slow = code_of(find(swift_slowAlloc, "swift_slowAlloc"));
    allocating[0] = code_of(find(swift_allocObject, "swift_allocObject"));
    allocating[1] = code_of(find(swift_allocBox, "swift_allocBox"));
    allocating[2] = code_of(find(swift_bufferAllocate, "swift_bufferAllocate"));
    allocating[3] = code_of(replaceable ? *replaceable : NULL);
}

bool pollscope_types_is_object(const uint64_t *frames, uint32_t count) {
    enum { looked_at = 3 };
    if (count && returns_into(frames[0], &allocating[0]))
        return true;
    bool is_slow = false; // all objects come from there
    for (uint32_t i = 0; i < count && i < looked_at; i++) {
        for (uint32_t j = 0; is_slow && j < sizeof allocating / sizeof allocating[0]; j++)
            if (returns_into(frames[i], &allocating[j]))
                return true;
        is_slow = is_slow || returns_into(frames[i], &slow);
    }
    return false;
}

// The metadata of all boxes of errors. 0: none was seen yet.
static uint64_t error_box;

// Keys that are no addresses of metadata: those are even.
enum {
    of_an_error = 1,        // added to the address of the error's type
    of_local_variables = 3, // all of them, which have one name and may have a thousand kinds of metadata
};

static uint16_t refuse(void) {
    __atomic_fetch_add(&pollscope_session.header->types_refused, 1, __ATOMIC_RELAXED);
    return 0;
}

static uint32_t first_place(uint64_t key) {
    uint64_t mixed = key * 0x9E3779B97F4A7C15ull; // 2^64 / golden ratio
    return (uint32_t)(mixed >> 32);
}

// Its place + 1; 0: it is not there.
static uint16_t look_up(uint64_t key, uint64_t *vacant) {
    enum { probes_max = 64 };
    *vacant = POLLSCOPE_TYPES_MAX;
    for (uint32_t probe = 0; probe < probes_max; probe++) {
        uint32_t place = (first_place(key) + probe) & (POLLSCOPE_TYPES_MAX - 1);
        uint64_t seen = __atomic_load_n(&pollscope_session.types[place].metadata, __ATOMIC_RELAXED);
        if (seen == key)
            return (uint16_t)(place + 1);
        if (seen == 0) {
            *vacant = place;
            return 0;
        }
    }
    return 0;
}

// The name's place in the table of names, as an entry has it. 0: there is no room.
static uint64_t keep_name(const struct pollscope_type_text *text) {
    struct pollscope_header *header = pollscope_session.header;
    uint32_t offset = __atomic_fetch_add(&header->type_names_used, text->count, __ATOMIC_RELAXED);
    if (offset > POLLSCOPE_TYPE_NAMES_BYTES - text->count)
        return 0;
    for (uint32_t i = 0; i < text->count; i++)
        pollscope_session.type_names[offset + i] = text->bytes[i];
    return offset | (uint64_t)text->count << 32 | 1ull << 63;
}

static uint16_t add(uint64_t key, const struct pollscope_type_text *text) {
    struct pollscope_header *header = pollscope_session.header;
    uint64_t where = keep_name(text), vacant;
    if (!where)
        return refuse();
    for (;;) {
        uint16_t number = look_up(key, &vacant);
        if (number)
            return number; // another thread was quicker; the name is there twice
        if (vacant == POLLSCOPE_TYPES_MAX)
            return refuse();
        struct pollscope_type *entry = &pollscope_session.types[vacant];
        uint64_t none = 0;
        if (!__atomic_compare_exchange_n(&entry->metadata, &none, key, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            continue;
        __atomic_fetch_add(&header->types_used, 1, __ATOMIC_RELAXED);
        __atomic_store_n(&entry->where, where, __ATOMIC_RELEASE);
        return (uint16_t)(vacant + 1);
    }
}

// What an object with this metadata, which is not in the table itself, is kept under. 0: nothing.
static uint64_t key_of(struct pollscope_type_namer *reader, uint64_t object, uint64_t metadata, uint64_t *error_type) {
    enum { error_type_at = 16 };
    uint64_t kind = POLLSCOPE_METADATA_ERROR;
    if (metadata != __atomic_load_n(&error_box, __ATOMIC_RELAXED) &&
        !pollscope_type_name_read(reader, metadata, &kind, sizeof kind))
        return 0;
    if (kind == POLLSCOPE_METADATA_LOCAL_VARIABLES)
        return of_local_variables;
    if (kind != POLLSCOPE_METADATA_ERROR)
        return metadata;
    __atomic_store_n(&error_box, metadata, __ATOMIC_RELAXED);
    // The error's type tells it, and objects of a class from errors of that class.
    if (!pollscope_type_name_read_object(object + error_type_at, error_type) || *error_type == 0)
        return 0;
    return *error_type | of_an_error;
}

static uint16_t intern(uint64_t object) {
    struct pollscope_type_namer reader = {.reads_left = 1};
    uint64_t metadata, error_type = 0, vacant;
    if (!pollscope_type_name_read_object(object, &metadata) || metadata == 0 || metadata & 7)
        return 0;
    uint16_t number = look_up(metadata, &vacant);
    if (number)
        return number;
    uint64_t key = key_of(&reader, object, metadata, &error_type);
    if (key == 0)
        return 0;
    if (key != metadata && (number = look_up(key, &vacant)) != 0)
        return number;
    uint32_t names_used = __atomic_load_n(&pollscope_session.header->type_names_used, __ATOMIC_RELAXED);
    if (vacant == POLLSCOPE_TYPES_MAX || names_used > POLLSCOPE_TYPE_NAMES_BYTES - POLLSCOPE_TYPE_NAME_MAX)
        return refuse();
    struct pollscope_type_text text;
    pollscope_type_name_of_object(metadata, error_type, &text);
    return text.count ? add(key, &text) : 0;
}

uint16_t pollscope_types_find(uint64_t metadata) {
    uint64_t vacant;
    return look_up(metadata, &vacant);
}

uint16_t pollscope_types_intern_object(uint64_t object) {
    int error = errno;
    uint16_t number = intern(object);
    errno = error;
    return number;
}
