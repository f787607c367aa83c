// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/liveness.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/core/text.h"
#include "scheduler/core/outages.h"

namespace causeway::scheduler {
namespace {

// Addresses are durable: a fence needs them when nobody can be asked any more. While a host is lost they only
// grow, so that what was fenced is also lifted.
void note_addresses(State& state, const HostId& host, const std::set<std::string>& addresses) {
  const auto& hosts = state.tables.hosts();
  const auto& standing = hosts.at(host);
  if (addresses == standing.storage_addresses) return;
  auto wanted = addresses;
  std::erase_if(wanted, [&](const std::string& address) {
    return std::ranges::any_of(hosts, [&](const auto& entry) {
      return entry.first != host && entry.second.storage_addresses.contains(address);
    });
  });
  if (standing.outage) wanted.insert(standing.storage_addresses.begin(), standing.storage_addresses.end());
  if (wanted.empty() || wanted == standing.storage_addresses) return;
  auto record = standing;
  record.storage_addresses = std::move(wanted);
  state.tables.put(std::move(record), Basis::kept);
}

void tell_blindness(State& state, bool blind) {
  state.blind = blind;
  const auto site = "site/" + state.tables.site().name;
  if (blind)
    state.event("scheduler", "call", site, blindness(state));
  else
    state.event("scheduler", "looks-again", site, "the storage answers: lost hosts are noticed again");
}

}  // namespace

std::string blindness(const State& state) {
  if (!state.options.fences || (state.looked != Instant{} && state.now - state.looked <= kLookGapMost))
    return "";
  const auto since = state.looked == Instant{} ? "this scheduler started" : to_string(state.looked);
  return fmt::format("no look at the storage was answered since {}, so no lost host is noticed{}{}", since,
                     state.look_problem.empty() ? "" : ": ", state.look_problem);
}

void take_look(State& state, const StorageLook& taken) {
  if (!taken.look) {
    state.look_problem = taken.look.error().what;
    // One look that fails, as while a monitor changes, is nothing to call anybody for.
    if (!state.blind && state.now - state.looked > kLookGapMost) tell_blindness(state, true);
    return;
  }
  state.look_problem.clear();
  if (state.blind) tell_blindness(state, false);
  if (state.looked == Instant{} || state.now - state.looked > kLookGapMost) state.looking_since = state.now;
  state.looked = state.now;
  state.outages_due = state.now;
  state.fenced_addresses = taken.look->fenced;
  for (const auto& sign : taken.look->signs) {
    if (!state.tables.hosts().contains(sign.host)) continue;
    const auto [held, first] = state.signs.try_emplace(sign.host);
    // What stands there when this scheduler looks for the first time may be old.
    if (!first && held->second.count != sign.count) held->second.heard = state.now;
    held->second.count = sign.count;
    note_addresses(state, sign.host, sign.addresses);
  }
}

bool alive_in_storage(const State& state, const HostId& host) {
  const auto signs = state.signs.find(host);
  return signs != state.signs.end() && state.now - signs->second.heard <= state.options.lease;
}

bool silent_in_storage(const State& state, const HostId& host) {
  if (state.looked == Instant{} || state.now - state.looked > kLookGapMost) return false;
  auto since = state.looking_since;
  if (const auto signs = state.signs.find(host); signs != state.signs.end())
    since = std::max(since, signs->second.heard);
  return state.now - since > state.options.lease;
}

std::string condition_of(const State& state, const model::HostRecord& host) {
  if (host.outage) return std::string(to_string(*host.outage));
  if (up(state, host.id)) return "up";
  return alive_in_storage(state, host.id) ? "isolated" : "unreachable";
}

}  // namespace causeway::scheduler
