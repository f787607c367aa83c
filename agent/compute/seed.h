// SPDX-License-Identifier: Apache-2.0
// What a guest learns at its first boot, in cloud-init's NoCloud format: three YAML files on a small ISO 9660
// image with the label "cidata". Stock cloud images find it by that label on any disk. The text has one plain
// shape, so that a guest without a YAML parser can read it with sed: block style, two spaces, every value
// that is text in double quotes.
//
//   meta-data                          network-config
//     instance-id: "…"                   version: 2
//     local-hostname: "web-1"            ethernets:
//     public-keys:                         eth0:
//       - "ssh-ed25519 AAAA… a@b"            match:
//                                              macaddress: "52:54:00:12:34:56"
//   user-data                                set-name: "eth0"
//     #cloud-config                          mtu: 1450
//     ssh_authorized_keys:                   addresses:
//       - "ssh-ed25519 AAAA… a@b"              - "10.52.3.21/24"
//                                            routes:
//                                              - to: "0.0.0.0/0"
//                                                via: "10.52.3.1"
//                                            nameservers:
//                                              addresses:
//                                                - "10.52.0.53"
// A list that would be empty is left out with its key.
#pragma once

#include <filesystem>
#include <string>

#include "agent/compute/compute.h"

namespace causeway::agent {

struct NoCloud {
  std::string meta_data;
  std::string user_data;
  std::string network_config;
};

NoCloud no_cloud(const GuestSeed& seed);

// The bytes of the ISO 9660 image, some 400 KiB, made in memory: a seed may hold secrets, and touches no
// temporary file.
Result<std::string> seed_image(const NoCloud& files);

// Writes the image under this path, readable by the owner only: whole or not at all, durable when it returns.
// A guest that has the former image open keeps it. unavailable: the folder can't be written.
Result<> write_seed(const std::filesystem::path& path, const GuestSeed& seed);

}  // namespace causeway::agent
