// Names what a context descriptor describes: a type in its enclosing types, extensions and module, and which of the
// arguments of a generic type belong to which of them.
#include "type_name.h"

#include <string.h>

enum {
    contexts_max = 8,
    parameters_max = 16,
    name_max = 128,
    pack_elements_max = 8,
};

enum context_kind {
    context_module = 0,
    context_extension = 1,
    context_anonymous = 2,
    context_protocol = 3,
    context_class = 16,
    context_struct = 17,
    context_enum = 18,
};

struct context {
    uint64_t address;
    uint64_t generics; // where its generic signature begins; 0: it has none
    uint16_t parameters; // its own and those of the contexts around it
    uint8_t kind;
};

// The signature: counts, a byte for each parameter, requirements, and where packs are.
struct signature {
    uint16_t parameters, requirements, key_arguments, flags;
};

static bool is_type(uint8_t kind) { return kind >= context_class && kind <= context_enum; }

static bool read_context(struct pollscope_type_namer *namer, uint64_t address, struct context *context) {
    // Of types a cache and a pattern come first.
    enum { is_generic = 0x80, types_own = 8, class_bytes = 44, value_bytes = 28, extension_bytes = 12, bytes = 8 };
    uint32_t flags;
    if (address & 3 || !pollscope_type_name_read(namer, address, &flags, sizeof flags))
        return false;
    *context = (struct context){.address = address, .kind = flags & 31};
    if (!(flags & is_generic))
        return true;
    switch (context->kind) {
    case context_class: context->generics = address + class_bytes + types_own; break;
    case context_struct:
    case context_enum: context->generics = address + value_bytes + types_own; break;
    case context_extension: context->generics = address + extension_bytes; break;
    case context_anonymous: context->generics = address + bytes; break;
    default: return true;
    }
    return pollscope_type_name_read(namer, context->generics, &context->parameters, sizeof context->parameters);
}

static uint64_t parent_of(struct pollscope_type_namer *namer, const struct context *context) {
    return pollscope_type_name_follow_indirectable(namer, context->address + 4);
}

static bool read_name(struct pollscope_type_namer *namer, const struct context *context, char name[name_max]) {
    uint64_t at = pollscope_type_name_follow(namer, context->address + 8);
    return at && pollscope_type_name_read_string(namer, at, name, name_max);
}

// What an extension extends begins its mangled name: a reference to a descriptor in nearly all cases.
static uint64_t extended_by(struct pollscope_type_namer *namer, const struct context *context) {
    enum { direct_reference = 1, indirect_reference = 2 };
    uint64_t name = pollscope_type_name_follow(namer, context->address + 8), target;
    uint8_t first;
    int32_t distance;
    if (!name || !pollscope_type_name_read(namer, name, &first, 1) ||
        (first != direct_reference && first != indirect_reference) ||
        !pollscope_type_name_read(namer, name + 1, &distance, sizeof distance))
        return 0;
    // Wrapping: an address that is none is found out when it is read.
    target = name + 1 + (uint64_t)(int64_t)distance;
    if (first == indirect_reference && !pollscope_type_name_read(namer, target, &target, sizeof target))
        return 0;
    return target;
}

// The standard library's types that are extended by a short name.
static bool read_standard_name(struct pollscope_type_namer *namer, const struct context *extension,
                               char type_name[name_max]) {
    static const struct {
        char letter;
        const char *name;
    } known[] = {
        {'a', "Array"}, {'b', "Bool"}, {'D', "Dictionary"}, {'d', "Double"}, {'f', "Float"}, {'h', "Set"},
        {'i', "Int"}, {'J', "Character"}, {'N', "ClosedRange"}, {'n', "Range"}, {'q', "Optional"}, {'S', "String"},
        {'s', "Substring"}, {'u', "UInt"},
    };
    char start[2];
    uint64_t name = pollscope_type_name_follow(namer, extension->address + 8);
    if (!name || !pollscope_type_name_read(namer, name, start, sizeof start) || start[0] != 'S')
        return false;
    for (uint32_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].letter == start[1]) {
            strcpy(type_name, known[i].name);
            return true;
        }
    return false;
}

// The arguments of the innermost type: those of the types around it come first.
struct arguments {
    uint64_t next; // where the next one is
    uint64_t packs; // where the lengths of packs are; 0: there are none
    uint8_t parameters[parameters_max];
    uint16_t count;
    uint16_t at, pack;                  // the next parameter, and the next pack
    uint16_t shapes[parameters_max];    // of each pack, which length it has
};

static void open_arguments(struct pollscope_type_namer *namer, const struct context *innermost, uint64_t address,
                           struct arguments *arguments) {
    enum { has_packs = 1, requirement_bytes = 12, pack_bytes = 8 };
    struct signature signature;
    *arguments = (struct arguments){0};
    if (!address || !innermost->generics ||
        !pollscope_type_name_read(namer, innermost->generics, &signature, sizeof signature) ||
        signature.parameters > parameters_max)
        return;
    uint64_t at = innermost->generics + sizeof signature;
    if (!pollscope_type_name_read(namer, at, arguments->parameters, signature.parameters))
        return;
    arguments->next = address;
    arguments->count = signature.parameters;
    if (!(signature.flags & has_packs))
        return;
    struct {
        uint16_t packs, shapes;
    } packs;
    at += (signature.parameters + 3u) / 4 * 4 + (uint64_t)signature.requirements * requirement_bytes;
    if (!pollscope_type_name_read(namer, at, &packs, sizeof packs))
        return;
    arguments->packs = address;
    arguments->next += packs.shapes * 8u;
    for (uint32_t i = 0; i < packs.packs && i < parameters_max; i++) {
        struct {
            uint16_t kind, index, shape, unused;
        } pack = {0};
        pollscope_type_name_read(namer, at + sizeof packs + i * pack_bytes, &pack, sizeof pack);
        arguments->shapes[i] = pack.shape;
    }
}

static void add_pack(struct pollscope_type_namer *namer, struct arguments *arguments, uint64_t pack, bool first) {
    uint64_t count = 0, element;
    uint16_t shape = arguments->pack < parameters_max ? arguments->shapes[arguments->pack] : 0;
    arguments->pack++;
    if (!pollscope_type_name_read(namer, arguments->packs + shape * 8u, &count, sizeof count))
        return;
    for (uint64_t i = 0; i < count && i < pack_elements_max && !namer->text->is_cut; i++) {
        pollscope_type_text_add(namer->text, first ? "" : ", ");
        first = false;
        element = 0;
        pollscope_type_name_read(namer, (pack & ~1ull) + i * 8, &element, sizeof element); // bit 0: it is on the heap
        pollscope_type_name_add(namer, element);
    }
    pollscope_type_text_add(namer->text, count > pack_elements_max ? ", \xE2\x80\xA6" : "");
}

// Adds the arguments of the parameters up to the number `end`.
static void add_arguments(struct pollscope_type_namer *namer, struct arguments *arguments, uint32_t end) {
    enum { has_argument = 0x80, kind_mask = 0x3F, kind_pack = 1, kind_value = 2 };
    if (!arguments->next || arguments->at >= end)
        return;
    pollscope_type_text_add(namer->text, "<");
    for (bool first = true; arguments->at < end && arguments->at < arguments->count; arguments->at++, first = false) {
        uint8_t parameter = arguments->parameters[arguments->at];
        uint64_t argument = 0;
        if (parameter & has_argument) {
            pollscope_type_name_read(namer, arguments->next, &argument, sizeof argument);
            arguments->next += 8;
            if ((parameter & kind_mask) == kind_pack && arguments->packs) {
                add_pack(namer, arguments, argument, first);
                continue;
            }
        }
        pollscope_type_text_add(namer->text, first ? "" : ", ");
        if (!(parameter & has_argument))
            pollscope_type_text_add(namer->text, "_"); // the same in all of them
        else if ((parameter & kind_mask) == kind_value)
            pollscope_type_text_add_number(namer->text, argument);
        else
            pollscope_type_name_add(namer, argument);
    }
    pollscope_type_text_add(namer->text, ">");
}

// What the source calls a context, into `name`. false: it has no name of its own there.
static bool name_context(struct pollscope_type_namer *namer, const struct context *context, char name[name_max]) {
    if (context->kind == context_extension)
        return read_standard_name(namer, context, name);
    if (context->kind != context_module && context->kind != context_protocol && !is_type(context->kind))
        return false;
    if (!read_name(namer, context, name))
        strcpy(name, "_");
    // `Swift`, and the module that stands for all of C.
    return context->kind != context_module || (strcmp(name, "Swift") != 0 && strcmp(name, "__C") != 0);
}

// From the innermost context outwards. Their number.
static uint32_t collect(struct pollscope_type_namer *namer, uint64_t descriptor, struct context *contexts) {
    char name[name_max];
    uint32_t count = 0;
    for (; descriptor && count < contexts_max && read_context(namer, descriptor, &contexts[count]); count++) {
        const struct context *context = &contexts[count];
        bool extends = context->kind == context_extension;
        // What a standard type is in has no name.
        if (context->kind == context_module || (extends && read_standard_name(namer, context, name)))
            return count + 1;
        uint64_t extended = extends ? extended_by(namer, context) : 0;
        descriptor = extended ? extended : parent_of(namer, context);
    }
    return count;
}

bool pollscope_type_name_add_context(struct pollscope_type_namer *namer, uint64_t descriptor, uint64_t address) {
    struct context contexts[contexts_max];
    struct arguments arguments;
    char name[name_max];
    uint32_t count = collect(namer, descriptor, contexts);
    if (count == 0 || !(is_type(contexts[0].kind) || contexts[0].kind == context_protocol) ||
        !read_name(namer, &contexts[0], name))
        return false;
    open_arguments(namer, &contexts[0], address, &arguments);
    for (bool begun = false; count-- > 0 && !namer->text->is_cut;) {
        if (!name_context(namer, &contexts[count], name))
            continue;
        pollscope_type_text_add(namer->text, begun ? "." : "");
        pollscope_type_text_add(namer->text, name);
        begun = true;
        if (contexts[count].kind != context_module)
            add_arguments(namer, &arguments, contexts[count].parameters);
    }
    return true;
}
