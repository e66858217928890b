// Names types by the kind of their metadata.
#include "type_name.h"

enum {
    reads_max = 300,
    depth_max = 6,
    elements_max = 16, // of a tuple, parameters of a function, …
};

static void add(struct pollscope_type_namer *namer, const char *string) {
    pollscope_type_text_add(namer->text, string);
}

static bool read_word(struct pollscope_type_namer *namer, uint64_t address, uint64_t *word) {
    return pollscope_type_name_read(namer, address, word, sizeof *word);
}

// A class's descriptor says where in its metadata the arguments of its generic parameters are.
static uint64_t arguments_of_class(struct pollscope_type_namer *namer, uint64_t metadata, uint64_t descriptor) {
    enum { immediate_members_negative = 1 << 12, resilient_superclass = 1 << 13, bounds_at = 24 };
    uint32_t fields[9]; // flags, parent, name, access, fields, superclass, words before, words behind, members
    if (!pollscope_type_name_read(namer, descriptor, fields, sizeof fields))
        return 0;
    uint32_t flags = fields[0] >> 16;
    if (flags & resilient_superclass) {
        uint64_t bounds = pollscope_type_name_follow(namer, descriptor + bounds_at), offset_bytes;
        return bounds && read_word(namer, bounds, &offset_bytes) ? metadata + offset_bytes : 0;
    }
    int64_t words = flags & immediate_members_negative ? -(int64_t)fields[6] : (int64_t)fields[7] - (int64_t)fields[8];
    return metadata + (uint64_t)(words * 8);
}

// What metadata of a class has: kind, superclass, flags and sizes, descriptor.
static bool add_class(struct pollscope_type_namer *namer, uint64_t metadata) {
    enum { descriptor_at = 40, kind_of_classes = 16 };
    uint64_t descriptor;
    uint32_t flags;
    if (!read_word(namer, metadata + descriptor_at, &descriptor) ||
        !pollscope_type_name_read(namer, descriptor, &flags, sizeof flags) || (flags & 31) != kind_of_classes)
        return false;
    const uint32_t is_generic = 0x80;
    uint64_t arguments = flags & is_generic ? arguments_of_class(namer, metadata, descriptor) : 0;
    return pollscope_type_name_add_context(namer, descriptor, arguments);
}

static bool add_value(struct pollscope_type_namer *namer, uint64_t metadata) {
    enum { descriptor_at = 8, arguments_at = 16 };
    uint64_t descriptor;
    return read_word(namer, metadata + descriptor_at, &descriptor) &&
           pollscope_type_name_add_context(namer, descriptor, metadata + arguments_at);
}

static bool add_tuple(struct pollscope_type_namer *namer, uint64_t metadata) {
    enum { labels_max = 128 };
    struct {
        uint64_t count, labels;
    } tuple;
    char labels[labels_max], *label = labels;
    if (!pollscope_type_name_read(namer, metadata + 8, &tuple, sizeof tuple) || tuple.count > elements_max)
        return false;
    // One after the other, each with a space behind it.
    if (!tuple.labels || !pollscope_type_name_read_string(namer, tuple.labels, labels, sizeof labels))
        labels[0] = 0;
    add(namer, "(");
    for (uint64_t i = 0; i < tuple.count && !namer->text->is_cut; i++) {
        uint64_t element = 0;
        add(namer, i ? ", " : "");
        const char *begin = label;
        while (*label && *label != ' ')
            pollscope_type_text_add_byte(namer->text, *label++);
        add(namer, label > begin ? ": " : "");
        label += *label == ' ';
        read_word(namer, metadata + 24 + i * 16, &element);
        pollscope_type_name_add(namer, element);
    }
    add(namer, ")");
    return true;
}

static bool add_function(struct pollscope_type_namer *namer, uint64_t metadata) {
    const uint64_t parameters = 0xFFFF, convention = 0xFF0000, throws = 1 << 24, has_parameter_flags = 1 << 25,
                   async = 1 << 29, sendable = 1 << 30;
    enum { variadic = 1 << 7, autoclosure = 1 << 8, ownership = 0x7F, is_inout = 1, c_convention = 3 };
    struct {
        uint64_t flags, result;
    } function;
    if (!pollscope_type_name_read(namer, metadata + 8, &function, sizeof function))
        return false;
    uint64_t count = function.flags & parameters, first = metadata + 24;
    if (count > elements_max)
        return false;
    if ((function.flags & convention) >> 16 == c_convention)
        add(namer, "@convention(c) ");
    add(namer, function.flags & sendable ? "@Sendable (" : "(");
    for (uint64_t i = 0; i < count && !namer->text->is_cut; i++) {
        uint64_t parameter = 0;
        uint32_t flags = 0;
        read_word(namer, first + i * 8, &parameter);
        if (function.flags & has_parameter_flags)
            pollscope_type_name_read(namer, first + count * 8 + i * 4, &flags, sizeof flags);
        add(namer, i ? ", " : "");
        add(namer, flags & autoclosure ? "@autoclosure " : "");
        add(namer, (flags & ownership) == is_inout ? "inout " : "");
        pollscope_type_name_add(namer, parameter);
        add(namer, flags & variadic ? "..." : "");
    }
    add(namer, function.flags & async ? ") async" : ")");
    add(namer, function.flags & throws ? " throws -> " : " -> ");
    pollscope_type_name_add(namer, function.result);
    return true;
}

static bool add_existential(struct pollscope_type_namer *namer, uint64_t metadata) {
    const uint32_t has_superclass = 1u << 30, not_only_classes = 1u << 31;
    struct {
        uint32_t flags, count;
    } existential;
    if (!pollscope_type_name_read(namer, metadata + 8, &existential, sizeof existential) ||
        existential.count > elements_max)
        return false;
    uint64_t next = metadata + 16;
    bool is_first = true;
    if (existential.count == 0 && !(existential.flags & has_superclass)) {
        add(namer, existential.flags & not_only_classes ? "Any" : "AnyObject");
        return true;
    }
    add(namer, "any ");
    if (existential.flags & has_superclass) {
        uint64_t superclass = 0;
        read_word(namer, next, &superclass);
        pollscope_type_name_add(namer, superclass);
        next += 8;
        is_first = false;
    }
    for (uint32_t i = 0; i < existential.count && !namer->text->is_cut; i++, next += 8, is_first = false) {
        uint64_t protocol = 0;
        add(namer, is_first ? "" : " & ");
        if (!read_word(namer, next, &protocol) || !pollscope_type_name_add_context(namer, protocol, 0))
            add(namer, "_");
    }
    return true;
}

static bool add_metatype(struct pollscope_type_namer *namer, uint64_t metadata, bool is_existential) {
    uint64_t instance, kind;
    if (!read_word(namer, metadata + 8, &instance) || !read_word(namer, instance, &kind))
        return false;
    // (any P).Type has one value, any P.Type has those of all types that conform.
    bool in_parentheses = !is_existential && kind == POLLSCOPE_METADATA_EXISTENTIAL;
    add(namer, in_parentheses ? "(" : "");
    pollscope_type_name_add(namer, instance);
    add(namer, in_parentheses ? ").Type" : ".Type");
    return true;
}

static bool add_by_kind(struct pollscope_type_namer *namer, uint64_t metadata) {
    uint64_t kind;
    if (metadata & 7 || !read_word(namer, metadata, &kind))
        return false;
    switch (kind) {
    case POLLSCOPE_METADATA_CLASS: return add_class(namer, metadata);
    case POLLSCOPE_METADATA_STRUCT:
    case POLLSCOPE_METADATA_ENUM:
    case POLLSCOPE_METADATA_OPTIONAL:
    case POLLSCOPE_METADATA_FOREIGN_CLASS: return add_value(namer, metadata);
    case POLLSCOPE_METADATA_TUPLE: return add_tuple(namer, metadata);
    case POLLSCOPE_METADATA_FUNCTION: return add_function(namer, metadata);
    case POLLSCOPE_METADATA_EXISTENTIAL: return add_existential(namer, metadata);
    case POLLSCOPE_METADATA_METATYPE: return add_metatype(namer, metadata, false);
    case POLLSCOPE_METADATA_EXISTENTIAL_METATYPE: return add_metatype(namer, metadata, true);
    default: return false;
    }
}

void pollscope_type_name_add(struct pollscope_type_namer *namer, uint64_t metadata) {
    if (namer->text->is_cut)
        return;
    if (namer->depth_left == 0) {
        add(namer, "_");
        return;
    }
    namer->depth_left--;
    if (!add_by_kind(namer, metadata))
        add(namer, "_");
    namer->depth_left++;
}

void pollscope_type_name_of_object(uint64_t metadata, uint64_t error_type, struct pollscope_type_text *text) {
    enum { boxed_type_at = 16 };
    struct pollscope_type_namer namer = {text, reads_max, depth_max};
    uint64_t kind, boxed = 0;
    text->count = 0;
    text->is_cut = false;
    if (metadata & 7 || !read_word(&namer, metadata, &kind))
        return;
    switch (kind) {
    case POLLSCOPE_METADATA_CLASS: add_class(&namer, metadata); return;
    case POLLSCOPE_METADATA_FOREIGN_CLASS: add_value(&namer, metadata); return;
    case POLLSCOPE_METADATA_LOCAL_VARIABLES: add(&namer, "closure context or box"); return;
    case POLLSCOPE_METADATA_GENERIC_LOCAL_VARIABLE:
        add(&namer, "box of ");
        read_word(&namer, metadata + boxed_type_at, &boxed);
        pollscope_type_name_add(&namer, boxed);
        return;
    case POLLSCOPE_METADATA_ERROR:
        add(&namer, "error ");
        pollscope_type_name_add(&namer, error_type);
        return;
    case POLLSCOPE_METADATA_TASK: add(&namer, "task"); return;
    default: return;
    }
}
