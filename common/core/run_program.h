// SPDX-License-Identifier: Apache-2.0
// The outermost frame of a program: what was thrown and nobody expected ends it with a line that says what,
// and with an exit status that a supervisor takes for a failure.
#pragma once

#include <cstdio>
#include <exception>

namespace causeway {

inline constexpr int kUnexpected = 70;  // sysexits.h: EX_SOFTWARE

// `run` is called once; its result is the exit status.
template <class Run>
int run_program(const char* name, const Run& run) noexcept {
  try {
    return run();
  } catch (const std::exception& thrown) {
    std::fprintf(stderr, "%s: ended by an unexpected error: %s\n", name, thrown.what());
  } catch (...) {
    std::fprintf(stderr, "%s: ended by an unexpected error\n", name);
  }
  return kUnexpected;
}

}  // namespace causeway
