// SPDX-License-Identifier: Apache-2.0
#include "agent/storage/simulated.h"

#include <fmt/core.h>

#include <algorithm>

#include "agent/storage/names.h"
#include "common/core/check.h"

namespace causeway::agent {
namespace {

constexpr std::uint64_t kBytesPerGiB = std::uint64_t{1} << 30;

// Tells the sink how far it is. False: the sink wants no more.
bool tell(const ProgressSink& sink, GiB size, int steps, int steps_left) {
  const auto total = static_cast<std::uint64_t>(size.value) * kBytesPerGiB;
  const auto done =
      total / static_cast<std::uint64_t>(steps) * static_cast<std::uint64_t>(steps - steps_left);
  return sink({.bytes_done = steps_left == 0 ? total : done, .bytes_total = total});
}

}  // namespace

void SimulatedCluster::add_file(const std::string& name, SimulatedFile file) {
  const std::lock_guard lock(mutex_);
  files_.insert_or_assign(name, std::move(file));
}

void SimulatedCluster::assume_files(GiB disk) {
  const std::lock_guard lock(mutex_);
  assumed_disk_ = disk;
}

void SimulatedCluster::add_foreign_image(const ZoneId& zone, const std::string& image_name) {
  const std::lock_guard lock(mutex_);
  pools_[zone].foreign.insert(image_name);
}

void SimulatedCluster::set_import_steps(int steps) {
  CAUSEWAY_CHECK(steps >= 1);
  const std::lock_guard lock(mutex_);
  import_steps_ = steps;
}

void SimulatedCluster::set_answering(bool answering) {
  const std::lock_guard lock(mutex_);
  answering_ = answering;
}

void SimulatedCluster::set_reachable(const HostId& host, bool reachable) {
  const std::lock_guard lock(mutex_);
  if (reachable)
    unreachable_.erase(host);
  else
    unreachable_.insert(host);
}

void SimulatedCluster::open(const ZoneId& zone, const VolumeId& volume, const HostId& host) {
  const std::lock_guard lock(mutex_);
  auto& volumes = pools_[zone].volumes;
  const auto found = volumes.find(volume);
  if (found == volumes.end()) return;
  found->second.open_by.insert(host);
  most_writers_ = std::max(most_writers_, writers_of(found->second).size());
}

void SimulatedCluster::close(const ZoneId& zone, const VolumeId& volume, const HostId& host) {
  const std::lock_guard lock(mutex_);
  auto& volumes = pools_[zone].volumes;
  if (const auto found = volumes.find(volume); found != volumes.end()) found->second.open_by.erase(host);
}

void SimulatedCluster::power_off(const HostId& host) {
  const std::lock_guard lock(mutex_);
  for (auto& [zone, pool] : pools_)
    for (auto& [id, volume] : pool.volumes) volume.open_by.erase(host);
}

void SimulatedCluster::fence(const HostId& host) {
  const std::lock_guard lock(mutex_);
  fenced_.insert(host);
}

void SimulatedCluster::lift_fence(const HostId& host) {
  const std::lock_guard lock(mutex_);
  fenced_.erase(host);
  for (const auto& [zone, pool] : pools_)
    for (const auto& [id, volume] : pool.volumes)
      most_writers_ = std::max(most_writers_, writers_of(volume).size());
}

bool SimulatedCluster::fenced(const HostId& host) const {
  const std::lock_guard lock(mutex_);
  return fenced_.contains(host);
}

bool SimulatedCluster::reachable(const HostId& who) const {
  const std::lock_guard lock(mutex_);
  return answering_ && !unreachable_.contains(who);
}

std::map<HostId, std::uint64_t> SimulatedCluster::signs() const {
  const std::lock_guard lock(mutex_);
  std::map<HostId, std::uint64_t> sums;
  for (const auto& [where, count] : signs_) sums[where.first] += count;
  return sums;
}

std::set<HostId> SimulatedCluster::writers(const ZoneId& zone, const VolumeId& volume) const {
  const std::lock_guard lock(mutex_);
  const auto pool = pools_.find(zone);
  if (pool == pools_.end()) return {};
  const auto found = pool->second.volumes.find(volume);
  return found == pool->second.volumes.end() ? std::set<HostId>{} : writers_of(found->second);
}

std::size_t SimulatedCluster::most_writers() const {
  const std::lock_guard lock(mutex_);
  return most_writers_;
}

std::size_t SimulatedCluster::trash_size(const ZoneId& zone) const {
  const std::lock_guard lock(mutex_);
  const auto pool = pools_.find(zone);
  return pool == pools_.end() ? 0 : pool->second.trashed;
}

Result<SimulatedFile> SimulatedCluster::file(const std::string& name, const std::string& sha256) const {
  if (const auto found = files_.find(name); found != files_.end()) return found->second;
  if (assumed_disk_) return SimulatedFile{.sha256 = sha256, .disk = *assumed_disk_};
  return fail(Errc::not_found, fmt::format("file '{}': no such file in the images folder", name));
}

std::set<HostId> SimulatedCluster::writers_of(const Volume& volume) const {
  std::set<HostId> writers;
  std::ranges::set_difference(volume.open_by, fenced_, std::inserter(writers, writers.end()));
  return writers;
}

SimulatedStorage::SimulatedStorage(std::shared_ptr<SimulatedCluster> cluster, HostId host,
                                   std::set<ZoneId> zones)
    : cluster_(std::move(cluster)), host_(std::move(host)), zones_(std::move(zones)) {
  const std::lock_guard lock(cluster_->mutex_);
  maker_ = {.host = host_, .life = ++cluster_->lives_};
}

template <class Work>
auto SimulatedStorage::call(const ZoneId& zone, Work work) -> decltype(work(std::declval<Pool&>())) {
  const std::lock_guard lock(cluster_->mutex_);
  if (!zones_.contains(zone))
    return fail(Errc::not_found, fmt::format("zone '{}': not served by host {}", zone, host_));
  if (faults_.fail_next > 0) {
    --faults_.fail_next;
    return fail(faults_.fail_code, "simulated fault");
  }
  if (cluster_->fenced_.contains(host_))
    return fail(Errc::denied, fmt::format("pool '{}': host {} is fenced", zone, host_));
  if (faults_.hung || !cluster_->answering_ || cluster_->unreachable_.contains(host_))
    return fail(Errc::unavailable, fmt::format("pool '{}': the cluster does not answer", zone));
  auto answer = work(cluster_->pools_[zone]);
  if (faults_.lose_answers > 0) {
    --faults_.lose_answers;
    return fail(Errc::timeout, "the answer was lost");
  }
  return answer;
}

Result<ObservedPool> SimulatedStorage::observe(const ZoneId& zone) {
  return call(zone, [&](Pool& pool) -> Result<ObservedPool> {
    std::map<VolumeId, ObservedVolume> volumes;
    for (const auto& [maker, making] : pool.half_made)
      for (const auto& [id, steps_left] : making)
        volumes.insert_or_assign(id, ObservedVolume{.volume = id, .size = GiB{0}, .ready = false});
    for (const auto& [id, volume] : pool.volumes)
      volumes.insert_or_assign(id, ObservedVolume{.volume = id, .size = volume.size, .ready = true});
    ObservedPool observed;
    for (auto& [id, volume] : volumes) observed.volumes.push_back(std::move(volume));
    for (const auto& [id, image] : pool.images)
      if (image.steps_left == 0) observed.images.push_back({.image = id, .sha256 = image.sha256});
    observed.foreign.assign(pool.foreign.begin(), pool.foreign.end());
    return observed;
  });
}

Result<> SimulatedStorage::ensure_image(const ImageSpec& spec, const ProgressSink& sink) {
  CAUSEWAY_TRY(check(spec));
  return call(spec.zone, [&](Pool& pool) -> Result<> {
    if (pool.foreign.contains(image_name(spec.image)))
      return fail(Errc::conflict,
                  fmt::format("image {}: the name is taken by an image that is not ours", spec.image));
    auto found = pool.images.find(spec.image);
    if (found != pool.images.end() && found->second.steps_left == 0) {
      if (found->second.sha256 == spec.sha256) return {};
      return fail(Errc::conflict,
                  fmt::format("image {}: the pool has other content under this name (sha256 {}); "
                              "give new content a new name",
                              spec.image, found->second.sha256));
    }
    if (found != pool.images.end() && found->second.claimed_by != maker_) {
      if (++found->second.refused <= SimulatedCluster::kClaimPatience)
        return fail(Errc::busy, fmt::format("image {}: host {} is importing it", spec.image,
                                            found->second.claimed_by.host));
      pool.images.erase(found);
      found = pool.images.end();
    }
    auto file = cluster_->file(spec.file, spec.sha256);
    if (!file) return std::unexpected(file.error());
    if (file->disk > spec.size)
      return fail(Errc::invalid, fmt::format("file '{}': its disk of {} is larger than {}", spec.file,
                                             to_string(file->disk), to_string(spec.size)));
    if (file->sha256 != spec.sha256)
      return fail(Errc::corrupt, fmt::format("file '{}': its sha256 is {}", spec.file, file->sha256));
    if (found == pool.images.end())
      found = pool.images
                  .insert_or_assign(spec.image, SimulatedCluster::Image{.sha256 = spec.sha256,
                                                                        .steps_left = cluster_->import_steps_,
                                                                        .claimed_by = maker_})
                  .first;
    auto& image = found->second;
    image.refused = 0;
    --image.steps_left;
    if (!tell(sink, file->disk, cluster_->import_steps_, image.steps_left)) {
      pool.images.erase(found);
      return fail(Errc::busy, fmt::format("image {}: the import was stopped", spec.image));
    }
    if (image.steps_left > 0)
      return fail(Errc::busy, fmt::format("image {}: it is being imported", spec.image));
    return {};
  });
}

Result<int> SimulatedStorage::steps_of(const Pool& pool, const VolumeSpec& spec) const {
  if (const auto* source = std::get_if<ImageSource>(&spec.source)) {
    const auto image = pool.images.find(source->image);
    if (image == pool.images.end() || image->second.steps_left > 0)
      return fail(Errc::not_found, fmt::format("image {}: not in pool '{}'", source->image, spec.zone));
    return 1;
  }
  if (const auto* source = std::get_if<FileSource>(&spec.source)) {
    const auto file = cluster_->file(source->file, "");
    if (!file) return std::unexpected(file.error());
    if (file->disk > spec.size)
      return fail(Errc::invalid, fmt::format("file '{}': its disk of {} is larger than {}", source->file,
                                             to_string(file->disk), to_string(spec.size)));
    return cluster_->import_steps_;
  }
  return 1;
}

Result<> SimulatedStorage::ensure_volume(const VolumeSpec& spec, const ProgressSink& sink) {
  CAUSEWAY_TRY(check(spec));
  return call(spec.zone, [&](Pool& pool) -> Result<> {
    if (pool.foreign.contains(image_name(spec.volume)))
      return fail(Errc::conflict,
                  fmt::format("volume {}: the name is taken by an image that is not ours", spec.volume));
    auto& making = pool.half_made[maker_];
    if (const auto found = pool.volumes.find(spec.volume); found != pool.volumes.end()) {
      making.erase(spec.volume);  // another host was faster
      if (spec.size < found->second.size)
        return fail(Errc::conflict, fmt::format("volume {}: it has {} and can't shrink to {}", spec.volume,
                                                to_string(found->second.size), to_string(spec.size)));
      found->second.size = spec.size;
      return {};
    }
    const auto steps = steps_of(pool, spec);
    if (!steps) return std::unexpected(steps.error());
    auto& steps_left = making.try_emplace(spec.volume, *steps).first->second;
    --steps_left;
    if (std::holds_alternative<FileSource>(spec.source) && !tell(sink, spec.size, *steps, steps_left)) {
      making.erase(spec.volume);
      return fail(Errc::busy, fmt::format("volume {}: the import was stopped", spec.volume));
    }
    if (steps_left > 0) return fail(Errc::busy, fmt::format("volume {}: it is being imported", spec.volume));
    making.erase(spec.volume);
    pool.volumes.insert_or_assign(spec.volume, SimulatedCluster::Volume{.size = spec.size, .open_by = {}});
    return {};
  });
}

Result<> SimulatedStorage::remove_volume(const ZoneId& zone, const VolumeId& volume) {
  CAUSEWAY_TRY(check(volume));
  return call(zone, [&](Pool& pool) -> Result<> {
    if (pool.foreign.contains(image_name(volume)))
      return fail(Errc::conflict, fmt::format("volume {}: the image of this name is not ours", volume));
    const auto found = pool.volumes.find(volume);
    if (found == pool.volumes.end()) return {};
    if (const auto writers = cluster_->writers_of(found->second); !writers.empty())
      return fail(Errc::busy, fmt::format("volume {}: host {} has it open", volume, *writers.begin()));
    pool.volumes.erase(found);
    ++pool.trashed;
    return {};
  });
}

Result<> SimulatedStorage::leave_sign(const ZoneId& zone, std::uint64_t count) {
  return call(zone, [&](Pool&) -> Result<> {
    cluster_->signs_[{host_, zone}] = count;
    return {};
  });
}

Result<> SimulatedStorage::sweep(const ZoneId& zone) {
  return call(zone, [&](Pool& pool) -> Result<> {
    std::erase_if(pool.half_made, [&](const auto& entry) {
      return entry.second.empty() || (entry.first.host == host_ && entry.first != maker_);
    });
    return {};
  });
}

Result<AttachInfo> SimulatedStorage::attach_info(const ZoneId& zone, const VolumeId& volume) {
  CAUSEWAY_TRY(check(volume));
  if (!zones_.contains(zone))
    return fail(Errc::not_found, fmt::format("zone '{}': not served by host {}", zone, host_));
  const auto user = fmt::format("{}-{}", host_, zone);
  return AttachInfo{.pool = zone.str(),
                    .image_name = image_name(volume),
                    .monitors = {"simulated"},
                    .ceph_user = user,
                    .secret_uuid = secret_uuid(zone.str(), user)};
}

Result<AttachSecret> SimulatedStorage::secret(const ZoneId& zone) {
  if (!zones_.contains(zone))
    return fail(Errc::not_found, fmt::format("zone '{}': not served by host {}", zone, host_));
  const auto user = fmt::format("{}-{}", host_, zone);
  return AttachSecret{.uuid = secret_uuid(zone.str(), user), .key = Secret("c2ltdWxhdGVk")};
}

}  // namespace causeway::agent
