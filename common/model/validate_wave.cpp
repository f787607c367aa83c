// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>

#include "common/model/checks.h"
#include "common/model/validate.h"
#include "common/model/validate_workload.h"

namespace causeway::model {
namespace {

class WaveCheck {
 public:
  WaveCheck(const Wave& wave, const Catalog& catalog) : wave_(wave), catalog_(catalog) { note_addresses(); }

  Findings run();

 private:
  void note_addresses();
  void check_groups();
  void check_application(const Path& path, const std::string& name, const Application& application);
  void check_zone(const Path& path, const Application& application);
  void check_origin(const Path& path, const Application& application);
  void check_entries(const Path& path, const Application& application);
  void check_services(const Path& path, const Application& application);
  void check_dependencies(const Path& path, const ApplicationId& id, const Application& application);
  void check_reaches(const Path& path, const Application& application);
  void check_cycles();

  const Wave& wave_;
  const Catalog& catalog_;  // with the wave in it
  TakenAddresses taken_;
  Checks checks_;
};

Path path_of(const std::string& application) { return at("applications", application); }

bool names_an_address(const Application& application) {
  return std::ranges::any_of(application.workloads, [](const auto& entry) {
    return std::ranges::any_of(entry.second.ports,
                               [](const auto& port) { return port.second.address.has_value(); });
  });
}

// The fixed addresses of applications outside this wave come first: who is new has to give way.
void WaveCheck::note_addresses() {
  if (std::ranges::none_of(wave_.applications,
                           [](const auto& entry) { return names_an_address(entry.second); }))
    return;
  for (const auto& [id, application] : catalog_.applications) {
    const std::string name = id.str().substr(id.str().find('/') + 1);
    const auto own = wave_.applications.find(name);
    if (own != wave_.applications.end() && own->second.department == application.department) continue;
    for (const auto& [entry, spec] : application.workloads)
      for (const auto& [port_name, port] : spec.ports)
        if (port.address)
          taken_.emplace(std::pair{port.network, *port.address}, workload_id(id, entry).str());
  }
}

void WaveCheck::check_groups() {
  for (const auto& [id, group] : wave_.groups) {
    const Path path = at("groups", id.str());
    checks_.name(path, "group", id.str());
    if (group.rules.empty())
      checks_.add(path, "a group without rules", "add keep_apart or keep_together, or remove the group");
    check_rules(path, group.rules, checks_);
    const auto known = catalog_.groups.find(id);
    if (known == catalog_.groups.end()) continue;
    for (const auto& other : known->second.waves)
      if (other != wave_.id)
        checks_.add(path, fmt::format("group {} stands in wave {} already", id, other),
                    "name it without writing it again, or give this one another name");
  }
}

void WaveCheck::check_zone(const Path& path, const Application& application) {
  if (!checks_.known(at(path, "zone"), "zone", application.zone, catalog_.site.zones, "the site's file"))
    return;
  const Zone& zone = catalog_.site.zones.at(application.zone);
  if (application.mlps <= zone.mlps) return;
  std::vector<std::string> others;
  for (const auto& [id, other] : catalog_.site.zones)
    if (application.mlps <= other.mlps) others.push_back(id.str());
  checks_.add(at(path, "mlps"),
              fmt::format("MLPS level {} is above level {} of zone {} (GB/T 22239)", application.mlps,
                          zone.mlps, application.zone),
              others.empty() ? "no zone of this site has that level"
                             : fmt::format("zones of that level: {}", some_of(others)));
}

void WaveCheck::check_origin(const Path& path, const Application& application) {
  if (!application.from) return;
  const Origin& origin = *application.from;
  const Path from = at(path, "from");
  if (!checks_.known(at(from, "room"), "room", origin.room, catalog_.rooms, "the rooms' file")) return;
  const Room& room = catalog_.rooms.at(origin.room);
  if (room.department != application.department)
    checks_.add(at(from, "room"),
                fmt::format("room {} belongs to {}, and this application to {}", origin.room, room.department,
                            application.department),
                "write the room that the application leaves");
  const std::vector<std::string> servers(room.servers.begin(), room.servers.end());
  for (const auto& server : origin.servers)
    if (!room.servers.contains(server))
      checks_.unknown(at(at(from, "servers"), server), fmt::format("server in room {} called", origin.room),
                      server, servers, "the rooms' file");
}

// Entries are counted out, and no two may lead to a workload of one name.
void WaveCheck::check_entries(const Path& path, const Application& application) {
  if (application.workloads.empty())
    checks_.add(path, "an application without workloads", "add at least one");
  std::map<std::string, std::string> owners;  // workload to entry
  for (const auto& [entry, spec] : application.workloads) {
    const Path entry_path = at(at(path, "workloads"), entry);
    check_workload(entry_path, entry, spec, application, catalog_, taken_, checks_);
    if (spec.count && (*spec.count < 1 || *spec.count > kCountMax)) continue;
    for (const auto& name : instances(entry, spec)) {
      const auto [owner, fresh] = owners.emplace(name, entry);
      if (fresh) continue;
      checks_.add(entry_path,
                  fmt::format("workload '{}' comes from '{}' and from '{}'", name, owner->second, entry),
                  "give one of the two another name");
      break;
    }
  }
}

void WaveCheck::check_services(const Path& path, const Application& application) {
  std::map<std::string, std::string> owners;
  for (const auto& [entry, spec] : application.workloads) {
    for (const auto& [service, offer] : spec.offers) {
      const auto [owner, fresh] = owners.emplace(service, entry);
      if (!fresh)
        checks_.add(at(at(at(at(path, "workloads"), entry), "offers"), service),
                    fmt::format("'{}' offers a service '{}' too, and others name it without the workload",
                                owner->second, service),
                    fmt::format("call this one {}-{}", entry, service));
    }
  }
}

void WaveCheck::check_dependencies(const Path& path, const ApplicationId& id,
                                   const Application& application) {
  for (const auto& written : application.depends_on) {
    const Path here = at(at(path, "depends_on"), written);
    const auto found = resolve_application(written, catalog_);
    if (!found)
      checks_.add(here, found.error().what,
                  found.error().code == Errc::not_found
                      ? "apply what it depends on first, or in the same command"
                      : "");
    else if (*found == id)
      checks_.add(here, fmt::format("{} depends on itself", id), "remove the line");
    else if (is_outside(*found))
      checks_.add(here, fmt::format("{} is outside of the platform, which starts nothing there", *found),
                  "write it under `reaches`");
  }
}

// "application/service" or "department/application/service".
void WaveCheck::check_reaches(const Path& path, const Application& application) {
  for (const auto& written : application.reaches) {
    const Path here = at(at(path, "reaches"), written);
    const auto slash = written.rfind('/');
    if (slash == std::string::npos || std::ranges::count(written, '/') > 2) {
      checks_.add(here, fmt::format("'{}' names no service of an application", written),
                  "write application/service or department/application/service");
      continue;
    }
    const auto found = resolve_application(written.substr(0, slash), catalog_);
    if (!found) {
      checks_.add(
          here, found.error().what,
          found.error().code == Errc::not_found ? "apply what offers it first, or in the same command" : "");
      continue;
    }
    const Application& other = catalog_.applications.at(*found);
    std::vector<std::string> services;
    for (const auto& [entry, spec] : other.workloads)
      for (const auto& [service, offer] : spec.offers) services.push_back(service);
    const std::string wanted = written.substr(slash + 1);
    if (std::ranges::find(services, wanted) == services.end())
      checks_.unknown(here, fmt::format("service of {} called", *found), wanted, services,
                      fmt::format("its `offers`"));
    else if (!meet(zones_of(application), zones_of_service(other, wanted)))
      checks_.add(here,
                  fmt::format("{} is in zone {}, and this application in zone {}: zones never meet", *found,
                              other.zone, application.zone),
                  fmt::format("reach a service in zone {}", application.zone));
  }
}

void WaveCheck::check_application(const Path& path, const std::string& name, const Application& application) {
  checks_.name(path, "application", name);
  checks_.title(at(path, "title"), application.title);
  checks_.known(at(path, "department"), "department", application.department, catalog_.departments,
                "the departments' file");
  checks_.count(at(path, "mlps"), "the MLPS level", application.mlps, 1, 4);
  check_zone(path, application);
  check_origin(path, application);
  check_entries(path, application);
  check_services(path, application);
  check_dependencies(path, application_id(application.department, name), application);
  check_reaches(path, application);
}

// A walk along depends_on, depth first, without recursion: a chain may be as long as a file.
// https://en.wikipedia.org/wiki/Topological_sorting#Depth-first_search
void WaveCheck::check_cycles() {
  std::map<ApplicationId, std::vector<ApplicationId>> known;
  const auto edges_of = [&](const ApplicationId& id) -> const std::vector<ApplicationId>& {
    const auto [edges, fresh] = known.try_emplace(id);
    const auto application = catalog_.applications.find(id);
    if (!fresh || application == catalog_.applications.end()) return edges->second;
    for (const auto& written : application->second.depends_on)
      if (const auto found = resolve_application(written, catalog_); found && *found != id)
        edges->second.push_back(*found);
    return edges->second;
  };

  struct Step {
    ApplicationId id;
    std::size_t next = 0;
  };
  std::set<ApplicationId> done;
  for (const auto& [name, application] : wave_.applications) {
    std::vector<Step> way{{application_id(application.department, name)}};
    while (!way.empty()) {
      const ApplicationId here = way.back().id;
      const auto& nexts = edges_of(here);
      if (way.back().next == nexts.size() || done.contains(here)) {
        done.insert(here);
        way.pop_back();
        continue;
      }
      const ApplicationId next = nexts[way.back().next++];
      const auto start = std::ranges::find(way, next, &Step::id);
      if (start == way.end()) {
        way.push_back({next});
        continue;
      }
      std::string cycle;
      for (auto step = start; step != way.end(); ++step) cycle += step->id.str() + " → ";
      checks_.add(at(path_of(name), "depends_on"),
                  fmt::format("a cycle, in which each waits for the next: {}{}", cycle, next),
                  "remove one of these lines");
    }
  }
}

Findings WaveCheck::run() {
  check_groups();
  checks_.name("name", "wave", wave_.id.str());
  checks_.title("title", wave_.title);
  if (wave_.applications.empty())
    checks_.add("applications", "a wave without applications does nothing", "add at least one");
  for (const auto& [name, application] : wave_.applications)
    check_application(path_of(name), name, application);
  check_cycles();
  return checks_.take();
}

}  // namespace

Findings validate(const Wave& wave, const Catalog& catalog) { return WaveCheck(wave, catalog).run(); }

}  // namespace causeway::model
