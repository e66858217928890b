// Gives the header-only target an object file, which the package manager asks for.
#include "pollscope_layout.h"
