// SPDX-License-Identifier: Apache-2.0
// Flows as a switch understands them: two notations of one rule are the same, and a rule's actions can be
// compared with what is read back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agent/network/flows.h"
#include "agent/network/meters.h"
#include "common/core/result.h"

namespace causeway::agent {

// Flows, parsed once so that they can be compared with a switch many times.
class FlowSet {
 public:
  // The flows are sorted. invalid: Open vSwitch doesn't understand one of them, or two are the same rule.
  static Result<FlowSet> parse(std::vector<Flow> flows);
  // The same, and quicker where most of them are known from before.
  static Result<FlowSet> parse(std::vector<Flow> flows, const FlowSet& known);

  // The meters that the flows name, sorted. Without this call they name none.
  void set_meters(std::vector<Meter> meters) { meters_ = std::move(meters); }

  [[nodiscard]] std::span<const Flow> flows() const { return flows_; }

 private:
  friend class OpenFlow;

  // Hashes: of table, priority and match; of the actions.
  struct Parsed {
    std::uint64_t rule = 0;
    std::uint64_t actions = 0;
  };

  static Result<Parsed> parse(const Flow& flow);
  [[nodiscard]] bool has(const Parsed& flow) const;

  std::vector<Flow> flows_;
  std::vector<Parsed> parsed_;                              // parallel to flows_
  std::unordered_map<std::uint64_t, std::size_t> by_rule_;  // the index of a rule
  std::vector<Meter> meters_;
};

}  // namespace causeway::agent
