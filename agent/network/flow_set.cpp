// SPDX-License-Identifier: Apache-2.0
#include "agent/network/flow_set.h"

#include <fmt/format.h>

#include <utility>

#include "agent/network/openflow_codec.h"

namespace causeway::agent {

Result<FlowSet::Parsed> FlowSet::parse(const Flow& flow) {
  FlowMod mod;
  CAUSEWAY_TRY(mod.parse(flow, OFPFC_ADD));
  match expanded{};
  minimatch_expand(&mod.mod.match, &expanded);
  return Parsed{rule_key(flow.table, flow.priority, expanded),
                actions_key(mod.mod.ofpacts, mod.mod.ofpacts_len)};
}

bool FlowSet::has(const Parsed& flow) const {
  const auto found = by_rule_.find(flow.rule);
  return found != by_rule_.end() && parsed_[found->second].actions == flow.actions;
}

Result<FlowSet> FlowSet::parse(std::vector<Flow> flows) { return parse(std::move(flows), FlowSet()); }

Result<FlowSet> FlowSet::parse(std::vector<Flow> flows, const FlowSet& known) {
  be_quiet();
  FlowSet set;
  set.flows_ = std::move(flows);
  set.parsed_.reserve(set.flows_.size());
  set.by_rule_.reserve(set.flows_.size());
  std::size_t old = 0;
  for (const Flow& flow : set.flows_) {
    while (old < known.flows_.size() && known.flows_[old] < flow) ++old;
    const bool same = old < known.flows_.size() && known.flows_[old] == flow;
    const auto parsed = same ? Result<Parsed>(known.parsed_[old]) : parse(flow);
    if (!parsed) return std::unexpected(parsed.error());
    const auto [entry, added] = set.by_rule_.try_emplace(parsed->rule, set.parsed_.size());
    if (!added)
      return fail(Errc::invalid, fmt::format("flow '{}' of table {} says the same as '{}'", flow.match,
                                             flow.table, set.flows_[entry->second].match));
    set.parsed_.push_back(*parsed);
  }
  return set;
}

}  // namespace causeway::agent
