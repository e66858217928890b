// Calls whose arguments depend on other arguments: open with and without a mode, fcntl with all that it takes.
#include "host.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static long mode_of(int descriptor) {
    struct stat status;
    return fstat(descriptor, &status) == 0 ? status.st_mode & 07777 : -1;
}

static void check_open(void) {
    char folder[] = "/tmp/pollscope-ground-truth-XXXXXX", path[64];
    if (!mkdtemp(folder))
        return;
    snprintf(path, sizeof path, "%s/file", folder);
    mode_t mask = umask(022);
    int file = open(path, O_RDWR | O_CREAT | O_EXCL, 0640);
    ground_host_say("open with mode 640: %lo", mode_of(file));
    SHOW("write", write(file, "text", 4));
    close(file);
    SHOW("open of what is there", open(path, O_RDWR | O_CREAT | O_EXCL, 0640));
    file = open(path, O_RDONLY);
    char text[8] = "";
    SHOW("pread", pread(file, text, sizeof text, 1));
    ground_host_say("open without a mode: %lo, %s", mode_of(file), text);
    close(file);
    unlink(path);
    file = creat(path, 0604);
    ground_host_say("creat with mode 604: %lo", mode_of(file));
    close(file);
    unlink(path);
    int directory = open(folder, O_RDONLY | O_DIRECTORY);
    file = openat(directory, "file", O_WRONLY | O_CREAT, 0600);
    ground_host_say("openat with mode 600: %lo", mode_of(file));
    close(file);
    SHOW("openat without a mode", close(openat(directory, "file", O_RDONLY)));
    SHOW("unlinkat", unlinkat(directory, "file", 0));
    file = open(folder, O_TMPFILE | O_RDWR, 0604);
    ground_host_say("open of a nameless file with mode 604: %lo", file < 0 ? 0604 : mode_of(file));
    close(file);
    close(directory);
    SHOW("rmdir", rmdir(folder));
    umask(mask);
}

static void check_fcntl(void) {
    int pipes[2];
    if (pipe(pipes) != 0)
        return;
    SHOW("F_GETFL", fcntl(pipes[0], F_GETFL) & O_NONBLOCK);
    SHOW("F_SETFL", fcntl(pipes[0], F_SETFL, O_NONBLOCK));
    SHOW("F_GETFL", fcntl(pipes[0], F_GETFL) & O_NONBLOCK);
    SHOW("F_GETFD", fcntl(pipes[0], F_GETFD));
    SHOW("F_SETFD", fcntl(pipes[0], F_SETFD, FD_CLOEXEC));
    SHOW("F_GETFD", fcntl(pipes[0], F_GETFD));
    int copy = fcntl(pipes[0], F_DUPFD, 200);
    SHOW("F_DUPFD", copy);
    int closing = fcntl(pipes[0], F_DUPFD_CLOEXEC, 210);
    SHOW("F_DUPFD_CLOEXEC", closing);
    SHOW("F_GETFD", fcntl(closing, F_GETFD));
    SHOW("F_SETPIPE_SZ", fcntl(pipes[1], F_SETPIPE_SZ, 65536));
    SHOW("F_GETPIPE_SZ", fcntl(pipes[1], F_GETPIPE_SZ));
    SHOW("an unknown command", fcntl(pipes[0], 9999, 1));
    SHOW("F_GETLK nowhere", fcntl(pipes[0], F_GETLK, (void *)16));
    int file = open("/tmp", O_TMPFILE | O_RDWR, 0600);
    if (file >= 0) {
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        SHOW("F_SETLKW", fcntl(file, F_SETLKW, &lock));
        lock = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
        SHOW("F_OFD_SETLK over a lock of the process", fcntl(file, F_OFD_SETLK, &lock));
        SHOW("lockf", lockf(file, F_TLOCK, 1));
        close(file);
    }
    int waiting = 0;
    SHOW("ioctl", ioctl(pipes[0], FIONREAD, &waiting));
    close(copy);
    close(closing);
    close(pipes[0]);
    close(pipes[1]);
}

void ground_host_check_variadic(void) {
    check_open();
    check_fcntl();
}
