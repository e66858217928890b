// Where jobs come from: the calls by which the runtime hands them to Dispatch.
#ifndef POLLSCOPE_ENQUEUE_H
#define POLLSCOPE_ENQUEUE_H

#include "visibility.h"
#include <stdbool.h>

// Whether our definitions of Dispatch's functions are the ones that the runtime calls. They are where the runtime
// is a shared library; in a static executable Dispatch's own are linked, and ours give way.
PRIVATE bool pollscope_dispatch_is_interposed(void);

// Lets the definitions arm jobs; before, they only pass calls on.
PRIVATE void pollscope_dispatch_start(void);

#endif
