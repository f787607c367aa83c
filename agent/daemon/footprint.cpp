// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon/footprint.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

namespace causeway::agent {
namespace {

constexpr int kArenas = 2;

// An entry of /proc/self/pagemap (the kernel's Documentation/admin-guide/mm/pagemap.rst).
constexpr std::uint64_t kPresent = 1ULL << 63U;
constexpr std::uint64_t kStillOfTheFile = 1ULL << 61U;

struct Mapping {
  void* begin = nullptr;
  void* end = nullptr;

  [[nodiscard]] std::size_t bytes() const {
    return static_cast<std::size_t>(static_cast<char*>(end) - static_cast<char*>(begin));
  }
};

// The pages of a file that this process maps without the right to write: code and read-only data.
std::vector<Mapping> read_only_mappings() {
  std::vector<Mapping> found;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    Mapping mapping;
    char rights[5] = {};
    char path_start = 0;
    // "7f0e64a00000-7f0e64b56000 r-xp 00026000 08:01 1234    /usr/lib/…"
    const int read = std::sscanf(line.c_str(), "%p-%p %4s %*s %*s %*s %c", &mapping.begin, &mapping.end,
                                 rights, &path_start);
    if (read == 4 && path_start == '/' && rights[0] == 'r' && rights[1] == '-' && rights[3] == 'p')
      found.push_back(mapping);
  }
  return found;
}

// Only pages that are what their file says: the loader has relocated some read-only data, which exists
// nowhere else.
void drop_clean_pages(int pagemap, const Mapping& mapping, std::size_t page_size) {
  std::vector<std::uint64_t> entries(mapping.bytes() / page_size);
  const auto bytes = static_cast<ssize_t>(entries.size() * sizeof(std::uint64_t));
  const auto offset =
      static_cast<off_t>(reinterpret_cast<std::uintptr_t>(mapping.begin) / page_size * sizeof(std::uint64_t));
  if (::pread(pagemap, entries.data(), static_cast<std::size_t>(bytes), offset) != bytes) return;
  const auto droppable = [&](std::size_t page) {
    return page < entries.size() && (entries[page] & kPresent) != 0 && (entries[page] & kStillOfTheFile) != 0;
  };
  for (std::size_t first = 0; first < entries.size(); ++first) {
    std::size_t last = first;
    while (droppable(last)) ++last;
    if (last == first) continue;
    ::madvise(static_cast<char*>(mapping.begin) + first * page_size, (last - first) * page_size,
              MADV_DONTNEED);
    first = last;
  }
}

}  // namespace

void limit_arenas() { ::mallopt(M_ARENA_MAX, kArenas); }

void shed_idle_pages() {
  ::malloc_trim(0);
  const auto page_size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const int pagemap = ::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  if (pagemap < 0) return;
  for (const Mapping& mapping : read_only_mappings()) drop_clean_pages(pagemap, mapping, page_size);
  ::close(pagemap);
}

}  // namespace causeway::agent
