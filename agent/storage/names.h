// SPDX-License-Identifier: Apache-2.0
// What things are called in a pool, and what a request may look like: the same for the real and the simulated
// driver.
//   department.application.workload.disk   a volume
//   image.NAME                             a golden image; volumes are clones of its snapshot "base"
//   new~HOST~TOKEN~FINAL                   one of the above while HOST makes it; '~' is in no name of ours
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/storage/storage.h"

namespace causeway::agent {

std::string image_name(const VolumeId& volume);
std::string image_name(const ImageId& image);
// The token differs from attempt to attempt, so that the remains of one are in nobody's way.
std::string temporary_name(const HostId& host, std::string_view token, std::string_view final_name);

struct TemporaryName {
  HostId host;
  std::string token;
  std::string final_name;

  bool operator==(const TemporaryName&) const = default;
};
std::optional<TemporaryName> parse_temporary_name(std::string_view name);

// Nothing, or invalid and what is wrong with the request. What only the cluster or a file can tell is not
// asked here.
Result<> check(const ImageSpec& spec);
Result<> check(const VolumeSpec& spec);
Result<> check(const VolumeId& volume);

// The UUID under which hypervisors on a host know the key of that user for that pool: always the same.
std::string secret_uuid(std::string_view pool, std::string_view ceph_user);

}  // namespace causeway::agent
