// SPDX-License-Identifier: Apache-2.0
// Builders of assignments with good defaults, so that a test shows only what matters in it:
//   assignment(3).with(workload("a/b/web-1").disk("data", 20).port("eth0"))
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "agent/reconcile/desired.h"
#include "common/model/assignment.h"

namespace causeway::test {

inline const ZoneId kExtranet{"extranet"};
inline const ZoneId kIntranet{"intranet"};

inline model::IpAddress ip(const std::string& text) { return model::IpAddress::parse(text).value(); }

// A host of the extranet alone.
inline agent::HostSetup extranet_host(const std::string& name = "h1") {
  return {HostId(name), {{kExtranet, ip("10.98.0.1"), 4789}}};
}

// A host that stands between the extranet and the intranet.
inline agent::HostSetup exchange_host(const std::string& name = "h1") {
  return {HostId(name), {{kExtranet, ip("10.98.0.1"), 4789}, {kIntranet, ip("10.99.0.1"), 4789}}, true};
}

// Running, with a root disk that is cloned from an image, and no port.
class WorkloadBuilder {
 public:
  explicit WorkloadBuilder(const std::string& id) {
    built_.id = WorkloadId(id);
    built_.generation = Generation{1};
    built_.zone = kExtranet;
    built_.vcpus = 1;
    built_.memory = 1024_MiB;
    built_.disks.push_back({"root", 10_GiB, kImage, ImageId("debian-12"), ""});
  }

  WorkloadBuilder zone(const ZoneId& zone) && { return built_.zone = zone, std::move(*this); }
  WorkloadBuilder gateway_to(const ZoneId& zone) && {
    return built_.exchange_gateway = zone, std::move(*this);
  }
  // The next ports are on that zone's network.
  WorkloadBuilder ports_in(const ZoneId& zone) && { return port_zone_ = zone, std::move(*this); }
  WorkloadBuilder generation(std::uint64_t value) && {
    return built_.generation = Generation{value}, std::move(*this);
  }
  WorkloadBuilder restart(std::uint64_t count) && { return built_.restart = count, std::move(*this); }
  WorkloadBuilder stopped() && { return built_.power = model::Power::stopped, std::move(*this); }
  WorkloadBuilder absent() && { return built_.shall_be_absent = true, std::move(*this); }
  WorkloadBuilder moved_away() && {
    built_.shall_be_absent = built_.keep_volumes = true;
    return std::move(*this);
  }
  WorkloadBuilder disk(const std::string& name, std::int64_t gib) && {
    built_.disks.push_back({name, GiB{gib}, std::nullopt, ImageId(), ""});
    return std::move(*this);
  }
  WorkloadBuilder imported(const std::string& file) && {
    built_.disks.front() = {"root", 10_GiB, std::nullopt, ImageId(), file};
    return std::move(*this);
  }
  // On the network web of its zone, with the address 10.52.0.(number).
  WorkloadBuilder port(const std::string& name, std::uint8_t number = 11) && {
    const auto index = static_cast<std::uint8_t>(built_.ports.size());
    built_.ports.push_back({name,
                            network_of(port_zone_.value_or(built_.zone)),
                            model::Mac{{0x52, 0x54, 0, 0, index, number}},
                            {model::Subnet::parse("10.52.0.0/16").value()},
                            {ip("10.52." + std::to_string(index) + "." + std::to_string(number))},
                            std::nullopt});
    return std::move(*this);
  }

  static NetworkId network_of(const ZoneId& zone) { return NetworkId("web-" + zone.str()); }
  operator model::AssignedWorkload() && { return std::move(built_); }  // NOLINT: it is one

 private:
  inline static const model::Image kImage{"Debian 12", "debian-12.qcow2", std::string(64, 'a'), 2_GiB};
  model::AssignedWorkload built_;
  std::optional<ZoneId> port_zone_;
};

inline WorkloadBuilder workload(const std::string& id) { return WorkloadBuilder(id); }

// For host h1, of epoch 1, with the network web of the extranet.
class AssignmentBuilder {
 public:
  explicit AssignmentBuilder(std::uint64_t generation) {
    built_.host = HostId("h1");
    built_.epoch = Epoch{1};
    built_.generation = Generation{generation};
    built_.networks.push_back(
        {WorkloadBuilder::network_of(kExtranet), kExtranet, DepartmentId("a"), 4001, 1450, {}});
  }

  AssignmentBuilder with(model::AssignedWorkload workload) && {
    built_.workloads.push_back(std::move(workload));
    std::ranges::sort(built_.workloads, {}, &model::AssignedWorkload::id);
    return std::move(*this);
  }
  AssignmentBuilder epoch(std::uint64_t value) && { return built_.epoch = Epoch{value}, std::move(*this); }
  AssignmentBuilder host(const std::string& name) && { return built_.host = HostId(name), std::move(*this); }
  AssignmentBuilder network(const ZoneId& zone) && {
    built_.networks.push_back({WorkloadBuilder::network_of(zone), zone, DepartmentId("a"), 4002, 1450, {}});
    return std::move(*this);
  }
  operator model::Assignment() && { return std::move(built_); }  // NOLINT: it is one

 private:
  model::Assignment built_;
};

inline AssignmentBuilder assignment(std::uint64_t generation) { return AssignmentBuilder(generation); }

}  // namespace causeway::test
