// SPDX-License-Identifier: Apache-2.0
// libFuzzer's way into one target, which the build names.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tests/fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  causeway::fuzz::CAUSEWAY_FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}
