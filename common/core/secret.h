// SPDX-License-Identifier: Apache-2.0
// A key in memory: kept out of swap and core dumps, wiped when it goes, and without a way into fmt, a log or
// a file by accident. Who needs the bytes says reveal(), and that word is what a reviewer looks for.
#pragma once

#include <cstddef>
#include <string_view>

namespace causeway {

class Secret {
 public:
  Secret() = default;  // empty
  // Copies the text; wiping the original stays with the caller.
  explicit Secret(std::string_view text);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  [[nodiscard]] bool empty() const { return size_ == 0; }
  // Valid as long as this object is neither moved from nor destroyed.
  [[nodiscard]] std::string_view reveal() const { return {bytes_, size_}; }

 private:
  char* bytes_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace causeway
