// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon/work.h"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace causeway::agent {
namespace {

struct CarryOut {
  const Drivers& drivers;
  const ProgressSink& sink;

  Result<> operator()(const EnsureBridge& action) const {
    return drivers.network.ensure_bridge(action.bridge);
  }
  Result<> operator()(const EnsurePort& action) const { return drivers.network.ensure_port(action.wiring); }
  Result<> operator()(const Program& action) const { return drivers.network.program(action.policy); }
  Result<> operator()(const RemovePort& action) const { return drivers.network.remove_port(action.port); }
  Result<> operator()(const EnsureImage& action) const {
    return drivers.storage.ensure_image(action.image, sink);
  }
  Result<> operator()(const EnsureVolume& action) const {
    return drivers.storage.ensure_volume(action.volume, sink);
  }
  Result<> operator()(const RemoveVolume& action) const {
    return drivers.storage.remove_volume(action.zone, action.volume);
  }
  Result<> operator()(const Stop& action) const { return drivers.compute.stop(action.workload); }
  Result<> operator()(const Kill& action) const { return drivers.compute.kill(action.workload); }
  Result<> operator()(const Undefine& action) const { return drivers.compute.undefine(action.workload); }

  Result<> operator()(const Define& action) const {
    DomainSpec domain = action.domain;
    for (const auto& [disk, volume] : action.volumes) {
      auto info = drivers.storage.attach_info(domain.zone, volume);
      if (!info)
        return while_doing(std::move(info).error(), fmt::format("attaching volume {}", volume.str()));
      domain.disks.push_back(
          {disk, RbdImage{info->pool, info->image_name, info->monitors, info->ceph_user, info->secret_uuid}});
    }
    return drivers.compute.define(domain);
  }

  // The hypervisor keeps the key of a zone's volumes in memory only, so it is handed over before each start:
  // that costs little when it is there, and nobody has to know whether it is.
  Result<> operator()(const Start& action) const {
    auto secret = drivers.storage.secret(action.zone);
    if (!secret) return while_doing(std::move(secret).error(), "reading the key of the zone's volumes");
    if (!secret->uuid.empty()) {
      CAUSEWAY_TRY(drivers.compute.set_secret(action.zone, secret->uuid, secret->key));
    }
    return drivers.compute.start(action.workload);
  }

  Became operator()(const Action& action) const { return std::visit(*this, action); }
  Became operator()(const LookAtCompute& /*look*/) const { return drivers.compute.observe(); }
  Became operator()(const LookAtNetwork& /*look*/) const { return drivers.network.observe(); }
  Became operator()(const LookAtPool& look) const { return drivers.storage.observe(look.zone); }
  Became operator()(const ReadConsole& read) const {
    return drivers.compute.console(read.workload, read.max_bytes);
  }
  Became operator()(const AskSwitch& ask) const { return drivers.network.probe(ask.question); }
  Became operator()(const LeaveSign& sign) const { return drivers.storage.leave_sign(sign.zone, sign.count); }
  Became operator()(const Sweep& sweep) const { return drivers.storage.sweep(sweep.zone); }
};

}  // namespace

Became carry_out(const Work& work, const Drivers& drivers, const ProgressSink& sink) {
  return std::visit([&](const auto& one) -> Became { return CarryOut{drivers, sink}(one); }, work);
}

}  // namespace causeway::agent
