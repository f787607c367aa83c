// SPDX-License-Identifier: Apache-2.0
// Workloads for the tests of compute: complete ones, so that a test changes only what it is about.
#pragma once

#include "agent/compute/compute.h"

namespace causeway::agent {

inline DomainSpec web_spec() {
  const RbdImage volume{.pool = "extranet",
                        .image_name = "",
                        .monitors = {"10.99.0.254:3300", "[fd00::7]:3300"},
                        .ceph_user = "h1-extranet",
                        .secret_uuid = "aaaaaaaa-0000-4000-8000-000000000001"};
  RbdImage root = volume;
  root.image_name = "civil-affairs.portal.web-1.root";
  RbdImage data = volume;
  data.image_name = "civil-affairs.portal.web-1.data";
  return {.id = WorkloadId{"civil-affairs/portal/web-1"},
          .generation = Generation{3},
          .zone = ZoneId{"extranet"},
          .vcpus = 2,
          .memory = 4096_MiB,
          .disks = {{.name = "root", .source = root}, {.name = "data", .source = data}},
          .ports = {{.port = PortId{"civil-affairs/portal/web-1/eth0"},
                     .tap = "cw0123456789a",
                     .mac = "52:54:00:12:34:56",
                     .mtu = 1450}},
          .seed = GuestSeed{.instance_id = "civil-affairs.portal.web-1",
                            .hostname = "web-1",
                            .ssh_keys = {"ssh-ed25519 AAAAC3NzaC1lZDI1 ops@zhoushan"},
                            .user_data = "",
                            .interfaces = {{.name = "eth0",
                                            .mac = "52:54:00:12:34:56",
                                            .addresses = {"10.52.3.21/24", "fd00:52::21/64"},
                                            .gateways = {"10.52.3.1", "fd00:52::1"},
                                            .dns = {"10.52.0.53"},
                                            .mtu = 1450}}}};
}

}  // namespace causeway::agent
