// The name of a Swift type, in the words of the source, from its metadata as it lies in memory: what Swift's
// String(reflecting:) would say, without the module `Swift`.
//
// The shapes are those of the stable ABI for platforms without Objective-C. Nothing that is read is trusted: what does
// not fit ends in no name or in "_", and no more than some hundred words are read.
#ifndef POLLSCOPE_TYPE_NAME_H
#define POLLSCOPE_TYPE_NAME_H

#include "type_text.h"
#include "visibility.h"

// What the first word of a type's metadata says it is.
enum pollscope_metadata_kind {
    POLLSCOPE_METADATA_CLASS = 0,
    POLLSCOPE_METADATA_STRUCT = 0x200,
    POLLSCOPE_METADATA_ENUM = 0x201,
    POLLSCOPE_METADATA_OPTIONAL = 0x202,
    POLLSCOPE_METADATA_FOREIGN_CLASS = 0x203,
    POLLSCOPE_METADATA_TUPLE = 0x301,
    POLLSCOPE_METADATA_FUNCTION = 0x302,
    POLLSCOPE_METADATA_EXISTENTIAL = 0x303,
    POLLSCOPE_METADATA_METATYPE = 0x304,
    POLLSCOPE_METADATA_EXISTENTIAL_METATYPE = 0x306,
    POLLSCOPE_METADATA_LOCAL_VARIABLES = 0x400,        // what a closure has captured
    POLLSCOPE_METADATA_GENERIC_LOCAL_VARIABLE = 0x500, // a box of one value
    POLLSCOPE_METADATA_ERROR = 0x501,                  // a box of any error
    POLLSCOPE_METADATA_TASK = 0x502,
};

// What one name costs at most.
struct pollscope_type_namer {
    struct pollscope_type_text *text;
    uint32_t reads_left;
    uint32_t depth_left; // of types in types
};

// Names an object by its metadata. `error_type`: of a box of an error, the error's type. An empty text: it is unknown.
PRIVATE void pollscope_type_name_of_object(uint64_t metadata, uint64_t error_type, struct pollscope_type_text *text);

// Adds the name of a type, or "_".
PRIVATE void pollscope_type_name_add(struct pollscope_type_namer *namer, uint64_t metadata);

// Adds the name that a context descriptor stands for: module, enclosing types, and the arguments of generic ones, which
// are at `arguments` (0: leave them out). False: it is no descriptor of a type or a protocol, and nothing was added.
PRIVATE bool pollscope_type_name_add_context(struct pollscope_type_namer *namer, uint64_t descriptor,
                                             uint64_t arguments);

// Copies memory; false: it is not there, or the name has cost enough.
PRIVATE bool pollscope_type_name_read(struct pollscope_type_namer *namer, uint64_t address, void *out, uint64_t bytes);

// Copies a word of an object, which another thread may free meanwhile. False: it is gone, or the kernel will not.
PRIVATE bool pollscope_type_name_read_object(uint64_t address, uint64_t *word);

// What a relative pointer at `address` points at. 0: nothing.
PRIVATE uint64_t pollscope_type_name_follow(struct pollscope_type_namer *namer, uint64_t address);

// The same of one that may go by way of another pointer: its lowest bit says so.
PRIVATE uint64_t pollscope_type_name_follow_indirectable(struct pollscope_type_namer *namer, uint64_t address);

// Copies a string, at most `bytes_max` with its NUL. false: it is not there, or longer.
PRIVATE bool pollscope_type_name_read_string(struct pollscope_type_namer *namer, uint64_t address, char *out,
                                             uint32_t bytes_max);

#endif
