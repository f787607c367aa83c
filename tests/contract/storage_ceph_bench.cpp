// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <rbd/librbd.hpp>

#include "agent/storage/ceph.h"
#include "agent/storage/ceph_client.h"
#include "agent/storage/names.h"
#include "tests/contract/ceph_cluster.h"
#include "tests/contract/storage_bench.h"

namespace causeway::agent {
namespace {

// Every operation of a test is far quicker; what waits for a stopped cluster takes this long.
constexpr Duration kAnswerWithin{1500};

// What QEMU does: it has the image open and its exclusive lock taken.
struct Guest {
  std::shared_ptr<CephConnection> connection;
  librbd::Image image;
};

class CephBench final : public StorageBench {
 public:
  std::string why_not() override {
    if (auto why = CephCluster::why_not(); !why.empty()) return why;
    static int benches = 0;
    pool_ = fmt::format("bench{}", ++benches);
    images_dir_ = CephCluster::shared().folder() + "/" + pool_;
    std::filesystem::create_directory(images_dir_);
    CephCluster::shared().create_pool(pool_);
    return "";
  }

  std::unique_ptr<Storage> agent(const HostId& host) override {
    const auto& access = access_of(host);
    return std::make_unique<CephStorage>(
        CephOptions{.host = host,
                    .conf = access.conf,
                    .images_dir = images_dir_,
                    .zones = {{zone(), {.pool = pool_, .ceph_user = access.user, .keyring = access.keyring}}},
                    .answer_within = kAnswerWithin});
  }

  ZoneId zone() override { return ZoneId("extranet"); }

  std::string add_file(const std::string& name, GiB disk) override {
    const auto path = images_dir_ + "/" + name;
    const auto command = fmt::format(
        "qemu-img create -q -f qcow2 {0} {1}G && qemu-io -c 'write -P 7 1M 3M' {0} "
        "> /dev/null",
        path, disk.value);
    if (std::system(command.c_str()) != 0) return "";
    return CephCluster::shared().run(fmt::format("sha256sum {}", path)).substr(0, 64);
  }

  void add_foreign_image(const std::string& image_name) override {
    static_cast<void>(
        CephCluster::shared().run(fmt::format("rbd create {}/{} --size 8M", pool_, image_name)));
  }

  void open(const VolumeId& volume, const HostId& host) override {
    auto& guest = guests_[{volume, host}];
    guest = std::make_unique<Guest>();
    guest->connection = CephConnection::open(access_of(host), pool_, kAnswerWithin).value();
    const auto name = image_name(volume);
    librbd::RBD().open(guest->connection->io(), guest->image, name.c_str());
    librados::bufferlist record;
    record.append("record 1");
    guest->image.write(0, record.length(), record);
  }

  void close(const VolumeId& volume, const HostId& host) override { guests_.erase({volume, host}); }
  void set_answering(bool answering) override { CephCluster::shared().set_answering(answering); }

 private:
  const ceph::Access& access_of(const HostId& host) {
    const auto [found, is_new] = access_.try_emplace(host);
    if (is_new) {
      const auto user = fmt::format("{}-{}", host, pool_);
      found->second = {
          .conf = CephCluster::shared().conf(),
          .user = user,
          .keyring = CephCluster::shared().create_host_user(user, pool_, CephCluster::address())};
    }
    return found->second;
  }

  std::string pool_;
  std::string images_dir_;
  std::map<HostId, ceph::Access> access_;
  std::map<std::pair<VolumeId, HostId>, std::unique_ptr<Guest>> guests_;
};

}  // namespace

std::unique_ptr<StorageBench> ceph_bench() { return std::make_unique<CephBench>(); }

}  // namespace causeway::agent
