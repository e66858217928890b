// Marks the image that this is linked into as one that has the probes, and looks for the mark in the others.
//
// A program that links Pollscope may run under the preloaded library: then there are two copies of the probes, of which
// one is to observe. Symbols do not tell, because an executable exports what its libraries ask for and no more.
#define _GNU_SOURCE
#include "pollscope_note.h"
#include "pollscope_probes.h"
#include "visibility.h"

#include <link.h>
#include <string.h>

// A section of notes holds notes and nothing else: no sanitizer may put a zone around this one.
static const struct pollscope_note note
    __attribute__((used, retain, aligned(4), section(POLLSCOPE_NOTE_SECTION), no_sanitize("address", "hwaddress"))) = {
    .owner_bytes = sizeof POLLSCOPE_NOTE_OWNER,
    .type = POLLSCOPE_NOTE_PROBES,
    .owner = POLLSCOPE_NOTE_OWNER,
};

static size_t rounded(size_t bytes, size_t alignment) { return (bytes + alignment - 1) / alignment * alignment; }

// Looks through one segment of notes. They are the linker's, and whole.
static bool has_mark(const char *notes, size_t bytes, size_t alignment) {
    ElfW(Nhdr) head;
    for (size_t at = 0; at + sizeof head <= bytes;) {
        memcpy(&head, notes + at, sizeof head);
        const char *owner = notes + at + sizeof head;
        if (head.n_type == POLLSCOPE_NOTE_PROBES && head.n_namesz == sizeof POLLSCOPE_NOTE_OWNER &&
            at + sizeof head + head.n_namesz <= bytes && memcmp(owner, POLLSCOPE_NOTE_OWNER, head.n_namesz) == 0)
            return true;
        at += rounded(sizeof head + head.n_namesz, alignment);
        at += rounded(head.n_descsz, alignment);
    }
    return false;
}

static int find_mark(struct dl_phdr_info *info, size_t size, void *unused) {
    (void)size, (void)unused;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        const char *start = (const char *)(info->dlpi_addr + segment->p_vaddr);
        if (segment->p_type != PT_NOTE)
            continue;
        bool is_ours = (const char *)&note - start < (ptrdiff_t)segment->p_memsz && (const char *)&note >= start;
        if (!is_ours && has_mark(start, segment->p_memsz, segment->p_align == 8 ? 8 : 4))
            return 1;
    }
    return 0;
}

bool pollscope_image_is_marked_elsewhere(void) { return dl_iterate_phdr(find_mark, NULL) != 0; }
