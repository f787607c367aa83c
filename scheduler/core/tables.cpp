// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/tables.h"

#include <type_traits>
#include <utility>

namespace causeway::scheduler {
namespace {

template <class Id, class Value>
const Value* find(const std::map<Id, Value>& table, const Id& id) {
  const auto found = table.find(id);
  return found == table.end() ? nullptr : &found->second;
}

template <class Id>
const WorkloadSet& find_set(const std::map<Id, WorkloadSet>& index, const Id& id) {
  static const WorkloadSet kNone;
  const auto found = index.find(id);
  return found == index.end() ? kNone : found->second;
}

// But for what is noted of a grant on its way.
bool opens_the_same(const model::GrantRecord& held, const model::GrantRecord& record) {
  if (held.closing && record.closing) return true;
  auto noted = held;
  noted.open_on = record.open_on;
  noted.cut = record.cut;
  return noted == record;
}

}  // namespace

void Tables::load(model::Record record) {
  std::visit(
      [this]<class Loaded>(Loaded& loaded) {
        if constexpr (std::is_same_v<Loaded, model::StateRecord>) {
          state_ = loaded;
        } else if constexpr (std::is_same_v<Loaded, model::Site>) {
          site_ = std::move(loaded);
        } else if constexpr (std::is_same_v<Loaded, model::EventRecord>) {
          events_.push_back(std::move(loaded));
          if (events_.size() > kEventsHeld) events_.pop_front();
        } else if constexpr (std::is_same_v<Loaded, model::AnswerRecord>) {
          answers_by_request_[{loaded.key, loaded.request}] = loaded.sequence;
          answers_[loaded.sequence] = std::move(loaded);
        } else if constexpr (std::is_same_v<Loaded, model::KeyRecord>) {
          keys_[loaded.name] = std::move(loaded);
        } else if constexpr (std::is_same_v<Loaded, model::Workload>) {
          auto& held = workloads_[loaded.id];
          held = std::move(loaded);
          index(held);
        } else if constexpr (std::is_same_v<Loaded, model::DepartmentRecord>) {
          departments_[loaded.id] = std::move(loaded);
        } else if constexpr (std::is_same_v<Loaded, model::RoomRecord>) {
          rooms_[loaded.id] = std::move(loaded);
        } else if constexpr (std::is_same_v<Loaded, model::NetworkRecord>) {
          networks_[loaded.id] = std::move(loaded);
        } else if constexpr (std::is_same_v<Loaded, model::HostRecord>) {
          // Written by a version that did not note it.
          if (loaded.told == Generation{}) loaded.told = loaded.generation;
          index(loaded);
          hosts_[loaded.id] = std::move(loaded);
        } else if constexpr (std::is_same_v<Loaded, model::WaveRecord>) {
          waves_[loaded.id] = std::move(loaded);
        } else if constexpr (std::is_same_v<Loaded, model::GrantRecord>) {
          index(loaded);
          grants_[loaded.id] = std::move(loaded);
        } else {
          static_assert(std::is_same_v<Loaded, model::ApplicationRecord>);
          catalog_.applications.insert_or_assign(loaded.id, loaded.spec);
          applications_[loaded.id] = std::move(loaded);
        }
      },
      record);
}

template <class Record>
void Tables::changed(const Record& record) {
  model::Record held(record);
  auto key = model::key_of(held);
  pending_.insert_or_assign(std::move(key), std::move(held));
}

template <class Id, class Record>
void Tables::erase_from(std::map<Id, Record>& table, const Id& id) {
  if (table.erase(id) == 0) return;
  pending_.insert_or_assign({model::Record(Record{}).index(), id.str()}, std::nullopt);
  basis_moved_ = true;
}

void Tables::put(model::DepartmentRecord record) {
  changed(record);
  basis_moved_ = true;
  site_moved();
  departments_[record.id] = std::move(record);
}

void Tables::put(model::RoomRecord record) {
  changed(record);
  basis_moved_ = true;
  catalog_stale_ = true;
  rooms_[record.id] = std::move(record);
}

void Tables::put(model::NetworkRecord record) {
  changed(record);
  basis_moved_ = true;
  catalog_stale_ = true;
  touched_networks_.insert(record.id);
  // Whoever it is joined with holds it too.
  const auto held = networks_.find(record.id);
  if (held != networks_.end())
    placement_news_.site |=
        held->second.spec.vlan != record.spec.vlan || held->second.spec.way_out != record.spec.way_out;
  if (held != networks_.end() && held->second.spec.gateway != record.spec.gateway) touch_all_hosts();
  networks_[record.id] = std::move(record);
}

void Tables::put(model::WaveRecord record) {
  changed(record);
  basis_moved_ = true;
  auto& held = waves_[record.id];
  if (held.groups != record.groups) site_moved();
  held = std::move(record);
}

void Tables::put(model::ApplicationRecord record) {
  changed(record);
  basis_moved_ = true;
  touched_applications_.insert(record.id);
  catalog_.applications.insert_or_assign(record.id, record.spec);
  applications_[record.id] = std::move(record);
}

void Tables::put(model::Site site) {
  changed(site);
  basis_moved_ = true;
  site_moved();
  site_ = std::move(site);
  touch_all_hosts();
}

void Tables::put(model::HostRecord record, Basis basis) {
  changed(record);
  basis_moved_ |= basis == Basis::moved;
  auto& held = hosts_[record.id];
  if (held.underlays != record.underlays)
    for (const auto* workload : on_host(record.id))
      for (const auto& port : workload->ports) touched_networks_.insert(port.network);
  keys_changed_ |= held.key != record.key;
  auto as_placement_sees_it = record;
  as_placement_sees_it.generation = held.generation;
  as_placement_sees_it.told = held.told;
  as_placement_sees_it.underlays = held.underlays;
  placement_news_.site |= held.uplinks != record.uplinks;
  if (as_placement_sees_it != held) placement_news_.hosts.insert(record.id);
  unindex(held);
  index(record);
  held = std::move(record);
  touched_hosts_.insert(held.id);
}

void Tables::put(model::Workload record, Basis basis) {
  changed(record);
  basis_moved_ |= basis == Basis::moved;
  const auto [entry, fresh] = workloads_.try_emplace(record.id);
  auto& held = entry->second;
  if (!fresh) {
    touch_hosts_of(held);
    unindex(held);
  }
  held = std::move(record);
  index(held);
  touch_hosts_of(held);
  touched_applications_.insert(model::application_of(held.id));
}

void Tables::put(model::KeyRecord record) {
  changed(record);
  keys_changed_ = true;
  keys_[record.name] = std::move(record);
}

void Tables::put(model::GrantRecord record) {
  changed(record);
  const auto held = grants_.find(record.id);
  if (held != grants_.end()) unindex(held->second);
  index(record);
  if (held == grants_.end() || !opens_the_same(held->second, record)) {
    basis_moved_ = true;
    touched_applications_.insert({record.application, model::application_of(record.service)});
  }
  grants_[record.id] = std::move(record);
}

void Tables::erase(const WorkloadId& id) {
  const auto held = workloads_.find(id);
  if (held == workloads_.end()) return;
  touch_hosts_of(held->second);
  unindex(held->second);
  touched_applications_.insert(model::application_of(id));
  erase_from(workloads_, id);
}

void Tables::erase(const ApplicationId& id) {
  catalog_.applications.erase(id);
  erase_from(applications_, id);
}

void Tables::erase(const WaveId& id) {
  if (const auto held = waves_.find(id); held != waves_.end() && !held->second.groups.empty()) site_moved();
  erase_from(waves_, id);
}

void Tables::erase(const DepartmentId& id) {
  site_moved();
  erase_from(departments_, id);
}

void Tables::erase(const RoomId& id) {
  catalog_stale_ = true;
  erase_from(rooms_, id);
}

void Tables::erase(const NetworkId& id) {
  catalog_stale_ = true;
  erase_from(networks_, id);
}

void Tables::erase(const HostId& id) {
  if (const auto* record = host(id)) unindex(*record);
  keys_changed_ = true;
  placement_news_.hosts.insert(id);
  erase_from(hosts_, id);
}

void Tables::erase(const GrantId& id) {
  const auto held = grants_.find(id);
  if (held == grants_.end()) return;
  // No plan and no rule rests on one that has ended.
  const bool moved = basis_moved_ || !held->second.closing;
  if (!held->second.closing)
    touched_applications_.insert({held->second.application, model::application_of(held->second.service)});
  unindex(held->second);
  erase_from(grants_, GrantId(id));
  basis_moved_ = moved;
}

void Tables::append(model::EventRecord event) {
  event.sequence = state_.next_event++;
  state_changed_ = true;
  pending_events_.push_back(event);
  events_.push_back(std::move(event));
  if (events_.size() > kEventsHeld) events_.pop_front();
}

std::uint64_t Tables::append(model::AnswerRecord answer) {
  answer.sequence = answers_.empty() ? 0 : answers_.rbegin()->first + 1;
  const auto sequence = answer.sequence;
  changed(answer);
  answers_by_request_[{answer.key, answer.request}] = sequence;
  answers_.emplace_hint(answers_.end(), sequence, std::move(answer));
  if (answers_.size() > model::kAnswersKept) {
    const auto& oldest = answers_.begin()->second;
    const auto known = answers_by_request_.find({oldest.key, oldest.request});
    if (known != answers_by_request_.end() && known->second == oldest.sequence)
      answers_by_request_.erase(known);
    answers_.erase(answers_.begin());
  }
  return sequence;
}

std::uint32_t Tables::take_vni() {
  state_changed_ = true;
  if (state_.next_vni == 0) state_.next_vni = kFirstVni;
  return state_.next_vni++;
}

void Tables::begin_epoch() {
  state_changed_ = true;
  state_.epoch = state_.epoch.next();
}

void Tables::disarm(Instant until, std::string reason) {
  state_changed_ = true;
  state_.disarmed_until = until;
  state_.disarmed_reason = std::move(reason);
}

const model::Workload* Tables::workload(const WorkloadId& id) const { return find(workloads_, id); }
const model::HostRecord* Tables::host(const HostId& id) const { return find(hosts_, id); }

const model::KeyRecord* Tables::key(const std::string& public_key) const {
  const model::KeyRecord* revoked = nullptr;
  for (const auto& [name, record] : keys_) {
    if (record.key != public_key) continue;
    if (!record.revoked) return &record;
    revoked = &record;
  }
  return revoked;
}

const model::AnswerRecord* Tables::answer(const std::string& public_key, std::uint64_t request) const {
  const auto found = answers_by_request_.find({public_key, request});
  return found == answers_by_request_.end() ? nullptr : &answers_.at(found->second);
}

const model::HostRecord* Tables::host_of_key(const std::string& public_key) const {
  if (public_key.empty()) return nullptr;
  const auto found = hosts_by_key_.find(public_key);
  return found == hosts_by_key_.end() ? nullptr : host(found->second);
}

const WorkloadSet& Tables::on_host(const HostId& id) const { return find_set(by_host_, id); }
const WorkloadSet& Tables::on_network(const NetworkId& id) const { return find_set(by_network_, id); }

std::vector<const model::Workload*> Tables::of_application(const ApplicationId& id) const {
  // A workload's name begins with its application's, so they stand together.
  const std::string prefix = id.str() + "/";
  std::vector<const model::Workload*> found;
  for (auto next = workloads_.lower_bound(WorkloadId(prefix));
       next != workloads_.end() && next->first.str().starts_with(prefix); ++next)
    found.push_back(&next->second);
  return found;
}

std::vector<const model::GrantRecord*> Tables::grants_of(const ServiceId& service) const {
  const std::string prefix = service.str() + ":";
  std::vector<const model::GrantRecord*> found;
  for (auto next = grants_.lower_bound(GrantId(prefix));
       next != grants_.end() && next->first.str().starts_with(prefix); ++next)
    found.push_back(&next->second);
  return found;
}

const std::set<GrantId>& Tables::grants_open_on(const HostId& id) const {
  static const std::set<GrantId> kNone;
  const auto found = grants_open_on_.find(id);
  return found == grants_open_on_.end() ? kNone : found->second;
}

std::vector<GrantId> Tables::grants_over(Instant now) const {
  std::vector<GrantId> over;
  for (const auto& [until, id] : grants_until_) {
    if (until > now) break;
    over.push_back(id);
  }
  return over;
}

const HostId* Tables::host_of_underlay(const ZoneId& zone, const model::IpAddress& end) const {
  const auto found = hosts_by_underlay_.find({zone, end});
  return found == hosts_by_underlay_.end() ? nullptr : &found->second;
}

const model::Catalog& Tables::catalog() const {
  if (!std::exchange(catalog_stale_, false)) return catalog_;
  model::Catalog catalog;
  catalog.applications = std::move(catalog_.applications);
  catalog.site = site_;
  model::put_outside(catalog);
  for (const auto& [id, record] : departments_) catalog.departments[id] = record.spec;
  for (const auto& [id, record] : rooms_) catalog.rooms[id] = record.spec;
  for (const auto& [id, record] : networks_) {
    catalog.networks[id] = record.spec;
    catalog.departments[record.spec.department].networks[id] = record.spec;
  }
  for (const auto& [id, record] : waves_)
    for (const auto& [name, group] : record.groups) catalog.groups[name] = {{id}, group};
  catalog_ = std::move(catalog);
  return catalog_;
}

model::WithWaves Tables::catalog_with(const std::vector<model::Manifest>& waves) {
  static_cast<void>(catalog());
  return model::WithWaves(catalog_, waves);
}

void Tables::index(const model::Workload& workload) {
  by_host_[workload.host].insert(&workload);
  if (!workload.leaving.empty()) by_host_[workload.leaving].insert(&workload);
  for (const auto& port : workload.ports) by_network_[port.network].insert(&workload);
  addresses_.add(workload);
  if (workload.held || workload.deleting || !workload.leaving.empty()) in_transit_.insert(workload.id);
  if (!workload.exchange_gateway.empty()) exchange_gateways_.insert(workload.id);
}

void Tables::unindex(const model::Workload& workload) {
  const auto drop = [&](auto& index, const auto& id) {
    const auto found = index.find(id);
    if (found == index.end()) return;
    found->second.erase(&workload);
    if (found->second.empty()) index.erase(found);
  };
  in_transit_.erase(workload.id);
  exchange_gateways_.erase(workload.id);
  addresses_.remove(workload);
  drop(by_host_, workload.host);
  if (!workload.leaving.empty()) drop(by_host_, workload.leaving);
  for (const auto& port : workload.ports) drop(by_network_, port.network);
}

void Tables::index(const model::HostRecord& host) {
  if (!host.key.empty()) hosts_by_key_[host.key] = host.id;
  if (host.draining) draining_.insert(host.id);
  for (const auto& [zone, end] : host.underlays) hosts_by_underlay_.try_emplace({zone, end}, host.id);
}

void Tables::unindex(const model::HostRecord& host) {
  hosts_by_key_.erase(host.key);
  draining_.erase(host.id);
  for (const auto& [zone, end] : host.underlays)
    if (const auto found = hosts_by_underlay_.find({zone, end});
        found != hosts_by_underlay_.end() && found->second == host.id)
      hosts_by_underlay_.erase(found);
}

void Tables::index(const model::GrantRecord& grant) {
  for (const auto& [host, generation] : grant.open_on) grants_open_on_[host].insert(grant.id);
  if (grant.closing)
    closing_grants_.insert(grant.id);
  else
    grants_until_.emplace(grant.until, grant.id);
}

void Tables::unindex(const model::GrantRecord& grant) {
  for (const auto& [host, generation] : grant.open_on) {
    const auto found = grants_open_on_.find(host);
    if (found == grants_open_on_.end()) continue;
    found->second.erase(grant.id);
    if (found->second.empty()) grants_open_on_.erase(found);
  }
  closing_grants_.erase(grant.id);
  grants_until_.erase({grant.until, grant.id});
}

// Of a change that placement can't follow step by step.
void Tables::site_moved() {
  catalog_stale_ = true;
  placement_news_.site = true;
}

void Tables::touch_hosts_of(const model::Workload& workload) {
  placement_news_.workloads.insert(workload.id);
  touched_hosts_.insert(workload.host);
  if (!workload.leaving.empty()) {
    touched_hosts_.insert(workload.leaving);
    placement_news_.hosts.insert(workload.leaving);
  }
  for (const auto& port : workload.ports) touched_networks_.insert(port.network);
}

void Tables::touch_all_hosts() {
  for (const auto& [id, record] : hosts_) touched_hosts_.insert(id);
}

void Tables::touch_networks_of(const ApplicationId& application) {
  for (const auto* workload : of_application(application))
    for (const auto& port : workload->ports) touched_networks_.insert(port.network);
}

std::set<HostId> Tables::take_touched_hosts() {
  for (const auto& application : std::exchange(touched_applications_, {})) {
    touch_networks_of(application);
    for (const auto& [id, grant] : grants_) {
      const auto owner = model::application_of(grant.service);
      if (grant.application == application) touch_networks_of(owner);
      if (owner == application) touch_networks_of(grant.application);
    }
  }
  for (const auto& network : std::exchange(touched_networks_, {}))
    for (const auto* workload : on_network(network)) touched_hosts_.insert(location(*workload));
  return std::exchange(touched_hosts_, {});
}

PlacementNews Tables::take_placement_news() {
  return std::exchange(placement_news_, {.workloads = {}, .hosts = {}, .site = false});
}

std::vector<model::Change> Tables::take_changes() {
  if (pending_.empty() && pending_events_.empty() && !state_changed_) return {};
  state_.revision = state_.revision.next();
  if (std::exchange(basis_moved_, false)) state_.basis = state_.revision;
  state_changed_ = false;
  std::vector<model::Change> changes;
  changes.reserve(pending_.size() + pending_events_.size() + 1);
  changes.emplace_back(model::Record(state_));
  for (auto& [key, record] : pending_) {
    if (record)
      changes.emplace_back(std::move(*record));
    else
      changes.emplace_back(key);
  }
  pending_.clear();
  for (auto& event : pending_events_) changes.emplace_back(model::Record(std::move(event)));
  pending_events_.clear();
  return changes;
}

}  // namespace causeway::scheduler
