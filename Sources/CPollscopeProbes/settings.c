// Reads POLLSCOPE_*; a setting that makes no sense is named in the notes and its default is used.
#include "settings.h"

#include "pollscope_layout.h"
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ring_records_min = 64,
    ring_records_max = 1 << 20, // 64 MiB a thread
};

void pollscope_settings_note(struct pollscope_settings *settings, const char *format, ...) {
    size_t used = strlen(settings->notes);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(settings->notes + used, sizeof settings->notes - used, format, arguments);
    va_end(arguments);
}

static bool is_one_of(const char *text, const char *const *words) {
    for (; *words; words++)
        if (strcasecmp(text, *words) == 0)
            return true;
    return false;
}

static bool read_flag(struct pollscope_settings *settings, const char *name, bool fallback) {
    static const char *const yes[] = {"1", "on", "yes", "true", NULL};
    static const char *const no[] = {"0", "off", "no", "false", NULL};
    const char *text = getenv(name);
    if (!text || !*text)
        return fallback;
    if (is_one_of(text, yes))
        return true;
    if (is_one_of(text, no))
        return false;
    pollscope_settings_note(settings, "%s=%.40s is neither on nor off; %s is used.\n", name, text,
                            fallback ? "on" : "off");
    return fallback;
}

static uint32_t read_count(struct pollscope_settings *settings, const char *name, uint32_t low, uint32_t high,
                           uint32_t fallback) {
    const char *text = getenv(name);
    if (!text || !*text)
        return fallback;
    char *end;
    unsigned long long value = strtoull(text, &end, 10);
    if (*text >= '0' && *text <= '9' && *end == 0 && value >= low && value <= high)
        return (uint32_t)value;
    pollscope_settings_note(settings, "%s=%.40s is not a whole number from %u to %u; the default is used.\n", name, text,
                            low, high);
    return fallback;
}

// "10ms", "250us", "1.5s", "off". 0: off.
static uint64_t read_duration(struct pollscope_settings *settings, const char *name, uint64_t low_ns, uint64_t high_ns,
                              uint64_t fallback_ns, const char *fallback) {
    static const char *const off[] = {"0", "off", "no", "false", NULL};
    static const struct {
        const char *name;
        double ns;
    } units[] = {{"ns", 1}, {"us", 1e3}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}};
    const char *text = getenv(name);
    if (!text || !*text)
        return fallback_ns;
    if (is_one_of(text, off))
        return 0;
    char *end;
    double value = *text >= '0' && *text <= '9' ? strtod(text, &end) : -1;
    for (size_t i = 0; value >= 0 && i < sizeof units / sizeof units[0]; i++)
        if (strcmp(end, units[i].name) == 0 && value * units[i].ns >= (double)low_ns &&
            value * units[i].ns <= (double)high_ns)
            return (uint64_t)(value * units[i].ns);
    pollscope_settings_note(settings,
                            "%s=%.40s is not a duration like 500us, 10ms or 1s, from %gms to %gs, nor off; %s is used.\n",
                            name, text, (double)low_ns * 1e-6, (double)high_ns * 1e-9, fallback);
    return fallback_ns;
}

// "512KiB", "1MiB", "65536", "off". 0: off.
static uint64_t read_bytes(struct pollscope_settings *settings, const char *name, uint64_t low, uint64_t high,
                           uint64_t fallback, const char *allowed) {
    static const char *const off[] = {"off", "no", "false", NULL};
    static const struct {
        const char *name;
        uint64_t bytes;
    } units[] = {{"", 1}, {"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};
    const char *text = getenv(name);
    if (!text || !*text)
        return fallback;
    if (is_one_of(text, off))
        return 0;
    char *end;
    errno = 0;
    unsigned long long value = *text >= '0' && *text <= '9' ? strtoull(text, &end, 10) : 0;
    for (size_t i = 0; value && !errno && i < sizeof units / sizeof units[0]; i++)
        if (strcasecmp(end, units[i].name) == 0 && value <= high / units[i].bytes && value * units[i].bytes >= low)
            return value * units[i].bytes;
    pollscope_settings_note(settings, "%s=%.40s is not a size %s, nor off; the default is used.\n", name, text, allowed);
    return fallback;
}

// A number, or a name with or without SIG. Only signals that a process can do without: others mean something to the
// host, or to its language's runtime.
static int read_signal(struct pollscope_settings *settings) {
    static const char *const off[] = {"off", "no", "false", "none", NULL};
    static const struct {
        const char *name;
        int number;
    } names[] = {{"PROF", SIGPROF}, {"VTALRM", SIGVTALRM}, {"URG", SIGURG}, {"USR1", SIGUSR1}, {"USR2", SIGUSR2}};
    const char *text = getenv("POLLSCOPE_SIGNAL");
    if (!text || !*text)
        return 0;
    if (is_one_of(text, off))
        return -1;
    const char *name = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;
    char *end = NULL;
    long number = 0;
    if (*name >= '0' && *name <= '9')
        number = strtol(name, &end, 10);
    else if (strncasecmp(name, "RTMIN", 5) == 0)
        number = SIGRTMIN + (name[5] == '+' ? strtol(name + 6, &end, 10) : (end = (char *)name + 5, 0));
    else if (strncasecmp(name, "RTMAX", 5) == 0)
        number = SIGRTMAX - (name[5] == '-' ? strtol(name + 6, &end, 10) : (end = (char *)name + 5, 0));
    bool is_usable = end && *end == 0 && number >= SIGRTMIN && number <= SIGRTMAX;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!end && strcasecmp(name, names[i].name) == 0)
            number = names[i].number;
        is_usable = is_usable || number == names[i].number;
    }
    if (is_usable)
        return (int)number;
    pollscope_settings_note(settings,
                            "POLLSCOPE_SIGNAL=%.40s is no signal that can be used (SIGRTMIN+N, SIGPROF, SIGVTALRM, SIGURG, "
                            "SIGUSR1, SIGUSR2, or off); one that is free is used.\n",
                            text);
    return 0;
}

void pollscope_settings_read(struct pollscope_settings *settings) {
    memset(settings, 0, sizeof *settings);
    settings->off = !read_flag(settings, "POLLSCOPE", true);
    settings->keep = read_flag(settings, "POLLSCOPE_KEEP", false);
    settings->rings = read_count(settings, "POLLSCOPE_RINGS", 1, POLLSCOPE_RINGS_MAX, 256);

    const uint64_t us = 1000, ms = 1000 * us, hour = 3600 * 1000 * ms;
    settings->long_poll_ns = read_duration(settings, "POLLSCOPE_LONG_POLL", ms, hour, 10 * ms, "10ms");
    settings->blocking_ns = read_duration(settings, "POLLSCOPE_BLOCKING", us, hour, 100 * us, "100us");
    settings->signal = read_signal(settings);
    settings->tables_tasks = read_flag(settings, "POLLSCOPE_TASKS", true);
    settings->takes_requests = read_flag(settings, "POLLSCOPE_REQUESTS", true);
    settings->observes_loops = read_flag(settings, "POLLSCOPE_LOOPS", true);
    settings->observes_queues = read_flag(settings, "POLLSCOPE_QUEUES", true);
    settings->counts_allocations = read_flag(settings, "POLLSCOPE_ALLOC", true);
    settings->alloc_sample_bytes = read_bytes(settings, "POLLSCOPE_ALLOC_SAMPLE", 1 << 10, 1 << 30, 512 << 10,
                                              "like 512KiB, 1MiB or 65536, from 1KiB to 1GiB");

    uint32_t records = read_count(settings, "POLLSCOPE_RING", ring_records_min, ring_records_max, 0);
    while (records & (records - 1)) // down to a power of two
        records &= records - 1;
    settings->ring_records = records;

    const char *directory = getenv("POLLSCOPE_DIR");
    int length = 0;
    if (directory && *directory == '/')
        length = snprintf(settings->directory, sizeof settings->directory, "%s", directory);
    if (directory && *directory && *directory != '/')
        pollscope_settings_note(settings, "POLLSCOPE_DIR=%.80s is not an absolute path; the default is used.\n",
                                directory);
    if (length >= (int)sizeof settings->directory) {
        pollscope_settings_note(settings, "POLLSCOPE_DIR is longer than %zu bytes; the default is used.\n",
             sizeof settings->directory - 1);
        length = 0;
    }
    if (length == 0)
        snprintf(settings->directory, sizeof settings->directory, "/dev/shm/pollscope-%u", (unsigned)geteuid());

    const char *token = getenv("POLLSCOPE_TOKEN");
    if (token)
        snprintf(settings->token, sizeof settings->token, "%s", token);
}
