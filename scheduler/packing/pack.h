// SPDX-License-Identifier: Apache-2.0
// How few equal hosts carry a set of workloads, by CPU and memory alone, and how few are certainly needed:
// the question behind buying hosts for a wave. No one heuristic wins on real traces (decreasing orders are
// optimal on some and 9 % off on others, column generation the reverse), so a portfolio runs until one of
// them meets the lower bound:
// - first fit and best fit in several decreasing orders, and host by host by the largest scalar product of
// what is
//   wanted with what is left (Panigrahy et al., "Heuristics for Vector Bin Packing");
// - column generation (Gilmore and Gomory): the linear program over patterns is COIN-OR Clp's, a dynamic
// program finds
//   the next pattern, and Cbc makes the patterns whole. It also gives the strongest lower bound.
// Deterministic: work is limited by counts, never by a clock.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace causeway::packing {

// Amounts in any unit, the same one in all of a problem. Not negative; none of both zero.
struct Item {
  std::int64_t cpu = 0;
  std::int64_t memory = 0;
  std::int64_t count = 1;
};

struct Problem {
  std::vector<Item> items;
  std::int64_t cpu = 0;  // of one host
  std::int64_t memory = 0;
};

// What one host carries, and how many hosts carry just that.
struct Pattern {
  std::vector<std::pair<std::size_t, std::int64_t>> items;  // index into Problem::items, how many
  std::int64_t hosts = 1;
};

struct Packing {
  std::vector<Pattern> patterns;
  std::int64_t hosts = 0;        // sum of the patterns' hosts
  std::int64_t lower_bound = 0;  // no packing has fewer
  std::string method;            // that found it
  std::int64_t too_large = 0;    // items that fit no host: left out of everything above
};

Packing pack(const Problem& problem);

}  // namespace causeway::packing
