// The computing library of the service's own, with debug information.
#define NAMED(name) ground_archive_##name
#define ATTRIBUTES __attribute__((noinline))
#include "archive_code.h"
