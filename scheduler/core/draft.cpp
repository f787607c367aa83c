// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/draft.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>

#include "common/model/validate.h"

namespace causeway::scheduler {
namespace {

void validate_all(const std::vector<model::Manifest>& manifests, const model::Catalog& catalog, Draft& into) {
  for (std::uint32_t i = 0; i < manifests.size(); ++i)
    for (auto& finding : model::validate(manifests[i], catalog))
      into.findings.push_back({i, std::move(finding)});
}

void list_workload(const Wanted& wanted, Draft& into) {
  const auto& workload = wanted.workload;
  if (wanted.bystander) return;
  if (!wanted.is_new && !wanted.changed) {
    ++into.unchanged;
    return;
  }
  into.lines.push_back({wanted.is_new ? '+' : '~', fmt::format("workload {}", workload.id), wanted.text});
  into.workloads.push_back(workload);
}

bool only_waves(const std::vector<model::Manifest>& manifests) {
  return std::ranges::all_of(
      manifests, [](const auto& manifest) { return std::holds_alternative<model::Wave>(manifest); });
}

// Whether each wave names the groups that it has already, with the same rules.
bool keep_groups(const Tables& tables, const std::vector<model::Manifest>& waves) {
  return std::ranges::all_of(waves, [&](const auto& manifest) {
    const auto& wave = std::get<model::Wave>(manifest);
    const auto held = tables.waves().find(wave.id);
    return wave.groups.empty() || (held != tables.waves().end() && held->second.groups == wave.groups);
  });
}

Draft draft_on(State& state, const Actor& actor, const std::vector<model::Manifest>& whole,
               const model::Catalog& catalog, bool as_it_is, Draft made) {
  validate_all(whole, catalog, made);
  for (std::uint32_t i = 0; i < whole.size(); ++i) {
    if (const auto* site = std::get_if<model::Site>(&whole[i])) draft_site(state.tables, *site, i, made);
    if (const auto* list = std::get_if<model::Departments>(&whole[i]))
      draft_departments(state.tables, *list, i, made);
    if (const auto* list = std::get_if<model::Rooms>(&whole[i])) draft_rooms(state.tables, *list, made);
  }
  // Placing what is wrong by itself would only bury the findings under refusals.
  if (!made.findings.empty()) return made;
  auto wanted = draft_waves(state, actor, catalog, whole, made);
  if (!made.findings.empty()) return made;
  draft_placement(state, catalog, as_it_is, wanted, made);
  if (made.unplaced.empty())
    for (const auto& [id, one] : wanted) list_workload(one, made);
  return made;
}

// Whether the running guest is another one than it shall be. The rest is placement's and the switch's
// business and holds at once: a guest that waits for its next start because of it would wait for nothing.
bool changes_the_guest(const model::Workload& before, model::Workload after) {
  after.wave = before.wave;
  after.mlps = before.mlps;
  after.is_protected = before.is_protected;
  after.traits = before.traits;
  after.demands.rules = before.demands.rules;
  after.demands.groups = before.demands.groups;
  for (auto& port : after.ports)
    if (const auto held = std::ranges::find(before.ports, port.name, &model::Port::name);
        held != before.ports.end())
      port.bandwidth = held->bandwidth;
  return after != before;
}

}  // namespace

bool Draft::empty() const {
  return !site && departments.empty() && networks.empty() && rooms.empty() && waves.empty() &&
         applications.empty() && workloads.empty();
}

Draft draft(State& state, const Actor& actor, const std::vector<model::Manifest>& manifests) {
  Draft made;
  const auto whole = with_what_stands(state.tables, manifests, made);
  if (!only_waves(whole))
    return draft_on(state, actor, whole, model::with(state.tables.catalog(), whole), false, std::move(made));
  const auto waves = state.tables.catalog_with(whole);
  return draft_on(state, actor, whole, waves.catalog(), keep_groups(state.tables, whole), std::move(made));
}

std::string token_of(const Draft& draft, Revision basis) {
  std::string text;
  for (const auto& line : draft.lines) text += fmt::format("{} {}\t{}\n", line.sign, line.subject, line.text);
  std::array<unsigned char, 16> digest{};
  crypto_generichash(digest.data(), digest.size(), reinterpret_cast<const unsigned char*>(text.data()),
                     text.size(), nullptr, 0);
  return fmt::format("{}-{:02x}", basis.value, fmt::join(digest, ""));
}

void carry_out(State& state, Draft draft) {
  auto& tables = state.tables;
  if (draft.site) {
    for (const auto& [id, spec] : draft.site->hosts) {
      if (tables.host(id) != nullptr) continue;
      model::HostRecord host;
      host.id = id;
      tables.put(std::move(host), Basis::moved);
    }
    tables.put(std::move(*draft.site));
  }
  for (auto& record : draft.departments) tables.put(std::move(record));
  for (auto& record : draft.networks) {
    if (record.vni == 0) record.vni = tables.take_vni();
    tables.put(std::move(record));
  }
  for (auto& record : draft.rooms) tables.put(std::move(record));
  for (auto& record : draft.waves) tables.put(std::move(record));
  for (auto& record : draft.applications) tables.put(std::move(record));
  for (auto& workload : draft.workloads) {
    const auto* held = tables.workload(workload.id);
    // A name that comes back after a deletion must not repeat generations: revisions never did fewer steps.
    if (held == nullptr)
      workload.generation = Generation{tables.state().revision.next().value};
    else if (changes_the_guest(*held, workload))
      workload.generation = held->generation.next();
    workload.changed = state.now;
    if (held == nullptr) workload.created = state.now;
    tables.put(std::move(workload), Basis::moved);
  }
}

}  // namespace causeway::scheduler
