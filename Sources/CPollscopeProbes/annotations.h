// What the Swift runtime tells a race detector, told to us: which job is handed to which queue, which job is about to
// run, and who takes and leaves an actor. It holds for every executor, and for a runtime that is linked statically.
#ifndef POLLSCOPE_ANNOTATIONS_H
#define POLLSCOPE_ANNOTATIONS_H

#include "visibility.h"
#include <stdbool.h>
#include <stddef.h>

// Finds out on a job made for it, which runs here and now, whether the annotations are made as we know them. False: `why`
// says what did not fit. Once, at start, after pollscope_runtime_test.
PRIVATE bool pollscope_annotations_test(char *why, size_t why_bytes);

// Takes them; a race detector that has them already is told as before. Once, at start, after the test.
PRIVATE void pollscope_annotations_start(void);

#endif
