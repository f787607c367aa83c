// SPDX-License-Identifier: Apache-2.0
// The simulated twin of the Ceph driver: deterministic, without a clock, a thread or a file of its own.
//
// SimulatedCluster is what survives when agents and hosts die: pools, volumes, who has them open, who is
// fenced. A simulated hypervisor tells it when a guest opens and closes a volume, so that the law "a volume
// has at most one writer" is counted by the storage itself. Like Ceph it does not refuse a second writer: it
// only counts. SimulatedStorage is one agent's view of it and dies with the agent.
//
// Work that takes long is a number of calls here: each call of ensure_image or ensure_volume that copies data
// does one step and answers busy until the last one. A half-made volume belongs to the agent that makes it; a
// claim on a golden image whose holder does not come back passes over after kClaimPatience refused calls.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "agent/storage/storage.h"

namespace causeway::agent {

struct SimulatedFile {
  std::string sha256;
  GiB disk;

  bool operator==(const SimulatedFile&) const = default;
};

class SimulatedCluster {
 public:
  static constexpr int kClaimPatience = 3;

  SimulatedCluster() = default;
  SimulatedCluster(const SimulatedCluster&) = delete;
  SimulatedCluster& operator=(const SimulatedCluster&) = delete;

  // What a test or a world sets up. All of it may be called at any time.
  void add_file(const std::string& name, SimulatedFile file);
  // From now on every well-formed file name is a file with a disk of this size and whatever checksum is asked
  // for.
  void assume_files(GiB disk);
  void add_foreign_image(const ZoneId& zone, const std::string& image_name);
  void set_import_steps(int steps);    // at least 1
  void set_answering(bool answering);  // false: every call of every host answers unavailable
  void set_reachable(const HostId& host,
                     bool reachable);  // the storage network between the host and the cluster

  // The hypervisor's side. A writer is one opening of one volume by one process on one host; opening twice
  // and closing what is not open change nothing.
  void open(const ZoneId& zone, const VolumeId& volume, const HostId& host);
  void close(const ZoneId& zone, const VolumeId& volume, const HostId& host);
  void power_off(const HostId& host);  // closes everything that the host had open

  // The scheduler's side. A fenced host's writers don't count, because nothing that they write arrives; when
  // the fence is lifted, those that are still open count again.
  void fence(const HostId& host);
  void lift_fence(const HostId& host);
  [[nodiscard]] bool fenced(const HostId& host) const;
  // Whether the cluster answers whoever is called so: a host, or anybody that set_reachable() names.
  [[nodiscard]] bool reachable(const HostId& who) const;
  // The signs of life of each host: the counts of its newest ones in all pools, together.
  [[nodiscard]] std::map<HostId, std::uint64_t> signs() const;

  // Hosts that can write to the volume now, and the most that there ever were at once for any volume.
  [[nodiscard]] std::set<HostId> writers(const ZoneId& zone, const VolumeId& volume) const;
  [[nodiscard]] std::size_t most_writers() const;
  [[nodiscard]] std::size_t trash_size(const ZoneId& zone) const;

 private:
  friend class SimulatedStorage;

  // One life of the agent of one host, so that the next life can tell what an earlier one left half made.
  struct Maker {
    HostId host;
    int life = 0;
    auto operator<=>(const Maker&) const = default;
  };
  struct Volume {
    GiB size;
    std::set<HostId> open_by;
  };
  // A golden image: complete when no steps are left. The claim is its maker's.
  struct Image {
    std::string sha256;
    int steps_left = 0;
    Maker claimed_by;
    int refused = 0;
  };
  struct Pool {
    std::map<VolumeId, Volume> volumes;
    std::map<ImageId, Image> images;
    std::map<Maker, std::map<VolumeId, int>> half_made;  // the steps left
    std::set<std::string> foreign;
    std::size_t trashed = 0;
  };

  // Both need the mutex.
  [[nodiscard]] Result<SimulatedFile> file(const std::string& name, const std::string& sha256) const;
  [[nodiscard]] std::set<HostId> writers_of(const Volume& volume) const;

  mutable std::mutex mutex_;
  int lives_ = 0;
  std::map<ZoneId, Pool> pools_;
  std::map<std::string, SimulatedFile> files_;
  std::optional<GiB> assumed_disk_;
  std::set<HostId> unreachable_;
  std::set<HostId> fenced_;
  std::map<std::pair<HostId, ZoneId>, std::uint64_t> signs_;
  bool answering_ = true;
  int import_steps_ = 1;
  std::size_t most_writers_ = 0;
};

// What goes wrong, set by a test between calls. Counts go down as calls are hit.
struct StorageFaults {
  int fail_next = 0;  // that many calls do nothing and answer fail_code
  Errc fail_code = Errc::unavailable;
  int lose_answers = 0;  // that many calls do their work and answer timeout
  bool hung = false;     // calls do nothing and answer unavailable, as a stuck cluster does after its bound
};

class SimulatedStorage final : public Storage {
 public:
  // The zones are those that the host serves; the pool of a zone has the zone's name.
  SimulatedStorage(std::shared_ptr<SimulatedCluster> cluster, HostId host, std::set<ZoneId> zones);

  // Not for use while another thread calls.
  StorageFaults& faults() { return faults_; }

  Result<ObservedPool> observe(const ZoneId& zone) override;
  Result<> ensure_image(const ImageSpec& spec, const ProgressSink& sink) override;
  Result<> ensure_volume(const VolumeSpec& spec, const ProgressSink& sink) override;
  Result<> remove_volume(const ZoneId& zone, const VolumeId& volume) override;
  Result<> leave_sign(const ZoneId& zone, std::uint64_t count) override;
  Result<> sweep(const ZoneId& zone) override;
  Result<AttachInfo> attach_info(const ZoneId& zone, const VolumeId& volume) override;
  Result<AttachSecret> secret(const ZoneId& zone) override;

 private:
  using Pool = SimulatedCluster::Pool;

  // Runs the work on the zone's pool under the cluster's mutex, if no fault says otherwise.
  template <class Work>
  auto call(const ZoneId& zone, Work work) -> decltype(work(std::declval<Pool&>()));
  // Whether the source can be had, and how many steps it takes to copy it.
  Result<int> steps_of(const Pool& pool, const VolumeSpec& spec) const;

  std::shared_ptr<SimulatedCluster> cluster_;
  HostId host_;
  std::set<ZoneId> zones_;
  StorageFaults faults_;
  SimulatedCluster::Maker maker_;
};

}  // namespace causeway::agent
