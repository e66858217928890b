// Reads POLLSCOPE_*; a setting that makes no sense is named in the notes and its default is used.
#include "settings.h"

#include "pollscope_layout.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ring_records_min = 64,
    ring_records_max = 1 << 20, // 64 MiB a thread
};

__attribute__((format(printf, 2, 3))) static void note(struct pollscope_settings *settings, const char *format,
                                                       ...) {
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
    note(settings, "%s=%.40s is neither on nor off; %s is used.\n", name, text, fallback ? "on" : "off");
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
    note(settings, "%s=%.40s is not a whole number from %u to %u; the default is used.\n", name, text, low, high);
    return fallback;
}

void pollscope_settings_read(struct pollscope_settings *settings) {
    memset(settings, 0, sizeof *settings);
    settings->off = !read_flag(settings, "POLLSCOPE", true);
    settings->keep = read_flag(settings, "POLLSCOPE_KEEP", false);
    settings->rings = read_count(settings, "POLLSCOPE_RINGS", 1, POLLSCOPE_RINGS_MAX, 256);

    uint32_t records = read_count(settings, "POLLSCOPE_RING", ring_records_min, ring_records_max, 0);
    while (records & (records - 1)) // down to a power of two
        records &= records - 1;
    settings->ring_records = records;

    const char *directory = getenv("POLLSCOPE_DIR");
    int length = 0;
    if (directory && *directory == '/')
        length = snprintf(settings->directory, sizeof settings->directory, "%s", directory);
    if (directory && *directory && *directory != '/')
        note(settings, "POLLSCOPE_DIR=%.80s is not an absolute path; the default is used.\n", directory);
    if (length >= (int)sizeof settings->directory) {
        note(settings, "POLLSCOPE_DIR is longer than %zu bytes; the default is used.\n",
             sizeof settings->directory - 1);
        length = 0;
    }
    if (length == 0)
        snprintf(settings->directory, sizeof settings->directory, "/dev/shm/pollscope-%u", (unsigned)geteuid());

    const char *token = getenv("POLLSCOPE_TOKEN");
    if (token)
        snprintf(settings->token, sizeof settings->token, "%s", token);
}
