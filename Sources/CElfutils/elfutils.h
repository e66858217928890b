// The parts of elfutils that turn addresses into names: ELF (libelf) and DWARF (libdw).
#pragma once
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
