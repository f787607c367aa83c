// SPDX-License-Identifier: Apache-2.0
#include "common/core/check.h"

#include <cstdio>
#include <cstdlib>

namespace causeway {

void check_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: broken invariant: %s\n", file, line, expression);
  std::abort();
}

}  // namespace causeway
