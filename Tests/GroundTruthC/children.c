// Children of every kind, started in the middle of a poll, that make calls of their own and end with a status.
#include "host.h"

#include <fcntl.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

// What a child may do between fork and _exit, and what it may not and does all the same. 17: all was as it should be.
static int call_as_child(int pipe_end) {
    struct timespec brief = {.tv_nsec = 300000};
    sem_t semaphore;
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    char byte = 0;
    ground_host_compute(200000);
    if (nanosleep(&brief, NULL) != 0 || poll(NULL, 0, 1) != 0)
        return 1;
    if (read(pipe_end, &byte, 1) != 1 || byte != 'x')
        return 2;
    if (pthread_mutex_lock(&mutex) != 0 || sem_init(&semaphore, 0, 1) != 0 || sem_wait(&semaphore) != 0)
        return 3;
    int file = open("/dev/null", O_RDWR);
    if (file < 0 || write(file, &byte, 1) != 1 || close(file) != 0)
        return 4;
    errno = ground_host_untouched;
    return read(-1, &byte, 1) == -1 && errno == EBADF ? 17 : 5;
}

static int status_of(pid_t child) {
    int status = 0;
    if (waitpid(child, &status, 0) != child)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

// Many, so that some are made while a signal is on its way to the parent's thread.
static void check_forks(void) {
    enum { count = 40 };
    int pipes[2], right = 0;
    if (pipe(pipes) != 0)
        return;
    for (int number = 0; number < count; number++) {
        ground_host_compute(500000);
        if (write(pipes[1], "x", 1) != 1)
            return;
        pid_t child = fork();
        if (child == 0)
            _exit(call_as_child(pipes[0]));
        right += status_of(child) == 17;
    }
    ground_host_say("fork: %d of %d children ended as they should", right, count);
    close(pipes[0]);
    close(pipes[1]);
}

// A child whose overflow is found: it must end as it does alone.
static void check_overflow(void) {
    int pipes[2];
    if (pipe(pipes) != 0)
        return;
    pid_t child = fork();
    if (child == 0) {
        char buffer[256];
        int nothing = open("/dev/null", O_WRONLY);
        dup2(nothing, STDERR_FILENO);
        _exit((int)ground_library_read_checked(pipes[0], buffer, 65)); // its block has 64 bytes
    }
    ground_host_say("an overflow ends with %d", status_of(child));
    close(pipes[0]);
    close(pipes[1]);
}

static void check_programs(void) {
    char *shell[] = {(char *)"sh", (char *)"-c", (char *)"exit 5", NULL};
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
    pid_t child = vfork();
#pragma clang diagnostic pop
    if (child == 0) {
        execve("/bin/sh", shell, environ);
        _exit(1);
    }
    ground_host_say("vfork: %d", status_of(child));
    if (posix_spawn(&child, "/bin/sh", NULL, NULL, shell, environ) == 0)
        ground_host_say("posix_spawn: %d", status_of(child));
    if (posix_spawnp(&child, "sh", NULL, NULL, shell, environ) == 0)
        ground_host_say("posix_spawnp: %d", status_of(child));
    SHOW("system", WEXITSTATUS(system("exit 3")));
    char line[32] = "";
    FILE *program = popen("echo text", "r");
    if (program && fgets(line, sizeof line, program))
        line[strcspn(line, "\n")] = 0;
    ground_host_say("popen: %s, %d", line, program ? WEXITSTATUS(pclose(program)) : -1);

    child = fork();
    if (child == 0)
        _exit(9);
    siginfo_t info = {0};
    int error = waitid(P_PID, (id_t)child, &info, WEXITED);
    ground_host_say("waitid: %d, %d", error, info.si_status);
    child = fork();
    if (child == 0) {
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        raise(SIGTERM);
        _exit(1);
    }
    ground_host_say("a child that a signal ends: %d", status_of(child));
}

void ground_host_check_children(void) {
    check_forks();
    check_overflow();
    check_programs();
}
