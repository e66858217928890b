// A host that closes every descriptor that it does not know, and counts on the lowest free number.
#include "host.h"

#include <fcntl.h>
#include <unistd.h>

void ground_host_check_descriptors(void) {
    enum { first = 3, length_ns = 100 * 1000 * 1000, step_ns = 500 * 1000 };
    uint64_t end = ground_host_now_ns() + length_ns;
    int rounds = 0, lowest = 0, readable = 0;
    closefrom(first); // what the process was started with
    while (ground_host_now_ns() < end) {
        char zero = 1;
        for (int descriptor = first; descriptor < 64; descriptor++)
            close(descriptor);
        int file = open("/dev/zero", O_RDONLY | O_CLOEXEC);
        lowest += file == first;
        ground_host_compute(step_ns);
        readable += read(file, &zero, 1) == 1 && zero == 0;
        close(file);
        rounds++;
    }
    ground_host_say("the lowest number was free: %s; the file was the host's: %s",
                    lowest == rounds ? "always" : "not always", readable == rounds ? "always" : "not always");
}
