// SPDX-License-Identifier: Apache-2.0
// The laws that hold between records, written apart from the code that keeps them.
#include <fmt/format.h>

#include <map>
#include <set>

#include "common/model/validate.h"
#include "scheduler/store/check.h"

namespace causeway::store {
namespace {

// One holder for each thing that only one may have.
class Claims {
 public:
  explicit Claims(std::vector<std::string>& problems) : problems_(problems) {}
  void claim(const std::string& thing, const std::string& holder) {
    const auto [first, fresh] = holders_.emplace(thing, holder);
    if (!fresh) problems_.push_back(fmt::format("{} and {} both have {}", first->second, holder, thing));
  }

 private:
  std::vector<std::string>& problems_;
  std::map<std::string, std::string> holders_;
};

struct Known {
  const model::Site* site = nullptr;
  std::uint64_t next_event = 0;
  std::uint64_t revision = 0;
  std::set<HostId> hosts;
  std::set<WaveId> waves;
  std::set<DepartmentId> departments;
  std::set<ApplicationId> applications;
  std::map<NetworkId, const model::NetworkRecord*> networks;
};

Known known_of(const std::vector<model::Record>& records) {
  Known known;
  for (const auto& record : records) {
    if (const auto* state = std::get_if<model::StateRecord>(&record)) {
      known.next_event = state->next_event;
      known.revision = state->revision.value;
    }
    if (const auto* site = std::get_if<model::Site>(&record)) known.site = site;
    if (const auto* host = std::get_if<model::HostRecord>(&record)) known.hosts.insert(host->id);
    if (const auto* wave = std::get_if<model::WaveRecord>(&record)) known.waves.insert(wave->id);
    if (const auto* one = std::get_if<model::DepartmentRecord>(&record)) known.departments.insert(one->id);
    if (const auto* one = std::get_if<model::ApplicationRecord>(&record)) known.applications.insert(one->id);
    if (const auto* one = std::get_if<model::NetworkRecord>(&record)) known.networks.emplace(one->id, one);
  }
  return known;
}

void check_workload(const model::Workload& workload, const Known& known, Claims& claims,
                    std::vector<std::string>& problems) {
  const auto who = fmt::format("workload {}", workload.id);
  const auto missing = [&](bool there, std::string_view noun, const auto& name) {
    if (!there) problems.push_back(fmt::format("{} names the {} {}, which does not exist", who, noun, name));
  };
  missing(known.hosts.contains(workload.host), "host", workload.host);
  if (!workload.leaving.empty()) missing(known.hosts.contains(workload.leaving), "host", workload.leaving);
  missing(known.applications.contains(model::application_of(workload.id)), "application",
          model::application_of(workload.id));
  if (known.site != nullptr) {
    missing(known.site->zones.contains(workload.zone), "zone", workload.zone);
    const auto host = known.site->hosts.find(workload.host);
    if (host != known.site->hosts.end() && !host->second.zones.contains(workload.zone))
      problems.push_back(fmt::format("{} of zone {} is placed on {}, which doesn't serve it", who,
                                     workload.zone, workload.host));
  }
  for (const auto& port : workload.ports) {
    const auto network = known.networks.find(port.network);
    missing(network != known.networks.end(), "network", port.network);
    claims.claim(fmt::format("the MAC address {}", port.mac.str()), who);
    if (network != known.networks.end() && network->second->spec.zone != workload.zone)
      problems.push_back(fmt::format("{} of zone {} has a port on {}, which is of zone {}", who,
                                     workload.zone, port.network, network->second->spec.zone));
    for (const auto& address : port.addresses)
      claims.claim(fmt::format("the address {} on network {}", address.str(), port.network), who);
  }
}

// A service may be gone from its file: then its grant opens nothing, and comes back with it.
void check_grant(const model::GrantRecord& grant, const Known& known, std::vector<std::string>& problems) {
  for (const auto& application : {grant.application, model::application_of(grant.service)})
    if (!model::is_outside(application) && !known.applications.contains(application))
      problems.push_back(
          fmt::format("grant {} names the application {}, which does not exist", grant.id, application));
}

}  // namespace

std::vector<std::string> contradictions(const std::vector<model::Record>& records) {
  std::vector<std::string> problems;
  Claims claims(problems);
  const auto known = known_of(records);
  for (const auto& record : records) {
    if (const auto* workload = std::get_if<model::Workload>(&record))
      check_workload(*workload, known, claims, problems);
    if (const auto* host = std::get_if<model::HostRecord>(&record); host != nullptr && !host->key.empty())
      claims.claim("the key " + host->key, fmt::format("host {}", host->id));
    if (const auto* key = std::get_if<model::KeyRecord>(&record); key != nullptr && !key->revoked)
      claims.claim("the key " + key->key, fmt::format("key '{}'", key->name));
    if (const auto* grant = std::get_if<model::GrantRecord>(&record)) check_grant(*grant, known, problems);
    if (const auto* network = std::get_if<model::NetworkRecord>(&record)) {
      claims.claim(fmt::format("the VXLAN identifier {}", network->vni),
                   fmt::format("network {}", network->id));
      if (!known.departments.contains(network->spec.department))
        problems.push_back(fmt::format("network {} is of the department {}, which does not exist",
                                       network->id, network->spec.department));
    }
    if (const auto* one = std::get_if<model::ApplicationRecord>(&record)) {
      if (!known.waves.contains(one->wave))
        problems.push_back(
            fmt::format("application {} is of the wave {}, which does not exist", one->id, one->wave));
    }
  }
  return problems;
}

}  // namespace causeway::store
