// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/model/fixture.h"

namespace causeway::model::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

template <class Spoil>
std::vector<std::string> after(Spoil spoil) {
  Wave spoilt = wave();
  spoil(spoilt.applications);
  return shown(validate(spoilt, with(catalog(), {spoilt})));
}

using Applications = std::map<std::string, Application>;

Application& first(Applications& all) { return all.at("marriage-registration"); }
WorkloadSpec& web(Applications& all) { return first(all).workloads.at("web"); }
PortSpec& eth0(Applications& all) { return web(all).ports.at("eth0"); }

TEST(ValidateWave, AcceptsOneThatMakesSense) { EXPECT_THAT(shown(validate(wave(), catalog())), IsEmpty()); }

TEST(ValidateWave, RefusesAnApplicationAboveItsZonesLevelAndNamesTheZonesThatFit) {
  EXPECT_THAT(
      after([](Applications& all) { first(all).mlps = 3; }),
      ElementsAre("applications.marriage-registration.mlps: MLPS level 3 is above level 2 of zone extranet "
                  "(GB/T 22239); zones of that level: intranet"));
}

TEST(ValidateWave, RefusesAnUnknownDepartmentZoneNetworkImageRoomOrServer) {
  EXPECT_THAT(
      after([](Applications& all) { first(all).department = DepartmentId("civil-affair"); }),
      ::testing::Contains(HasSubstr("there is no department 'civil-affair'; did you mean 'civil-affairs'?")));
  EXPECT_THAT(after([](Applications& all) { first(all).zone = ZoneId("extra"); }),
              ::testing::Contains(HasSubstr("there is no zone 'extra'; there is: extranet, intranet")));
  EXPECT_THAT(
      after([](Applications& all) { eth0(all).network = NetworkId("civil-affairs-wed"); }),
      ElementsAre(HasSubstr("ports.eth0.network: there is no network 'civil-affairs-wed'; did you mean")));
  EXPECT_THAT(after([](Applications& all) { web(all).image = ImageId("debian-13"); }),
              ElementsAre(HasSubstr("there is no image 'debian-13'; did you mean 'debian-12'?")));
  EXPECT_THAT(after([](Applications& all) { first(all).from = {RoomId("b2"), {}}; }),
              ElementsAre(HasSubstr("there is no room 'b2'")));
  EXPECT_THAT(
      after([](Applications& all) { first(all).from = {RoomId("civil-affairs-b1"), {"CA-SRV-4"}}; }),
      ElementsAre(HasSubstr(
          "there is no server in room civil-affairs-b1 called 'CA-SRV-4'; did you mean 'CA-SRV-04'?")));
}

TEST(ValidateWave, RefusesTheRoomOfAnotherDepartment) {
  Rooms more;
  more.rooms[RoomId("housing-f2")] = {"", DepartmentId("housing"), "", {"HS-1"}};
  Wave spoilt = wave();
  first(spoilt.applications).from = {RoomId("housing-f2"), {}};
  EXPECT_THAT(shown(validate(spoilt, with(catalog(), {more}))),
              ElementsAre(HasSubstr("room housing-f2 belongs to housing")));
}

TEST(ValidateWave, RefusesANetworkOfAnotherDepartmentAndOfAnotherZone) {
  EXPECT_THAT(
      after([](Applications& all) { eth0(all).network = NetworkId("housing-internal"); }),
      ElementsAre(HasSubstr("belongs to housing, and this application to civil-affairs"),
                  HasSubstr("is in zone intranet, and this application in zone extranet: zones never meet")));
}

TEST(ValidateWave, RefusesAnAddressOutsideItsNetwork) {
  EXPECT_THAT(after([](Applications& all) { eth0(all).address = ip("10.52.4.21"); }),
              ElementsAre(HasSubstr(
                  "10.52.4.21 can't be used in network civil-affairs-web: it lies outside 10.52.3.0/24")));
}

TEST(ValidateWave, RefusesTheAddressesThatTheNetworkItselfNeeds) {
  EXPECT_THAT(after([](Applications& all) { eth0(all).address = ip("10.52.3.0"); }),
              ElementsAre(HasSubstr("it is the address of 10.52.3.0/24 itself")));
  EXPECT_THAT(after([](Applications& all) { eth0(all).address = ip("10.52.3.255"); }),
              ElementsAre(HasSubstr("it is the broadcast address")));
  EXPECT_THAT(after([](Applications& all) { eth0(all).address = ip("10.52.3.1"); }),
              ElementsAre(HasSubstr("it is the network's gateway")));
}

TEST(ValidateWave, RefusesAnAddressThatIsTakenInTheWave) {
  EXPECT_THAT(after([](Applications& all) {
                eth0(all).address = ip("10.52.3.21");
                first(all).workloads["zz"] = web(all);
              }),
              ElementsAre(HasSubstr("workloads.zz.ports.eth0.address: 10.52.3.21 is taken by")));
}

TEST(ValidateWave, RefusesAnAddressThatAnEarlierWaveTook) {
  Wave earlier = wave();
  eth0(earlier.applications).address = ip("10.52.3.21");
  Wave later;
  later.id = WaveId("wave-2");
  later.applications["aaa"] = first(earlier.applications);
  EXPECT_THAT(shown(validate(later, with(catalog(), {earlier}))),
              ElementsAre(HasSubstr("10.52.3.21 is taken by civil-affairs/marriage-registration/web")));
}

TEST(ValidateWave, LetsAnApplicationKeepItsAddressWhenItIsAppliedAgain) {
  Wave again = wave();
  eth0(again.applications).address = ip("10.52.3.21");
  EXPECT_THAT(shown(validate(again, with(catalog(), {again}))), IsEmpty());
}

TEST(ValidateWave, RefusesACountWithAFixedAddress) {
  EXPECT_THAT(after([](Applications& all) {
                web(all).count = 2;
                eth0(all).address = ip("10.52.3.21");
              }),
              ElementsAre(HasSubstr("2 workloads (count) can't have the one address 10.52.3.21")));
}

TEST(ValidateWave, RefusesTwoEntriesThatLeadToOneWorkload) {
  EXPECT_THAT(after([](Applications& all) {
                web(all).count = 2;
                first(all).workloads["web-1"] = workload();
              }),
              ElementsAre(HasSubstr("workload 'web-1' comes from 'web' and from 'web-1'")));
}

TEST(ValidateWave, NamesTheCycleInDependsOn) {
  EXPECT_THAT(
      after([](Applications& all) {
        all["a"] = all["b"] = all["c"] = application();
        all["a"].depends_on = {"b"};
        all["b"].depends_on = {"civil-affairs/c"};
        all["c"].depends_on = {"a"};
      }),
      ElementsAre(HasSubstr("civil-affairs/a → civil-affairs/b → civil-affairs/c → civil-affairs/a")));
}

TEST(ValidateWave, RefusesADependencyOnItselfAndOnWhatIsAbsent) {
  EXPECT_THAT(
      after(
          [](Applications& all) { first(all).depends_on = {"marriage-registration", "marriage-registry"}; }),
      ElementsAre(
          HasSubstr("depends on itself"),
          HasSubstr("there is no application 'marriage-registry'; did you mean 'marriage-registration'?")));
}

TEST(ValidateWave, AsksForTheDepartmentWhereAnApplicationsNameIsNotEnough) {
  Wave other;
  other.id = WaveId("wave-0");
  other.applications["portal"] = application();
  Wave second = other;
  second.applications["portal"].department = DepartmentId("housing");
  Wave spoilt = wave();
  first(spoilt.applications).depends_on = {"portal"};
  EXPECT_THAT(shown(validate(spoilt, with(catalog(), {other, second}))),
              ElementsAre(HasSubstr(
                  "'portal' may be civil-affairs/portal, housing/portal: write its department with it")));
}

TEST(ValidateWave, FollowsALongChainWithoutEnd) {
  EXPECT_THAT(after([](Applications& all) {
                for (int i = 0; i < 2000; ++i) {
                  auto& link = all[fmt::format("link-{}", i)] = application();
                  if (i > 0) link.depends_on = {fmt::format("civil-affairs/link-{}", i - 1)};
                }
              }),
              IsEmpty());
}

TEST(ValidateWave, RefusesAServiceThatNobodyOffers) {
  EXPECT_THAT(after([](Applications& all) {
                web(all).offers["https"] = {Protocol::tcp, 443};
                all["b"] = application();
                all["b"].reaches = {"marriage-registration/http", "marriage-registration", "nobody/https"};
              }),
              ElementsAre(HasSubstr("there is no service of civil-affairs/marriage-registration called "
                                    "'http'; did you mean 'https'?"),
                          HasSubstr("names no service of an application"),
                          HasSubstr("there is no application 'nobody'")));
}

TEST(ValidateWave, RefusesToReachIntoAnotherZone) {
  EXPECT_THAT(after([](Applications& all) {
                web(all).offers["https"] = {Protocol::tcp, 443};
                auto& other = all["b"] = application();
                other.department = DepartmentId("housing");
                other.zone = ZoneId("intranet");
                other.workloads["web"].ports["eth0"].network = NetworkId("housing-internal");
                other.reaches = {"marriage-registration/https"};
              }),
              ElementsAre(HasSubstr("zones never meet; reach a service in zone intranet")));
}

// The site lets gateways stand between its two zones, and civil affairs has a network in each; so has video,
// which nothing may be exchanged with.
Catalog exchanging() {
  Site two = site();
  two.zones.at(ZoneId("extranet")).exchange_with = {ZoneId("intranet")};
  two.zones.at(ZoneId("intranet")).exchange_with = {ZoneId("extranet")};
  two.zones[ZoneId("video")] = {"视频专网", Classification::sensitive, 3, Isolation::own_hosts, "video",
                                10_GiB};
  Departments networks = departments();
  auto& civil = networks.departments.at(DepartmentId("civil-affairs"));
  for (const auto* zone : {"intranet", "video"}) {
    Network network;
    network.department = DepartmentId("civil-affairs");
    network.zone = ZoneId(zone);
    network.subnet = subnet(zone == std::string("video") ? "10.99.0.0/24" : "10.98.0.0/24");
    civil.networks[NetworkId(std::string("civil-affairs-") + zone)] = network;
  }
  return with({}, {two, networks, rooms()});
}

template <class Spoil>
std::vector<std::string> between_zones(Spoil spoil) {
  Wave spoilt = wave();
  auto& gateway = spoilt.applications.begin()->second.workloads["gateway"] = workload();
  gateway.exchange_gateway = ZoneId("intranet");
  gateway.ports["eth1"] = {NetworkId("civil-affairs-intranet"), std::nullopt};
  spoil(gateway, spoilt.applications);
  return shown(validate(spoilt, with(exchanging(), {spoilt})));
}

TEST(ValidateWave, AllowsADeclaredExchangeGatewayAPortInEachOfTwoZonesThatThePolicyLists) {
  EXPECT_THAT(between_zones([](WorkloadSpec&, Applications&) {}), IsEmpty());
}

TEST(ValidateWave, RefusesPortsInTwoZonesOfAnythingElseAndSaysWhatAnExchangeGatewayWrites) {
  EXPECT_THAT(
      between_zones([](WorkloadSpec& spec, Applications&) { spec.exchange_gateway = {}; }),
      ElementsAre(AllOf(HasSubstr("workloads.gateway.ports.eth1.network: network civil-affairs-intranet is "
                                  "in zone intranet, and this application in zone extranet: zones never "
                                  "meet"),
                        HasSubstr("write exchange_gateway: intranet"))));
}

TEST(ValidateWave, RefusesAnExchangeGatewayInOneZoneOrInThree) {
  EXPECT_THAT(between_zones([](WorkloadSpec& spec, Applications&) { spec.ports.erase("eth1"); }),
              ElementsAre(HasSubstr("gateway.exchange_gateway: an exchange gateway without a port in zone "
                                    "intranet")));
  EXPECT_THAT(between_zones([](WorkloadSpec& spec, Applications&) {
                spec.ports["eth0"].network = NetworkId("civil-affairs-intranet");
              }),
              ElementsAre(HasSubstr("an exchange gateway without a port in zone extranet")));
  EXPECT_THAT(between_zones([](WorkloadSpec& spec, Applications&) {
                spec.ports["eth2"] = {NetworkId("civil-affairs-video"), std::nullopt};
              }),
              ElementsAre(HasSubstr("it has ports in two zones, never in three")));
  EXPECT_THAT(
      between_zones([](WorkloadSpec& spec, Applications&) {
        spec.exchange_gateway = ZoneId("extranet");
        spec.ports.erase("eth1");
      }),
      ElementsAre(HasSubstr("an exchange gateway stands between two zones, and extranet is its own")));
}

TEST(ValidateWave, RefusesAnExchangeGatewayBetweenZonesThatThePolicyDoesNotList) {
  EXPECT_THAT(
      between_zones([](WorkloadSpec& spec, Applications&) {
        spec.exchange_gateway = ZoneId("video");
        spec.ports["eth1"].network = NetworkId("civil-affairs-video");
      }),
      ElementsAre(HasSubstr("no exchange gateway may stand between zones extranet and video: the site's "
                            "policy does not list the pair")));
}

TEST(ValidateWave, AnExchangeGatewayIsReachedAndReachesInEachOfItsZonesAndNobodyReachesAcross) {
  EXPECT_THAT(
      between_zones([](WorkloadSpec& spec, Applications& all) {
        spec.offers["files"] = {Protocol::tcp, 8443};
        all.begin()->second.workloads.at("web").offers["https"] = {Protocol::tcp, 443};
        auto& other = all["b"] = application();
        other.department = DepartmentId("housing");
        other.zone = ZoneId("intranet");
        other.mlps = 3;
        other.workloads["web"].ports["eth0"].network = NetworkId("housing-internal");
        other.workloads["web"].offers["inbox"] = {Protocol::tcp, 25};
        other.reaches = {"marriage-registration/files", "marriage-registration/https"};
        all["marriage-registration"].reaches = {"b/inbox"};
      }),
      ElementsAre(HasSubstr("reaches.marriage-registration/https: civil-affairs/marriage-registration is in "
                            "zone extranet, and this application in zone intranet: zones never meet")));
}

TEST(ValidateWave, FindsAllThatIsWrongWithAddressesAndServicesAtOnce) {
  EXPECT_THAT(after([](Applications& all) {
                web(all).offers["https"] = {Protocol::tcp, 443};
                eth0(all).address = ip("10.52.3.21");
                first(all).workloads["yy"] = workload();
                first(all).workloads["yy"].ports["eth0"].address = ip("10.52.4.21");
                first(all).workloads["zz"] = workload();
                first(all).workloads["zz"].ports["eth0"].address = ip("10.52.3.21");
                auto& other = all["other"] = application();
                other.department = DepartmentId("housing");
                other.zone = ZoneId("intranet");
                other.workloads["web"].ports["eth0"].network = NetworkId("housing-internal");
                other.reaches = {"marriage-registration/https"};
                all["third"] = application();
                all["third"].reaches = {"marriage-registration/http"};
              }),
              UnorderedElementsAre(HasSubstr("10.52.4.21 can't be used in network civil-affairs-web"),
                                   HasSubstr("10.52.3.21 is taken by"),
                                   HasSubstr("zones never meet; reach a service in zone intranet"),
                                   HasSubstr("there is no service of civil-affairs/marriage-registration "
                                             "called 'http'; did you mean 'https'?")));
}

TEST(ValidateWave, RefusesAServiceNameThatTwoEntriesOffer) {
  EXPECT_THAT(after([](Applications& all) {
                web(all).offers["https"] = {Protocol::tcp, 443};
                first(all).workloads["zz"] = web(all);
              }),
              ElementsAre(HasSubstr("'web' offers a service 'https' too")));
}

TEST(ValidateWave, RefusesAMissingRootAndOneSmallerThanItsImage) {
  EXPECT_THAT(after([](Applications& all) { web(all).disks.clear(); }),
              ElementsAre(HasSubstr("no disk 'root'")));
  EXPECT_THAT(after([](Applications& all) { web(all).disks["root"].size = 2_GiB; }),
              ElementsAre(HasSubstr(
                  "a root of 2GiB can't hold image debian-12, which needs 3GiB; write size: 3GiB")));
}

TEST(ValidateWave, NeedsNoImageForARootThatIsImported) {
  EXPECT_THAT(after([](Applications& all) {
                web(all).image = {};
                web(all).disks["root"].import = "marriage-db.qcow2";
              }),
              IsEmpty());
}

TEST(ValidateWave, RefusesAnImportWithAPathOrOfAnUnknownKind) {
  EXPECT_THAT(after([](Applications& all) { web(all).disks["data"] = {1_GiB, "../etc/shadow.raw"}; }),
              ElementsAre(HasSubstr("is no plain file name")));
  EXPECT_THAT(after([](Applications& all) { web(all).disks["data"] = {1_GiB, "db.vhdx"}; }),
              ElementsAre(HasSubstr("what can be imported ends with .qcow2, .vmdk, .raw or .img")));
}

TEST(ValidateWave, RefusesAmountsOfNothingAndOfTooMuch) {
  EXPECT_THAT(after([](Applications& all) {
                web(all).vcpus = 0;
                web(all).memory = MiB{-1};
                web(all).disks["data"].size = GiB{std::int64_t{1} << 50};
              }),
              ElementsAre(HasSubstr("the number of vCPUs is 0, outside 1 to 4096"),
                          HasSubstr("the memory is -1MiB"), HasSubstr("look for a digit too many")));
  EXPECT_THAT(after([](Applications& all) { web(all).count = 1001; }),
              ElementsAre(HasSubstr("count is 1001, outside 1 to 1000")));
}

TEST(ValidateWave, RefusesPortsThatAreNotNumberedThrough) {
  EXPECT_THAT(after([](Applications& all) { web(all).ports["eth2"] = eth0(all); }),
              ElementsAre(HasSubstr("none of them is eth1")));
}

TEST(ValidateWave, RefusesMorePortsAndDisksThanAWorkloadCanHave) {
  EXPECT_THAT(after([](Applications& all) {
                for (int i = 1; i < 9; ++i) web(all).ports[fmt::format("eth{}", i)] = eth0(all);
                for (int i = 0; i < 16; ++i) web(all).disks[fmt::format("data-{}", i)].size = 1_GiB;
              }),
              ElementsAre(HasSubstr("17 disks are more"), HasSubstr("9 ports are more")));
}

TEST(ValidateWave, RefusesAnSshKeyThatIsNone) {
  EXPECT_THAT(after([](Applications& all) { web(all).ssh_keys = {"-----BEGIN OPENSSH PRIVATE KEY-----"}; }),
              ElementsAre(HasSubstr("this is no public SSH key")));
}

PlacementRule apart(Scope scope) { return {PlacementRule::Kind::keep_apart, scope, 1, 0}; }
PlacementRule together(Scope scope) { return {PlacementRule::Kind::keep_together, scope, 1, 0}; }

TEST(ValidateWave, RefusesRulesThatContradictEachOther) {
  const auto with_rules = [](std::vector<PlacementRule> rules) {
    return after([&](Applications& all) { web(all).demands.rules = rules; });
  };
  EXPECT_THAT(with_rules({together(Scope::host), apart(Scope::host)}),
              ElementsAre(HasSubstr("keep_apart: they are kept together, and apart by host")));
  EXPECT_THAT(with_rules({together(Scope::host), apart(Scope::rack)}), SizeIs(1));
  EXPECT_THAT(with_rules({together(Scope::rack), apart(Scope::host)}), IsEmpty());
  PlacementRule wish = apart(Scope::host);
  wish.weight = 0.5;
  EXPECT_THAT(with_rules({together(Scope::host), wish}), IsEmpty());
  wish.weight = 1e6;
  EXPECT_THAT(with_rules({wish}), ElementsAre(HasSubstr("keep_apart.weight: a weight of 1000000")));
}

TEST(ValidateWave, RefusesAGroupThatNobodyWroteOrTwoWavesDid) {
  EXPECT_THAT(after([](Applications& all) { web(all).demands.groups = {GroupId("pair")}; }),
              ElementsAre(HasSubstr("groups.pair: there is no group 'pair'")));
  Wave first = wave();
  first.groups[GroupId("pair")].rules = {apart(Scope::rack)};
  first.applications.begin()->second.workloads["web"].demands.groups = {GroupId("pair")};
  EXPECT_THAT(shown(validate(first, with(catalog(), {first}))), IsEmpty());
  Wave second = first;
  second.id = WaveId("wave-2");
  EXPECT_THAT(shown(validate(second, with(catalog(), {first, second}))),
              ElementsAre(HasSubstr("group pair stands in wave wave-1 already")));
}

TEST(ValidateWave, RefusesAGroupWhoseRulesContradictThoseOfItsMembers) {
  Wave one = wave();
  one.groups[GroupId("pair")].rules = {together(Scope::host)};
  auto& web = one.applications.begin()->second.workloads["web"];
  web.demands.groups = {GroupId("pair")};
  web.demands.rules = {apart(Scope::host)};
  EXPECT_THAT(shown(validate(one, with(catalog(), {one}))), IsEmpty()) << "a single workload has no other";
  web.count = 2;
  EXPECT_THAT(shown(validate(one, with(catalog(), {one}))),
              ElementsAre(HasSubstr("the rules of group pair and its own contradict each other")));
}

TEST(ValidateWave, RefusesTwoNumaNodesForWhatCanNotBeHalved) {
  EXPECT_THAT(after([](Applications& all) {
                web(all).vcpus = 3;
                web(all).demands.numa_nodes = 2;
              }),
              ElementsAre(HasSubstr("numa_nodes: 3 vCPUs and 4GiB can't be halved")));
}

TEST(ValidateWave, RefusesAnEmptyWaveAndAnEmptyApplication) {
  Wave empty;
  empty.id = WaveId("wave-1");
  EXPECT_THAT(shown(validate(empty, catalog())), ElementsAre(HasSubstr("a wave without applications")));
  EXPECT_THAT(after([](Applications& all) { first(all).workloads.clear(); }),
              ElementsAre(HasSubstr("an application without workloads")));
}

TEST(Catalog, KeepsWhatAManifestDoesNotName) {
  Departments fewer;
  fewer.departments[DepartmentId("civil-affairs")].title = "民政局";
  const auto kept = with(catalog(), {fewer});
  EXPECT_TRUE(kept.departments.contains(DepartmentId("housing")));
  EXPECT_TRUE(kept.networks.contains(NetworkId("civil-affairs-web")));
  EXPECT_TRUE(
      kept.departments.at(DepartmentId("civil-affairs")).networks.contains(NetworkId("civil-affairs-web")));
}

}  // namespace
}  // namespace causeway::model::testing
