// SPDX-License-Identifier: Apache-2.0
// What the contract of agent::Storage needs around an implementation: a cluster that several hosts share. One
// bench a test; its zone is its own.
#pragma once

#include <memory>
#include <string>

#include "agent/storage/storage.h"

namespace causeway::agent {

class StorageBench {
 public:
  virtual ~StorageBench() = default;

  // Empty: it can be used here. Else why not, such as "no ceph-osd on this machine".
  virtual std::string why_not() = 0;
  // An agent's storage, as after a start of the agent. Serves `zone()` and no other.
  virtual std::unique_ptr<Storage> agent(const HostId& host) = 0;
  virtual ZoneId zone() = 0;
  // A file in the images folder with a disk of so many GiB; its sha256.
  virtual std::string add_file(const std::string& name, GiB disk) = 0;
  virtual void add_foreign_image(const std::string& image_name) = 0;
  // A guest of the host opens and closes the volume.
  virtual void open(const VolumeId& volume, const HostId& host) = 0;
  virtual void close(const VolumeId& volume, const HostId& host) = 0;
  // The cluster stops and resumes answering.
  virtual void set_answering(bool answering) = 0;
};

std::unique_ptr<StorageBench> simulated_bench();
std::unique_ptr<StorageBench> ceph_bench();

}  // namespace causeway::agent
