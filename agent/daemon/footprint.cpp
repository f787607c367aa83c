// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon/footprint.h"

#include <malloc.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>

namespace causeway::agent {
namespace {

constexpr int kArenas = 2;

}  // namespace

void limit_arenas() { ::mallopt(M_ARENA_MAX, kArenas); }

void shed_startup_pages() {
  ::malloc_trim(0);
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    char rights[5] = {};
    char path_start = 0;
    // "7f0e64a00000-7f0e64b56000 r-xp 00026000 08:01 1234    /usr/lib/…". Code that is never written is the
    // same in memory and in its file; read-only data is not, because the loader has relocated some of it.
    const int read =
        std::sscanf(line.c_str(), "%lx-%lx %4s %*s %*s %*s %c", &begin, &end, rights, &path_start);
    if (read != 4 || std::string(rights) != "r-xp" || path_start != '/') continue;
    ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
}

}  // namespace causeway::agent
