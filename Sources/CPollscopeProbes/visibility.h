// What is not interposed and not called by the service stays inside the linked image.
#ifndef POLLSCOPE_VISIBILITY_H
#define POLLSCOPE_VISIBILITY_H

#define PRIVATE __attribute__((visibility("hidden")))
#define PUBLIC __attribute__((visibility("default")))

#endif
