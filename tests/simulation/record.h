// SPDX-License-Identifier: Apache-2.0
// What happened in a world: a digest of all of it, which two runs of one seed share, the lines of it if
// somebody wants to read them, and the first law that was broken.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tests/simulation/timeline.h"

namespace causeway::simulation {

class Record {
 public:
  explicit Record(const Timeline& timeline) : timeline_(timeline) {}

  // Lines go to standard output.
  void show(bool shown) { shown_ = shown; }

  void note(std::string_view who, std::string_view what) {
    ++events_;
    add(fmt::format("{} {} {}", seconds(), who, what));
  }
  // Only the first is kept: what follows mostly follows from it.
  void broken(std::string what) {
    if (!violation_) violation_ = fmt::format("at {}: {}", seconds(), what);
    note("world", "BROKEN " + what);
  }

  [[nodiscard]] const std::optional<std::string>& violation() const { return violation_; }
  [[nodiscard]] std::uint64_t digest() const { return digest_; }
  [[nodiscard]] std::uint64_t events() const { return events_; }

 private:
  [[nodiscard]] std::string seconds() const {
    const auto since = (timeline_.now() - test::VirtualClock().at).count();
    return fmt::format("{:4}.{:03}s", since / 1000, since % 1000);
  }
  void add(const std::string& line) {
    for (const char c : line) digest_ = (digest_ ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    if (shown_) fmt::print("{}\n", line);
  }

  const Timeline& timeline_;
  bool shown_ = false;
  std::uint64_t digest_ = 0xcbf29ce484222325U;
  std::uint64_t events_ = 0;
  std::optional<std::string> violation_;
};

}  // namespace causeway::simulation
