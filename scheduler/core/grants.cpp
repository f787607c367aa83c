// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/grants.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/model/validate.h"
#include "scheduler/core/assignments.h"
#include "scheduler/core/requests.h"

namespace causeway::scheduler {
namespace {

// Both ends of a grant, found by what was written.
struct Ends {
  ApplicationId application;
  ServiceId service;
};

Result<Ends> find_ends(const model::Catalog& catalog, const std::string& application,
                       const std::string& service) {
  const auto who = model::resolve_application(application, catalog);
  if (!who) return std::unexpected(who.error());
  const auto what = model::resolve_service(service, catalog);
  if (!what) return std::unexpected(what.error());
  return Ends{*who, *what};
}

std::string problem_of(const model::Catalog& catalog, const Ends& ends) {
  const auto owner = model::application_of(ends.service);
  if (owner == ends.application)
    return fmt::format("{} reaches its own services without a grant", ends.application);
  if (model::is_outside(owner) && model::is_outside(ends.application))
    return fmt::format("{} and {} are both outside of the platform", ends.application, owner);
  const auto& from = catalog.applications.at(ends.application);
  const auto& to = catalog.applications.at(owner);
  const auto service = ends.service.str().substr(owner.str().size() + 1);
  if (model::meet(model::zones_of(from), model::zones_of_service(to, service))) return "";
  return fmt::format("{} is in zone {}, and {} in zone {}: zones never meet", ends.application, from.zone,
                     owner, to.zone);
}

bool holds(const model::Assignment& assignment, const GrantId& grant) {
  return std::ranges::any_of(assignment.guards, [&](const model::Guard& guard) {
    return std::ranges::find(guard.rules, grant.str(), &model::Rule::why) != guard.rules.end();
  });
}

void finish(State& state, const model::GrantRecord& grant) {
  state.event("scheduler", "grant-closed", fmt::format("application/{}", grant.application),
              fmt::format("{} is closed on every host; open connections cut: {}", grant.service, grant.cut));
  state.tables.erase(grant.id);
}

// The hosts that have the rules of these grants, with the generations that say so. A host that was not heard
// since this scheduler started has them as well, and nobody has asked for its assignment yet.
using Holders = std::map<GrantId, std::map<HostId, Generation>>;

Holders holders_of(const State& state, const std::vector<model::GrantRecord>& grants) {
  Holders found;
  for (const auto& [id, host] : state.tables.hosts()) {
    const auto note = [&](const model::Assignment& assignment) {
      for (const auto& grant : grants)
        if (holds(assignment, grant.id)) found[grant.id].emplace(id, host.generation);
    };
    const auto known = state.assignments.find(id);
    if (known == state.assignments.end())
      note(build_assignment(state.tables, id));
    else
      note(known->second);
  }
  return found;
}

// It opens nothing from now on, and stays until the hosts that have its rule have let go of it: those whose
// assignment has it still, and those that were told another one since and have not taken it yet.
void end(State& state, model::GrantRecord grant, const std::map<HostId, Generation>& holders,
         const std::string& actor, const std::string& verb, const std::string& text,
         const std::string& reason) {
  state.event(actor, verb, fmt::format("application/{}", grant.application), text, reason);
  grant.closing = true;
  grant.cut = 0;
  for (const auto& [host, generation] : holders) grant.open_on[host] = generation;
  std::erase_if(grant.open_on, [&](const auto& entry) { return state.tables.host(entry.first) == nullptr; });
  if (grant.open_on.empty())
    finish(state, grant);
  else
    state.tables.put(std::move(grant));
}

std::string names_of(const std::map<HostId, Generation>& hosts) {
  std::string names;
  for (const auto& [host, generation] : hosts) names += (names.empty() ? "" : ", ") + host.str();
  return names;
}

}  // namespace

model::ResponseBody add_grant(State& state, const Actor& actor, const std::string& reason,
                              const model::GrantAddRequest& request) {
  const auto catalog = state.tables.catalog();
  const auto ends = find_ends(catalog, request.application, request.service);
  if (!ends) return refused(ends.error().code, ends.error().what);
  if (auto problem = problem_of(catalog, *ends); !problem.empty())
    return refused(Errc::invalid, std::move(problem));
  if (request.until <= state.now)
    return refused(Errc::invalid,
                   fmt::format("{} is over: it is {}", to_string(request.until), to_string(state.now)));
  const auto text = fmt::format("may reach {} until {}", ends->service, to_string(request.until));
  model::DoneResponse done{{fmt::format("{} {}", ends->application, text)}};
  if (request.dry_run) return done;
  state.event(actor.name, "grant", fmt::format("application/{}", ends->application), text, reason);
  model::GrantRecord grant{model::grant_id(ends->application, ends->service),
                           ends->application,
                           ends->service,
                           request.until,
                           reason,
                           actor.name,
                           state.now};
  // Granted again, it is still open wherever it was.
  if (const auto held = state.tables.grants().find(grant.id); held != state.tables.grants().end())
    grant.open_on = held->second.open_on;
  state.tables.put(std::move(grant));
  return done;
}

model::ResponseBody revoke_grant(State& state, const Actor& actor, const std::string& reason,
                                 const model::GrantRevokeRequest& request) {
  // The service may be gone from its file by now, and its grant shall be revoked all the same.
  std::vector<std::string> known;
  for (const auto& [id, grant] : state.tables.grants()) {
    const auto names = [](const std::string& whole, const std::string& written) {
      return whole == written || whole.ends_with("/" + written);
    };
    known.push_back(fmt::format("{} {}", grant.application, grant.service));
    if (!names(grant.application.str(), request.application) || !names(grant.service.str(), request.service))
      continue;
    if (grant.closing)
      return refused(Errc::conflict,
                     fmt::format("it is closing already: {} has not said yet that it is closed "
                                 "there; see `causeway get grants`",
                                 names_of(grant.open_on)));
    const auto text = fmt::format("may no longer reach {}", grant.service);
    model::DoneResponse done{
        {fmt::format("{} {}; what is open between them is cut when their hosts have heard of it",
                     grant.application, text)}};
    if (!request.dry_run)
      end(state, grant, holders_of(state, {grant})[grant.id], actor.name, "grant-revoke", text, reason);
    return done;
  }
  return not_found("grant", fmt::format("{} {}", request.application, request.service), known);
}

void expire_grants(State& state) {
  const auto ids = state.tables.grants_over(state.now);
  if (ids.empty()) return;
  std::vector<model::GrantRecord> over;
  for (const auto& id : ids) over.push_back(state.tables.grants().at(id));
  auto holders = holders_of(state, over);
  for (const auto& grant : over)
    end(state, grant, holders[grant.id], "scheduler", "grant-over",
        fmt::format("may no longer reach {}: granted until {}", grant.service, to_string(grant.until)), "");
}

void note_opened(State& state, const model::Assignment& assignment) {
  const auto& grants = state.tables.grants();
  if (grants.empty()) return;
  for (const auto& guard : assignment.guards) {
    for (const auto& rule : guard.rules) {
      const auto grant = grants.find(GrantId(rule.why));
      if (grant == grants.end() || grant->second.open_on.contains(assignment.host)) continue;
      auto record = grant->second;
      record.open_on.emplace(assignment.host, assignment.generation);
      state.tables.put(std::move(record));
    }
  }
}

void note_enforced(State& state, const HostId& host, const model::Report& report) {
  const auto& assignment = state.assignments.at(host);
  auto& session = state.sessions.at(host);
  // It speaks of the very rules that the host has now, and says so with each report.
  if (report.enforced != assignment.generation || session.enforced == report.enforced) return;
  session.enforced = report.enforced;
  std::vector<model::GrantRecord> heard;
  for (const auto& id : state.tables.grants_open_on(host))
    if (!holds(assignment, id)) heard.push_back(state.tables.grants().at(id));
  for (auto& grant : heard) {
    const auto before = grant.open_on.at(host);
    for (const auto& cut : report.cuts)
      if (grant.closing && cut.why == grant.id.str() && cut.generation > before) grant.cut += cut.connections;
    grant.open_on.erase(host);
    state.tables.put(std::move(grant));
  }
}

void close_grants(State& state) {
  // A host that was removed is nobody's any more.
  const auto removed = [&](const auto& entry) { return state.tables.host(entry.first) == nullptr; };
  std::vector<model::GrantRecord> moved;
  for (const auto& id : state.tables.closing_grants()) {
    const auto& grant = state.tables.grants().at(id);
    if (grant.open_on.empty() || std::ranges::any_of(grant.open_on, removed)) moved.push_back(grant);
  }
  for (auto& grant : moved) {
    std::erase_if(grant.open_on, removed);
    if (grant.open_on.empty())
      finish(state, grant);
    else
      state.tables.put(std::move(grant));
  }
}

bool stands(const Tables& tables, const GrantId& id) {
  const auto grant = tables.grants().find(id);
  return grant != tables.grants().end() && !grant->second.closing;
}

std::string closing_text(const model::GrantRecord& grant) {
  return fmt::format("closing: waits for {}", names_of(grant.open_on));
}

void end_grants_of(State& state, const ApplicationId& application, const std::string& actor) {
  std::vector<model::GrantRecord> theirs;
  for (const auto& [id, grant] : state.tables.grants())
    if (grant.application == application || model::application_of(grant.service) == application)
      theirs.push_back(grant);
  // Nothing of it runs any more, so there is nothing to wait for.
  for (const auto& grant : theirs) {
    state.event(actor, "grant-over", fmt::format("application/{}", grant.application),
                fmt::format("may no longer reach {}: {} is deleted", grant.service, application));
    state.tables.erase(grant.id);
  }
}

std::vector<std::string> ungranted(const Tables& tables, const model::Catalog& catalog,
                                   const ApplicationId& id, const model::Application& application) {
  std::vector<std::string> open;
  for (const auto& written : application.reaches) {
    const auto service = model::resolve_service(written, catalog);
    if (!service)
      open.push_back(written);
    else if (model::application_of(*service) != id && !stands(tables, model::grant_id(id, *service)))
      open.push_back(service->str());
  }
  return open;
}

}  // namespace causeway::scheduler
