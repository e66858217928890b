// What calls, linkage stubs and the beginnings of functions look like, for each architecture.
#include "call_instructions.h"

#include "code_images.h"
#include "table_pages.h"
#include <string.h>

#if defined(__x86_64__)

// The bytes [pc - before, pc + after) of an image; those outside of it read as 0.
static bool read_around(uint64_t pc, uint32_t before, uint32_t after, pollscope_memory_reader *read, uint8_t *bytes) {
    struct pollscope_code_image image;
    if (!pollscope_code_image_find(pc, &image))
        return false;
    memset(bytes, 0, before + after);
    uint64_t first = pc - image.start < before ? image.start : pc - before;
    uint64_t end = image.end - pc < after ? image.end : pc + after;
    return pollscope_table_read(read, first, bytes + (before - (pc - first)), end - first);
}

// A function's address that an image keeps for a call through it; 0: cannot be read.
static uint64_t read_slot(uint64_t address, pollscope_memory_reader *read) {
    struct pollscope_code_image image;
    uint64_t function;
    bool is_kept = pollscope_code_image_find(address, &image) && image.end - address >= sizeof function &&
                   read(address, &function, sizeof function);
    return is_kept ? function : 0;
}

static int32_t distance_at(const uint8_t *bytes) {
    int32_t distance;
    memcpy(&distance, bytes, sizeof distance);
    return distance;
}

// The length of the marks that may precede a jump: endbr64, and the prefix bnd.
static uint32_t marks(const uint8_t *code) {
    uint32_t length = memcmp(code, "\xf3\x0f\x1e\xfa", 4) == 0 ? 4 : 0;
    return code[length] == 0xf2 ? length + 1 : length;
}

// A stub is `jmp *slot; push number; jmp first`, and the first one `push word; jmp *slot`; with marks in between, or
// in two parts. A function begins by `push %rbp; mov %rsp, %rbp`, and ends by `pop %rbp; ret`, or a jump instead.
int32_t pollscope_call_pushed(uint64_t pc, pollscope_memory_reader *read) {
    enum { before = 8, after = 12, unknown = -1 };
    enum { push_rbp = 0x55, pop_rbp = 0x5d, ret = 0xc3, push_number = 0x68, jump_short = 0xeb, jump_near = 0xe9 };
    uint8_t around[before + after];
    const uint8_t *code = around + before;
    if (!read_around(pc, before, after, read, around))
        return unknown;
    uint32_t skipped = marks(code);
    const uint8_t *marked = code + skipped;
    switch (marked[0]) {
    case push_rbp:
    case ret: return 0;
    case push_number: return marked[5] == jump_near || (marked[5] == 0xf2 && marked[6] == jump_near) ? 0 : unknown;
    case jump_near: return code[-5] == push_number ? 1 : code[-1] == pop_rbp ? 0 : unknown;
    case jump_short: return code[-1] == pop_rbp ? 0 : unknown;
    case 0x48: return marked[1] == 0x89 && marked[2] == 0xe5 && code[-1] == push_rbp ? 1 : unknown; // mov %rsp, %rbp
    case 0xff:
        if (marked[1] == 0x25) // jmp *slot
            return code[-6] == 0xff && code[-5] == 0x35 ? 2 : 0;
        if (marked[1] == 0x35) // push word
            return marked[6] == 0xff || marked[6] == 0xf2 ? 1 : unknown;
        return (marked[1] & 0x38) == 0x20 && code[-1] == pop_rbp ? 0 : unknown; // jmp through a register
    default: return unknown;
    }
}

// Such a function begins by `push %rbp; push %r14; lea 8(%rsp), %rbp` and ends by `pop %rbp; btr $60, %rbp` and a jump.
int32_t pollscope_call_pushed_async(uint64_t pc, pollscope_memory_reader *read) {
    static const uint8_t begin[] = {0x55, 0x41, 0x56, 0x48, 0x8d, 0x6c, 0x24, 0x08};
    static const uint8_t end[] = {0x5d, 0x48, 0x0f, 0xba, 0xf5, 0x3c};
    enum { pushes = 3, pop = 1 };
    uint8_t around[sizeof begin + sizeof end];
    const uint8_t *code = around + sizeof begin;
    if (!read_around(pc, sizeof begin, sizeof end, read, around))
        return -1;
    if (memcmp(code - pushes, begin, sizeof begin) == 0 || memcmp(around, begin, sizeof begin) == 0)
        return 2;
    return memcmp(code - pop, end, sizeof end) == 0 ? 0 : -1;
}

// Where a stub at `address` leads, or the address itself.
static uint64_t through_stub(uint64_t address, pollscope_memory_reader *read) {
    uint8_t code[12];
    if (!read_around(address, 0, sizeof code, read, code))
        return address;
    uint32_t skipped = marks(code);
    if (code[skipped] != 0xff || code[skipped + 1] != 0x25)
        return address;
    uint64_t target = read_slot(address + skipped + 6 + (uint64_t)(int64_t)distance_at(code + skipped + 2), read);
    return target ? target : address;
}

// The length of `call` through a register or memory with this operand, its first byte given.
static uint32_t indirect_call_bytes(uint8_t operand) {
    if ((operand & 0x38) != 0x10)
        return 0; // another operation
    uint32_t mode = operand >> 6, scaled = mode != 3 && (operand & 7) == 4;
    switch (mode) {
    case 0: return 2 + scaled + ((operand & 7) == 5 ? 4 : 0);
    case 1: return 3 + scaled;
    case 2: return 6 + scaled;
    default: return 2;
    }
}

bool pollscope_call_is_before(uint64_t return_address, pollscope_memory_reader *read, uint64_t *target) {
    enum { longest = 7 };
    uint8_t bytes[longest];
    if (!read_around(return_address - 1, longest - 1, 1, read, bytes))
        return false;
    *target = 0;
    const uint8_t *end = bytes + longest;
    if (end[-5] == 0xe8) {
        *target = through_stub(return_address + (uint64_t)(int64_t)distance_at(end - 4), read);
        return true;
    }
    if (end[-6] == 0xff && end[-5] == 0x15) {
        *target = read_slot(return_address + (uint64_t)(int64_t)distance_at(end - 4), read);
        return true;
    }
    for (uint32_t length = 2; length <= longest; length++)
        if (end[-(int32_t)length] == 0xff && indirect_call_bytes(end[1 - (int32_t)length]) == length)
            return true;
    return false;
}

// Functions begin by `push %rbp; mov %rsp, %rbp`, pushes of other registers, and a subtraction from %rsp.
bool pollscope_call_frame_size(uint64_t function, pollscope_memory_reader *read, uint64_t *bytes) {
    uint8_t code[32];
    if (!read_around(function, 0, sizeof code, read, code))
        return false;
    const uint8_t *at = code + (memcmp(code, "\xf3\x0f\x1e\xfa", 4) == 0 ? 4 : 0), *end = code + sizeof code;
    if (memcmp(at, "\x55\x48\x89\xe5", 4) != 0)
        return false;
    *bytes = 0;
    for (at += 4; at + 7 <= end;) {
        uint32_t prefix = at[0] == 0x41;
        if ((at[prefix] & 0xf8) == 0x50) {
            *bytes += 8;
            at += prefix + 1;
        } else if (memcmp(at, "\x48\x83\xec", 3) == 0) {
            *bytes += at[3];
            return true;
        } else if (memcmp(at, "\x48\x81\xec", 3) == 0) {
            *bytes += (uint32_t)distance_at(at + 3);
            return true;
        } else {
            return true;
        }
    }
    return true;
}

#elif defined(__aarch64__)

int32_t pollscope_call_pushed(uint64_t pc, pollscope_memory_reader *read) {
    (void)pc, (void)read;
    return -1;
}

int32_t pollscope_call_pushed_async(uint64_t pc, pollscope_memory_reader *read) {
    (void)pc, (void)read;
    return -1;
}

bool pollscope_call_is_before(uint64_t return_address, pollscope_memory_reader *read, uint64_t *target) {
    uint32_t instruction;
    if (return_address & 3 || !read(return_address - 4, &instruction, sizeof instruction))
        return false;
    *target = 0;
    // bl, and blr with or without a signature. Where bl leads may be a stub, so it does not tell.
    return (instruction & 0xfc000000) == 0x94000000 || (instruction & 0xfefff000) == 0xd63f0000;
}

bool pollscope_call_frame_size(uint64_t function, pollscope_memory_reader *read, uint64_t *bytes) {
    (void)function, (void)read, (void)bytes;
    return false;
}

#endif
