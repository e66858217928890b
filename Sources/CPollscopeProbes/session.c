// Makes and gives back the session file.
#define _GNU_SOURCE
#include "session.h"

#include "clock.h"
#include "folder.h"
#include "pollscope_probes.h"
#include "runtime.h"
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

struct pollscope_session pollscope_session;

static const uint32_t switch_off_for_good = 0;
const uint32_t *pollscope_switch = &switch_off_for_good;
static uint32_t *switch_page;

enum {
    ring_records_default = 16384, // 1 MiB: a sixth of a second of the busiest thread we have seen
    ring_records_small = 4096,    // where the file system is as small as a container's /dev/shm
};
static const uint32_t events_records_min = 4096 / sizeof(struct pollscope_event_record); // a page
static const uint64_t small_file_system_bytes = 128u << 20;
static const uint64_t evidence_bytes = POLLSCOPE_EVIDENCE_RECORDS * sizeof(struct pollscope_call_record); // of a ring
_Static_assert(POLLSCOPE_EVIDENCE_RECORDS * sizeof(struct pollscope_call_record) % 4096 == 0, "whole pages");

__attribute__((format(printf, 4, 5))) static bool fail(struct pollscope_start_result *result, int32_t code,
                                                       const char *remedy, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(result->what, sizeof result->what, format, arguments);
    va_end(arguments);
    snprintf(result->remedy, sizeof result->remedy, "%s", remedy);
    result->code = code;
    return false;
}

// --- the parts of the file ---------------------------------------------------------------------------------

static struct pollscope_section place(uint64_t *end, uint32_t count, uint32_t entry_bytes) {
    struct pollscope_section section = {.offset = *end, .count = count, .entry_bytes = entry_bytes};
    *end = (*end + (uint64_t)count * entry_bytes + 4095) & ~(uint64_t)4095;
    return section;
}

// Fills in where everything is but the rings; returns the size of all that is reserved at once.
static uint64_t lay_out(struct pollscope_header *header) {
    uint64_t end = POLLSCOPE_HEADER_BYTES;
    header->modules = place(&end, POLLSCOPE_MODULES_MAX, sizeof(struct pollscope_module));
    header->strings = place(&end, POLLSCOPE_STRINGS_BYTES, 1);
    header->slots = place(&end, POLLSCOPE_SLOTS_MAX, sizeof(struct pollscope_slot));
    header->stacks = place(&end, POLLSCOPE_STACKS_MAX, sizeof(struct pollscope_stack));
    header->frames = place(&end, POLLSCOPE_FRAMES_MAX, sizeof(uint64_t));
    header->samples = place(&end, POLLSCOPE_SAMPLES_MAX, sizeof(struct pollscope_sample_record));
    header->allocations = place(&end, POLLSCOPE_ALLOCATION_RECORDS, sizeof(struct pollscope_allocation_record));
    header->types = place(&end, POLLSCOPE_TYPES_MAX, sizeof(struct pollscope_type));
    header->type_names = place(&end, POLLSCOPE_TYPE_NAMES_BYTES, 1);
    header->executors = place(&end, POLLSCOPE_EXECUTORS_MAX, sizeof(struct pollscope_executor_entry));
    header->tasks = place(&end, POLLSCOPE_TASKS_MAX, sizeof(struct pollscope_task_entry));
    header->request_names = place(&end, POLLSCOPE_REQUEST_NAMES_MAX, sizeof(struct pollscope_request_name));
    header->name_texts = place(&end, POLLSCOPE_REQUEST_NAMES_BYTES, 1);
    header->pools = place(&end, POLLSCOPE_POOLS_MAX, sizeof(struct pollscope_pool_entry));
    header->ring_headers = place(&end, POLLSCOPE_RINGS_MAX, sizeof(struct pollscope_ring_header));
    header->evidence_offset = end;
    header->evidence_records = POLLSCOPE_EVIDENCE_RECORDS;
    return end;
}

static void add_string(struct pollscope_header *header, const char *text, size_t bytes, uint32_t *offset,
                       uint32_t *length) {
    uint32_t room = header->strings.count - header->strings_used;
    if (bytes > room)
        bytes = room;
    memcpy((char *)header + header->strings.offset + header->strings_used, text, bytes);
    *offset = header->strings_used;
    *length = (uint32_t)bytes;
    header->strings_used += (uint32_t)bytes;
}

void pollscope_session_note_probe(uint16_t id, uint16_t state, const char *reason) {
    struct pollscope_header *header = pollscope_session.header;
    struct pollscope_probe *probe = header->probes, *end = probe + header->probes_count;
    while (probe < end && probe->id != id)
        probe++;
    if (probe == header->probes + POLLSCOPE_PROBES_MAX)
        return;
    add_string(header, reason, strlen(reason), &probe->reason_offset, &probe->reason_bytes);
    probe->id = id;
    __atomic_store_n(&probe->state, state, __ATOMIC_RELEASE);
    if (probe == end)
        header->probes_count++;
}

static void find_executable(char path[static 4096]) {
    ssize_t length = readlink("/proc/self/exe", path, 4095);
    path[length > 0 ? length : 0] = 0;
}

static int add_module(struct dl_phdr_info *info, size_t size, void *argument) {
    (void)size;
    struct pollscope_header *header = argument;
    if (header->modules_used == header->modules.count)
        return 1;
    struct pollscope_module module = {.start = UINT64_MAX, .load_bias = info->dlpi_addr};
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uint64_t start = info->dlpi_addr + segment->p_vaddr;
        if (segment->p_type == PT_LOAD) {
            module.start = start < module.start ? start : module.start;
            module.end = start + segment->p_memsz > module.end ? start + segment->p_memsz : module.end;
        }
        if (segment->p_type != PT_NOTE)
            continue;
        const char *note = (const char *)start, *end = note + segment->p_memsz;
        while (end - note > (ptrdiff_t)sizeof(ElfW(Nhdr))) {
            const ElfW(Nhdr) *head = (const ElfW(Nhdr) *)note;
            const char *name = note + sizeof *head, *value = name + ((head->n_namesz + 3u) & ~3u);
            if (value + head->n_descsz > end)
                break;
            if (head->n_type == NT_GNU_BUILD_ID && head->n_namesz == 4 && memcmp(name, "GNU", 4) == 0 &&
                head->n_descsz <= POLLSCOPE_BUILD_ID_MAX) {
                module.build_id_bytes = head->n_descsz;
                memcpy(module.build_id, value, head->n_descsz);
            }
            note = value + ((head->n_descsz + 3u) & ~3u);
        }
    }
    if (module.end == 0)
        return 0;
    char executable[4096];
    const char *path = info->dlpi_name;
    if (header->modules_used == 0 && (!path || !*path)) {
        find_executable(executable);
        path = executable;
    }
    if (!path || *path != '/') // the kernel's own image
        return 0;
    add_string(header, path, strlen(path), &module.path_offset, &module.path_bytes);
    ((struct pollscope_module *)((char *)header + header->modules.offset))[header->modules_used++] = module;
    return 0;
}

// --- the file ------------------------------------------------------------------------------------------------

static void at_exit(void) {
    if (!pollscope_is_on()) // a child of fork too
        return;
    __atomic_store_n(&pollscope_session.header->state, POLLSCOPE_SESSION_ENDED, __ATOMIC_RELEASE);
    if (!pollscope_session.header->keep)
        unlink(pollscope_session.path);
}

static bool make_switch(struct pollscope_start_result *result) {
    long page = sysconf(_SC_PAGESIZE);
    switch_page = mmap(NULL, (size_t)page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (switch_page == MAP_FAILED)
        return fail(result, POLLSCOPE_START_NO_SPACE, "", "No memory for one page: %s.", strerror(errno));
    if (madvise(switch_page, (size_t)page, MADV_WIPEONFORK) != 0)
        return fail(result, POLLSCOPE_START_RUNTIME, "Linux 4.14 or later is needed.",
                    "The kernel cannot switch the probes off in children of fork: %s.", strerror(errno));
    return true;
}

static int create_file(int folder, const char *name, struct pollscope_start_result *result) {
    for (int attempt = 0; attempt < 2; attempt++) {
        int file = openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (file >= 0)
            return file;
        if (errno != EEXIST)
            break;
        // The same process, before it called exec: that session has ended. Or another copy of this library.
        if (pollscope_folder_is_mapped(name)) {
            fail(result, POLLSCOPE_START_ALREADY, "Start Pollscope once.", "This process is observed already.");
            return -1;
        }
        unlinkat(folder, name, 0);
    }
    result->system_error = errno;
    fail(result, POLLSCOPE_START_FILE, "See that the folder can be written, or set POLLSCOPE_DIR to one that can.",
         "The session file %s cannot be made: %s.", pollscope_session.path, strerror(errno));
    return -1;
}

static uint32_t choose_ring_records(int folder, const struct pollscope_settings *settings) {
    if (settings->ring_records)
        return settings->ring_records;
    struct statvfs space;
    if (fstatvfs(folder, &space) == 0 && (uint64_t)space.f_bavail * space.f_frsize < small_file_system_bytes)
        return ring_records_small;
    return ring_records_default;
}

static bool fill_and_map(int file, const struct pollscope_settings *settings, uint32_t ring_records,
                         struct pollscope_start_result *result) {
    struct pollscope_header plan = {0};
    uint64_t fixed = lay_out(&plan);
    plan.events_records = ring_records < events_records_min ? events_records_min : ring_records;
    plan.events_offset = fixed + settings->rings * evidence_bytes;
    plan.rings_offset = plan.events_offset +
                        (uint64_t)settings->rings * plan.events_records * sizeof(struct pollscope_event_record);
    uint64_t whole = plan.rings_offset + (uint64_t)settings->rings * ring_records * sizeof(struct pollscope_poll_record);

    struct rlimit limit; // past it, the kernel would send the host a signal
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < whole) {
        result->system_error = EFBIG;
        return fail(result, POLLSCOPE_START_NO_SPACE, "Raise `ulimit -f`, or lower POLLSCOPE_RINGS or POLLSCOPE_RING.",
                    "The process may not make files as large as the session file (%llu MiB).",
                    (unsigned long long)(whole >> 20));
    }
    int error = ftruncate(file, (off_t)whole) != 0 ? errno : posix_fallocate(file, 0, (off_t)fixed);
    if (error) {
        result->system_error = error;
        return fail(result, POLLSCOPE_START_NO_SPACE,
                    "Make room in the folder's file system (a container's /dev/shm: --shm-size), or set POLLSCOPE_DIR.",
                    "No room for the session file %s: %s.", pollscope_session.path, strerror(error));
    }
    char *map = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file, 0);
    struct stat status;
    if (map == MAP_FAILED || fstat(file, &status) != 0) {
        result->system_error = errno;
        return fail(result, POLLSCOPE_START_NO_SPACE, "Raise `ulimit -v`, or lower POLLSCOPE_RINGS.",
                    "The session file cannot be mapped: %s.", strerror(errno));
    }
    madvise(map, whole, MADV_DONTDUMP); // the host's core files stay the host's

    struct pollscope_session *session = &pollscope_session;
    session->header = (struct pollscope_header *)map;
    *session->header = plan;
    session->slots = (struct pollscope_slot *)(map + plan.slots.offset);
    session->stacks = (struct pollscope_stack *)(map + plan.stacks.offset);
    session->frames = (uint64_t *)(map + plan.frames.offset);
    session->ring_headers = (struct pollscope_ring_header *)(map + plan.ring_headers.offset);
    session->samples = (struct pollscope_sample_record *)(map + plan.samples.offset);
    session->allocations = (struct pollscope_allocation_record *)(map + plan.allocations.offset);
    session->types = (struct pollscope_type *)(map + plan.types.offset);
    session->type_names = map + plan.type_names.offset;
    session->executors = (struct pollscope_executor_entry *)(map + plan.executors.offset);
    session->tasks = (struct pollscope_task_entry *)(map + plan.tasks.offset);
    session->request_names = (struct pollscope_request_name *)(map + plan.request_names.offset);
    session->name_texts = map + plan.name_texts.offset;
    session->pools = (struct pollscope_pool_entry *)(map + plan.pools.offset);
    session->evidence = map + plan.evidence_offset;
    session->events = map + plan.events_offset;
    session->rings = map + plan.rings_offset;
    session->device = status.st_dev;
    session->inode = status.st_ino;
    session->ring_records = ring_records;
    session->events_records = plan.events_records;
    session->rings_limit = settings->rings;
    return true;
}

static void describe_process(const struct pollscope_settings *settings, uint64_t process_start) {
    struct pollscope_header *header = pollscope_session.header;
    header->layout_version = POLLSCOPE_LAYOUT_VERSION;
    header->header_bytes = POLLSCOPE_HEADER_BYTES;
    header->pid = (uint32_t)getpid();
    header->process_start = process_start;
    header->pid_namespace = pollscope_folder_pid_namespace();
    header->uid = geteuid();
    header->ring_records = pollscope_session.ring_records;
    header->rings_limit = pollscope_session.rings_limit;
    header->keep = settings->keep;
    memcpy(header->token, settings->token, sizeof header->token);

    cpu_set_t processors;
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    header->processors = sched_getaffinity(0, sizeof processors, &processors) == 0
                             ? (uint32_t)CPU_COUNT(&processors)
                             : (uint32_t)(online > 0 ? online : 1);

    header->clock = pollscope_clock_start();
    header->nominal_hz = pollscope_clock_hz();
    header->anchor_first = pollscope_clock_first_anchor();
    header->anchor_last = pollscope_clock_anchor_now();
    header->wall_ns = pollscope_system_clock_ns(CLOCK_REALTIME) -
                      (header->anchor_last.monotonic_ns - header->anchor_first.monotonic_ns);

    char executable[4096];
    find_executable(executable);
    add_string(header, executable, strlen(executable), &header->executable_offset, &header->executable_bytes);
    add_string(header, settings->notes, strlen(settings->notes), &header->notes_offset, &header->notes_bytes);
    dl_iterate_phdr(add_module, header);
}

bool pollscope_session_open(const struct pollscope_settings *settings, struct pollscope_start_result *result) {
    uint64_t process_start = pollscope_folder_process_start((uint32_t)getpid());
    char name[96];
    snprintf(name, sizeof name, "%u-%llu.session", (unsigned)getpid(), (unsigned long long)process_start);
    snprintf(pollscope_session.path, sizeof pollscope_session.path, "%s/%s", settings->directory, name);
    snprintf(result->path, sizeof result->path, "%s", pollscope_session.path);

    int folder = pollscope_folder_open(settings->directory, result);
    if (folder < 0)
        return false;
    pollscope_folder_sweep(folder);
    int file = make_switch(result) ? create_file(folder, name, result) : -1;
    bool made = file >= 0 && fill_and_map(file, settings, choose_ring_records(folder, settings), result);
    if (made)
        describe_process(settings, process_start);
    else if (file >= 0)
        unlinkat(folder, name, 0);
    if (!made && result->code != POLLSCOPE_START_ALREADY)
        pollscope_folder_leave_refusal(folder, process_start, result);
    if (file >= 0)
        close(file);
    close(folder);
    return made;
}

void pollscope_session_refuse(const struct pollscope_settings *settings, const struct pollscope_start_result *result) {
    struct pollscope_start_result ignored = {0};
    int folder = pollscope_folder_open(settings->directory, &ignored);
    if (folder < 0)
        return;
    pollscope_folder_leave_refusal(folder, pollscope_folder_process_start((uint32_t)getpid()), result);
    close(folder);
}

void pollscope_session_publish(void) {
    struct pollscope_header *header = pollscope_session.header;
    __atomic_store_n(&header->state, POLLSCOPE_SESSION_RUNNING, __ATOMIC_RELAXED);
    __atomic_store_n(&header->magic, POLLSCOPE_MAGIC, __ATOMIC_RELEASE);
    atexit(at_exit);
    __atomic_store_n(switch_page, 1, __ATOMIC_RELEASE);
    __atomic_store_n(&pollscope_switch, switch_page, __ATOMIC_RELEASE);
}

// Reserves a part of the file, so that writing to it cannot fault. 0, or an errno.
static int reserve(uint64_t offset, uint64_t bytes) {
#ifdef MADV_POPULATE_WRITE
    // Writes to every page through the mapping, and reports what would be a signal as an error. It needs neither the
    // file's name nor a descriptor, which a host may have given up its right to; and it takes the page faults here.
    if (madvise((char *)pollscope_session.header + offset, bytes, MADV_POPULATE_WRITE) == 0)
        return 0;
    if (errno != EINVAL) // which a kernel before 5.14 says
        return errno == EFAULT ? ENOSPC : errno;
#endif
    int file = open(pollscope_session.path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0)
        return errno;
    struct stat status;
    int error = 0;
    if (fstat(file, &status) != 0)
        error = errno;
    else if (status.st_dev != pollscope_session.device || status.st_ino != pollscope_session.inode)
        error = ESTALE; // somebody removed the file, or put another in its place
    if (!error)
        error = posix_fallocate(file, (off_t)offset, (off_t)bytes);
    close(file);
    return error;
}

int pollscope_session_reserve_ring(uint32_t index) {
    const struct pollscope_header *header = pollscope_session.header;
    uint64_t bytes = (uint64_t)pollscope_session.ring_records * sizeof(struct pollscope_poll_record);
    int error = reserve(header->rings_offset + index * bytes, bytes);
    return error ? error : reserve(header->evidence_offset + index * evidence_bytes, evidence_bytes);
}

int pollscope_session_reserve_events(uint32_t index) {
    uint64_t bytes = (uint64_t)pollscope_session.events_records * sizeof(struct pollscope_event_record);
    return reserve(pollscope_session.header->events_offset + index * bytes, bytes);
}

void pollscope_session_refresh_anchor(uint64_t ticks) {
    struct pollscope_header *header = pollscope_session.header;
    static _Atomic uint64_t next;
    uint64_t due = atomic_load_explicit(&next, memory_order_relaxed);
    if (ticks < due || !atomic_compare_exchange_strong(&next, &due, ticks + pollscope_clock_hz()))
        return;
    struct pollscope_anchor anchor = pollscope_clock_anchor_now();
    uint32_t sequence = __atomic_load_n(&header->anchor_sequence, __ATOMIC_RELAXED);
    if (sequence & 1 || !__atomic_compare_exchange_n(&header->anchor_sequence, &sequence, sequence + 1, false,
                                                     __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        return; // another thread is at it, for over a second
    __atomic_thread_fence(__ATOMIC_RELEASE);
    __atomic_store_n(&header->anchor_last.ticks, anchor.ticks, __ATOMIC_RELAXED);
    __atomic_store_n(&header->anchor_last.monotonic_ns, anchor.monotonic_ns, __ATOMIC_RELAXED);
    __atomic_store_n(&header->anchor_sequence, sequence + 2, __ATOMIC_RELEASE);
    pollscope_clock_refine(anchor);
}
