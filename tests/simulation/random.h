// SPDX-License-Identifier: Apache-2.0
// All chance of a simulated world, from one seed. The distributions are our own, so that a seed means the
// same with every standard library.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "common/core/time.h"

namespace causeway::simulation {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t next() { return engine_(); }
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(engine_() % bound); }
  bool chance(double probability) { return static_cast<double>(engine_() >> 11) * 0x1p-53 < probability; }
  Duration between(Duration least, Duration most) {
    return least + Duration(static_cast<std::int64_t>(
                       engine_() % static_cast<std::uint64_t>((most - least).count() + 1)));
  }
  template <class T>
  const T& one_of(const std::vector<T>& all) {
    return all[below(all.size())];
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace causeway::simulation
