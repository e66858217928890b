// Opens the folder of the sessions, and keeps it from filling up.
#define _GNU_SOURCE
#include "folder.h"

#include "pollscope_layout.h"
#include "pollscope_probes.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    dead_kept = 4,                // sessions of dead processes that stay
    dead_kept_seconds = 24 * 3600, // and for how long
    dead_considered = 512,        // entries looked at in one sweep
};

static int refuse(struct pollscope_start_result *result, const char *path, const char *problem) {
    result->code = POLLSCOPE_START_FOLDER;
    snprintf(result->what, sizeof result->what, "The session folder %.200s %s.", path, problem);
    snprintf(result->remedy, sizeof result->remedy,
             "Set POLLSCOPE_DIR to a folder that only this user can enter (mode 0700), or to one that does not exist "
             "yet in a place where this user may make it.");
    return -1;
}

int pollscope_folder_open(const char *path, struct pollscope_start_result *result) {
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        char problem[128];
        result->system_error = errno;
        snprintf(problem, sizeof problem, "cannot be made: %s", strerror(errno));
        return refuse(result, path, problem);
    }
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat status;
    if (folder < 0 || fstat(folder, &status) != 0) {
        result->system_error = errno;
        if (folder >= 0)
            close(folder);
        return refuse(result, path, errno == ELOOP || errno == ENOTDIR ? "is no folder" : "cannot be opened");
    }
    const char *problem = status.st_uid != geteuid() ? "belongs to another user"
                          : (status.st_mode & 077)   ? "can be entered by other users"
                                                     : NULL;
    if (problem) {
        close(folder);
        return refuse(result, path, problem);
    }
    return folder;
}

uint64_t pollscope_folder_process_start(uint32_t pid) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%u/stat", pid);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 0;
    ssize_t count = read(file, text, sizeof text - 1);
    close(file);
    if (count <= 0)
        return 0;
    text[count] = 0;
    // Field 2 is the name in parentheses, which may contain anything: count from its end.
    const char *field = strrchr(text, ')');
    for (int number = 2; field && number < 22; number++)
        field = strchr(field + 1, ' ');
    return field ? strtoull(field + 1, NULL, 10) : 0;
}

uint64_t pollscope_folder_pid_namespace(void) {
    struct stat status;
    return stat("/proc/self/ns/pid", &status) == 0 ? status.st_ino : 0;
}

bool pollscope_folder_is_mapped(const char *name) {
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[4096];
    bool found = false;
    while (maps && !found && fgets(line, sizeof line, maps))
        found = strstr(line, name) != NULL && strstr(line, "(deleted)") == NULL;
    if (maps)
        fclose(maps);
    return found;
}

void pollscope_folder_leave_refusal(int folder, uint64_t process_start,
                                    const struct pollscope_start_result *result) {
    char name[96];
    snprintf(name, sizeof name, "%u-%llu.refused-%d-%d", (unsigned)getpid(), (unsigned long long)process_start,
             result->code, result->system_error);
    int file = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file >= 0)
        close(file);
}

struct dead_session {
    char name[96];
    time_t modified;
};

static int newest_first(const void *a, const void *b) {
    const struct dead_session *x = a, *y = b;
    return x->modified < y->modified ? 1 : x->modified > y->modified ? -1 : strcmp(x->name, y->name);
}

// Whether the entry, PID-START.KIND, is of a process of this pid namespace that is gone. Of a process of another one
// the pid says nothing here.
static bool is_dead(int folder, const char *name) {
    unsigned pid;
    unsigned long long start;
    int kind_at = 0;
    if (strlen(name) >= sizeof(((struct dead_session *)0)->name) ||
        sscanf(name, "%u-%llu.%n", &pid, &start, &kind_at) != 2 || kind_at == 0 ||
        pollscope_folder_process_start(pid) == start)
        return false;
    if (strncmp(name + kind_at, "refused-", 8) == 0)
        return true;
    if (strcmp(name + kind_at, "session") != 0)
        return false;
    int file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return false;
    struct pollscope_header header;
    bool whole = pread(file, &header, sizeof header, 0) == sizeof header;
    close(file);
    // A file without a header is one that was being made: its maker is gone, as the pid shows.
    return !whole || header.magic != POLLSCOPE_MAGIC || header.pid_namespace == pollscope_folder_pid_namespace();
}

void pollscope_folder_sweep(int folder) {
    int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = copy >= 0 ? fdopendir(copy) : NULL;
    struct dead_session *dead = calloc(dead_considered, sizeof *dead);
    size_t count = 0;
    for (struct dirent *entry; entries && dead && count < dead_considered && (entry = readdir(entries));) {
        struct stat status;
        if (!is_dead(folder, entry->d_name) || fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        snprintf(dead[count].name, sizeof dead[count].name, "%s", entry->d_name);
        dead[count++].modified = status.st_mtime;
    }
    if (dead)
        qsort(dead, count, sizeof *dead, newest_first);
    time_t oldest = time(NULL) - dead_kept_seconds;
    for (size_t i = 0; i < count; i++)
        if (i >= dead_kept || dead[i].modified < oldest)
            unlinkat(folder, dead[i].name, 0);
    free(dead);
    if (entries)
        closedir(entries);
    else if (copy >= 0)
        close(copy);
}
