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
  if (!wanted.is_new && !wanted.changed) {
    ++into.unchanged;
    return;
  }
  into.lines.push_back({wanted.is_new ? '+' : '~', fmt::format("workload {}", workload.id), wanted.text});
  into.workloads.push_back(workload);
}

}  // namespace

bool Draft::empty() const {
  return !site && departments.empty() && networks.empty() && rooms.empty() && waves.empty() &&
         applications.empty() && workloads.empty();
}

Draft draft(const State& state, const Actor& actor, const std::vector<model::Manifest>& manifests) {
  Draft made;
  const auto whole = with_what_stands(state.tables, manifests, made);
  const auto catalog = model::with(state.tables.catalog(), whole);
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
  draft_placement(state, catalog, wanted, made);
  if (made.unplaced.empty())
    for (const auto& [id, one] : wanted) list_workload(one, made);
  return made;
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
    workload.generation =
        held != nullptr ? held->generation.next() : Generation{tables.state().revision.next().value};
    workload.changed = state.now;
    if (held == nullptr) workload.created = state.now;
    tables.put(std::move(workload), Basis::moved);
  }
}

}  // namespace causeway::scheduler
