// SPDX-License-Identifier: Apache-2.0
// Tap devices of workloads' ports: made before the guest runs, so that its port can be wired while nothing
// speaks yet, and kept when nobody has them open. All calls act in the network namespace of the calling
// thread.
#pragma once

#include <cstdint>
#include <string>

#include "common/core/result.h"

namespace causeway::agent {

// Makes a persistent tap of that name as QEMU wants it (virtio-net header, one queue), with that MTU, up, and
// cut off from the host's own network stack: the host neither listens nor speaks there, so that a guest
// reaches nothing past the switch. (All that a host still takes is an IPv4 broadcast without a sender, as
// DHCP clients send; with the kernel's datapath not even that, because the switch takes every frame.) Already
// so: nothing is changed. conflict: the name belongs to a device that is no tap.
Result<> ensure_tap(const std::string& name, std::uint16_t mtu);

// Gone already: done. busy: a guest has it open. conflict: the name belongs to a device that is no tap.
Result<> remove_tap(const std::string& name);

}  // namespace causeway::agent
