// SPDX-License-Identifier: Apache-2.0
// Copies a disk out of a file into an image in a pool, with qemu-img: it knows the formats, and what it does
// wrong with a hostile file it does in a process of its own.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/storage/disk_file.h"
#include "agent/storage/storage.h"

namespace causeway::agent {

// An image that exists, is at least as large as the disk and has never been written to.
struct ConvertTarget {
  std::string conf;  // ceph.conf
  std::string keyring;
  std::string ceph_user;
  std::string pool;
  std::string image_name;
};

// As qemu-img wants to have it: what has a meaning there is escaped.
std::string rbd_address(const ConvertTarget& target);

// The last complete "(12.50/100%)" in what qemu-img wrote, as 0 to 1.
std::optional<double> parse_progress(std::string_view output);

//   busy         the sink said stop
//   invalid      qemu-img finds the file broken
//   unavailable  qemu-img is not there, or the cluster did not take the data
Result<> convert(const DiskFile& file, const ConvertTarget& target, const ProgressSink& sink);

}  // namespace causeway::agent
