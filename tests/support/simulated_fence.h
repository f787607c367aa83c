// SPDX-License-Identifier: Apache-2.0
// The simulated twin of the scheduler's fence, on the storage that the simulated hosts write to. A host's
// address is its name.
#pragma once

#include <memory>
#include <utility>

#include "agent/storage/simulated.h"
#include "scheduler/fence/fence.h"

namespace causeway::test {

class SimulatedFence final : public fence::Fence {
 public:
  // `owner` is whose way to the storage this is: cut off with set_reachable(owner, false).
  SimulatedFence(std::shared_ptr<agent::SimulatedCluster> cluster, HostId owner)
      : cluster_(std::move(cluster)), owner_(std::move(owner)) {}

  Result<fence::Look> look(const fence::Watched& hosts) override {
    if (auto answers = reach(); !answers) return std::unexpected(answers.error());
    fence::Look found;
    const auto signs = cluster_->signs();
    for (const auto& [host, pools] : hosts) {
      if (const auto sign = signs.find(host); sign != signs.end())
        found.signs.push_back({host, sign->second, {host.str()}});
      if (cluster_->fenced(host)) found.fenced.insert(host.str());
    }
    return found;
  }

  Result<> raise(const std::set<std::string>& addresses) override {
    if (addresses.empty()) return fail(Errc::invalid, "no address to fence");
    CAUSEWAY_TRY(reach());
    for (const auto& address : addresses) cluster_->fence(HostId(address));
    return {};
  }

  Result<bool> stands(const std::set<std::string>& addresses) override {
    if (auto answers = reach(); !answers) return std::unexpected(answers.error());
    for (const auto& address : addresses)
      if (!cluster_->fenced(HostId(address))) return false;
    return true;
  }

  Result<> lift(const std::set<std::string>& addresses) override {
    CAUSEWAY_TRY(reach());
    for (const auto& address : addresses) cluster_->lift_fence(HostId(address));
    return {};
  }

  // The simulated storage has no locks: it counts writers instead.
  Result<> break_locks(const std::vector<fence::Image>&, const std::set<std::string>&) override {
    return reach();
  }

 private:
  Result<> reach() const {
    if (cluster_->reachable(owner_)) return {};
    return fail(Errc::unavailable, "the storage does not answer");
  }

  std::shared_ptr<agent::SimulatedCluster> cluster_;
  HostId owner_;
};

}  // namespace causeway::test
