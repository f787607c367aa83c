// SPDX-License-Identifier: Apache-2.0
#include <signal.h>

#include "agent/compute/libvirt.h"
#include "agent/compute/libvirt_handles.h"
#include "tests/contract/compute_bench.h"
#include "tests/contract/libvirtd.h"

namespace causeway::agent {
namespace {

class QemuBench final : public ComputeBench {
 public:
  std::string why_not() override {
    if (auto why = Libvirtd::why_not(); !why.empty()) return why;
    libvirtd_ = std::make_unique<Libvirtd>();
    const auto seen = agent()->observe();
    return seen ? "" : seen.error().what;
  }
  bool has_guests() override { return true; }
  bool has_daemon() override { return true; }
  bool has_secrets() override { return true; }

  std::unique_ptr<Compute> agent() override {
    return std::make_unique<LibvirtCompute>(
        LibvirtSettings{.uri = libvirtd_->uri(),
                        .domains = {.virtualization = Virtualization::emulated,
                                    .offloads = false,
                                    .state_dir = libvirtd_->folder() / "state"}},
        std::make_shared<SystemClock>());
  }
  DomainSpec guest(const std::string& name) override {
    const auto disk = libvirtd_->folder() / (name + ".raw");
    write_tiny_guest(disk);
    const std::string mac = "52:54:00:00:00:01";
    return {.id = WorkloadId{"civil-affairs/portal/" + name},
            .generation = Generation{1},
            .zone = ZoneId{"extranet"},
            .vcpus = 1,
            .memory = 32_MiB,
            .disks = {{.name = "root", .source = LocalFile{disk.string()}}},
            .ports = {{.port = PortId{"civil-affairs/portal/" + name + "/eth0"},
                       .tap = "t-" + name,
                       .mac = mac,
                       .mtu = 1450}},
            .seed = GuestSeed{.instance_id = "1", .hostname = name}};
  }
  bool eventually(const std::function<bool()>& so) override { return wait_until(so); }

  void add_foreign(const std::string& domain_name) override {
    const std::string xml = "<domain type='qemu'><name>" + domain_name +
                            "</name><memory unit='MiB'>32</memory><os><type>hvm</type></os></domain>";
    with_domain("", [&](virConnectPtr connection, virDomainPtr) {
      const DomainHandle domain(virDomainCreateXML(connection, xml.c_str(), 0));
    });
  }
  bool foreign_untouched(const std::string& domain_name) override {
    bool running = false;
    with_domain(domain_name, [&](virConnectPtr, virDomainPtr domain) {
      running = domain && virDomainIsActive(domain) == 1 && virDomainIsPersistent(domain) == 0;
    });
    return running;
  }
  void crash(const WorkloadId& id) override {
    if (const pid_t pid = libvirtd_->guest(domain_name(id)); pid > 0) ::kill(pid, SIGKILL);
  }
  void pause(const WorkloadId& id) override {
    with_domain(domain_name(id), [](virConnectPtr, virDomainPtr domain) { virDomainSuspend(domain); });
  }
  void restart_daemon() override {
    libvirtd_->stop();
    libvirtd_->start();
  }
  void set_answering(bool answering) override {
    if (answering)
      libvirtd_->start();
    else
      libvirtd_->stop();
  }

 private:
  // As an operator does, beside the agent.
  void with_domain(const std::string& name, const std::function<void(virConnectPtr, virDomainPtr)>& use) {
    virConnectPtr connection = virConnectOpen(libvirtd_->uri().c_str());
    if (!connection) return;
    {
      const DomainHandle domain(name.empty() ? nullptr : virDomainLookupByName(connection, name.c_str()));
      use(connection, domain.get());
    }
    virConnectClose(connection);
  }

  std::unique_ptr<Libvirtd> libvirtd_;
};

}  // namespace

std::unique_ptr<ComputeBench> qemu_compute_bench() { return std::make_unique<QemuBench>(); }

}  // namespace causeway::agent
