// Debian's libsnappy by its C interface: the compression that remote write prescribes.

#include <snappy-c.h>
