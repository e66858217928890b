// Keeps the pages that the safe reader has read.
#include "table_pages.h"

#include <stdatomic.h>
#include <string.h>

enum { page_bytes = 4096, pages_max = 32 };

struct page {
    uint64_t address; // 0: none
    uint8_t bytes[page_bytes];
};

// Those of whoever has them; others, of whom there are hardly any, read without.
static struct page pages[pages_max];
static atomic_flag are_taken = ATOMIC_FLAG_INIT;

static const struct page *find(pollscope_memory_reader *read, uint64_t address) {
    struct page *page = &pages[address / page_bytes % pages_max];
    if (page->address != address) {
        page->address = 0;
        if (!read(address, page->bytes, page_bytes))
            return NULL;
        page->address = address;
    }
    return page;
}

static bool read_by_pages(pollscope_memory_reader *read, uint64_t address, uint8_t *out, uint64_t bytes) {
    while (bytes > 0) {
        uint64_t offset = address % page_bytes, part = page_bytes - offset;
        if (part > bytes)
            part = bytes;
        const struct page *page = find(read, address - offset);
        if (!page)
            return false;
        memcpy(out, page->bytes + offset, part);
        address += part;
        out += part;
        bytes -= part;
    }
    return true;
}

bool pollscope_table_read(pollscope_memory_reader *read, uint64_t address, void *out, uint64_t bytes) {
    if (read != pollscope_memory_read_safely || atomic_flag_test_and_set_explicit(&are_taken, memory_order_acquire))
        return read(address, out, bytes);
    bool was_read = read_by_pages(read, address, out, bytes);
    atomic_flag_clear_explicit(&are_taken, memory_order_release);
    return was_read;
}
