// SPDX-License-Identifier: Apache-2.0
// What a document may refer to, and how a written name finds what it means.
#include <fmt/format.h>

#include <algorithm>

#include "common/core/text.h"
#include "common/model/checks.h"
#include "common/model/validate.h"

namespace causeway::model {
namespace {

// Absence is never deletion: what a manifest doesn't name stays.
template <class Id, class Item>
void put_all(std::map<Id, Item>& into, const std::map<Id, Item>& from) {
  for (const auto& [id, item] : from) into.insert_or_assign(id, item);
}

void put(Catalog& catalog, const Site& site) {
  catalog.site.name = site.name;
  catalog.site.title = site.title;
  put_all(catalog.site.zones, site.zones);
  put_all(catalog.site.hosts, site.hosts);
  put_all(catalog.site.images, site.images);
  put_outside(catalog);
}

void put(Catalog& catalog, const Departments& manifest) {
  for (const auto& [id, department] : manifest.departments) {
    Department& known = catalog.departments[id];
    auto networks = std::move(known.networks);
    put_all(networks, department.networks);
    known = department;
    known.networks = std::move(networks);
    put_all(catalog.networks, department.networks);
  }
}

void put(Catalog& catalog, const Rooms& manifest) { put_all(catalog.rooms, manifest.rooms); }

void put(Catalog& catalog, const Wave& wave) {
  for (const auto& [name, group] : wave.groups) {
    auto& known = catalog.groups[name];
    known.waves.insert(wave.id);
    known.spec = group;
  }
  for (const auto& [name, application] : wave.applications)
    catalog.applications.insert_or_assign(application_id(application.department, name), application);
}

}  // namespace

Catalog with(Catalog existing, const std::vector<Manifest>& manifests) {
  for (const auto& manifest : manifests) std::visit([&](const auto& one) { put(existing, one); }, manifest);
  return existing;
}

WithWaves::WithWaves(Catalog& catalog, const std::vector<Manifest>& manifests) : catalog_(catalog) {
  const auto note = [](auto& as_it_was, const auto& id, const auto& in) {
    const auto found = in.find(id);
    if (found == in.end())
      as_it_was.try_emplace(id);
    else
      as_it_was.try_emplace(id, found->second);
  };
  for (const auto& manifest : manifests) {
    const auto* wave = std::get_if<Wave>(&manifest);
    if (wave == nullptr) continue;
    for (const auto& [name, group] : wave->groups) note(groups_, name, catalog.groups);
    for (const auto& [name, application] : wave->applications)
      note(applications_, application_id(application.department, name), catalog.applications);
    put(catalog, *wave);
  }
}

WithWaves::~WithWaves() {
  const auto restore = [](auto& as_it_was, auto& in) {
    for (auto& [id, before] : as_it_was) {
      if (before)
        in.insert_or_assign(id, std::move(*before));
      else
        in.erase(id);
    }
  };
  restore(groups_, catalog_.groups);
  restore(applications_, catalog_.applications);
}

void put_outside(Catalog& catalog) {
  std::erase_if(catalog.applications, [](const auto& entry) { return is_outside(entry.first); });
  for (const auto& [id, zone] : catalog.site.zones) {
    if (!zone.way_out) continue;
    for (const auto& [name, system] : zone.way_out->systems) {
      Application application;
      application.title = system.title;
      application.department = DepartmentId(kOutsideDepartment);
      application.zone = id;
      application.workloads[name].offers = system.offers;
      catalog.applications.insert_or_assign(application_id(application.department, name),
                                            std::move(application));
    }
  }
}

bool is_outside(const ApplicationId& application) {
  return department_of(application.str()).str() == kOutsideDepartment;
}

Result<ApplicationId> resolve_application(const std::string& written, const Catalog& catalog) {
  const bool whole = written.contains('/');
  if (whole && catalog.applications.contains(ApplicationId(written))) return ApplicationId(written);
  const auto own_name = [](const ApplicationId& id) {
    return std::string_view(id.str()).substr(id.str().find('/') + 1);
  };
  std::vector<std::string> matches;
  for (const auto& [id, application] : catalog.applications)
    if (!whole && own_name(id) == written) matches.push_back(id.str());
  if (matches.size() == 1) return ApplicationId(matches.front());
  if (matches.size() > 1)
    return fail(Errc::invalid,
                fmt::format("'{}' may be {}: write its department with it", written, some_of(matches)));
  std::vector<std::string> names;
  for (const auto& [id, application] : catalog.applications)
    names.emplace_back(whole ? std::string_view(id.str()) : own_name(id));
  const std::string nearest = nearest_name(written, names);
  return fail(Errc::not_found,
              nearest.empty()
                  ? fmt::format("there is no application '{}'", written)
                  : fmt::format("there is no application '{}'; did you mean '{}'?", written, nearest));
}

Result<ServiceId> resolve_service(const std::string& written, const Catalog& catalog) {
  const auto slash = written.rfind('/');
  if (slash == std::string::npos)
    return fail(Errc::invalid, fmt::format("'{}' names no service: write application/service", written));
  const auto application = resolve_application(written.substr(0, slash), catalog);
  if (!application) return std::unexpected(application.error());
  const std::string wanted = written.substr(slash + 1);
  std::vector<std::string> names;
  for (const auto& [entry, spec] : catalog.applications.at(*application).workloads)
    for (const auto& [service, offer] : spec.offers) names.push_back(service);
  if (std::ranges::find(names, wanted) != names.end()) return service_id(*application, wanted);
  const std::string offered = names.empty() ? "nothing" : some_of(names);
  return fail(Errc::not_found,
              fmt::format("{} offers no service '{}'; it offers {}", *application, wanted, offered));
}

}  // namespace causeway::model
