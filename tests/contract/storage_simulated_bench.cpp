// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include "agent/storage/simulated.h"
#include "common/core/digest.h"
#include "tests/contract/storage_bench.h"

namespace causeway::agent {
namespace {

class SimulatedBench final : public StorageBench {
 public:
  SimulatedBench() { cluster_->set_import_steps(3); }

  std::string why_not() override { return ""; }
  std::unique_ptr<Storage> agent(const HostId& host) override {
    return std::make_unique<SimulatedStorage>(cluster_, host, std::set{zone()});
  }
  ZoneId zone() override { return ZoneId("extranet"); }
  std::string add_file(const std::string& name, GiB disk) override {
    Sha256 digest;
    digest.add(fmt::format("{} {}", name, disk.value));
    const auto sha256 = digest.hex();
    cluster_->add_file(name, {.sha256 = sha256, .disk = disk});
    return sha256;
  }
  void add_foreign_image(const std::string& image_name) override {
    cluster_->add_foreign_image(zone(), image_name);
  }
  void open(const VolumeId& volume, const HostId& host) override { cluster_->open(zone(), volume, host); }
  void close(const VolumeId& volume, const HostId& host) override { cluster_->close(zone(), volume, host); }
  void set_answering(bool answering) override { cluster_->set_answering(answering); }

 private:
  std::shared_ptr<SimulatedCluster> cluster_ = std::make_shared<SimulatedCluster>();
};

}  // namespace

std::unique_ptr<StorageBench> simulated_bench() { return std::make_unique<SimulatedBench>(); }

}  // namespace causeway::agent
