// Sees to it that the library needs the C library and nothing else, although a Swift package's manager links it.
//
// Under a program that is no Swift program there is no Swift runtime, and this library must not bring one.
#include <stdbool.h>

#define HIDDEN __attribute__((visibility("hidden")))

// Swift's linker reads here what an object asks for, and puts it before the runtime's libraries: none of them is needed
// unless something refers to it, and the probes' references are weak.
__attribute__((used, section(".swift1_autolink_entries"))) static const char linker_options[] = "-Wl,--as-needed";

// The start-up object that every library of a Swift package gets tells the runtime of the library's Swift code, and asks
// for the runtime's look at stacks. There is no Swift code here.
HIDDEN void swift_addNewDSOImage(const void *sections);
HIDDEN void swift_addNewDSOImage(const void *sections) { (void)sections; }
HIDDEN bool _swift_backtrace_isThunkFunction(const char *name);
HIDDEN bool _swift_backtrace_isThunkFunction(const char *name) {
    (void)name;
    return false;
}
