// Lines for the reader, time, and other threads' sleep.
#include "host.h"

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void ground_host_say(const char *format, ...) {
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    if (length < 0 || length >= (int)sizeof line - 1)
        return;
    line[length] = '\n';
    (void)!write(STDOUT_FILENO, line, (size_t)length + 1);
}

uint64_t ground_host_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void ground_host_compute(uint64_t nanoseconds) {
    uint64_t end = ground_host_now_ns() + nanoseconds;
    while (ground_host_now_ns() < end)
        ;
}

void ground_host_wait_until_sleeping(pid_t thread) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)thread);
    for (;;) {
        char text[256] = "";
        int file = open(path, O_RDONLY | O_CLOEXEC);
        if (file < 0)
            return;
        ssize_t count = read(file, text, sizeof text - 1);
        close(file);
        text[count > 0 ? count : 0] = 0;
        const char *name_end = strrchr(text, ')'); // PID (NAME) STATE …
        if (name_end && name_end[1] == ' ' && name_end[2] == 'S')
            return;
        usleep(100);
    }
}

void ground_host_show(const char *what, long result, int error) {
    if (error == ground_host_untouched)
        ground_host_say("%s: %ld", what, result);
    else
        ground_host_say("%s: %ld, %s", what, result, strerrorname_np(error) ? strerrorname_np(error) : "?");
}
