// The note by which a file is known to have the probes in it: an ELF note, which linkers keep and `strip` leaves alone.
// The command finds it in a program before it runs it, the preloaded library in the images of its process.
#ifndef POLLSCOPE_NOTE_H
#define POLLSCOPE_NOTE_H

#include <stddef.h>
#include <stdint.h>

#define POLLSCOPE_NOTE_SECTION ".note.pollscope"
#define POLLSCOPE_NOTE_OWNER "Pollscope"
#define POLLSCOPE_NOTE_PROBES 1u // its type: the image has the probes

// As every note begins; this one has no description behind its owner's name.
struct pollscope_note {
    uint32_t owner_bytes; // with its end
    uint32_t description_bytes;
    uint32_t type;
    char owner[(sizeof POLLSCOPE_NOTE_OWNER + 3) / 4 * 4];
};
_Static_assert(offsetof(struct pollscope_note, owner) == 12, "note layout");

#endif
