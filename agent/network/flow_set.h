// SPDX-License-Identifier: Apache-2.0
// Flows as a switch understands them: two notations of one rule are the same, and a rule's actions can be
// compared with what is read back.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agent/network/flows.h"
#include "agent/network/meters.h"
#include "common/core/result.h"

namespace causeway::agent {

// A flow in numbers, hashes: of table, priority and match; of the actions.
struct ParsedFlow {
  std::uint64_t rule = 0;
  std::uint64_t actions = 0;

  bool operator==(const ParsedFlow&) const = default;
};

// Flows as the messages that add them, all but the cookie, so that none is put into words twice.
class Additions {
 public:
  void add(std::uint64_t rule, std::string_view message);
  // Empty: it isn't among them.
  [[nodiscard]] std::string_view find(std::uint64_t rule) const;

 private:
  std::string bytes_;
  std::unordered_map<std::uint64_t, std::pair<std::size_t, std::size_t>> where_;  // begin and length
};

// From one set of flows to another. A rule that only does something else now both goes and comes.
struct FlowPatch {
  std::vector<std::pair<Flow, ParsedFlow>> gone;
  std::vector<std::pair<Flow, ParsedFlow>> come;
  Additions ready;  // what comes

  [[nodiscard]] bool empty() const { return gone.empty() && come.empty(); }
};

// Flows, each parsed once, so that they can be compared with a switch many times.
class FlowSet {
 public:
  FlowSet() = default;
  FlowSet(FlowSet&&) = default;
  FlowSet& operator=(FlowSet&&) = default;

  // The flows are sorted. invalid: Open vSwitch doesn't understand one of them, or two are the same rule.
  static Result<FlowSet> parse(std::vector<Flow> flows);

  // What leads from this set to the sorted flows. Only what is new is parsed. Failures as of parse().
  [[nodiscard]] Result<FlowPatch> patch_to(std::vector<Flow> wanted) const;
  // The patch of a known change. What goes and isn't there is left out, and so is what comes and is there.
  [[nodiscard]] Result<FlowPatch> patch(FlowChange change) const;
  // The patch is one of this set.
  void apply(FlowPatch patch);
  // What was applied last is not sent soon, so that it need not be kept ready.
  void forget_ready() { ready_ = {}; }

  // The meters that the flows name, sorted. Without this call they name none.
  void set_meters(std::vector<Meter> meters) { meters_ = std::move(meters); }

  [[nodiscard]] std::size_t size() const { return flows_.size(); }
  [[nodiscard]] std::size_t size_of(std::uint8_t table) const { return sizes_[table]; }

 private:
  friend class OpenFlow;

  [[nodiscard]] Result<> add(Flow flow, FlowPatch& patch) const;
  [[nodiscard]] Result<> check(const FlowPatch& patch) const;
  // The set's own flow of that rule; null: there is none.
  [[nodiscard]] const std::pair<const Flow, ParsedFlow>* find(std::uint64_t rule) const;

  std::map<Flow, ParsedFlow> flows_;
  std::array<std::size_t, 256> sizes_{};  // by table
  // Into the map, whose entries stay where they are.
  std::unordered_map<std::uint64_t, const std::pair<const Flow, ParsedFlow>*> by_rule_;
  std::vector<Meter> meters_;
  Additions ready_;  // some of the flows
};

}  // namespace causeway::agent
