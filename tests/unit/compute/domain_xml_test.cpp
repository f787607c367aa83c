// SPDX-License-Identifier: Apache-2.0
#include "agent/compute/domain_xml.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <pugixml.hpp>
#include <sstream>

#include "tests/unit/compute/golden.h"
#include "tests/unit/compute/specs.h"

namespace causeway::agent {
namespace {

DomainSettings settings(Virtualization virtualization) {
  return {.virtualization = virtualization, .offloads = true, .state_dir = "/var/lib/causeway"};
}

pugi::xml_document parsed(const DomainSpec& spec, const DomainSettings& with) {
  auto xml = domain_xml(spec, with, {}, {});
  EXPECT_TRUE(xml) << xml.error().what;
  pugi::xml_document document;
  EXPECT_TRUE(document.load_string(xml->c_str()));
  return document;
}

std::string text_at(const pugi::xml_document& document, const char* path) {
  const auto found = document.select_node(path);
  return found.attribute() ? found.attribute().value() : found.node().text().get();
}

TEST(DomainXml, LooksAsItDidUnderKvm) {
  expect_golden("kvm.xml", domain_xml(web_spec(), settings(Virtualization::kvm), {}, {}).value());
}

TEST(DomainXml, LooksAsItDidUnderEmulationOnAUserspaceDatapath) {
  auto with = settings(Virtualization::emulated);
  with.offloads = false;
  expect_golden("emulated.xml", domain_xml(web_spec(), with, {}, {}).value());
}

TEST(DomainXml, NamesTheDomainByTheWorkloadWithDots) {
  EXPECT_EQ(domain_name(WorkloadId{"civil-affairs/portal/web-1"}), "civil-affairs.portal.web-1");
}

TEST(DomainXml, DerivesTheUuidFromTheWorkloadAlone) {
  EXPECT_EQ(domain_uuid(WorkloadId{"a/b/c"}), domain_uuid(WorkloadId{"a/b/c"}));
  EXPECT_NE(domain_uuid(WorkloadId{"a/b/c"}), domain_uuid(WorkloadId{"a/b/d"}));
}

TEST(DomainXml, OpensVolumesUncachedWithTheUserOfTheZone) {
  const auto document = parsed(web_spec(), settings(Virtualization::kvm));
  EXPECT_EQ(text_at(document, "//disk[1]/source/@name"), "extranet/civil-affairs.portal.web-1.root");
  EXPECT_EQ(text_at(document, "//disk[1]/auth/@username"), "h1-extranet");
  EXPECT_EQ(text_at(document, "//disk[1]/driver/@cache"), "none");
  EXPECT_EQ(text_at(document, "//disk[1]/driver/@discard"), "unmap");
  EXPECT_EQ(text_at(document, "//disk[1]/source/host[2]/@name"), "fd00::7");
  EXPECT_EQ(text_at(document, "//disk[1]/source/host[2]/@port"), "3300");
}

TEST(DomainXml, BootsFromTheFirstDiskAndPutsTheSeedLast) {
  const auto document = parsed(web_spec(), settings(Virtualization::kvm));
  EXPECT_EQ(document.select_nodes("//disk/boot").size(), 1U);
  EXPECT_EQ(text_at(document, "//disk[boot]/target/@dev"), "vda");
  EXPECT_EQ(text_at(document, "//disk[last()]/source/@file"),
            "/var/lib/causeway/seed/civil-affairs.portal.web-1.iso");
  EXPECT_TRUE(document.select_node("//disk[last()]/readonly"));
}

Inventory two_nodes() {
  return {.vcpus = 8,
          .memory = 8192_MiB,
          .numa = {{0, {0, 1, 2, 3}, 4096_MiB, 2048_MiB, {}}, {2, {4, 5, 6, 7}, 4096_MiB, 2048_MiB, {}}},
          .huge_page_kib = 2048,
          .cpu = {},
          .cpu_flags = {}};
}

pugi::xml_document bound(const Binding& binding, Virtualization virtualization, const DomainCpus& cpus) {
  auto spec = web_spec();
  spec.binding = binding;
  auto xml = domain_xml(spec, settings(virtualization), two_nodes(), cpus);
  EXPECT_TRUE(xml) << xml.error().what;
  pugi::xml_document document;
  EXPECT_TRUE(document.load_string(xml->c_str()));
  return document;
}

TEST(DomainXml, BindsMemoryAndCpusToTwoNodesAndShowsThemToTheGuest) {
  const auto document = bound({true, true, {0, 1}}, Virtualization::kvm, {{3, 7}, {0, 1, 2, 4, 5, 6}});
  EXPECT_EQ(text_at(document, "/domain/memoryBacking/hugepages/page/@size"), "2048");
  EXPECT_EQ(text_at(document, "/domain/numatune/memory/@mode"), "strict");
  EXPECT_EQ(text_at(document, "/domain/numatune/memory/@nodeset"), "0,2") << "the kernel's numbers";
  EXPECT_EQ(text_at(document, "/domain/numatune/memnode[2]/@nodeset"), "2");
  EXPECT_EQ(text_at(document, "/domain/cputune/vcpupin[@vcpu='0']/@cpuset"), "3");
  EXPECT_EQ(text_at(document, "/domain/cputune/vcpupin[@vcpu='1']/@cpuset"), "7");
  EXPECT_EQ(text_at(document, "/domain/cputune/emulatorpin/@cpuset"), "0-2,4-6");
  EXPECT_EQ(text_at(document, "/domain/cpu/@mode"), "host-model");
  EXPECT_EQ(text_at(document, "/domain/cpu/numa/cell[2]/@cpus"), "1");
  EXPECT_EQ(text_at(document, "/domain/cpu/numa/cell[2]/@memory"), "2048");
}

TEST(DomainXml, GivesAnEmulatedGuestItsCpusAsAWhole) {
  const auto document = bound({false, true, {1}}, Virtualization::emulated, {{6, 7}, {0, 1, 2, 3}});
  EXPECT_EQ(text_at(document, "/domain/vcpu/@cpuset"), "6-7");
  EXPECT_FALSE(document.select_node("//cputune"));
  EXPECT_EQ(text_at(document, "/domain/numatune/memory/@nodeset"), "2");
  EXPECT_FALSE(document.select_node("/domain/cpu/numa")) << "one node is no topology";
}

TEST(DomainXml, SaysNothingOfCpusWhereAllAreOpen) {
  const auto document = bound({}, Virtualization::kvm, {});
  for (const auto* path : {"//cputune", "//numatune", "//memoryBacking", "//vcpu/@cpuset", "//cpu/numa"})
    EXPECT_FALSE(document.select_node(path)) << path;
}

TEST(DomainXml, ChangesTheCpusOfADefinitionAndNothingElse) {
  auto spec = web_spec();
  const auto with = settings(Virtualization::kvm);
  const DomainCpus pinned{{4, 5}, {0, 1, 2, 3}};
  const DomainCpus elsewhere{{6, 7}, {0, 1}};
  const auto before = domain_xml(spec, with, two_nodes(), pinned).value();
  EXPECT_NE(before, domain_xml(spec, with, two_nodes(), elsewhere).value());
  EXPECT_EQ(with_cpus(before, elsewhere).value(), domain_xml(spec, with, two_nodes(), elsewhere).value());
  EXPECT_EQ(with_cpus(before, {}).value(), domain_xml(spec, with, two_nodes(), {}).value());
  EXPECT_EQ(with_cpus("<domain/>", {}).error().code, Errc::corrupt);
}

TEST(DomainXml, MarksWhereAWorkloadIsBound) {
  const Mark mark{WorkloadId{"a/b/c"}, Generation{3}, ZoneId{"extranet"}, {0, 1}, {{6, 4}, {0, 1}}, true};
  EXPECT_EQ(read_mark(mark_xml(mark)), mark);
}

TEST(DomainXml, RefusesNodesThatCanNotShareEqually) {
  auto spec = web_spec();
  spec.vcpus = 3;
  spec.binding.nodes = {0, 1};
  EXPECT_EQ(check(spec).error().code, Errc::invalid);
  spec.vcpus = 4;
  EXPECT_TRUE(check(spec));
  spec.binding.nodes = {1, 0};
  EXPECT_EQ(check(spec).error().code, Errc::invalid);
}

TEST(DomainXml, LeavesOutASeedThatIsNotAskedFor) {
  auto spec = web_spec();
  spec.seed.reset();
  EXPECT_EQ(parsed(spec, settings(Virtualization::kvm)).select_nodes("//disk").size(), 2U);
}

TEST(DomainXml, AsksForNoAuthenticationWhereCephHasNone) {
  auto spec = web_spec();
  std::get<RbdImage>(spec.disks[0].source).secret_uuid.clear();
  EXPECT_FALSE(parsed(spec, settings(Virtualization::kvm)).select_node("//disk[1]/auth"));
}

TEST(DomainXml, OpensATapThatTheNetworkMadeAndNeverMakesOne) {
  const auto document = parsed(web_spec(), settings(Virtualization::kvm));
  EXPECT_EQ(text_at(document, "//interface/@type"), "ethernet");
  EXPECT_EQ(text_at(document, "//interface/target/@dev"), "cw0123456789a");
  EXPECT_EQ(text_at(document, "//interface/target/@managed"), "no");
  EXPECT_EQ(text_at(document, "//interface/mtu/@size"), "1450");
}

TEST(DomainXml, SwitchesTheOffloadsOffForAUserspaceDatapath) {
  auto with = settings(Virtualization::kvm);
  EXPECT_FALSE(parsed(web_spec(), with).select_node("//interface/driver"));
  with.offloads = false;
  EXPECT_EQ(text_at(parsed(web_spec(), with), "//interface/driver/host/@csum"), "off");
  EXPECT_EQ(text_at(parsed(web_spec(), with), "//interface/driver/guest/@tso4"), "off");
}

TEST(DomainXml, LimitsTheTranslationCacheOfAnEmulatedGuest) {
  EXPECT_EQ(text_at(parsed(web_spec(), settings(Virtualization::emulated)), "//tcg/tb-cache"), "32");
  EXPECT_FALSE(parsed(web_spec(), settings(Virtualization::kvm)).select_node("//tcg"));
}

TEST(DomainXml, KeepsTheConsoleLogOverRestarts) {
  const auto document = parsed(web_spec(), settings(Virtualization::kvm));
  EXPECT_EQ(text_at(document, "//serial/@type"), "pty");
  EXPECT_EQ(text_at(document, "//serial/log/@file"),
            "/var/lib/causeway/console/civil-affairs.portal.web-1.log");
  EXPECT_EQ(text_at(document, "//serial/log/@append"), "on");
}

TEST(DomainXml, DeclinesWhatLibvirtWouldAdd) {
  const auto document = parsed(web_spec(), settings(Virtualization::kvm));
  EXPECT_EQ(text_at(document, "//controller[@type='usb']/@model"), "none");
  EXPECT_EQ(text_at(document, "//memballoon/@model"), "none");
}

TEST(DomainXml, RefusesAWorkloadWithoutMemoryOrProcessor) {
  auto spec = web_spec();
  spec.memory = 0_MiB;
  EXPECT_EQ(domain_xml(spec, settings(Virtualization::kvm), {}, {}).error().code, Errc::invalid);
  spec = web_spec();
  spec.vcpus = 0;
  EXPECT_EQ(domain_xml(spec, settings(Virtualization::kvm), {}, {}).error().code, Errc::invalid);
}

TEST(DomainXml, RefusesMoreDisksThanThereAreNames) {
  auto spec = web_spec();
  spec.disks.resize(25, spec.disks[1]);
  EXPECT_TRUE(domain_xml(spec, settings(Virtualization::kvm), {}, {}));
  spec.disks.resize(26, spec.disks[1]);
  EXPECT_EQ(domain_xml(spec, settings(Virtualization::kvm), {}, {}).error().code, Errc::invalid);
}

TEST(DomainXml, TakesAnyTextAsTextAndNeverAsMarkup) {
  rc::check("a name with markup comes out as it went in", [](const std::string& raw) {
    std::string text = "a";
    for (const char c : raw + "<&\"'>]]>")
      if (c >= ' ' && c < 0x7f) text += c;
    auto spec = web_spec();
    spec.id = WorkloadId{text};
    spec.disks[0].name = text;
    const auto document = parsed(spec, settings(Virtualization::kvm));
    RC_ASSERT(text_at(document, "/domain/title") == text);
    RC_ASSERT(text_at(document, "//disk[1]/serial") == text);
    RC_ASSERT(document.select_nodes("//disk").size() == 3U);
  });
}

TEST(DomainXml, RecognizesItsOwnMark) {
  const auto document = parsed(web_spec(), settings(Virtualization::kvm));
  std::ostringstream element;
  document.select_node("/domain/metadata/*").node().print(element);
  EXPECT_EQ(read_mark(element.str()),
            (Mark{WorkloadId{"civil-affairs/portal/web-1"}, Generation{3}, ZoneId{"extranet"}}));
}

TEST(DomainXml, ReadsTheMarkAsLibvirtReturnsIt) {
  EXPECT_EQ(read_mark("<workload id=\"a/b/c\" generation=\"7\" zone=\"intranet\"/>"),
            (Mark{WorkloadId{"a/b/c"}, Generation{7}, ZoneId{"intranet"}}));
}

TEST(DomainXml, TakesNothingElseForAMark) {
  EXPECT_EQ(read_mark(""), std::nullopt);
  EXPECT_EQ(read_mark("<instance id='a/b/c' generation='7' zone='z'/>"), std::nullopt);
  EXPECT_EQ(read_mark("<workload generation='7' zone='z'/>"), std::nullopt);
  EXPECT_EQ(read_mark("<workload id='a/b/c' generation='' zone='z'/>"), std::nullopt);
  EXPECT_EQ(read_mark("<workload id='a/b/c' generation='7x' zone='z'/>"), std::nullopt);
  EXPECT_EQ(read_mark("<workload id='a/b/c' generation='99999999999999999999' zone='z'/>"), std::nullopt);
  EXPECT_EQ(read_mark("not xml"), std::nullopt);
}

}  // namespace
}  // namespace causeway::agent
