// An event loop: a thread that waits for descriptors again and again.
#define _GNU_SOURCE
#include "ground_truth_c.h"

#include <pthread.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <unistd.h>

void ground_loop_run(int input, int turns, void (*handle)(int turn)) {
    pthread_setname_np(pthread_self(), "ground-loop");
    int loop = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN};
    epoll_ctl(loop, EPOLL_CTL_ADD, input, &event);
    for (int turn = 1; turn <= turns && epoll_wait(loop, &event, 1, -1) == 1; turn++) {
        uint8_t byte;
        if (read(input, &byte, 1) == 1)
            handle(turn);
    }
    close(loop); // which ends the last turn
    handle(turns + 1);
}
