// SPDX-License-Identifier: Apache-2.0
// The simulated storage, fabric and hypervisors of a whole site, wired together as real ones are: a guest
// that starts opens its volumes and needs its taps, and one that ends closes them.
#pragma once

#include <map>
#include <memory>

#include "agent/compute/simulated.h"
#include "agent/network/simulated.h"
#include "agent/storage/simulated.h"
#include "common/core/ids.h"

namespace causeway::agent {

class SimulatedSite {
 public:
  SimulatedSite();

  // Makes the host's hypervisor if there is none yet.
  std::shared_ptr<SimulatedHypervisor> hypervisor(const HostId& host);

  [[nodiscard]] const std::shared_ptr<SimulatedCluster>& cluster() const { return cluster_; }
  [[nodiscard]] const std::shared_ptr<SimulatedFabric>& fabric() const { return fabric_; }

 private:
  std::shared_ptr<SimulatedCluster> cluster_;
  std::shared_ptr<SimulatedFabric> fabric_;
  std::map<HostId, std::shared_ptr<SimulatedHypervisor>> hypervisors_;
};

}  // namespace causeway::agent
