// SPDX-License-Identifier: Apache-2.0
// What only the libvirt driver can get wrong: a daemon that hangs or is not there, storage that does not
// answer, a definition that somebody copied, keys on the disk.
#include "agent/compute/libvirt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <fstream>

#include "agent/compute/libvirt_handles.h"
#include "agent/compute/libvirt_state.h"
#include "tests/contract/compute_bench.h"
#include "tests/contract/libvirtd.h"
#include "tests/unit/compute/specs.h"

namespace causeway::agent {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kSecretUuid = "aaaaaaaa-0000-4000-8000-000000000001";

struct CloseConnection {
  void operator()(virConnect* connection) const { virConnectClose(connection); }
};

class LibvirtDriver : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = Libvirtd::why_not(); !why.empty()) GTEST_SKIP() << why;
    libvirtd_ = std::make_unique<Libvirtd>();
    compute_ = driver(Duration{30'000}, Duration{30'000});
    ASSERT_TRUE(compute_->observe());
  }

  std::unique_ptr<Compute> driver(Duration call_deadline, Duration start_deadline) {
    return std::make_unique<LibvirtCompute>(
        LibvirtSettings{.uri = libvirtd_->uri(),
                        .domains = {.virtualization = Virtualization::emulated,
                                    .offloads = false,
                                    .state_dir = libvirtd_->folder() / "state"},
                        .call_deadline = call_deadline,
                        .start_deadline = start_deadline},
        std::make_shared<SystemClock>());
  }
  DomainSpec guest() {
    const auto disk = libvirtd_->folder() / "web-1.raw";
    write_tiny_guest(disk);
    auto spec = web_spec();
    spec.memory = 32_MiB;
    spec.disks = {{.name = "root", .source = LocalFile{disk.string()}}};
    spec.ports.clear();
    return spec;
  }
  // As an operator uses libvirt, beside the agent.
  std::unique_ptr<virConnect, CloseConnection> operator_connection() {
    return std::unique_ptr<virConnect, CloseConnection>(virConnectOpen(libvirtd_->uri().c_str()));
  }
  DomainHandle domain(virConnectPtr connection, const WorkloadId& id) {
    return DomainHandle(virDomainLookupByName(connection, domain_name(id).c_str()));
  }

  std::unique_ptr<Libvirtd> libvirtd_;
  std::unique_ptr<Compute> compute_;
};

TEST_F(LibvirtDriver, GivesUpOnADaemonThatHangsAndGoesOnWithItLater) {
  compute_ = driver(Duration{500}, Duration{500});
  ASSERT_TRUE(compute_->observe());
  libvirtd_->signal(SIGSTOP);
  const auto begin = std::chrono::steady_clock::now();
  const auto hung = compute_->observe();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  libvirtd_->signal(SIGCONT);
  ASSERT_FALSE(hung);
  EXPECT_EQ(hung.error().code, Errc::timeout);
  EXPECT_TRUE(wait_until([&] { return compute_->observe().has_value(); }));
}

TEST_F(LibvirtDriver, GivesUpOnADaemonThatHangsWhileItConnects) {
  libvirtd_->signal(SIGSTOP);
  const auto begin = std::chrono::steady_clock::now();
  compute_ = driver(Duration{500}, Duration{500});
  const auto hung = compute_->observe();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  libvirtd_->signal(SIGCONT);
  ASSERT_FALSE(hung);
  EXPECT_EQ(hung.error().code, Errc::timeout);
  EXPECT_TRUE(wait_until([&] { return compute_->observe().has_value(); }));
}

TEST_F(LibvirtDriver, OutlivesADaemonThatIsKilledWhileCallsAreUnderWay) {
  compute_ = driver(Duration{200}, Duration{200});
  ASSERT_TRUE(compute_->observe());
  libvirtd_->signal(SIGSTOP);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(compute_->observe());
  libvirtd_->kill();
  EXPECT_FALSE(compute_->observe());
  libvirtd_->start();
  EXPECT_TRUE(wait_until([&] { return compute_->observe().has_value(); }));
}

TEST_F(LibvirtDriver, TakesACopyOfADefinitionForForeign) {
  const auto spec = guest();
  ASSERT_TRUE(compute_->define(spec));
  const auto connection = operator_connection();
  std::string xml;
  {
    const LibvirtText text(virDomainGetXMLDesc(domain(connection.get(), spec.id).get(), 0));
    xml = text.get();
  }
  const std::string name = "<name>" + domain_name(spec.id);
  xml.replace(xml.find(name), name.size(), "<name>copy");
  xml.erase(xml.find("<uuid>"), xml.find("</uuid>") + 7 - xml.find("<uuid>"));
  ASSERT_TRUE(DomainHandle(virDomainDefineXML(connection.get(), xml.c_str())));

  const auto seen = compute_->observe();
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->workloads.size(), 1U);
  ASSERT_EQ(seen->foreign.size(), 1U);
  EXPECT_EQ(seen->foreign[0].name, "copy");
}

TEST_F(LibvirtDriver, SeesAWorkloadWhoseDefinitionWasRemovedWhileItRuns) {
  const auto spec = guest();
  ASSERT_TRUE(compute_->define(spec));
  ASSERT_TRUE(compute_->start(spec.id));
  ASSERT_TRUE(compute_->observe());
  const auto connection = operator_connection();
  ASSERT_EQ(virDomainUndefine(domain(connection.get(), spec.id).get()), 0);
  ASSERT_TRUE(wait_until([&] { return compute_->observe()->workloads.at(0).defined == Generation{}; }));
  EXPECT_EQ(compute_->observe()->workloads.at(0).current, spec.generation);

  ASSERT_TRUE(compute_->define(spec));
  EXPECT_EQ(compute_->observe()->workloads.at(0).defined, spec.generation);
  EXPECT_EQ(compute_->observe()->workloads.at(0).power, Power::running);
}

TEST_F(LibvirtDriver, WritesASeedAgainThatWasLost) {
  const auto spec = guest();
  ASSERT_TRUE(compute_->define(spec));
  const auto seed = seed_path(libvirtd_->folder() / "state", spec.id);
  ASSERT_TRUE(std::filesystem::remove(seed));
  ASSERT_TRUE(compute_->define(spec));
  EXPECT_TRUE(std::filesystem::exists(seed));
  ASSERT_TRUE(compute_->undefine(spec.id));
  EXPECT_FALSE(std::filesystem::exists(seed));
}

TEST_F(LibvirtDriver, SaysThatATapIsMissing) {
  auto spec = guest();
  spec.ports = web_spec().ports;
  ASSERT_TRUE(compute_->define(spec));
  const auto started = compute_->start(spec.id);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Errc::unavailable);
  EXPECT_THAT(started.error().what, HasSubstr(spec.ports[0].tap));
  const auto seen = compute_->observe();
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->workloads.at(0).power, Power::stopped);
  EXPECT_EQ(seen->workloads.at(0).why, "its last start failed");
}

TEST_F(LibvirtDriver, DoesNotHoldItsWorkerWhileStorageDoesNotAnswer) {
  compute_ = driver(Duration{30'000}, Duration{1'000});
  auto spec = guest();
  spec.disks = {{.name = "root",
                 .source = RbdImage{.pool = "extranet",
                                    .image_name = "civil-affairs.portal.web-1.root",
                                    .monitors = {"127.0.0.1:1"},
                                    .ceph_user = "h1-extranet",
                                    .secret_uuid = kSecretUuid}}};
  ASSERT_TRUE(
      compute_->set_secret(spec.zone, kSecretUuid, Secret("AQBvKZ1mAAAAABAAQ2F1c2V3YXktdGVzdC1rZXk=")));
  ASSERT_TRUE(compute_->define(spec));
  const auto started = compute_->start(spec.id);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Errc::timeout) << started.error().what;
  const auto seen = compute_->observe();
  ASSERT_TRUE(seen) << seen.error().what;
  EXPECT_NE(seen->workloads.at(0).run, 0);

  const auto killed = compute_->kill(spec.id);
  EXPECT_TRUE(killed) << killed.error().what;
  EXPECT_TRUE(wait_until([&] { return compute_->observe()->workloads.at(0).run == 0; }));
}

TEST_F(LibvirtDriver, HandsSecretsOverAgainAfterARestartAndLeavesThemInNoFile) {
  const std::string key = "AQBvKZ1mAAAAABAAQ2F1c2V3YXktdGVzdC1rZXk=";
  ASSERT_TRUE(compute_->set_secret(ZoneId{"extranet"}, kSecretUuid, Secret(key)));
  const auto known = [&] {
    const auto connection = operator_connection();
    return connection && SecretHandle(virSecretLookupByUUIDString(connection.get(), kSecretUuid.c_str()));
  };
  EXPECT_TRUE(known());
  libvirtd_->stop();
  libvirtd_->start();
  EXPECT_FALSE(known());
  ASSERT_TRUE(wait_until([&] { return compute_->observe().has_value(); }));
  EXPECT_TRUE(known());

  for (const auto& entry : std::filesystem::recursive_directory_iterator(libvirtd_->folder())) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string content((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    EXPECT_THAT(content, Not(HasSubstr(key))) << entry.path();
  }
}

TEST_F(LibvirtDriver, WritesDefinitionsThatFitLibvirtsSchema) {
  const auto connection = operator_connection();
  for (const auto virtualization : {Virtualization::emulated, Virtualization::kvm}) {
    auto spec = web_spec();
    spec.binding = {true, true, {0, 1}};
    const Inventory host{.vcpus = 2,
                         .memory = 8192_MiB,
                         .numa = {{0, {0}, 4096_MiB, 2048_MiB, {}}, {1, {1}, 4096_MiB, 2048_MiB, {}}},
                         .huge_page_kib = 2048,
                         .cpu = {},
                         .cpu_flags = {}};
    const auto xml = domain_xml(
        spec, {.virtualization = virtualization, .offloads = false, .state_dir = "/var/lib/causeway"}, host,
        {{0, 1}, {0}});
    ASSERT_TRUE(xml);
    const DomainHandle defined(
        virDomainDefineXMLFlags(connection.get(), xml->c_str(), VIR_DOMAIN_DEFINE_VALIDATE));
    // A machine without KVM refuses the second one for another reason.
    if (!defined) {
      EXPECT_EQ(virGetLastErrorCode(), VIR_ERR_CONFIG_UNSUPPORTED) << virGetLastErrorMessage();
    }
  }
}

TEST(LibvirtAway, SaysWhereNobodyAnswersAndWhatToDo) {
  LibvirtCompute compute({.uri = "qemu:///system?socket=/nowhere/libvirt-sock", .domains = {}},
                         std::make_shared<SystemClock>());
  const auto seen = compute.observe();
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().code, Errc::unavailable);
  EXPECT_THAT(seen.error().what, HasSubstr("/nowhere/libvirt-sock"));
  EXPECT_THAT(seen.error().what, HasSubstr("systemctl start libvirtd"));
}

TEST(LibvirtState, TellsAnOrderlyEndFromACrash) {
  EXPECT_EQ(translated_state(VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_SHUTDOWN).power, Power::stopped);
  EXPECT_EQ(translated_state(VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_DESTROYED).power, Power::stopped);
  EXPECT_EQ(translated_state(VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_CRASHED).power, Power::crashed);
  EXPECT_EQ(translated_state(VIR_DOMAIN_CRASHED, VIR_DOMAIN_CRASHED_PANICKED).power, Power::crashed);
}

TEST(LibvirtState, CallsAWorkloadRunningFromItsFirstMomentToItsLast) {
  EXPECT_EQ(translated_state(VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_STARTING_UP).power, Power::running);
  EXPECT_EQ(translated_state(VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED).power, Power::running);
  EXPECT_EQ(translated_state(VIR_DOMAIN_SHUTDOWN, VIR_DOMAIN_SHUTDOWN_USER).power, Power::running);
}

TEST(LibvirtState, SaysWhyAWorkloadIsPaused) {
  const auto state = translated_state(VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_IOERROR);
  EXPECT_EQ(state.power, Power::paused);
  EXPECT_THAT(state.why, HasSubstr("I/O error"));
}

}  // namespace
}  // namespace causeway::agent
