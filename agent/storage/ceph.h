// SPDX-License-Identifier: Apache-2.0
// The driver for Ceph: a pool and a client of its own for each zone, librbd for everything but the conversion
// of files, which qemu-img does.
//
// A volume or golden image comes into being under a temporary name (names.h), gets its marks, its content and
// its size there, and is renamed when it is complete: what has a final name is always whole. Who comes second
// at the rename throws its own work away. Rights of the host's cephx user: ceph_client.h.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/storage/storage.h"
#include "common/core/time.h"

namespace causeway::agent {

struct CephZone {
  std::string pool;
  std::string ceph_user;  // without "client.": "h1-extranet"
  std::string keyring;
};

struct CephOptions {
  HostId host;
  std::string conf;        // ceph.conf
  std::string images_dir;  // golden images and files to import
  std::map<ZoneId, CephZone> zones;
  Duration answer_within{std::chrono::seconds{10}};               // of a single operation on the cluster
  std::chrono::seconds trash_deferment{std::chrono::hours{168}};  // how long what was removed can be had back
};

class DiskFile;

class CephStorage final : public Storage {
 public:
  // Opens nothing yet: the first call to a zone connects, and so does the first after a connection was lost
  // for good.
  explicit CephStorage(CephOptions options);
  ~CephStorage() override;

  Result<ObservedPool> observe(const ZoneId& zone) override;
  Result<> ensure_image(const ImageSpec& spec, const ProgressSink& sink) override;
  Result<> ensure_volume(const VolumeSpec& spec, const ProgressSink& sink) override;
  Result<> remove_volume(const ZoneId& zone, const VolumeId& volume) override;
  Result<> leave_sign(const ZoneId& zone, std::uint64_t count) override;
  Result<> sweep(const ZoneId& zone) override;
  Result<AttachInfo> attach_info(const ZoneId& zone, const VolumeId& volume) override;
  Result<AttachSecret> secret(const ZoneId& zone) override;

 private:
  struct Pool;
  struct Session;  // a pool, and a connection to it for the length of one call
  class Making;

  // Runs the work in a session. A connection that the cluster has turned away is dropped after it: a fenced
  // one never works again, and an exchanged key needs a new one.
  template <class Work>
  auto with(const ZoneId& zone, Work work) -> decltype(work(std::declval<Session&>()));
  Result<> connect(Session& session);
  Result<> import_image(Session& session, const ImageSpec& spec, const ProgressSink& sink);
  Result<> make_volume(Session& session, const VolumeSpec& spec, const ProgressSink& sink);
  Result<> fill(Session& session, const VolumeSpec& spec, const std::string& name, const ProgressSink& sink);
  Result<> copy(Session& session, const DiskFile& file, const std::string& name, const ProgressSink& sink);

  const CephOptions options_;
  std::map<ZoneId, std::unique_ptr<Pool>> pools_;  // one for each zone, from the start
  std::mutex monitors_mutex_;
  std::vector<std::string> monitors_;  // read once
};

}  // namespace causeway::agent
