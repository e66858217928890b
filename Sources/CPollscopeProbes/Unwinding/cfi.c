// Finds the row that holds at an instruction: index, entry, and the instructions that build the row.
#include "cfi.h"

#include "cfi_cursor.h"
#include "code_images.h"
#include "table_pages.h"

enum {
    remembered_max = 8,        // states; compilers nest them once or twice
    entry_bytes_max = 1 << 20, // the longest that was seen has a few thousand
    augmentation_max = 8,
    searched_at_once = 32, // entries of the index that are read together
};

// --- encoded pointers ------------------------------------------------------------------------------------------

enum {
    encoding_omitted = 0xff,
    encoding_format = 0x0f,
    encoding_base = 0x70,
    encoding_pc_relative = 0x10,
    encoding_data_relative = 0x30,
    encoding_indirect = 0x80,
    encoding_index_entry = 0x3b, // 4 bytes with a sign, from the index: what every linker emits
};

static uint64_t encoded_value(struct pollscope_cfi_cursor *cursor, uint8_t encoding) {
    switch (encoding & encoding_format) {
    case 0x00: // a whole address
    case 0x04:
    case 0x0c: return pollscope_cfi_cursor_unsigned(cursor, 8);
    case 0x01: return pollscope_cfi_cursor_uleb(cursor);
    case 0x02: return pollscope_cfi_cursor_unsigned(cursor, 2);
    case 0x03: return pollscope_cfi_cursor_unsigned(cursor, 4);
    case 0x09: return (uint64_t)pollscope_cfi_cursor_sleb(cursor);
    case 0x0a: return (uint64_t)pollscope_cfi_cursor_signed(cursor, 2);
    case 0x0b: return (uint64_t)pollscope_cfi_cursor_signed(cursor, 4);
    default: cursor->failed = true; return 0;
    }
}

static uint64_t encoded_pointer(struct pollscope_cfi_cursor *cursor, uint8_t encoding, uint64_t index) {
    uint64_t here = cursor->address;
    uint64_t value = encoded_value(cursor, encoding);
    if (encoding & encoding_indirect)
        cursor->failed = true;
    switch (encoding & encoding_base) {
    case 0: return value;
    case encoding_pc_relative: return value + here;
    case encoding_data_relative: return value + index;
    default: cursor->failed = true; return 0;
    }
}

// --- the index ---------------------------------------------------------------------------------------------------

struct index_header {
    uint8_t version, table_encoding, count_encoding, entry_encoding;
    int32_t table;
    uint32_t count;
};

// Relative to the index, both.
struct index_entry {
    int32_t code, entry;
};

// The part of the image that has its tables: index and entries are in one segment.
static bool find_tables(uint64_t code, struct pollscope_code_image *tables) {
    if (!pollscope_code_image_find(code, tables) || tables->frame_header == 0)
        return false;
    return (tables->frame_header >= tables->start && tables->frame_header < tables->end) ||
           pollscope_code_image_find(tables->frame_header, tables);
}

static bool is_inside(const struct pollscope_code_image *tables, uint64_t address, uint64_t bytes) {
    return address >= tables->start && address <= tables->end && bytes <= tables->end - address;
}

// The table's entry for the last function that begins at or before `code`.
static bool find_entry(uint64_t code, const struct pollscope_code_image *tables, pollscope_memory_reader *read,
                       uint64_t *entry) {
    struct index_header header;
    uint64_t index = tables->frame_header;
    if (!is_inside(tables, index, sizeof header) || !pollscope_table_read(read, index, &header, sizeof header))
        return false;
    uint8_t table_format = header.table_encoding & encoding_format;
    if (header.version != 1 || (table_format != 0x03 && table_format != 0x0b) || header.count_encoding != 0x03 ||
        header.entry_encoding != encoding_index_entry || header.count == 0)
        return false;
    uint64_t entries = index + sizeof header;
    if (!is_inside(tables, entries, (uint64_t)header.count * sizeof(struct index_entry)))
        return false;
    int64_t wanted = (int64_t)(code - index);
    uint32_t low = 0, count = header.count; // the entry is among [low, low + count), or before them all
    while (count > searched_at_once) {
        uint32_t half = count / 2;
        int32_t middle;
        uint64_t place = entries + (uint64_t)(low + half) * sizeof(struct index_entry);
        if (!pollscope_table_read(read, place, &middle, sizeof middle))
            return false;
        if (middle <= wanted)
            low += half, count -= half;
        else
            count = half;
    }
    struct index_entry piece[searched_at_once];
    if (!pollscope_table_read(read, entries + (uint64_t)low * sizeof *piece, piece, count * sizeof *piece))
        return false;
    while (count > 0 && piece[count - 1].code > wanted)
        count--;
    if (count == 0)
        return false;
    *entry = index + (uint64_t)(int64_t)piece[count - 1].entry;
    return true;
}

// --- entries -------------------------------------------------------------------------------------------------------

// What entries of many functions have in common (CIE).
struct common {
    uint64_t code_factor;
    int64_t data_factor;
    uint8_t pointer_encoding;
    bool is_signal_frame, has_augmentation;
};

// Opens an entry's or a common entry's bytes after its length.
static bool open_entry(struct pollscope_cfi_cursor *cursor, uint64_t address, const struct pollscope_code_image *tables,
                       pollscope_memory_reader *read) {
    if (!is_inside(tables, address, 8))
        return false;
    pollscope_cfi_cursor_open(cursor, read, address, tables->end);
    uint64_t bytes = pollscope_cfi_cursor_unsigned(cursor, 4); // all ones: longer than 4 GB
    if (cursor->failed || bytes < 4 || bytes > entry_bytes_max || bytes > tables->end - cursor->address)
        return false;
    cursor->end = cursor->address + bytes;
    return true;
}

// Leaves the cursor at the common entry's instructions.
static bool read_common(struct pollscope_cfi_cursor *cursor, uint64_t index, struct common *common) {
    if (pollscope_cfi_cursor_unsigned(cursor, 4) != 0)
        return false;
    uint8_t version = pollscope_cfi_cursor_byte(cursor);
    if (version != 1 && version != 3)
        return false;
    char augmentation[augmentation_max];
    for (uint32_t i = 0; (augmentation[i] = (char)pollscope_cfi_cursor_byte(cursor)) != 0; i++)
        if (i + 1 == augmentation_max)
            return false;
    *common = (struct common){.pointer_encoding = 0};
    common->code_factor = pollscope_cfi_cursor_uleb(cursor);
    common->data_factor = pollscope_cfi_cursor_sleb(cursor);
    uint64_t ra = version == 1 ? pollscope_cfi_cursor_byte(cursor) : pollscope_cfi_cursor_uleb(cursor);
    if (ra != POLLSCOPE_DWARF_RA)
        return false;
    if (augmentation[0] == 0)
        return !cursor->failed;
    if (augmentation[0] != 'z')
        return false;
    common->has_augmentation = true;
    uint64_t bytes = pollscope_cfi_cursor_uleb(cursor);
    if (cursor->failed || bytes > cursor->end - cursor->address)
        return false;
    uint64_t after = cursor->address + bytes;
    for (const char *letter = augmentation + 1; *letter && !cursor->failed; letter++) {
        if (*letter == 'R') {
            common->pointer_encoding = pollscope_cfi_cursor_byte(cursor);
        } else if (*letter == 'P') {
            uint8_t encoding = pollscope_cfi_cursor_byte(cursor);
            (void)encoded_pointer(cursor, encoding & (uint8_t)~encoding_indirect, index);
        } else if (*letter == 'L') {
            (void)pollscope_cfi_cursor_byte(cursor);
        } else if (*letter == 'S') {
            common->is_signal_frame = true;
        } else if (*letter != 'B' && *letter != 'G') {
            return false; // what comes after it is unknown, and may be the encoding
        }
    }
    if (cursor->failed || cursor->address > after)
        return false;
    pollscope_cfi_cursor_skip(cursor, after - cursor->address);
    return !cursor->failed;
}

// --- instructions --------------------------------------------------------------------------------------------------

struct program {
    const struct common *common;
    uint64_t code;     // rows up to the one for this instruction are wanted
    uint64_t location; // of the row so far
    uint64_t index;
    struct pollscope_cfi_row row;
    struct pollscope_cfi_rule initial_fp, initial_ra;
    struct pollscope_cfi_row remembered[remembered_max];
    uint32_t remembered_count;
};

// The rule of a register; of one that is of no interest, a place where nothing is remembered.
static struct pollscope_cfi_rule *rule_of(struct program *program, uint64_t number,
                                          struct pollscope_cfi_rule *of_no_interest) {
    if (number == POLLSCOPE_DWARF_FP)
        return &program->row.fp;
    if (number == POLLSCOPE_DWARF_RA)
        return &program->row.ra;
    return of_no_interest;
}

static void restore(struct program *program, uint64_t number) {
    if (number == POLLSCOPE_DWARF_FP)
        program->row.fp = program->initial_fp;
    else if (number == POLLSCOPE_DWARF_RA)
        program->row.ra = program->initial_ra;
}

static struct pollscope_cfi_expression expression(struct pollscope_cfi_cursor *cursor) {
    uint64_t bytes = pollscope_cfi_cursor_uleb(cursor);
    uint64_t address = cursor->address;
    pollscope_cfi_cursor_skip(cursor, bytes); // fails if they are more than the entry has
    if (cursor->failed || bytes == 0) {
        cursor->failed = true;
        return (struct pollscope_cfi_expression){0, 0};
    }
    return (struct pollscope_cfi_expression){address, (uint32_t)bytes};
}

// Offsets are stored divided by a factor. Hostile ones may wrap; an address from one is checked before its use.
static int64_t factored(const struct program *program, int64_t value) {
    return (int64_t)((uint64_t)value * (uint64_t)program->common->data_factor);
}

static void define_cfa(struct program *program, uint64_t number, int64_t offset) {
    program->row.cfa_expression.bytes = 0;
    program->row.cfa_register = number;
    program->row.cfa_offset = offset;
}

// An instruction whose operation is in the whole byte.
static void execute_extended(struct program *program, struct pollscope_cfi_cursor *cursor, uint8_t operation) {
    struct pollscope_cfi_rule of_no_interest;
    struct pollscope_cfi_row *row = &program->row;
    uint64_t number;
    switch (operation) {
    case 0x00: break; // nop
    case 0x01: // set_loc
        program->location = encoded_pointer(cursor, program->common->pointer_encoding, program->index);
        break;
    case 0x02: // advance_loc1
    case 0x03: // advance_loc2
    case 0x04: // advance_loc4
        program->location += pollscope_cfi_cursor_unsigned(cursor, 1u << (operation - 2)) *
                             program->common->code_factor;
        break;
    case 0x05: // offset_extended
    case 0x11: // offset_extended_sf
    case 0x2f: // GNU_negative_offset_extended
    case 0x14: // val_offset
    case 0x15: { // val_offset_sf
        number = pollscope_cfi_cursor_uleb(cursor);
        int64_t offset = operation == 0x11 || operation == 0x15 ? pollscope_cfi_cursor_sleb(cursor)
                                                                 : (int64_t)pollscope_cfi_cursor_uleb(cursor);
        offset = factored(program, offset);
        *rule_of(program, number, &of_no_interest) = (struct pollscope_cfi_rule){
            .place = operation >= 0x14 && operation <= 0x15 ? POLLSCOPE_CFI_IS_OFFSET : POLLSCOPE_CFI_AT_OFFSET,
            .offset = operation == 0x2f ? (int64_t)(0 - (uint64_t)offset) : offset};
        break;
    }
    case 0x06: restore(program, pollscope_cfi_cursor_uleb(cursor)); break; // restore_extended
    case 0x07: // undefined
    case 0x08: // same_value
        *rule_of(program, pollscope_cfi_cursor_uleb(cursor), &of_no_interest) = (struct pollscope_cfi_rule){
            .place = operation == 0x07 ? POLLSCOPE_CFI_UNDEFINED : POLLSCOPE_CFI_SAME};
        break;
    case 0x09: { // register
        number = pollscope_cfi_cursor_uleb(cursor);
        uint64_t other = pollscope_cfi_cursor_uleb(cursor);
        *rule_of(program, number, &of_no_interest) =
            (struct pollscope_cfi_rule){.place = POLLSCOPE_CFI_IN_REGISTER, .offset = (int64_t)other};
        break;
    }
    case 0x0a: // remember_state
        if (program->remembered_count == remembered_max)
            cursor->failed = true;
        else
            program->remembered[program->remembered_count++] = *row;
        break;
    case 0x0b: // restore_state
        if (program->remembered_count == 0)
            cursor->failed = true;
        else
            *row = program->remembered[--program->remembered_count];
        break;
    case 0x0c: // def_cfa
    case 0x12: // def_cfa_sf
        number = pollscope_cfi_cursor_uleb(cursor);
        define_cfa(program, number,
                   operation == 0x0c ? (int64_t)pollscope_cfi_cursor_uleb(cursor)
                                     : factored(program, pollscope_cfi_cursor_sleb(cursor)));
        break;
    case 0x0d: define_cfa(program, pollscope_cfi_cursor_uleb(cursor), row->cfa_offset); break; // def_cfa_register
    case 0x0e: define_cfa(program, row->cfa_register, (int64_t)pollscope_cfi_cursor_uleb(cursor)); break; // …offset
    case 0x13: // def_cfa_offset_sf
        define_cfa(program, row->cfa_register, factored(program, pollscope_cfi_cursor_sleb(cursor)));
        break;
    case 0x0f: row->cfa_expression = expression(cursor); break; // def_cfa_expression
    case 0x10: // expression
    case 0x16: // val_expression
        number = pollscope_cfi_cursor_uleb(cursor);
        *rule_of(program, number, &of_no_interest) = (struct pollscope_cfi_rule){
            .place = operation == 0x10 ? POLLSCOPE_CFI_AT_EXPRESSION : POLLSCOPE_CFI_IS_EXPRESSION,
            .expression = expression(cursor)};
        break;
    case 0x2d: break; // AARCH64_negate_ra_state: signatures are cut off whether they are said to be there or not
    case 0x2e: (void)pollscope_cfi_cursor_uleb(cursor); break; // GNU_args_size
    default: cursor->failed = true;
    }
}

// Up to the row for the instruction that is wanted, or to the end of the instructions, whose row is the last.
static bool execute(struct program *program, struct pollscope_cfi_cursor *cursor) {
    while (pollscope_cfi_cursor_has_more(cursor) && program->location <= program->code) {
        uint8_t operation = pollscope_cfi_cursor_byte(cursor), low = operation & 0x3f;
        struct pollscope_cfi_rule of_no_interest;
        switch (operation & 0xc0) {
        case 0x40: program->location += low * program->common->code_factor; break; // advance_loc
        case 0x80: // offset
            *rule_of(program, low, &of_no_interest) = (struct pollscope_cfi_rule){
                .place = POLLSCOPE_CFI_AT_OFFSET,
                .offset = factored(program, (int64_t)pollscope_cfi_cursor_uleb(cursor))};
            break;
        case 0xc0: restore(program, low); break;
        default: execute_extended(program, cursor, operation);
        }
    }
    return !cursor->failed;
}

bool pollscope_cfi_find(uint64_t code, pollscope_memory_reader *read, struct pollscope_cfi_row *row) {
    struct pollscope_code_image tables;
    uint64_t entry;
    if (!find_tables(code, &tables) || !find_entry(code, &tables, read, &entry))
        return false;
    struct pollscope_cfi_cursor cursor, common_cursor;
    if (!open_entry(&cursor, entry, &tables, read))
        return false;
    uint64_t here = cursor.address, back = pollscope_cfi_cursor_unsigned(&cursor, 4);
    struct common common;
    if (back == 0 || back > here || !open_entry(&common_cursor, here - back, &tables, read) ||
        !read_common(&common_cursor, tables.frame_header, &common))
        return false;
    uint64_t begin = encoded_pointer(&cursor, common.pointer_encoding, tables.frame_header);
    uint64_t bytes = encoded_value(&cursor, common.pointer_encoding);
    if (common.has_augmentation)
        pollscope_cfi_cursor_skip(&cursor, pollscope_cfi_cursor_uleb(&cursor));
    if (cursor.failed || code < begin || code - begin >= bytes)
        return false;

    struct program program;
    program.common = &common;
    program.index = tables.frame_header;
    program.remembered_count = 0;
    program.row = (struct pollscope_cfi_row){.function = begin, .is_signal_frame = common.is_signal_frame};
    program.initial_fp = program.row.fp;
    program.initial_ra = program.row.ra;
    program.code = UINT64_MAX; // of the common instructions, all
    program.location = 0;
    if (!execute(&program, &common_cursor))
        return false;
    program.initial_fp = program.row.fp;
    program.initial_ra = program.row.ra;
    program.code = code;
    program.location = begin;
    if (!execute(&program, &cursor))
        return false;
    *row = program.row;
    return true;
}
