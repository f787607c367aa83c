// SPDX-License-Identifier: Apache-2.0
// libvirt's own test driver: the real code of LibvirtCompute against libvirt's library, with states and
// definitions but no guests, no secrets and no daemon. Its default host lives in this process as long as
// somebody is connected.
#include <stdlib.h>

#include <algorithm>
#include <filesystem>

#include "agent/compute/libvirt.h"
#include "agent/compute/libvirt_handles.h"
#include "tests/contract/compute_bench.h"

namespace causeway::agent {
namespace {

class TestDriverBench final : public ComputeBench {
 public:
  TestDriverBench() {
    std::string name = testing_folder();
    folder_ = ::mkdtemp(name.data());
    connection_ = virConnectOpen(kUri);
  }
  ~TestDriverBench() override {
    if (connection_) virConnectClose(connection_);
    std::filesystem::remove_all(folder_);
  }
  TestDriverBench(const TestDriverBench&) = delete;
  TestDriverBench& operator=(const TestDriverBench&) = delete;

  std::string why_not() override { return connection_ ? "" : "libvirt has no test driver here"; }
  bool has_guests() override { return false; }
  bool has_daemon() override { return false; }
  bool has_secrets() override { return false; }

  std::unique_ptr<Compute> agent() override {
    return std::make_unique<LibvirtCompute>(
        LibvirtSettings{
            .uri = kUri,
            .domains = {.virtualization = Virtualization::test, .offloads = true, .state_dir = folder_}},
        std::make_shared<SystemClock>());
  }
  DomainSpec guest(const std::string& name) override {
    return {.id = WorkloadId{"civil-affairs/portal/" + name},
            .generation = Generation{1},
            .zone = ZoneId{"extranet"},
            .vcpus = 1,
            .memory = 64_MiB};
  }
  bool eventually(const std::function<bool()>& so) override { return wait_until(so); }

  void add_foreign(const std::string& domain_name) override {
    const std::string xml = "<domain type='test'><name>" + domain_name +
                            "</name><memory unit='MiB'>64</memory><os><type>hvm</type></os></domain>";
    const DomainHandle domain(virDomainCreateXML(connection_, xml.c_str(), 0));
  }
  bool foreign_untouched(const std::string& domain_name) override {
    const DomainHandle domain(virDomainLookupByName(connection_, domain_name.c_str()));
    return domain && virDomainIsActive(domain.get()) == 1;
  }
  void crash(const WorkloadId&) override {}
  void pause(const WorkloadId& id) override {
    const DomainHandle domain(virDomainLookupByName(connection_, domain_name(id).c_str()));
    virDomainSuspend(domain.get());
  }
  void restart_daemon() override {}
  void set_answering(bool) override {}

 private:
  static constexpr const char* kUri = "test:///default";

  static std::string testing_folder() {
    return (std::filesystem::temp_directory_path() / "causeway-compute-XXXXXX").string();
  }

  std::filesystem::path folder_;
  virConnectPtr connection_ = nullptr;
};

}  // namespace

std::unique_ptr<ComputeBench> test_driver_compute_bench() { return std::make_unique<TestDriverBench>(); }

}  // namespace causeway::agent
