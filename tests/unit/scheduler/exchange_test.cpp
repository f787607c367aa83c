// SPDX-License-Identifier: Apache-2.0
// Exchange gateways: workloads with ports in two zones, between which the platform itself joins nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/scheduler_world.h"

namespace causeway::test {
namespace {

using model::DoneResponse;
using model::ErrorResponse;
using model::PlanResponse;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const ZoneId kIntranet{"intranet"};
const std::string kGateway = "bigdata/exchange/gateway";
const std::string kOutside = "bigdata/outside/web";
const std::string kInside = "civil-affairs/inside/web";

// Extranet and intranet, each with a host, and an exchange host between them. In both zones, civil affairs'
// and bigdata's networks have the same subnets: what an address means is its zone's to say.
struct Exchange : testing::Test {
  void SetUp() override {
    world.apply({two_zones(), both_departments()});
    for (const auto* id : {"h1", "h2", "x1"}) world.host_up(id);
    world.apply({everything()});
    world.settle();
  }

  static model::Site two_zones() {
    auto between = host("x1", 32, to_mib(128_GiB), "a2");
    between.second.zones.insert(kIntranet);
    between.second.exchange_host = true;
    auto made = site({host("h1"), host("h2", 32, to_mib(128_GiB), "a1", "intranet"), between});
    made.zones.at(kZone).exchange_with = {kIntranet};
    made.zones.at(kIntranet).exchange_with = {kZone};
    return made;
  }
  static model::Departments both_departments() {
    auto all = departments({department("bigdata", 1), department("civil-affairs", 2)});
    for (auto& [id, one] : all.departments) {
      auto inner = one.networks.at(NetworkId(id.str() + "-web"));
      inner.zone = kIntranet;
      one.networks[NetworkId(id.str() + "-inner")] = inner;
      one.quotas[kIntranet] = one.quotas.at(kZone);
      for (auto& [name, network] : one.networks) network.gateway = network.subnet->first.plus(254);
    }
    return all;
  }
  static model::Application in_zone(const std::string& department, const ZoneId& zone,
                                    const std::string& network) {
    model::WorkloadSpec web = EntryBuilder(department);
    web.ports["eth0"].network = NetworkId(network);
    web.offers["inbox"] = {model::Protocol::tcp, 25};
    auto made = application(department, {{"web", web}});
    made.zone = zone;
    return made;
  }
  static model::WorkloadSpec gateway() {
    model::WorkloadSpec made = EntryBuilder("bigdata").vcpus(4);
    made.ports["eth1"].network = NetworkId("bigdata-inner");
    made.exchange_gateway = kIntranet;
    made.offers["files"] = {model::Protocol::tcp, 8443};
    return made;
  }
  static model::Wave everything(const model::WorkloadSpec& exchange = gateway()) {
    return wave("w", {{"exchange", application("bigdata", {{"gateway", exchange}})},
                      {"outside", in_zone("bigdata", kZone, "bigdata-web")},
                      {"inside", in_zone("civil-affairs", kIntranet, "civil-affairs-inner")}});
  }

  // So many more gateways.
  static model::Wave second(int count) {
    auto more = gateway();
    more.count = count;
    return wave("v", {{"second", application("bigdata", {{"gateway", more}})}});
  }

  model::ResponseBody grant(const std::string& from, const std::string& to) {
    return world.ask(model::GrantAddRequest{from, to, world.now + std::chrono::hours(24), false});
  }
  // "8443 from bigdata/exchange@intranet", of the guard as that host holds it.
  std::vector<std::string> rules(const std::string& host, const std::string& guard) {
    for (const auto& one : world.hosts.at(HostId(host)).assignment.guards) {
      if (one.id != guard) continue;
      std::vector<std::string> found;
      for (const auto& rule : one.rules)
        if (!rule.icmp_type) found.push_back(std::to_string(rule.first_port) + " from " + rule.from);
      return found;
    }
    return {"the host has no such guard"};
  }
  std::vector<std::string> members(const std::string& host, const std::string& set) {
    std::vector<std::string> found;
    for (const auto& one : world.hosts.at(HostId(host)).assignment.address_sets)
      if (one.id == set)
        for (const auto& member : one.members) found.push_back(member.str());
    return found;
  }
  // "yes" or "no", and why, by the policy.
  std::vector<std::string> reach(const std::string& from, const std::string& to, const std::string& what) {
    const auto answer = world.ask(model::GetRequest{"reach", {{"from", from}, {"to", to}, {"what", what}}});
    const auto& listing = std::get<model::Listing>(answer);
    std::vector<std::string> found;
    for (std::size_t i = 0; i < listing.columns.size(); ++i) {
      const auto& cell = listing.rows.at(0).at(i);
      if (listing.columns[i].key == "reaches")
        found.push_back(std::get<std::string>(std::get<model::Object>(cell).front().second));
      if (listing.columns[i].key == "why") found.push_back(std::get<std::string>(cell));
    }
    return found;
  }
  static std::vector<std::string> findings(const model::ResponseBody& body) {
    std::vector<std::string> found;
    const auto* refused = std::get_if<ErrorResponse>(&body);
    if (refused == nullptr) return {};
    for (const auto& one : refused->findings)
      found.push_back(one.finding.path + ": " + one.finding.what + "; " + one.finding.next);
    return found;
  }

  World world;
};

TEST_F(Exchange, AGatewayStandsOnAnExchangeHostWithAnAddressInEachZoneAndIsChargedInItsOwn) {
  const auto stands = world.workload(kGateway);
  EXPECT_EQ(stands.host, HostId("x1"));
  EXPECT_EQ(stands.exchange_gateway, kIntranet);
  ASSERT_THAT(stands.ports, SizeIs(2));
  EXPECT_THAT(stands.ports[0].addresses, SizeIs(1));
  EXPECT_THAT(stands.ports[1].addresses, SizeIs(1));
  EXPECT_EQ(world.workload(kOutside).host, HostId("h1"));
  EXPECT_EQ(world.workload(kInside).host, HostId("h2"));
  auto poor = both_departments();
  poor.departments.at(DepartmentId("bigdata")).quotas[kIntranet] = {0, MiB{}, GiB{}};
  const auto planned = world.plan({poor, second(1)});
  ASSERT_THAT(findings(planned), IsEmpty());
  EXPECT_THAT(std::get<PlanResponse>(planned).unplaced, IsEmpty());
}

TEST_F(Exchange, AGatewayOnAVlanOfItsOtherZoneStandsWhereAnUplinkIsInThatZone) {
  auto on_vlan = both_departments();
  auto& networks = on_vlan.departments.at(DepartmentId("bigdata")).networks;
  auto& office = networks[NetworkId("bigdata-office")] = networks.at(NetworkId("bigdata-inner"));
  office.subnet = model::Subnet::parse("10.9.0.0/24").value();
  office.gateway = office.subnet->first.plus(254);
  office.vlan = 300;
  auto more = gateway();
  more.ports["eth1"].network = NetworkId("bigdata-office");
  const auto wanted = wave("v", {{"second", application("bigdata", {{"gateway", more}})}});
  ASSERT_THAT(findings(world.apply({on_vlan})), IsEmpty());

  auto& x1 = world.hosts.at(HostId("x1"));
  x1.uplinks = {kZone};
  world.report(x1.id);
  const auto refused = std::get<PlanResponse>(world.plan({wanted}));
  ASSERT_THAT(refused.unplaced, SizeIs(1));
  EXPECT_THAT(refused.unplaced[0].reasons,
              testing::Contains(HasSubstr("x1: it has no uplink in zone intranet")));

  x1.uplinks = {kIntranet};
  world.report(x1.id);
  world.apply({wanted});
  EXPECT_EQ(world.workload("bigdata/second/gateway").host, HostId("x1"));
}

TEST_F(Exchange, ItsHostIsToldEachPortsNetworkAndThatItIsAGateway) {
  const auto* told = world.told("x1", kGateway);
  ASSERT_NE(told, nullptr);
  EXPECT_EQ(told->zone, kZone);
  EXPECT_EQ(told->exchange_gateway, kIntranet);
  ASSERT_THAT(told->ports, SizeIs(2));
  EXPECT_EQ(told->ports[0].guard, kGateway);
  EXPECT_EQ(told->ports[1].guard, kGateway + "@intranet");
  const auto& networks = world.hosts.at(HostId("x1")).assignment.networks;
  for (const auto& network : networks) {
    EXPECT_EQ(network.zone, network.id == NetworkId("bigdata-inner") ? kIntranet : kZone);
    EXPECT_THAT(network.joined, IsEmpty());
  }
}

TEST_F(Exchange, WhatASideOfTheGatewayLetsInIsItsOwnZonesAlone) {
  EXPECT_THAT(std::get<DoneResponse>(grant("inside", "exchange/files")).messages, SizeIs(1));
  EXPECT_THAT(std::get<DoneResponse>(grant("outside", "exchange/files")).messages, SizeIs(1));
  world.settle();
  EXPECT_THAT(rules("x1", kGateway), ElementsAre("8443 from bigdata/exchange", "8443 from bigdata/outside"));
  EXPECT_THAT(rules("x1", kGateway + "@intranet"),
              ElementsAre("8443 from bigdata/exchange@intranet", "8443 from civil-affairs/inside"));
  // The application's set in each zone has that zone's addresses, though they may look alike.
  const auto stands = world.workload(kGateway);
  EXPECT_THAT(members("x1", "bigdata/exchange"), ElementsAre(stands.ports[0].addresses[0].str() + "/32"));
  EXPECT_THAT(members("x1", "bigdata/exchange@intranet"),
              ElementsAre(stands.ports[1].addresses[0].str() + "/32"));
}

TEST_F(Exchange, AGatewayReachesWhatItWasGrantedInEitherZone) {
  grant("exchange", "inside/inbox");
  world.settle();
  EXPECT_THAT(rules("h2", kInside),
              ElementsAre("25 from civil-affairs/inside", "25 from bigdata/exchange@intranet"));
  EXPECT_THAT(members("h2", "bigdata/exchange@intranet"), SizeIs(1));
  EXPECT_EQ(reach(kGateway, kInside, "tcp/25").at(0), "yes");
  EXPECT_EQ(reach(kGateway, kOutside, "tcp/25").at(0), "no");
}

TEST_F(Exchange, NothingIsGrantedAcrossTheZones) {
  for (const auto& [from, to] :
       {std::pair{"outside", "inside/inbox"}, std::pair{"inside", "outside/inbox"}}) {
    const auto refused = std::get<ErrorResponse>(grant(from, to));
    EXPECT_EQ(refused.error.code, Errc::invalid);
    EXPECT_THAT(refused.error.what, HasSubstr("zones never meet"));
  }
}

TEST_F(Exchange, ReachSaysThatNoPathExistsAndNamesTheGateway) {
  const auto across = reach(kOutside, kInside, "tcp/25");
  EXPECT_EQ(across.at(0), "no");
  EXPECT_THAT(across.at(1), AllOf(HasSubstr("zone extranet and zone intranet never meet: no path exists"),
                                  HasSubstr("exchange gateway " + kGateway)));
  grant("inside", "exchange/files");
  EXPECT_EQ(reach(kInside, kGateway, "tcp/8443").at(0), "yes");
  EXPECT_EQ(reach(kOutside, kGateway, "tcp/8443").at(0), "no");
  world.ask(model::DeleteRequest{"workload", kGateway, false});
  world.settle();
  EXPECT_EQ(reach(kOutside, kInside, "tcp/25").at(1), "zone extranet and zone intranet never meet");
}

TEST_F(Exchange, AGatewayStaysOneAndItsPortsStayInTheirZones) {
  auto plain = gateway();
  plain.exchange_gateway = {};
  plain.ports.erase("eth1");
  EXPECT_THAT(findings(world.plan({everything(plain)})),
              ElementsAre(AllOf(HasSubstr("gateway.exchange_gateway: bigdata/exchange/gateway is an exchange "
                                          "gateway to zone intranet, and that never changes"),
                                HasSubstr("causeway delete workload"))));
  auto swapped = gateway();
  std::swap(swapped.ports["eth0"], swapped.ports["eth1"]);
  EXPECT_THAT(findings(world.plan({everything(swapped)})), SizeIs(2));
}

TEST_F(Exchange, ThePolicyAndTheHostsOfARunningGatewayStay) {
  auto closed = two_zones();
  closed.zones.at(kZone).exchange_with.clear();
  closed.zones.at(kIntranet).exchange_with.clear();
  closed.hosts.at(HostId("x1")).exchange_host = false;
  closed.hosts.at(HostId("x1")).zones = {kZone};
  EXPECT_THAT(
      findings(world.plan({closed})),
      ElementsAre(HasSubstr("zones.extranet.exchange_with: bigdata/exchange/gateway is an exchange gateway "
                            "between zones extranet and intranet"),
                  HasSubstr("an exchange gateway to zone intranet, which it shall no longer serve")));
}

TEST_F(Exchange, AZoneThatAnotherNamesIsNotDeleted) {
  auto more = two_zones();
  more.zones[ZoneId("archive")] = more.zones.at(kIntranet);
  more.zones.at(ZoneId("archive")).pool = "archive";
  more.zones.at(ZoneId("archive")).exchange_with = {kZone};
  more.zones.at(kZone).exchange_with.insert(ZoneId("archive"));
  world.apply({more});
  const auto refused = std::get<ErrorResponse>(world.ask(model::DeleteRequest{"zone", "archive", false}));
  EXPECT_THAT(refused.error.what, HasSubstr("zone extranet (exchange_with)"));
}

TEST_F(Exchange, WithoutRoomOnExchangeHostsTheWaveIsRefusedWithTheReason) {
  const auto planned = world.plan({second(20)});
  ASSERT_THAT(findings(planned), IsEmpty());
  ASSERT_THAT(std::get<PlanResponse>(planned).unplaced, SizeIs(1));
  std::string why;
  for (const auto& reason : std::get<PlanResponse>(planned).unplaced.front().reasons) why += reason + "\n";
  EXPECT_THAT(why, HasSubstr("it is no exchange host"));
}

TEST_F(Exchange, AnAgentThatIsNotSetUpForItIsShown) {
  world.hosts.at(HostId("x1")).exchange_host = false;
  world.settle();
  const auto hosts = std::get<model::Listing>(world.ask(model::GetRequest{"hosts", {}}));
  std::string texts;
  for (const auto& row : hosts.rows)
    for (const auto& one : row)
      if (const auto* text = std::get_if<std::string>(&one)) texts += *text + "\n";
  EXPECT_THAT(texts, HasSubstr("its agent is not set up as that of an exchange host"));
}

}  // namespace
}  // namespace causeway::test
