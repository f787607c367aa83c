// SPDX-License-Identifier: Apache-2.0
#include "common/core/secret.h"

#include <sodium.h>

#include <algorithm>
#include <utility>

#include "common/core/check.h"

namespace causeway {

Secret::Secret(std::string_view text) : size_(text.size()) {
  static const bool ready = sodium_init() >= 0;
  CAUSEWAY_CHECK(ready);
  if (text.empty()) return;
  bytes_ = static_cast<char*>(sodium_malloc(text.size()));
  CAUSEWAY_CHECK(bytes_ != nullptr);
  std::ranges::copy(text, bytes_);
}

Secret::Secret(Secret&& other) noexcept
    : bytes_(std::exchange(other.bytes_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  std::swap(size_, other.size_);
  return *this;
}

// sodium_free wipes before it gives the pages back.
Secret::~Secret() { sodium_free(bytes_); }

}  // namespace causeway
