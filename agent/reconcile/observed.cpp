// SPDX-License-Identifier: Apache-2.0
#include "agent/reconcile/observed.h"

#include <algorithm>
#include <utility>

namespace causeway::agent {
namespace {

template <class T, class Id, class Projection>
T* find_sorted(std::vector<T>& sorted, const Id& id, Projection projection) {
  const auto found = std::ranges::lower_bound(sorted, id, {}, projection);
  return found != sorted.end() && std::invoke(projection, *found) == id ? &*found : nullptr;
}

template <class T, class Id, class Projection>
const T* find_sorted(const std::vector<T>& sorted, const Id& id, Projection projection) {
  return find_sorted(const_cast<std::vector<T>&>(sorted), id, projection);
}

// The element of that name; put into its place first if it isn't there.
template <class T, class Id, class Projection>
T& slot(std::vector<T>& sorted, const Id& id, Projection projection) {
  const auto place = std::ranges::lower_bound(sorted, id, {}, projection);
  if (place != sorted.end() && std::invoke(projection, *place) == id) return *place;
  T fresh{};
  std::invoke(projection, fresh) = id;
  return *sorted.insert(place, std::move(fresh));
}

template <class T, class Id, class Projection>
void erase(std::vector<T>& sorted, const Id& id, Projection projection) {
  std::erase_if(sorted, [&](const T& element) { return std::invoke(projection, element) == id; });
}

BridgeState* find_bridge(SwitchState& network, const ZoneId& zone) {
  const auto found =
      std::ranges::find(network.bridges, zone, [](const BridgeState& b) { return b.bridge.zone; });
  return found != network.bridges.end() ? &*found : nullptr;
}

struct Assume {
  Observed& observed;

  void operator()(const EnsureBridge& done) const {
    if (!observed.network) return;
    auto* bridge = find_bridge(*observed.network, done.bridge.zone);
    if (!bridge) bridge = &observed.network->bridges.emplace_back();
    bridge->bridge = done.bridge;
    bridge->name = bridge_name(done.bridge.zone);
  }
  void operator()(const EnsurePort& done) const {
    if (!observed.network) return;
    auto& port = slot(observed.network->ports, done.wiring.port, &PortState::port);
    port.zone = done.wiring.zone;
    port.tap = tap_name(done.wiring.port);
    port.mtu = done.wiring.mtu;
    port.usable = true;
    port.reason.clear();
  }
  void operator()(const Program& done) const {
    if (!observed.network) return;
    if (auto* bridge = find_bridge(*observed.network, done.policy.zone)) {
      bridge->programmed = done.digest;
      bridge->generation = done.policy.generation;
    }
    for (auto& port : observed.network->ports) {
      if (port.zone == done.policy.zone) port.open = false;
    }
    for (const auto& wiring : done.policy.ports) {
      if (auto* port = find_sorted(observed.network->ports, wiring.port, &PortState::port)) port->open = true;
    }
  }
  void operator()(const RemovePort& done) const {
    if (observed.network) erase(observed.network->ports, done.port, &PortState::port);
  }
  void operator()(const EnsureImage& done) const {
    if (auto* pool = known_pool(done.image.zone)) {
      slot(pool->images, done.image.image, &ObservedImage::image).sha256 = done.image.sha256;
    }
  }
  void operator()(const EnsureVolume& done) const {
    if (auto* pool = known_pool(done.volume.zone)) {
      auto& volume = slot(pool->volumes, done.volume.volume, &ObservedVolume::volume);
      volume.size = std::max(volume.size, done.volume.size);
      volume.ready = true;
    }
  }
  void operator()(const RemoveVolume& done) const {
    if (auto* pool = known_pool(done.zone)) erase(pool->volumes, done.volume, &ObservedVolume::volume);
  }
  void operator()(const Define& done) const {
    if (!observed.compute) return;
    auto& workload = slot(observed.compute->workloads, done.domain.id, &ObservedWorkload::id);
    workload.zone = done.domain.zone;
    workload.defined = done.domain.generation;
  }
  void operator()(const Start& done) const {
    if (auto* workload = known_workload(done.workload); workload && !has_process(workload)) {
      workload->power = Power::running;
      workload->current = workload->defined;
      workload->run = 0;  // not known before the next look
      workload->why.clear();
    }
  }
  void operator()(const Stop& /*asked*/) const {}  // the guest decides
  void operator()(const Kill& done) const {
    if (auto* workload = known_workload(done.workload)) {
      workload->power = Power::stopped;
      workload->current.reset();
      workload->run = 0;
    }
  }
  void operator()(const Undefine& done) const {
    if (observed.compute) erase(observed.compute->workloads, done.workload, &ObservedWorkload::id);
  }

  [[nodiscard]] ObservedPool* known_pool(const ZoneId& zone) const {
    const auto found = observed.pools.find(zone);
    return found != observed.pools.end() && found->second ? &*found->second : nullptr;
  }
  [[nodiscard]] ObservedWorkload* known_workload(const WorkloadId& id) const {
    return observed.compute ? find_sorted(observed.compute->workloads, id, &ObservedWorkload::id) : nullptr;
  }
};

}  // namespace

const ObservedWorkload* Observed::workload(const WorkloadId& id) const {
  return compute ? find_sorted(compute->workloads, id, &ObservedWorkload::id) : nullptr;
}

const BridgeState* Observed::bridge(const ZoneId& zone) const {
  return network ? find_bridge(const_cast<SwitchState&>(*network), zone) : nullptr;
}

const PortState* Observed::port(const PortId& id) const {
  return network ? find_sorted(network->ports, id, &PortState::port) : nullptr;
}

const ObservedVolume* find_volume(const ObservedPool& pool, const VolumeId& id) {
  return find_sorted(pool.volumes, id, &ObservedVolume::volume);
}

const ObservedImage* find_image(const ObservedPool& pool, const ImageId& id) {
  return find_sorted(pool.images, id, &ObservedImage::image);
}

bool has_process(const ObservedWorkload* workload) {
  return workload && (workload->power == Power::running || workload->power == Power::paused);
}

void assume(Observed& observed, const Action& done) { std::visit(Assume{observed}, done); }

}  // namespace causeway::agent
