// The computing library as others ship theirs: without debug information.
#define NAMED(name) ground_bare_##name
#define ATTRIBUTES __attribute__((noinline, nodebug))
#include "archive_code.h"
