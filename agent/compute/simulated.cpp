// SPDX-License-Identifier: Apache-2.0
#include "agent/compute/simulated.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace causeway::agent {
namespace {

std::unexpected<Error> not_ours(const WorkloadId& id) {
  return fail(Errc::conflict, fmt::format("domain {}: not one of ours, left alone", domain_name(id)));
}

std::unexpected<Error> not_defined(const WorkloadId& id) {
  return fail(Errc::not_found, fmt::format("workload {}: not defined on this host", id));
}

}  // namespace

SimulatedCompute::SimulatedCompute(std::shared_ptr<SimulatedHypervisor> hypervisor,
                                   std::shared_ptr<Clock> clock)
    : hypervisor_(std::move(hypervisor)), clock_(std::move(clock)) {}

SimulatedCompute::~SimulatedCompute() {
  const std::lock_guard lock(hypervisor_->mutex_);
  hypervisor_->wakeups_.erase(this);
}

template <class Work>
auto SimulatedCompute::call(Work work) -> decltype(work()) {
  if (faults_.hung) return fail(Errc::timeout, "the simulated hypervisor hangs");
  if (faults_.fail_next > 0) {
    --faults_.fail_next;
    return fail(faults_.fail_code, "a simulated failure");
  }
  std::unique_lock lock(hypervisor_->mutex_);
  const auto before = hypervisor_->writes_;
  hypervisor_->advance_locked(clock_->now());
  if (!hypervisor_->answering_) return fail(Errc::unavailable, "the simulated hypervisor does not answer");
  if (daemon_seen_ != hypervisor_->daemon_starts_) {
    daemon_seen_ = hypervisor_->daemon_starts_;
    for (const auto& [zone, uuid] : given_) hypervisor_->secrets_.insert(uuid);
  }
  auto answer = work();
  const bool changed = hypervisor_->writes_ != before;
  lock.unlock();
  if (changed) hypervisor_->wake();
  if (faults_.lose_answers > 0) {
    --faults_.lose_answers;
    return fail(Errc::timeout, "a simulated loss of the answer");
  }
  return answer;
}

Result<ComputeObservation> SimulatedCompute::observe() {
  return call([&]() -> Result<ComputeObservation> {
    if (!first_look_) first_look_ = hypervisor_->now_;
    ComputeObservation seen;
    for (const auto& [id, domain] : hypervisor_->domains_) {
      const auto& process = domain.process;
      seen.workloads.push_back({.id = id,
                                .zone = domain.spec.zone,
                                .defined = domain.spec.generation,
                                .current = process ? std::optional(process->spec.generation) : std::nullopt,
                                .power = domain.power,
                                .why = domain.why,
                                .since = std::max(domain.since, *first_look_),
                                .run = process ? process->run : 0,
                                .cpus = domain.cpus});
      std::ranges::sort(seen.workloads.back().cpus);
    }
    seen.host = hypervisor_->host();
    for (const auto& [name, power] : hypervisor_->foreign_) seen.foreign.push_back({name, power});
    return seen;
  });
}

Result<> SimulatedCompute::define(const DomainSpec& spec) {
  CAUSEWAY_TRY(check(spec));
  return call([&]() -> Result<> {
    if (hypervisor_->foreign_has(spec.id)) return not_ours(spec.id);
    const auto standing = hypervisor_->domains_.find(spec.id);
    const bool added = standing == hypervisor_->domains_.end();
    if (!added && standing->second.spec.generation == spec.generation) return {};
    const Inventory host = hypervisor_->host();
    if (const auto why = impossible(host, spec.binding, spec.vcpus); !why.empty())
      return fail(Errc::invalid, fmt::format("workload {}: {}", spec.id, why));
    if (const auto why = lacking_pages(host, spec.binding, spec.memory, false); !why.empty())
      return fail(Errc::unavailable, fmt::format("workload {}: {}", spec.id, why));
    CAUSEWAY_TRY(hypervisor_->give_cpus(spec));
    const auto found = hypervisor_->domains_.find(spec.id);
    if (added) found->second.since = hypervisor_->now_;
    found->second.spec = spec;
    ++hypervisor_->writes_;
    return {};
  });
}

Result<> SimulatedCompute::start(const WorkloadId& id) {
  return call([&]() -> Result<> {
    if (hypervisor_->foreign_has(id)) return not_ours(id);
    const auto found = hypervisor_->domains_.find(id);
    if (found == hypervisor_->domains_.end()) return not_defined(id);
    auto& domain = found->second;
    if (domain.power == Power::running) return {};
    if (!domain.process) {
      for (const auto& disk : domain.spec.disks) {
        const auto* image = std::get_if<RbdImage>(&disk.source);
        if (image && !image->secret_uuid.empty() && !hypervisor_->secrets_.contains(image->secret_uuid))
          return fail(Errc::unavailable, fmt::format("workload {}: no secret {}", id, image->secret_uuid));
      }
      const auto pages = lacking_pages(hypervisor_->host(), domain.spec.binding, domain.spec.memory, true);
      if (!pages.empty()) return fail(Errc::unavailable, fmt::format("workload {}: {}", id, pages));
      const std::string missing = hypervisor_->start_check_ ? hypervisor_->start_check_(domain.spec) : "";
      if (!missing.empty()) return fail(Errc::unavailable, fmt::format("workload {}: {}", id, missing));
      domain.process = {.spec = domain.spec,
                        .run = ++hypervisor_->runs_,
                        .booted_at = hypervisor_->now_ + hypervisor_->times_.boot,
                        .gone_at = std::nullopt};
      if (hypervisor_->process_watch_) hypervisor_->process_watch_(domain.spec, true);
    }
    domain.power = Power::running;
    domain.why.clear();
    domain.since = hypervisor_->now_;
    ++hypervisor_->writes_;
    return {};
  });
}

Result<> SimulatedCompute::stop(const WorkloadId& id) {
  return call([&]() -> Result<> {
    if (hypervisor_->foreign_has(id)) return not_ours(id);
    auto* process = hypervisor_->process_of(id);
    if (!process) return {};
    const bool hears = hypervisor_->domains_.at(id).listens && !process->booted_at;
    if (hears && !process->gone_at) process->gone_at = hypervisor_->now_ + hypervisor_->times_.power_off;
    return {};
  });
}

Result<> SimulatedCompute::kill(const WorkloadId& id) {
  return call([&]() -> Result<> {
    if (hypervisor_->foreign_has(id)) return not_ours(id);
    if (hypervisor_->process_of(id)) hypervisor_->end(hypervisor_->domains_.at(id), Power::stopped, "");
    return {};
  });
}

Result<> SimulatedCompute::undefine(const WorkloadId& id) {
  return call([&]() -> Result<> {
    if (hypervisor_->foreign_has(id)) return not_ours(id);
    if (hypervisor_->process_of(id))
      return fail(Errc::busy, fmt::format("workload {}: it has a process", id));
    if (hypervisor_->domains_.erase(id) > 0) ++hypervisor_->writes_;
    return {};
  });
}

Result<std::string> SimulatedCompute::console(const WorkloadId& id, std::size_t bytes_max) {
  return call([&]() -> Result<std::string> {
    const auto found = hypervisor_->domains_.find(id);
    if (found == hypervisor_->domains_.end()) return not_defined(id);
    const std::string& log = found->second.console;
    return log.substr(log.size() - std::min(bytes_max, log.size()));
  });
}

Result<> SimulatedCompute::set_secret(const ZoneId& zone, const std::string& secret_uuid, const Secret& key) {
  CAUSEWAY_TRY(check_secret(secret_uuid, key));
  return call([&]() -> Result<> {
    given_[zone] = secret_uuid;
    hypervisor_->secrets_.insert(secret_uuid);
    return {};
  });
}

Result<Inventory> SimulatedCompute::inventory() {
  return call([&]() -> Result<Inventory> { return hypervisor_->host(); });
}

void SimulatedCompute::set_wakeup(std::function<void()> wakeup) {
  const std::lock_guard lock(hypervisor_->mutex_);
  hypervisor_->wakeups_[this] = std::move(wakeup);
}

}  // namespace causeway::agent
