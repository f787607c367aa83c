// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "agent/compute/simulated.h"
#include "common/core/check.h"

namespace causeway::agent {
namespace {

std::string hostname(const DomainSpec& spec) {
  return spec.seed ? spec.seed->hostname : spec.id.str().substr(spec.id.str().rfind('/') + 1);
}

}  // namespace

SimulatedHypervisor::SimulatedHypervisor() {
  constexpr int kNodes = 8;
  constexpr int kCpusOfNode = 32;
  constexpr MiB kMemoryOfNode{256LL * 1024};
  inventory_.cpu = "simulated";
  for (int node = 0; node < kNodes; ++node) {
    InventoryNode made{node, {}, kMemoryOfNode, kMemoryOfNode, kMemoryOfNode};
    for (int i = 0; i < kCpusOfNode; ++i) made.cpus.push_back(node * kCpusOfNode + i);
    inventory_.vcpus += kCpusOfNode;
    inventory_.memory += made.memory;
    inventory_.numa.push_back(std::move(made));
  }
}

Inventory SimulatedHypervisor::host() const {
  Inventory now = inventory_;
  for (auto& node : now.numa) node.huge_pages_free = node.huge_pages;
  for (const auto& [id, domain] : domains_) {
    if (!domain.process || !domain.process->spec.binding.huge_pages) continue;
    const auto& nodes = domain.process->spec.binding.nodes;
    MiB left = domain.process->spec.memory;
    const MiB share{left.value / static_cast<std::int64_t>(std::max<std::size_t>(1, nodes.size()))};
    for (std::size_t i = 0; i < now.numa.size(); ++i) {
      const bool bound = std::ranges::find(nodes, static_cast<int>(i)) != nodes.end();
      MiB& free_there = now.numa[i].huge_pages_free;
      const MiB taken = nodes.empty() ? std::min(left, free_there) : bound ? share : MiB{};
      free_there -= taken;
      left -= taken;
    }
  }
  return now;
}

// As share_out does it; who has to give way moves at once. A simulated process keeps no CPUs of its own.
Result<> SimulatedHypervisor::give_cpus(const DomainSpec& spec) {
  std::vector<PinnedWorkload> pinned;
  for (const auto& [id, domain] : domains_)
    if (id != spec.id && domain.spec.binding.pinned)
      pinned.push_back({id, domain.spec.vcpus, domain.spec.binding.nodes, domain.cpus, true});
  const auto standing = domains_.find(spec.id);
  const auto had = standing == domains_.end() ? std::vector<int>{} : standing->second.cpus;
  if (spec.binding.pinned) pinned.push_back({spec.id, spec.vcpus, spec.binding.nodes, had, true});
  auto shared_out = share_out(inventory_, std::move(pinned), {});
  if (!shared_out) return std::unexpected(shared_out.error());
  domains_[spec.id].cpus.clear();
  for (auto& one : *shared_out) domains_[one.id].cpus = std::move(one.cpus);
  return {};
}

void SimulatedHypervisor::set_times(GuestTimes times) {
  const std::lock_guard lock(mutex_);
  times_ = times;
}

void SimulatedHypervisor::set_inventory(Inventory inventory) {
  const std::lock_guard lock(mutex_);
  inventory_ = std::move(inventory);
}

void SimulatedHypervisor::set_start_check(StartCheck check) {
  const std::lock_guard lock(mutex_);
  start_check_ = std::move(check);
}

void SimulatedHypervisor::set_process_watch(ProcessWatch watch) {
  const std::lock_guard lock(mutex_);
  process_watch_ = std::move(watch);
}

void SimulatedHypervisor::advance(Instant now) {
  {
    const std::lock_guard lock(mutex_);
    const auto before = writes_;
    advance_locked(now);
    if (writes_ == before) return;
  }
  wake();
}

void SimulatedHypervisor::advance_locked(Instant now) {
  now_ = std::max(now_, now);
  for (auto& [id, domain] : domains_) {
    if (!domain.process || domain.power != Power::running) continue;
    Process& process = *domain.process;
    if (process.booted_at && *process.booted_at <= now_) {
      domain.console += fmt::format("GUEST-READY {}\n", hostname(process.spec));
      process.booted_at.reset();
    }
    if (process.gone_at && *process.gone_at <= now_) end(domain, Power::stopped, "");
  }
}

std::optional<Instant> SimulatedHypervisor::next_change() const {
  const std::lock_guard lock(mutex_);
  std::optional<Instant> next;
  const auto sooner = [&](const std::optional<Instant>& at) {
    if (at && (!next || *at < *next)) next = at;
  };
  for (const auto& [id, domain] : domains_) {
    if (!domain.process || domain.power != Power::running) continue;
    sooner(domain.process->booted_at);
    sooner(domain.process->gone_at);
  }
  return next;
}

void SimulatedHypervisor::end(Domain& domain, Power power, const std::string& why) {
  CAUSEWAY_CHECK(domain.process.has_value());
  const DomainSpec ended = domain.process->spec;
  domain.process.reset();
  domain.power = power;
  domain.why = why;
  domain.since = now_;
  ++writes_;
  if (process_watch_) process_watch_(ended, false);
}

SimulatedHypervisor::Process* SimulatedHypervisor::process_of(const WorkloadId& id) {
  const auto found = domains_.find(id);
  if (found == domains_.end()) return nullptr;
  auto& process = found->second.process;
  return process ? &*process : nullptr;
}

bool SimulatedHypervisor::foreign_has(const WorkloadId& id) const {
  return foreign_.contains(domain_name(id));
}

void SimulatedHypervisor::crash(const WorkloadId& id) {
  {
    const std::lock_guard lock(mutex_);
    if (process_of(id)) end(domains_.at(id), Power::crashed, "the process ended");
  }
  wake();
}

void SimulatedHypervisor::power_off(const WorkloadId& id) {
  {
    const std::lock_guard lock(mutex_);
    if (process_of(id)) end(domains_.at(id), Power::stopped, "");
  }
  wake();
}

void SimulatedHypervisor::pause(const WorkloadId& id, const std::string& why) {
  {
    const std::lock_guard lock(mutex_);
    if (!process_of(id)) return;
    Domain& domain = domains_.at(id);
    domain.power = Power::paused;
    domain.why = why;
    domain.since = now_;
  }
  wake();
}

void SimulatedHypervisor::set_listens(const WorkloadId& id, bool listens) {
  const std::lock_guard lock(mutex_);
  if (const auto found = domains_.find(id); found != domains_.end()) found->second.listens = listens;
}

void SimulatedHypervisor::write_console(const WorkloadId& id, const std::string& text) {
  const std::lock_guard lock(mutex_);
  if (process_of(id)) domains_.at(id).console += text;
}

void SimulatedHypervisor::add_foreign(const std::string& name, Power power) {
  {
    const std::lock_guard lock(mutex_);
    foreign_[name] = power;
  }
  wake();
}

void SimulatedHypervisor::set_answering(bool answering) {
  {
    const std::lock_guard lock(mutex_);
    answering_ = answering;
  }
  wake();
}

void SimulatedHypervisor::restart_daemon() {
  {
    const std::lock_guard lock(mutex_);
    secrets_.clear();
    ++daemon_starts_;
  }
  wake();
}

void SimulatedHypervisor::lose_power() {
  const std::lock_guard lock(mutex_);
  for (auto& [id, domain] : domains_) {
    if (domain.process) end(domain, Power::stopped, "");
  }
  secrets_.clear();
  ++daemon_starts_;
}

std::optional<DomainSpec> SimulatedHypervisor::definition(const WorkloadId& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = domains_.find(id);
  return found == domains_.end() ? std::nullopt : std::optional(found->second.spec);
}

bool SimulatedHypervisor::knows_secret(const std::string& uuid) const {
  const std::lock_guard lock(mutex_);
  return secrets_.contains(uuid);
}

std::uint64_t SimulatedHypervisor::writes() const {
  const std::lock_guard lock(mutex_);
  return writes_;
}

void SimulatedHypervisor::wake() {
  std::map<const void*, std::function<void()>> wakeups;
  {
    const std::lock_guard lock(mutex_);
    wakeups = wakeups_;
  }
  for (const auto& [handle, wakeup] : wakeups) wakeup();
}

}  // namespace causeway::agent
