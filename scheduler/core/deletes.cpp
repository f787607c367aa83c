// SPDX-License-Identifier: Apache-2.0
// Deleting. Workloads go in two steps: marked here, taken out of the tables when their host has reported them
// gone. Their application and wave go with the last of them. Everything else goes at once, and only when
// nothing needs it.
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "common/core/text.h"
#include "scheduler/core/grants.h"
#include "scheduler/core/requests.h"
#include "scheduler/core/rooms.h"

namespace causeway::scheduler {
namespace {

// At most a few names, for a message.
std::string some(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kShown) text += fmt::format(" and {} more", names.size() - kShown);
  return text;
}

template <class Map>
std::vector<std::string> names_of(const Map& table) {
  std::vector<std::string> names;
  for (const auto& [id, value] : table) names.push_back(id.str());
  return names;
}

// Deletes of one request: who asks, why, and whether only to say what would be done.
class Deletion {
 public:
  Deletion(State& state, const Actor& actor, const std::string& reason, const model::DeleteRequest& request)
      : state_(state), tables_(state.tables), actor_(actor), reason_(reason), request_(request) {}

  model::ResponseBody workload();
  model::ResponseBody application();
  model::ResponseBody wave();
  model::ResponseBody department();
  model::ResponseBody room();
  model::ResponseBody network();
  model::ResponseBody host();
  model::ResponseBody zone();
  model::ResponseBody image();

 private:
  template <class Map>
  model::ErrorResponse unknown(const Map& table) {
    return not_found(request_.noun, request_.name, names_of(table));
  }
  // Applications that start after one of `ids` and stay themselves.
  std::vector<std::string> dependents(const std::vector<ApplicationId>& ids) const;
  model::ResponseBody applications(const std::vector<ApplicationId>& ids);
  void mark(const model::Workload& workload, model::DoneResponse& done);
  // Carries out what goes at once.
  model::ResponseBody at_once(const std::function<void()>& erase);
  model::ResponseBody needed_by(const std::vector<std::string>& users);

  State& state_;
  Tables& tables_;
  const Actor& actor_;
  const std::string& reason_;
  const model::DeleteRequest& request_;
};

void Deletion::mark(const model::Workload& standing, model::DoneResponse& done) {
  if (standing.deleting) {
    done.messages.push_back(fmt::format("workload {} is being deleted already", standing.id));
    return;
  }
  done.messages.push_back(
      fmt::format("workload {} on {}: its volumes go into the trash", standing.id, location(standing)));
  if (request_.dry_run) return;
  state_.event(actor_.name, "delete", fmt::format("workload/{}", standing.id), "asked for", reason_);
  const auto* host = tables_.host(location(standing));
  // A host that never had an agent has nothing to take away.
  if (host == nullptr || host->key.empty()) return forget(state_, standing.id, "scheduler");
  auto workload = standing;
  workload.deleting = true;
  workload.changed = state_.now;
  workload.generation = workload.generation.next();
  tables_.put(std::move(workload), Basis::moved);
}

model::ResponseBody Deletion::workload() {
  const auto* standing = tables_.workload(WorkloadId(request_.name));
  if (standing == nullptr) return unknown(tables_.workloads());
  model::DoneResponse done;
  mark(*standing, done);
  return done;
}

std::vector<std::string> Deletion::dependents(const std::vector<ApplicationId>& ids) const {
  std::vector<std::string> found;
  for (const auto& [id, record] : tables_.applications()) {
    if (std::ranges::find(ids, id) != ids.end()) continue;
    const bool depends = std::ranges::any_of(record.spec.depends_on, [&](const std::string& name) {
      return std::ranges::find(ids, ApplicationId(name)) != ids.end();
    });
    const auto workloads = tables_.of_application(id);
    if (depends && !std::ranges::all_of(workloads, &model::Workload::deleting)) found.push_back(id.str());
  }
  return found;
}

model::ResponseBody Deletion::applications(const std::vector<ApplicationId>& ids) {
  if (const auto users = dependents(ids); !users.empty()) return needed_by(users);
  model::DoneResponse done;
  for (const auto& id : ids) {
    // Copied, because marking may take the last one out together with the application.
    std::vector<model::Workload> workloads;
    for (const auto* workload : tables_.of_application(id)) workloads.push_back(*workload);
    for (const auto& workload : workloads) mark(workload, done);
  }
  return done;
}

model::ResponseBody Deletion::application() {
  const ApplicationId id(request_.name);
  return tables_.applications().contains(id) ? applications({id}) : unknown(tables_.applications());
}

model::ResponseBody Deletion::wave() {
  const WaveId id(request_.name);
  if (!tables_.waves().contains(id)) return unknown(tables_.waves());
  std::vector<ApplicationId> ids;
  for (const auto& [application, record] : tables_.applications())
    if (record.wave == id) ids.push_back(application);
  if (ids.empty()) return at_once([&] { tables_.erase(id); });
  return applications(ids);
}

model::ResponseBody Deletion::at_once(const std::function<void()>& erase) {
  if (!request_.dry_run) {
    erase();
    state_.event(actor_.name, "delete", request_.noun + "/" + request_.name, "deleted", reason_);
  }
  return model::DoneResponse{{fmt::format("{} {} {}", request_.noun, request_.name,
                                          request_.dry_run ? "would be deleted" : "is deleted")}};
}

model::ResponseBody Deletion::needed_by(const std::vector<std::string>& users) {
  return refused(Errc::conflict, fmt::format("{} {} is needed by {}; delete those first", request_.noun,
                                             request_.name, some(users)));
}

model::ResponseBody Deletion::department() {
  const DepartmentId id(request_.name);
  if (!tables_.departments().contains(id)) return unknown(tables_.departments());
  std::vector<std::string> users;
  for (const auto& [workload, record] : tables_.workloads())
    if (model::department_of(workload.str()) == id) users.push_back("workload " + workload.str());
  for (const auto& [room, record] : tables_.rooms())
    if (record.spec.department == id) users.push_back("room " + room.str());
  for (const auto& [name, key] : tables_.keys())
    if (key.department == id && !key.revoked) users.push_back("key " + name);
  for (const auto& [host, spec] : tables_.site().hosts)
    if (spec.dedicated == id) users.push_back("host " + host.str());
  if (!users.empty()) return needed_by(users);
  return at_once([&] {
    std::vector<NetworkId> networks;
    for (const auto& [network, record] : tables_.networks())
      if (record.spec.department == id) networks.push_back(network);
    for (const auto& network : networks) tables_.erase(network);
    tables_.erase(id);
  });
}

model::ResponseBody Deletion::room() {
  const RoomId id(request_.name);
  const auto room = tables_.rooms().find(id);
  if (room == tables_.rooms().end()) return unknown(tables_.rooms());
  const auto left = servers_left(state_, room->second);
  if (!left.empty())
    return refused(Errc::conflict, fmt::format("room {} has {} of {} servers left to migrate: {}", id,
                                               left.size(), room->second.spec.servers.size(), some(left)));
  return at_once([&] { tables_.erase(id); });
}

model::ResponseBody Deletion::network() {
  const NetworkId id(request_.name);
  if (!tables_.networks().contains(id)) return unknown(tables_.networks());
  std::vector<std::string> users;
  for (const auto* workload : tables_.on_network(id)) users.push_back("workload " + workload->id.str());
  if (!users.empty()) return needed_by(users);
  return at_once([&] { tables_.erase(id); });
}

model::ResponseBody Deletion::host() {
  const HostId id(request_.name);
  if (!tables_.site().hosts.contains(id)) return unknown(tables_.site().hosts);
  std::vector<std::string> users;
  for (const auto* workload : tables_.on_host(id)) users.push_back("workload " + workload->id.str());
  if (!users.empty()) return needed_by(users);
  return at_once([&] {
    auto site = tables_.site();
    site.hosts.erase(id);
    tables_.put(std::move(site));
    tables_.erase(id);
    state_.sessions.erase(id);
    state_.ahead.erase(id);
  });
}

model::ResponseBody Deletion::zone() {
  const ZoneId id(request_.name);
  if (!tables_.site().zones.contains(id)) return unknown(tables_.site().zones);
  std::vector<std::string> users;
  for (const auto& [workload, record] : tables_.workloads())
    if (record.zone == id) users.push_back("workload " + workload.str());
  for (const auto& [network, record] : tables_.networks())
    if (record.spec.zone == id) users.push_back("network " + network.str());
  for (const auto& [host, spec] : tables_.site().hosts)
    if (spec.zones.contains(id)) users.push_back("host " + host.str());
  for (const auto& [other, spec] : tables_.site().zones)
    if (spec.exchange_with.contains(id)) users.push_back(fmt::format("zone {} (exchange_with)", other));
  if (!users.empty()) return needed_by(users);
  return at_once([&] {
    auto site = tables_.site();
    site.zones.erase(id);
    tables_.put(std::move(site));
  });
}

model::ResponseBody Deletion::image() {
  const ImageId id(request_.name);
  if (!tables_.site().images.contains(id)) return unknown(tables_.site().images);
  std::vector<std::string> users;
  for (const auto& [workload, record] : tables_.workloads())
    if (std::ranges::find(record.disks, id, &model::Disk::image) != record.disks.end())
      users.push_back("workload " + workload.str());
  if (!users.empty()) return needed_by(users);
  return at_once([&] {
    auto site = tables_.site();
    site.images.erase(id);
    tables_.put(std::move(site));
  });
}

}  // namespace

void forget(State& state, const WorkloadId& id, const std::string& actor) {
  auto& tables = state.tables;
  const auto host = location(tables.workloads().at(id));
  tables.erase(id);
  state.event(actor, "deleted", fmt::format("workload/{}", id), fmt::format("gone from {}", host));
  const auto application = model::application_of(id);
  const auto record = tables.applications().find(application);
  if (record == tables.applications().end() || !tables.of_application(application).empty()) return;
  const auto wave = record->second.wave;
  tables.erase(application);
  end_grants_of(state, application, actor);
  const bool last = std::ranges::none_of(tables.applications(),
                                         [&](const auto& entry) { return entry.second.wave == wave; });
  if (last) tables.erase(wave);
}

model::ResponseBody remove(State& state, const Actor& actor, const std::string& reason,
                           const model::DeleteRequest& request) {
  static const std::map<std::string, model::ResponseBody (Deletion::*)()> kNouns{
      {"workload", &Deletion::workload}, {"application", &Deletion::application},
      {"wave", &Deletion::wave},         {"department", &Deletion::department},
      {"room", &Deletion::room},         {"network", &Deletion::network},
      {"host", &Deletion::host},         {"zone", &Deletion::zone},
      {"image", &Deletion::image},
  };
  const auto noun = kNouns.find(request.noun);
  if (noun == kNouns.end()) {
    std::vector<std::string> known;
    for (const auto& [name, function] : kNouns) known.push_back(name);
    return refused(Errc::invalid,
                   fmt::format("'{}' can't be deleted; {} can", request.noun, join(known, ", ")));
  }
  Deletion deletion(state, actor, reason, request);
  return (deletion.*noun->second)();
}

}  // namespace causeway::scheduler
