// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon/drivers.h"

#include <unistd.h>

#include <set>
#include <thread>
#include <utility>

#include "agent/compute/libvirt.h"
#include "agent/daemon/threads.h"
#include "agent/daemon/work.h"
#include "agent/network/ovs.h"
#include "agent/storage/ceph.h"

namespace causeway::agent {
namespace {

using config::AgentConfig;

Virtualization virtualization(const AgentConfig& config) {
  switch (config.virtualization) {
    case AgentConfig::Virtualization::kvm: return Virtualization::kvm;
    case AgentConfig::Virtualization::emulated: return Virtualization::emulated;
    case AgentConfig::Virtualization::automatic: break;
  }
  return ::access("/dev/kvm", R_OK | W_OK) == 0 ? Virtualization::kvm : Virtualization::emulated;
}

LibvirtSettings libvirt_settings(const AgentConfig& config) {
  LibvirtSettings settings;
  settings.uri = config.libvirt_uri;
  settings.domains.virtualization = virtualization(config);
  settings.domains.offloads = config.openvswitch.datapath == "system";
  settings.domains.state_dir = std::filesystem::absolute(config.state_dir);
  return settings;
}

CephOptions ceph_options(const AgentConfig& config) {
  CephOptions options;
  options.host = config.host;
  options.conf = config.ceph_conf;
  options.images_dir = config.images_dir;
  for (const auto& [id, zone] : config.zones) {
    options.zones.emplace(id, CephZone{zone.pool, zone.ceph_client, zone.keyring});
  }
  return options;
}

class RealWorkers final : public Workers {
 public:
  RealWorkers(const AgentConfig& config, std::shared_ptr<Clock> clock, const Inbox& inbox)
      : compute_(libvirt_settings(config), std::move(clock)),
        network_(make_ovs_switch({config.openvswitch.run_dir, config.openvswitch.datapath})),
        storage_(ceph_options(config)),
        threads_({compute_, *network_, storage_}, inbox) {
    compute_.set_wakeup([inbox] { inbox(Woken{Lane::compute}); });
    network_->set_wakeup([inbox] { inbox(Woken{Lane::network}); });
  }

  void submit(Order order) override { threads_.submit(std::move(order)); }
  void cancel(OrderId id) override { threads_.cancel(id); }
  std::optional<Instant> advance(Instant /*now*/) override { return std::nullopt; }

 private:
  LibvirtCompute compute_;
  std::unique_ptr<Switch> network_;
  CephStorage storage_;
  Threads threads_;  // the last, so that it is the first to end
};

class SimulatedWorkers final : public Workers {
 public:
  SimulatedWorkers(const AgentConfig& config, SimulatedSite& site, std::shared_ptr<Clock> clock, Inbox inbox)
      : hypervisor_(site.hypervisor(config.host)),
        compute_(hypervisor_, std::move(clock)),
        network_(site.fabric(), config.host),
        storage_(site.cluster(), config.host, zones_of(config)),
        inbox_(std::move(inbox)) {
    compute_.set_wakeup([this] { inbox_(Woken{Lane::compute}); });
    network_.set_wakeup([this] { inbox_(Woken{Lane::network}); });
  }

  void submit(Order order) override {
    const Drivers drivers{compute_, network_, storage_};
    inbox_(Done{order.id, carry_out(order.work, drivers, [](const Progress&) { return true; })});
  }
  void cancel(OrderId /*id*/) override {}
  std::optional<Instant> advance(Instant now) override {
    hypervisor_->advance(now);
    return hypervisor_->next_change();
  }

 private:
  static std::set<ZoneId> zones_of(const AgentConfig& config) {
    std::set<ZoneId> zones;
    for (const auto& [id, zone] : config.zones) zones.insert(id);
    return zones;
  }

  std::shared_ptr<SimulatedHypervisor> hypervisor_;
  SimulatedCompute compute_;
  SimulatedSwitch network_;
  SimulatedStorage storage_;
  Inbox inbox_;
};

}  // namespace

std::string hypervisor_word(const AgentConfig& config) {
  if (config.drivers == AgentConfig::Drivers::simulated) return "simulated";
  return virtualization(config) == Virtualization::kvm ? "kvm" : "emulated";
}

HostSetup setup_of(const AgentConfig& config) {
  HostSetup setup{config.host, {}, config.exchange_host};
  for (const auto& [id, zone] : config.zones)
    setup.zones.push_back({id, zone.underlay, zone.tunnel_port, zone.uplink});
  return setup;
}

model::HostFacts facts_of(const AgentConfig& config) {
  model::HostFacts facts;
  facts.version = CAUSEWAY_VERSION;
  facts.vcpus = static_cast<int>(std::thread::hardware_concurrency());
  facts.memory = MiB{::sysconf(_SC_PHYS_PAGES) / 1024 * ::sysconf(_SC_PAGESIZE) / 1024};
  facts.hypervisor = hypervisor_word(config);
  for (const auto& [id, zone] : config.zones)
    facts.zones.push_back({id, zone.underlay, zone.tunnel_port, !zone.uplink.empty()});
  facts.exchange_host = config.exchange_host;
  return facts;
}

std::unique_ptr<Workers> make_workers(const AgentConfig& config, SimulatedSite& simulated,
                                      std::shared_ptr<Clock> clock, Inbox inbox) {
  if (config.drivers == AgentConfig::Drivers::simulated) {
    return std::make_unique<SimulatedWorkers>(config, simulated, std::move(clock), std::move(inbox));
  }
  return std::make_unique<RealWorkers>(config, std::move(clock), inbox);
}

}  // namespace causeway::agent
