// SPDX-License-Identifier: Apache-2.0
#include "agent/network/flow_set.h"

#include <fmt/format.h>

#include <utility>

#include "agent/network/openflow_codec.h"
#include "agent/network/ovs_library.h"

namespace causeway::agent {

void Additions::add(std::uint64_t rule, std::string_view message) {
  where_.emplace(rule, std::pair{bytes_.size(), message.size()});
  bytes_ += message;
}

std::string_view Additions::find(std::uint64_t rule) const {
  const auto found = where_.find(rule);
  if (found == where_.end()) return {};
  return std::string_view(bytes_).substr(found->second.first, found->second.second);
}

Result<FlowSet> FlowSet::parse(std::vector<Flow> flows) {
  FlowSet set;
  auto patch = set.patch_to(std::move(flows));
  if (!patch) return std::unexpected(patch.error());
  set.apply(std::move(*patch));
  return set;
}

const std::pair<const Flow, ParsedFlow>* FlowSet::find(std::uint64_t rule) const {
  const auto found = by_rule_.find(rule);
  return found == by_rule_.end() ? nullptr : found->second;
}

Result<> FlowSet::add(Flow flow, FlowPatch& patch) const {
  FlowMod mod;
  CAUSEWAY_TRY(mod.parse(flow, OFPFC_ADD));
  const EncodedFlow message(mod.mod);
  const ParsedFlow keys = message.keys();
  patch.ready.add(keys.rule, message.bytes());
  patch.come.emplace_back(std::move(flow), keys);
  return {};
}

// Each rule is there once when the patch has been applied.
Result<> FlowSet::check(const FlowPatch& patch) const {
  std::unordered_map<std::uint64_t, const Flow*> gone;
  for (const auto& [flow, parsed] : patch.gone) gone.emplace(parsed.rule, &flow);
  std::unordered_map<std::uint64_t, const Flow*> come;
  come.reserve(patch.come.size());
  for (const auto& [flow, parsed] : patch.come) {
    const auto [first, alone] = come.emplace(parsed.rule, &flow);
    const auto* standing = gone.contains(parsed.rule) ? nullptr : find(parsed.rule);
    if (!alone || standing != nullptr)
      return fail(Errc::invalid,
                  fmt::format("flow '{}' of table {} says the same as '{}'", flow.match, flow.table,
                              standing != nullptr ? standing->first.match : first->second->match));
  }
  return {};
}

Result<FlowPatch> FlowSet::patch_to(std::vector<Flow> wanted) const {
  ovs_library_prepare();
  FlowPatch patch;
  auto old = flows_.begin();
  for (Flow& flow : wanted) {
    for (; old != flows_.end() && old->first < flow; ++old) patch.gone.emplace_back(*old);
    if (old != flows_.end() && old->first == flow)
      ++old;
    else
      CAUSEWAY_TRY(add(std::move(flow), patch));
  }
  for (; old != flows_.end(); ++old) patch.gone.emplace_back(*old);
  CAUSEWAY_TRY(check(patch));
  return patch;
}

Result<FlowPatch> FlowSet::patch(FlowChange change) const {
  ovs_library_prepare();
  FlowPatch patch;
  for (const Flow& flow : change.gone)
    if (const auto there = flows_.find(flow); there != flows_.end()) patch.gone.emplace_back(*there);
  for (Flow& flow : change.come)
    if (!flows_.contains(flow)) CAUSEWAY_TRY(add(std::move(flow), patch));
  CAUSEWAY_TRY(check(patch));
  return patch;
}

void FlowSet::apply(FlowPatch patch) {
  for (const auto& [flow, parsed] : patch.gone) {
    by_rule_.erase(parsed.rule);
    sizes_[flow.table] -= flows_.erase(flow);
  }
  ready_ = std::move(patch.ready);
  by_rule_.reserve(flows_.size() + patch.come.size());
  for (auto& entry : patch.come) {
    // Mostly sorted, so that the end is the place.
    const std::size_t before = flows_.size();
    const auto added = flows_.insert(flows_.end(), std::move(entry));
    sizes_[added->first.table] += flows_.size() - before;
    by_rule_[added->second.rule] = &*added;
  }
}

}  // namespace causeway::agent
