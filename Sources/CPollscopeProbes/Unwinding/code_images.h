// Finds the loaded image (the program, a library) that an address belongs to.
#ifndef POLLSCOPE_CODE_IMAGES_H
#define POLLSCOPE_CODE_IMAGES_H

#include "visibility.h"
#include <stdbool.h>
#include <stdint.h>

struct pollscope_code_image {
    uint64_t start, end;   // the part that the address is in: the image, or one segment of it if there are gaps
    uint64_t frame_header; // its .eh_frame_hdr, maybe in another part; 0: it has none
};

// Once, before the first use.
PRIVATE void pollscope_code_images_start(void);

// Whether images can be looked up at all: the C library has had a lookup without a lock since glibc 2.35.
PRIVATE bool pollscope_code_images_are_known(void);

// Any thread, signal safe.
PRIVATE bool pollscope_code_image_find(uint64_t address, struct pollscope_code_image *image);

#endif
