// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/model/fixture.h"

namespace causeway::model::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// What is found after `spoil` has changed one thing.
template <class Spoil>
std::vector<std::string> after(Spoil spoil) {
  Site spoilt = site();
  spoil(spoilt);
  return shown(validate(spoilt));
}

template <class Spoil>
std::vector<std::string> departments_after(Spoil spoil) {
  Departments spoilt = departments();
  spoil(spoilt.departments);
  return shown(validate(spoilt, with(catalog(), {spoilt})));
}

Zone& extranet(Site& site) { return site.zones.at(ZoneId("extranet")); }
Zone& intranet(Site& site) { return site.zones.at(ZoneId("intranet")); }
HostSpec& h1(Site& site) { return site.hosts.at(HostId("h1")); }
Image& debian(Site& site) { return site.images.at(ImageId("debian-12")); }

TEST(ValidateSite, AcceptsOneThatMakesSense) {
  EXPECT_THAT(shown(validate(site())), IsEmpty());
  EXPECT_THAT(shown(validate(departments(), catalog())), IsEmpty());
  EXPECT_THAT(shown(validate(rooms(), catalog())), IsEmpty());
}

TEST(ValidateSite, RefusesSecretSystemsWithTheReason) {
  EXPECT_THAT(
      after([](Site& site) { extranet(site).classification = Classification::secret; }),
      ElementsAre(HasSubstr("zones.extranet.classification: classification secret: systems that hold state "
                            "secrets don't belong on this platform")));
}

TEST(ValidateSite, RefusesAPoolThatTwoZonesShare) {
  EXPECT_THAT(after([](Site& site) { intranet(site).pool = "extranet"; }),
              ElementsAre(HasSubstr(
                  "zones.intranet.pool: pool 'extranet' holds the volumes of zone extranet already")));
}

TEST(ValidateSite, RefusesZonesWhoseBridgesWouldShareAName) {
  EXPECT_THAT(after([](Site& site) {
                Zone police = extranet(site);
                police.pool = "police";
                site.zones[ZoneId("extranet-police")] = police;
              }),
              ElementsAre(HasSubstr("zones extranet and extranet-police start with the same 8 letters")));
}

TEST(ValidateSite, RefusesALevelThatDoesNotExist) {
  EXPECT_THAT(after([](Site& site) { extranet(site).mlps = 5; }),
              ElementsAre(HasSubstr("MLPS level is 5, outside 1 to 4")));
}

TEST(ValidateSite, RefusesAHostForAZoneThatIsAbsent) {
  EXPECT_THAT(after([](Site& site) { h1(site).zones = {ZoneId("extrnet")}; }),
              ElementsAre(HasSubstr("there is no zone 'extrnet'; did you mean 'extranet'?")));
}

TEST(ValidateSite, RefusesAHostThatSharesAZoneWithHostsOfItsOwn) {
  EXPECT_THAT(after([](Site& site) { h1(site).zones.insert(ZoneId("intranet")); }),
              ElementsAre(HasSubstr("hosts.h1.zones.extranet: zone extranet has hosts of its own")));
}

TEST(ValidateSite, RefusesZonesOfTwoLevelsOnOneHost) {
  EXPECT_THAT(after([](Site& site) {
                extranet(site).isolation = intranet(site).isolation = Isolation::shared_by_level;
                h1(site).zones.insert(ZoneId("intranet"));
              }),
              ElementsAre(HasSubstr("zones of MLPS level 2 and 3 on one host")));
}

TEST(ValidateSite, AllowsZonesOfOneLevelOnOneHostWhereBothSaySo) {
  EXPECT_THAT(after([](Site& site) {
                extranet(site).isolation = intranet(site).isolation = Isolation::shared_by_level;
                extranet(site).mlps = 3;
                h1(site).zones.insert(ZoneId("intranet"));
              }),
              IsEmpty());
}

// Both zones say that gateways may stand between them.
void let_exchange(Site& site) {
  extranet(site).exchange_with = {ZoneId("intranet")};
  intranet(site).exchange_with = {ZoneId("extranet")};
}

TEST(ValidateSite, AllowsAnExchangeHostInTwoZonesThatNameEachOtherWhateverTheirLevelsAndIsolation) {
  EXPECT_THAT(after([](Site& site) {
                let_exchange(site);
                h1(site).exchange_host = true;
                h1(site).zones = {ZoneId("extranet"), ZoneId("intranet")};
              }),
              IsEmpty());
}

TEST(ValidateSite, RefusesAnExchangeThatOnlyOneZoneSaysOrThatNoZoneCanHave) {
  EXPECT_THAT(
      after([](Site& site) {
        extranet(site).exchange_with = {ZoneId("extranet"), ZoneId("intranet"), ZoneId("police")};
      }),
      ElementsAre(
          HasSubstr("zones.extranet.exchange_with.extranet: an exchange gateway stands between two"),
          HasSubstr("zone intranet does not say exchange_with: [extranet]: both zones have to; add it "
                    "to zone intranet, or remove it here"),
          HasSubstr("there is no zone 'police'")));
}

TEST(ValidateSite, RefusesAnExchangeHostOfAnotherNumberOfZonesThanTwo) {
  for (const std::set<ZoneId>& zones :
       {std::set{ZoneId("extranet")}, std::set{ZoneId("extranet"), ZoneId("intranet"), ZoneId("video")}}) {
    EXPECT_THAT(
        after([&](Site& site) {
          let_exchange(site);
          Zone video = extranet(site);
          video.pool = "video";
          video.exchange_with = {};
          site.zones[ZoneId("video")] = video;
          h1(site).exchange_host = true;
          h1(site).zones = zones;
        }),
        ElementsAre(HasSubstr("hosts.h1.exchange_host: an exchange host serves two zones, and this one")));
  }
}

TEST(ValidateSite, RefusesAnExchangeHostBetweenZonesThatThePolicyDoesNotList) {
  EXPECT_THAT(after([](Site& site) {
                h1(site).exchange_host = true;
                h1(site).zones = {ZoneId("extranet"), ZoneId("intranet")};
              }),
              ElementsAre(HasSubstr("no exchange gateway may stand between zones extranet and intranet")));
}

TEST(ValidateSite, RefusesARackInTwoHalls) {
  EXPECT_THAT(after([](Site& site) {
                site.hosts[HostId("h2")] = h1(site);
                site.hosts[HostId("h2")].hall = HallId("b");
              }),
              ElementsAre(HasSubstr("rack a01 stands in hall a and in hall b")));
}

TEST(ValidateSite, RefusesAHostClassOfNothing) {
  EXPECT_THAT(after([](Site& site) {
                h1(site).shape.vcpus = 0;
                h1(site).shape.memory = 0_MiB;
                h1(site).shape.overcommit = 0.5;
              }),
              ElementsAre(HasSubstr("host_classes.general.vcpus"), HasSubstr("host_classes.general.memory"),
                          HasSubstr("overcommit is 0.5, outside 1.0 to 16")));
}

TEST(ValidateSite, RefusesNumaNodesWithMoreMemoryThanTheHost) {
  EXPECT_THAT(after([](Site& site) { h1(site).shape.numa = {{16, to_mib(128_GiB)}, {16, to_mib(128_GiB)}}; }),
              ElementsAre(HasSubstr("the NUMA nodes have 256GiB together, the host 128GiB in all")));
}

TEST(ValidateSite, RefusesAnImageFileWithAPath) {
  EXPECT_THAT(after([](Site& site) { debian(site).file = "/srv/images/debian-12.qcow2"; }),
              ElementsAre(HasSubstr("put the file there and write debian-12.qcow2")));
  EXPECT_THAT(after([](Site& site) { debian(site).file = ".."; }),
              ElementsAre(HasSubstr("is no plain file name")));
}

TEST(ValidateSite, RefusesAChecksumThatIsNone) {
  EXPECT_THAT(after([](Site& site) { debian(site).sha256 = "abc"; }),
              ElementsAre(HasSubstr("write what `sha256sum debian-12.qcow2` prints")));
}

TEST(ValidateSite, RefusesAHostDedicatedToNoDepartment) {
  Site spoilt = site();
  h1(spoilt).dedicated = DepartmentId("civil-affair");
  EXPECT_THAT(shown(validate(Manifest(spoilt), catalog())),
              ElementsAre(HasSubstr("did you mean 'civil-affairs'?")));
}

TEST(ValidateNames, SuggestsTheNameThatIsAllowed) {
  EXPECT_EQ(name_problem("civil-affairs"), "");
  EXPECT_EQ(name_problem("1st"), "doesn't start with a letter");
  EXPECT_EQ(name_problem("web-"), "ends with a hyphen");
  EXPECT_EQ(name_problem(std::string(64, 'a')), "has 64 characters, and 63 is the most");
  EXPECT_EQ(name_problem(""), "is empty");
  EXPECT_THAT(
      after([](Site& site) { site.name = "Zhoushan City"; }),
      ElementsAre("name: the name 'Zhoushan City' of this site holds something else than lower-case letters, "
                  "digits and hyphens; write 'zhoushan-city'"));
}

TEST(ValidateNames, RefusesATextOfTwoLines) {
  EXPECT_THAT(after([](Site& site) { site.title = "a\nb"; }), ElementsAre(HasSubstr("write it in one line")));
}

TEST(ValidateDepartments, RefusesAQuotaInAZoneThatIsAbsent) {
  EXPECT_THAT(
      departments_after([](auto& all) { all[DepartmentId("housing")].quotas[ZoneId("intrnet")] = {}; }),
      ElementsAre(HasSubstr(
          "departments.housing.quotas.intrnet: there is no zone 'intrnet'; did you mean 'intranet'?")));
}

TEST(ValidateDepartments, RefusesOverlappingSubnetsOfOneZoneOnce) {
  EXPECT_THAT(departments_after([](auto& all) {
                Network more = all[DepartmentId("civil-affairs")].networks.begin()->second;
                more.subnet = subnet("10.52.0.0/16");
                more.gateway.reset();
                all[DepartmentId("civil-affairs")].networks[NetworkId("more")] = more;
              }),
              ElementsAre(HasSubstr("10.52.0.0/16 overlaps 10.52.3.0/24 of network civil-affairs-web "
                                    "(civil-affairs) in zone extranet")));
}

TEST(ValidateDepartments, AllowsTheSameAddressesInTwoZones) {
  EXPECT_THAT(departments_after([](auto& all) {
                all[DepartmentId("housing")].networks.begin()->second.subnet = subnet("10.52.3.0/24");
              }),
              IsEmpty());
}

TEST(ValidateDepartments, RefusesAnMtuThatTheUnderlayCantCarry) {
  EXPECT_THAT(
      departments_after([](auto& all) { all[DepartmentId("housing")].networks.begin()->second.mtu = 1451; }),
      ElementsAre(HasSubstr("an MTU of 1451 does not pass between the hosts of zone intranet: its "
                            "underlay carries 1500")));
}

TEST(ValidateDepartments, GivesAVlanToOneNetworkOfAZone) {
  EXPECT_THAT(departments_after([](auto& all) {
                auto& civil = all[DepartmentId("civil-affairs")];
                Network more = civil.networks.begin()->second;
                more.subnet = subnet("10.52.77.0/24");
                more.subnet6.reset();
                more.gateway.reset();
                more.vlan = civil.networks.begin()->second.vlan = 300;
                civil.networks[NetworkId("more")] = more;
                // Another zone has uplinks of its own.
                all[DepartmentId("housing")].networks.begin()->second.vlan = 300;
              }),
              ElementsAre(HasSubstr("networks.more.vlan: VLAN 300 is that of network civil-affairs-web "
                                    "(civil-affairs) in zone extranet")));
  EXPECT_THAT(
      departments_after([](auto& all) { all[DepartmentId("housing")].networks.begin()->second.vlan = 4095; }),
      ElementsAre(HasSubstr("vlan")));
}

// A way out of the extranet that makes sense.
WayOutSpec way_out() {
  WayOutSpec way;
  way.vlan = 900;
  way.routers = {*Mac::parse("00:00:5e:00:01:0a")};
  way.systems["ningbo"] = {
      "宁波", {subnet("203.0.113.0/24"), subnet("2001:db8:5::/48")}, {{"permits", {Protocol::tcp, 443}}}};
  return way;
}

TEST(ValidateSite, FindsAllThatIsWrongWithWaysOutAtOnce) {
  EXPECT_THAT(after([](Site& site) { extranet(site).way_out = way_out(); }), IsEmpty());
  EXPECT_THAT(after([](Site& site) {
                auto& way = extranet(site).way_out.emplace(way_out());
                way.vlan = 4095;
                way.routers = {*Mac::parse("52:54:00:00:00:01"), kGatewayMac, kGatewayMac};
                way.systems["ningbo"].offers["permits"] = {Protocol::tcp, 0};
                way.systems["taizhou"] = {"", {subnet("203.0.113.128/25"), subnet("0.0.0.0/1")}, {}};
                way.systems["wenzhou"] = {};
                intranet(site).way_out = way_out();
              }),
              ElementsAre(HasSubstr("way_out.vlan: the VLAN is 4095"), HasSubstr("may become a workload's"),
                          HasSubstr("every network's gateway"), HasSubstr("every network's gateway"),
                          HasSubstr("is there twice"), HasSubstr("port 0 is no port"),
                          HasSubstr("203.0.113.128/25 overlaps 203.0.113.0/24 of system ningbo"),
                          HasSubstr("0.0.0.0/1 is more than a system outside"),
                          HasSubstr("0.0.0.0/1 overlaps 0.0.0.0/8"), HasSubstr("0 prefixes"),
                          HasSubstr("zones.intranet.way_out.systems.ningbo: zone extranet has a system")));
}

TEST(ValidateSite, KeepsTheOutsideApartFromItsNetworks) {
  Site spoilt = site();
  auto& way = spoilt.zones.at(ZoneId("extranet")).way_out.emplace(way_out());
  way.systems["ningbo"].prefixes.push_back(subnet("10.52.0.0/16"));
  EXPECT_THAT(shown(validate(Manifest(spoilt), with(catalog(), {spoilt}))),
              ElementsAre(HasSubstr("10.52.0.0/16 of system ningbo overlaps 10.52.3.0/24 of network "
                                    "civil-affairs-web: what has an address inside is not outside")));
}

TEST(ValidateDepartments, GivesAWayOutToNetworksOfZonesThatHaveOne) {
  const auto found = [](auto spoil) {
    Site leading = site();
    leading.zones.at(ZoneId("extranet")).way_out = way_out();
    Departments spoilt = departments();
    spoil(spoilt.departments);
    return shown(validate(spoilt, with(catalog(), {leading, spoilt})));
  };
  EXPECT_THAT(
      found([](auto& all) { all[DepartmentId("civil-affairs")].networks.begin()->second.way_out = true; }),
      IsEmpty());
  EXPECT_THAT(
      found([](auto& all) {
        auto& civil = all[DepartmentId("civil-affairs")];
        Network more;
        more.department = DepartmentId("civil-affairs");
        more.zone = ZoneId("extranet");
        more.way_out = true;
        more.vlan = 900;
        more.subnet6 = subnet("2001:db8:5:1::/64");
        civil.networks[NetworkId("more")] = more;
        all[DepartmentId("housing")].networks.begin()->second.way_out = true;
        all[DepartmentId("outside")].title = "外";
      }),
      ElementsAre(HasSubstr("without a gateway nothing leaves"), HasSubstr("VLAN 900 is that of the way out"),
                  HasSubstr("2001:db8:5:1::/64 overlaps 2001:db8:5::/48 of system ningbo"),
                  HasSubstr("zone intranet has no way out"), HasSubstr("without a gateway"),
                  HasSubstr("stands for what is outside")));
}

TEST(ValidateDepartments, FindsAllThatIsWrongWithNetworksAtOnce) {
  EXPECT_THAT(departments_after([](auto& all) {
                auto& civil = all[DepartmentId("civil-affairs")];
                Network more = civil.networks.begin()->second;
                more.subnet = subnet("10.52.0.0/16");
                more.gateway = ip("10.99.0.1");
                civil.networks[NetworkId("more")] = more;
                all[DepartmentId("housing")].networks.begin()->second.mtu = 8950;
              }),
              ElementsAre(HasSubstr("networks.more.gateway: 10.99.0.1 can't be the gateway"),
                          HasSubstr("networks.more.subnet: 10.52.0.0/16 overlaps 10.52.3.0/24"),
                          HasSubstr("an MTU of 8950 does not pass between the hosts of zone intranet")));
}

TEST(ValidateDepartments, RefusesAGatewayOutsideItsSubnet) {
  EXPECT_THAT(departments_after([](auto& all) {
                all[DepartmentId("civil-affairs")].networks.begin()->second.gateway = ip("10.52.4.1");
              }),
              ElementsAre(HasSubstr(
                  "10.52.4.1 can't be the gateway: it lies outside 10.52.3.0/24; write 10.52.3.1")));
}

TEST(ValidateDepartments, RefusesANetworkWithoutAddresses) {
  EXPECT_THAT(departments_after([](auto& all) {
                auto& network = all[DepartmentId("civil-affairs")].networks.begin()->second;
                network.subnet.reset();
                network.gateway.reset();
              }),
              ElementsAre(HasSubstr("has no addresses")));
}

TEST(ValidateDepartments, RefusesASubnetThatIsNoPlaceForGuests) {
  EXPECT_THAT(departments_after([](auto& all) {
                all[DepartmentId("housing")].networks.begin()->second.subnet = subnet("127.0.0.0/24");
              }),
              ElementsAre(HasSubstr("127.0.0.0/24 overlaps 127.0.0.0/8, which is loopback")));
  EXPECT_THAT(departments_after([](auto& all) {
                all[DepartmentId("housing")].networks.begin()->second.subnet = subnet("10.0.0.0/31");
              }),
              ElementsAre(HasSubstr("a subnet of length 31 is outside 8 to 29")));
}

TEST(ValidateDepartments, RefusesAnIpv6SubnetInThePlaceOfAnIpv4One) {
  EXPECT_THAT(departments_after([](auto& all) {
                all[DepartmentId("housing")].networks.begin()->second.subnet = subnet("fd52:3::/64");
              }),
              ElementsAre(HasSubstr("write it as subnet6")));
}

TEST(ValidateDepartments, RefusesANetworkNameThatAnotherDepartmentHas) {
  const auto findings = departments_after([](auto& all) {
    Network taken = all[DepartmentId("housing")].networks.begin()->second;
    taken.subnet = subnet("10.99.0.0/24");
    all[DepartmentId("housing")].networks[NetworkId("civil-affairs-web")] = taken;
  });
  EXPECT_THAT(findings, ::testing::Contains(HasSubstr("call this one housing-civil-affairs-web")));
}

TEST(ValidateRooms, RefusesADepartmentThatIsAbsentAndAServerInTwoRooms) {
  Rooms spoilt = rooms();
  spoilt.rooms[RoomId("z")] = {"", DepartmentId("civil-affairs"), "", {"CA-SRV-04"}};
  spoilt.rooms[RoomId("y")] = {"", DepartmentId("nobody"), "", {"X"}};
  EXPECT_THAT(shown(validate(spoilt, with(catalog(), {spoilt}))),
              ElementsAre(HasSubstr("there is no department 'nobody'"),
                          HasSubstr("server CA-SRV-04 stands in room civil-affairs-b1 too")));
}

}  // namespace
}  // namespace causeway::model::testing
