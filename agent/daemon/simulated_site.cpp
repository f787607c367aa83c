// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon/simulated_site.h"

#include "common/model/wave.h"

namespace causeway::agent {

SimulatedSite::SimulatedSite()
    : cluster_(std::make_shared<SimulatedCluster>()), fabric_(std::make_shared<SimulatedFabric>()) {
  // Every file that a manifest names is there, and small enough for any volume.
  cluster_->assume_files(GiB{1});
}

std::shared_ptr<SimulatedHypervisor> SimulatedSite::hypervisor(const HostId& host) {
  auto& made = hypervisors_[host];
  if (made) return made;
  made = std::make_shared<SimulatedHypervisor>();
  made->set_process_watch([cluster = cluster_, host](const DomainSpec& domain, bool running) {
    for (const auto& disk : domain.disks) {
      const auto volume = model::volume_id(domain.id, disk.name);
      running ? cluster->open(domain.zone, volume, host) : cluster->close(domain.zone, volume, host);
    }
  });
  return made;
}

}  // namespace causeway::agent
