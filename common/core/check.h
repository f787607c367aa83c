// SPDX-License-Identifier: Apache-2.0
// Broken invariants end the process, in release builds too: the supervisor restarts it, and it starts again
// from observation. For failures that can happen to correct code, use Result.
#pragma once

namespace causeway {
[[noreturn]] void check_failed(const char* expression, const char* file, int line);
}

#define CAUSEWAY_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::causeway::check_failed(#condition, __FILE__, __LINE__))
