// SPDX-License-Identifier: Apache-2.0
// When what people wrote makes sense. Each function finds everything that is wrong, in one go, and changes
// nothing. What a single document can show is found from that document alone; what depends on the rest (is
// there such a department?) is looked up in a Catalog of all that exists or is applied together with it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "common/core/finding.h"
#include "common/model/api.h"
#include "common/model/site.h"
#include "common/model/wave.h"

namespace causeway::model {

// What a document may refer to: the site as it will be when the whole request is carried out.
struct Catalog {
  Site site;
  std::map<DepartmentId, Department> departments;
  std::map<RoomId, Room> rooms;
  std::map<NetworkId, Network> networks;  // all departments' networks
  // Groups that waves name, with the waves that do: one, unless somebody made a mistake.
  struct NamedGroup {
    std::set<WaveId> waves;
    Group spec;
  };
  std::map<GroupId, NamedGroup> groups;
  // With those of the department `outside`, which stand for what the zones' ways out lead to.
  std::map<ApplicationId, Application> applications;
};

// Makes the catalog's applications of the department `outside` those of its site.
void put_outside(Catalog& catalog);

// Whether it stands for a system that is outside of the platform.
bool is_outside(const ApplicationId& application);

// Puts the manifests on top of what exists.
Catalog with(Catalog existing, const std::vector<Manifest>& manifests);

// Waves on top of a catalog for as long as this lives; then the catalog is again what it was. Costs what the
// waves name. Other manifests among them are passed over.
class WithWaves {
 public:
  WithWaves(Catalog& catalog, const std::vector<Manifest>& manifests);
  ~WithWaves();
  WithWaves(const WithWaves&) = delete;
  WithWaves& operator=(const WithWaves&) = delete;

  [[nodiscard]] const Catalog& catalog() const { return catalog_; }

 private:
  Catalog& catalog_;
  std::map<ApplicationId, std::optional<Application>> applications_;  // as they were; none: there was none
  std::map<GroupId, std::optional<Catalog::NamedGroup>> groups_;
};

// Whether the site's policy lets exchange gateways stand between the two zones: both say so.
bool may_exchange(const Site& site, const ZoneId& one, const ZoneId& other);

// Each manifest against the catalog that already includes it. Paths are keys from the document's root
// ("departments.civil-affairs.networks.civil-affairs-web.subnet").
Findings validate(const Site& site);
Findings validate(const Departments& departments, const Catalog& catalog);
Findings validate(const Rooms& rooms, const Catalog& catalog);
Findings validate(const Wave& wave, const Catalog& catalog);
Findings validate(const Manifest& manifest, const Catalog& catalog);

// A name is 1 to 63 lower-case letters, digits and hyphens, starts with a letter and doesn't end with a
// hyphen: it is a host name, a part of an image's and a domain's name, and is read aloud. Returns "" or what
// is wrong with it.
std::string name_problem(std::string_view name);

// "id-exchange" or "department/id-exchange" among the known ones. Not found, or more than one of that name:
// an error that says which there are.
Result<ApplicationId> resolve_application(const std::string& written, const Catalog& catalog);

// "application/service" or "department/application/service", of those that are offered.
Result<ServiceId> resolve_service(const std::string& written, const Catalog& catalog);

}  // namespace causeway::model
