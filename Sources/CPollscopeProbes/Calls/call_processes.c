// Calls that wait for another process, observed.
#include "call_definition.h"

#if POLLSCOPE_INTERPOSES

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define FAILED(returned) pollscope_error_if_negative(returned)
#define OF_COMMAND POLLSCOPE_OBJECT(POLLSCOPE_OF_COMMAND, .address = command)
#define OF_PROGRAM POLLSCOPE_OBJECT(POLLSCOPE_OF_PROGRAM, .address = program)

// The one that was waited for; where any would do, the one that has ended.
#define OF_WAITED pollscope_of_process(process > 0 ? process : returned)

POLLSCOPE_OBSERVE(wait, pid_t, wait, (int *status), (status), FAILED(returned), pollscope_of_process(returned));
POLLSCOPE_OBSERVE(waitpid, pid_t, waitpid, (pid_t process, int *status, int options), (process, status, options),
                  FAILED(returned), OF_WAITED);
POLLSCOPE_OBSERVE(waitid, int, waitid, (idtype_t which, id_t id, siginfo_t *info, int options),
                  (which, id, info, options), FAILED(returned), pollscope_of_process(which == P_PID ? (int)id : 0));
POLLSCOPE_OBSERVE(wait3, pid_t, wait3, (int *status, int options, struct rusage *usage), (status, options, usage),
                  FAILED(returned), pollscope_of_process(returned));
POLLSCOPE_OBSERVE(wait4, pid_t, wait4, (pid_t process, int *status, int options, struct rusage *usage),
                  (process, status, options, usage), FAILED(returned), OF_WAITED);

POLLSCOPE_OBSERVE(system, int, system, (const char *command), (command), FAILED(returned), OF_COMMAND);
POLLSCOPE_OBSERVE(popen, FILE *, popen, (const char *command, const char *mode), (command, mode),
                  pollscope_error_if_null(returned), OF_COMMAND);
POLLSCOPE_OBSERVE(pclose, int, pclose, (FILE * stream), (stream), FAILED(returned), pollscope_of_process(0));
POLLSCOPE_OBSERVE(posix_spawn, int, posix_spawn,
                  (pid_t *process, const char *program, const posix_spawn_file_actions_t *actions,
                   const posix_spawnattr_t *attributes, char *const *arguments, char *const *environment),
                  (process, program, actions, attributes, arguments, environment), returned, OF_PROGRAM);
POLLSCOPE_OBSERVE(posix_spawnp, int, posix_spawnp,
                  (pid_t *process, const char *program, const posix_spawn_file_actions_t *actions,
                   const posix_spawnattr_t *attributes, char *const *arguments, char *const *environment),
                  (process, program, actions, attributes, arguments, environment), returned, OF_PROGRAM);

#endif
