// SPDX-License-Identifier: Apache-2.0
// The durable state in memory, one table per kind of record, with the few indexes that are asked for often.
// Every change goes through put() and erase(), which keep the indexes true and remember what the next
// transaction holds; tables are never written to past them.
//
// Indexes are derived: nothing in them is a second book of account, and the tests compare them with the
// tables.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/core/ids.h"
#include "common/model/records.h"
#include "common/model/validate.h"
#include "scheduler/core/taken_addresses.h"

namespace causeway::scheduler {

// Events that are held in memory for `get events`; the store keeps all.
inline constexpr std::size_t kEventsHeld = 4096;

// VXLAN network identifiers are given out from here on, up to 2^24 - 1.
inline constexpr std::uint32_t kFirstVni = 4096;

// Whether a change moves what plans rest on: saved plans made before it are stale then.
enum class Basis { moved, kept };

// What placement has to be told since it was told last. What is not named is as it was.
struct PlacementNews {
  std::set<WorkloadId> workloads;  // put or erased
  std::set<HostId> hosts;          // whose record changed, or that something begins or ends to leave
  bool site = true;                // anything else that placement knows
};

// In the order of their names. What is pointed at stands in the tables: until it is erased there, and with
// each change as it is then.
struct ByName {
  bool operator()(const model::Workload* a, const model::Workload* b) const { return a->id < b->id; }
};
using WorkloadSet = std::set<const model::Workload*, ByName>;

class Tables {
 public:
  Tables() = default;
  Tables(const Tables&) = delete;  // indexes point into it
  Tables& operator=(const Tables&) = delete;

  // Takes a record as the store holds it: no change of this run.
  void load(model::Record record);

  void put(model::DepartmentRecord record);
  void put(model::RoomRecord record);
  void put(model::NetworkRecord record);
  void put(model::WaveRecord record);
  void put(model::ApplicationRecord record);
  void put(model::Site site);
  void put(model::HostRecord record, Basis basis);
  void put(model::Workload record, Basis basis);
  void put(model::KeyRecord record);
  void put(model::GrantRecord record);
  void erase(const WorkloadId& id);
  void erase(const ApplicationId& id);
  void erase(const WaveId& id);
  void erase(const DepartmentId& id);
  void erase(const RoomId& id);
  void erase(const NetworkId& id);
  void erase(const HostId& id);
  void erase(const GrantId& id);

  // Numbers it and puts it at the end of the log.
  void append(model::EventRecord event);
  // Numbers it and puts it in the place of the oldest one; its number.
  std::uint64_t append(model::AnswerRecord answer);
  std::uint32_t take_vni();
  void begin_epoch();
  // Until when no host is declared dead, and why.
  void disarm(Instant until, std::string reason);

  [[nodiscard]] const model::StateRecord& state() const { return state_; }
  [[nodiscard]] const model::Site& site() const { return site_; }
  [[nodiscard]] const auto& departments() const { return departments_; }
  [[nodiscard]] const auto& rooms() const { return rooms_; }
  [[nodiscard]] const auto& networks() const { return networks_; }
  [[nodiscard]] const auto& hosts() const { return hosts_; }
  [[nodiscard]] const auto& waves() const { return waves_; }
  [[nodiscard]] const auto& applications() const { return applications_; }
  [[nodiscard]] const auto& workloads() const { return workloads_; }
  [[nodiscard]] const auto& keys() const { return keys_; }
  [[nodiscard]] const auto& grants() const { return grants_; }
  [[nodiscard]] const auto& events() const { return events_; }

  // nullptr: there is none.
  [[nodiscard]] const model::Workload* workload(const WorkloadId& id) const;
  [[nodiscard]] const model::HostRecord* host(const HostId& id) const;
  [[nodiscard]] const model::KeyRecord* key(const std::string& public_key) const;  // revoked ones too
  [[nodiscard]] const model::AnswerRecord* answer(const std::string& public_key, std::uint64_t request) const;
  [[nodiscard]] const model::HostRecord* host_of_key(const std::string& public_key) const;

  // Placed there, and those that are leaving it.
  [[nodiscard]] const WorkloadSet& on_host(const HostId& id) const;
  [[nodiscard]] const WorkloadSet& on_network(const NetworkId& id) const;
  // Those that something is awaited for: held, deleting or leaving a host.
  [[nodiscard]] const std::set<WorkloadId>& in_transit() const { return in_transit_; }
  [[nodiscard]] const std::set<WorkloadId>& exchange_gateways() const { return exchange_gateways_; }
  [[nodiscard]] std::vector<const model::Workload*> of_application(const ApplicationId& id) const;
  [[nodiscard]] const std::set<HostId>& draining() const { return draining_; }
  // The host that reported this tunnel end; nullptr: none did.
  [[nodiscard]] const HostId* host_of_underlay(const ZoneId& zone, const model::IpAddress& end) const;
  [[nodiscard]] const TakenAddresses& addresses() const { return addresses_; }

  [[nodiscard]] std::vector<const model::GrantRecord*> grants_of(const ServiceId& service) const;
  // Those that are open on the host (GrantRecord::open_on), standing or closing.
  [[nodiscard]] const std::set<GrantId>& grants_open_on(const HostId& id) const;
  [[nodiscard]] const std::set<GrantId>& closing_grants() const { return closing_grants_; }
  // Those that stand and were given until then or earlier.
  [[nodiscard]] std::vector<GrantId> grants_over(Instant now) const;

  // All that a document may refer to.
  [[nodiscard]] const model::Catalog& catalog() const;
  // The catalog with waves on top, for as long as the result lives.
  [[nodiscard]] model::WithWaves catalog_with(const std::vector<model::Manifest>& waves);

  // --- what this transaction changed ---

  // Hosts whose assignment may differ since the last call: those with a changed workload, those with a port
  // on one of its networks, and those whose guards speak of it.
  std::set<HostId> take_touched_hosts();
  PlacementNews take_placement_news();
  // Whether other keys may connect than at the last call.
  bool take_keys_changed() { return std::exchange(keys_changed_, false); }
  // Everything put, erased and appended since the last call, with the state record counted up; empty: nothing
  // was.
  std::vector<model::Change> take_changes();

 private:
  template <class Record>
  void changed(const Record& record);
  template <class Id, class Record>
  void erase_from(std::map<Id, Record>& table, const Id& id);
  void index(const model::Workload& workload);
  void unindex(const model::Workload& workload);
  void index(const model::HostRecord& host);
  void unindex(const model::HostRecord& host);
  void index(const model::GrantRecord& grant);
  void unindex(const model::GrantRecord& grant);
  void touch_hosts_of(const model::Workload& workload);
  void touch_all_hosts();
  // Those that hold the application's guards, and those that hold guards which let it in.
  void touch_networks_of(const ApplicationId& application);
  void site_moved();

  model::StateRecord state_;
  model::Site site_;
  std::map<DepartmentId, model::DepartmentRecord> departments_;
  std::map<RoomId, model::RoomRecord> rooms_;
  std::map<NetworkId, model::NetworkRecord> networks_;
  std::map<HostId, model::HostRecord> hosts_;
  std::map<WaveId, model::WaveRecord> waves_;
  std::map<ApplicationId, model::ApplicationRecord> applications_;
  std::map<WorkloadId, model::Workload> workloads_;
  std::map<std::string, model::KeyRecord> keys_;  // by name
  std::map<GrantId, model::GrantRecord> grants_;
  std::deque<model::EventRecord> events_;                 // the newest
  std::map<std::uint64_t, model::AnswerRecord> answers_;  // by sequence

  std::map<std::string, HostId> hosts_by_key_;
  std::map<std::pair<std::string, std::uint64_t>, std::uint64_t> answers_by_request_;
  std::map<HostId, WorkloadSet> by_host_;
  std::map<NetworkId, WorkloadSet> by_network_;
  std::set<WorkloadId> in_transit_;
  std::set<WorkloadId> exchange_gateways_;
  std::set<HostId> draining_;
  std::map<HostId, std::set<GrantId>> grants_open_on_;
  std::set<GrantId> closing_grants_;
  std::set<std::pair<Instant, GrantId>> grants_until_;  // without the closing ones
  std::map<std::pair<ZoneId, model::IpAddress>, HostId> hosts_by_underlay_;
  TakenAddresses addresses_;
  // Applications in it follow each change; the rest is put together when it is asked for after one.
  mutable model::Catalog catalog_;
  mutable bool catalog_stale_ = true;

  std::map<model::RecordKey, std::optional<model::Record>> pending_;  // none: erased
  std::vector<model::EventRecord> pending_events_;
  std::set<HostId> touched_hosts_;
  std::set<NetworkId> touched_networks_;
  std::set<ApplicationId> touched_applications_;  // whose addresses, offers or grants changed
  PlacementNews placement_news_;
  bool keys_changed_ = true;
  bool state_changed_ = false;
  bool basis_moved_ = false;
};

// Where a workload's domain may be: the host that it leaves until that one reported it absent, then its
// placement.
inline const HostId& location(const model::Workload& workload) {
  return workload.leaving.empty() ? workload.host : workload.leaving;
}

}  // namespace causeway::scheduler
