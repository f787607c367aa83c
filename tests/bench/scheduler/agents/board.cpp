// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/scheduler/agents/board.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/core/check.h"

namespace causeway::bench {

Board& open_board(const std::filesystem::path& folder) {
  const auto file = folder / "board";
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  CAUSEWAY_CHECK(descriptor >= 0 && ::ftruncate(descriptor, sizeof(Board)) == 0);
  void* at = ::mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  CAUSEWAY_CHECK(at != MAP_FAILED);
  ::close(descriptor);
  return *static_cast<Board*>(at);
}

}  // namespace causeway::bench
