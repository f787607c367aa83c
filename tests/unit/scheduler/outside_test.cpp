// SPDX-License-Identifier: Apache-2.0
// What is outside of the platform: who reaches it and is reached from there, as hosts are told it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/scheduler_world.h"

namespace causeway::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kMarriage = "civil-affairs/marriage";
const std::string kNingbo = "outside/ningbo";

model::Site leading_site() {
  auto made = site({host("h1", 1), host("h2", 1)});
  auto& way = made.zones.at(kZone).way_out.emplace();
  way.vlan = 900;
  way.routers = {*model::Mac::parse("00:00:5e:00:01:0a")};
  auto& ningbo = way.systems["ningbo"];
  ningbo.prefixes = {*model::Subnet::parse("203.0.113.0/24")};
  ningbo.offers["permits"] = {model::Protocol::tcp, 443};
  return made;
}

model::Departments leading_departments() {
  auto civil = department("civil-affairs", 2);
  auto& network = civil.second.networks.begin()->second;
  network.gateway = network.subnet->first.plus(254);
  network.way_out = true;
  return departments({civil, department("bigdata", 1)});
}

struct OutsideWorld : testing::Test {
  void SetUp() override {
    world.apply({leading_site(), leading_departments()});
    for (const auto* id : {"h1", "h2"}) world.host_up(id);
    world.hosts.at(HostId("h2")).uplinks = {kZone};
    world.report(HostId("h2"));
    model::WorkloadSpec web = EntryBuilder("civil-affairs").address("10.2.0.9");
    web.offers["https"] = {model::Protocol::tcp, 8443};
    world.apply({wave("w", {{"marriage", application("civil-affairs", {{"web", web}})},
                            {"data", application("bigdata", {{"db", EntryBuilder("bigdata")}})}})});
    world.settle();
  }

  const model::Assignment& told(const std::string& workload) {
    return world.hosts.at(world.workload(workload).host).assignment;
  }
  model::ResponseBody grant(const std::string& application, const std::string& service) {
    auto done =
        world.ask(model::GrantAddRequest{application, service, world.now + std::chrono::hours(1), false});
    world.settle();
    return done;
  }
  std::vector<std::string> rules(const std::string& guard) {
    std::vector<std::string> found;
    for (const auto& one : told(kMarriage + "/web").guards)
      for (const auto& rule : one.rules)
        if (one.id == guard && !rule.icmp_type && rule.why != "application")
          found.push_back(std::to_string(rule.first_port) + " from " + rule.from);
    return found;
  }
  std::vector<std::string> members(const std::string& set) {
    std::vector<std::string> found;
    for (const auto& one : told(kMarriage + "/web").address_sets)
      if (one.id == set)
        for (const auto& member : one.members) found.push_back(member.str());
    return found;
  }
  // What is asked of hosts, and the answer if there is one at once.
  std::pair<std::vector<model::ProbeRequest>, std::string> reach(const std::string& from,
                                                                 const std::string& to,
                                                                 const std::string& what) {
    const model::Request request{++asked_, "test",
                                 model::ReachRequest{WorkloadId(from), WorkloadId(to), what}};
    const auto outcome = world.step({scheduler::Message{kOperatorKey, "client", request}});
    std::pair<std::vector<model::ProbeRequest>, std::string> found;
    for (const auto& send : outcome.messages)
      if (const auto* probe = std::get_if<model::ProbeRequest>(&send.message)) found.first.push_back(*probe);
    for (const auto& reply : outcome.replies) {
      if (const auto* error = std::get_if<model::ErrorResponse>(&reply.response.body))
        found.second = error->error.what;
      if (const auto* listing = std::get_if<model::Listing>(&reply.response.body))
        for (const auto& value : listing->rows.at(0))
          if (const auto* text = std::get_if<std::string>(&value)) found.second += *text + "; ";
    }
    return found;
  }

  // "FROM TO WHAT yes|no" for each row that `get reach` gives.
  std::vector<std::string> listed(std::map<std::string, std::string> filters) {
    const auto answer = world.ask(model::GetRequest{"reach", std::move(filters)});
    if (const auto* refused = std::get_if<model::ErrorResponse>(&answer)) return {refused->error.what};
    std::vector<std::string> found;
    for (const auto& row : std::get<model::Listing>(answer).rows)
      found.push_back(std::get<std::string>(row[0]) + " " + std::get<std::string>(row[1]) + " " +
                      std::get<std::string>(row[2]) + " " +
                      std::get<std::string>(std::get<model::Object>(row[3]).at(0).second));
    return found;
  }
  // The answer to the question when the workload's switch says that.
  std::string verdict_if(const std::string& from, const std::string& to, const std::string& what,
                         bool passes) {
    const auto probes = reach(from, to, what).first;
    if (probes.size() != 1) return std::to_string(probes.size()) + " hosts were asked";
    const model::ProbeReply reply{probes[0].request, "", passes, "so it says"};
    const auto outcome =
        world.step({scheduler::Message{key_of_host("h2"), "route-h2", model::FromAgent(reply)}});
    if (outcome.replies.size() != 1) return "no answer";
    const auto& listing = std::get<model::Listing>(outcome.replies[0].response.body);
    return std::get<std::string>(listing.rows.at(0).at(5));
  }

  World world;
  std::uint64_t asked_ = 1'000'000;
};

TEST_F(OutsideWorld, HostsOfNetworksWithAWayOutAreToldIt) {
  const auto& assignment = told(kMarriage + "/web");
  ASSERT_EQ(assignment.ways_out.size(), 1u);
  EXPECT_EQ(assignment.ways_out[0].vlan, 900);
  EXPECT_EQ(assignment.ways_out[0].systems,
            (std::vector<model::OutsideSystem>{{kNingbo, {*model::Subnet::parse("203.0.113.0/24")}}}));
  EXPECT_TRUE(assignment.networks.at(0).way_out);
  EXPECT_THAT(told("bigdata/data/db").ways_out, IsEmpty());
}

TEST_F(OutsideWorld, NothingLeavesOrComesInWithoutAGrant) {
  EXPECT_THAT(rules(kNingbo), IsEmpty());
  EXPECT_THAT(rules(kMarriage + "/web"), IsEmpty());
}

TEST_F(OutsideWorld, AGrantOpensASystemsServiceToAnApplicationUntilItIsRevoked) {
  grant("marriage", "outside/ningbo/permits");
  EXPECT_THAT(rules(kNingbo), ElementsAre("443 from " + kMarriage));
  EXPECT_THAT(members(kMarriage), ElementsAre("10.2.0.9/32"));
  world.ask(model::GrantRevokeRequest{"marriage", "outside/ningbo/permits", false});
  world.settle();
  EXPECT_THAT(rules(kNingbo), IsEmpty());
}

TEST_F(OutsideWorld, AGrantLetsASystemReachAnApplicationsService) {
  grant("outside/ningbo", "civil-affairs/marriage/https");
  EXPECT_THAT(rules(kMarriage + "/web"), ElementsAre("8443 from " + kNingbo));
  EXPECT_THAT(members(kNingbo), ElementsAre("203.0.113.0/24"));
}

TEST_F(OutsideWorld, WhatIsGrantedStaysAcrossARestart) {
  grant("marriage", "outside/ningbo/permits");
  const auto before = told(kMarriage + "/web");
  world.restart();
  world.settle();
  EXPECT_EQ(told(kMarriage + "/web").guards, before.guards);
  EXPECT_EQ(told(kMarriage + "/web").generation, before.generation);
}

TEST_F(OutsideWorld, ASystemThatAGrantNamesStays) {
  grant("marriage", "outside/ningbo/permits");
  auto without = leading_site();
  auto& systems = without.zones.at(kZone).way_out->systems;
  systems["taizhou"] = systems["ningbo"];
  systems.erase("ningbo");
  const auto refused = std::get<model::ErrorResponse>(world.apply({without}));
  EXPECT_THAT(refused.findings,
              Contains(testing::Field(&model::LocatedFinding::finding,
                                      testing::Field(&Finding::what, HasSubstr("outside/ningbo is gone")))));
  world.ask(model::GrantRevokeRequest{"marriage", "outside/ningbo/permits", false});
  world.settle();
  EXPECT_FALSE(std::holds_alternative<model::ErrorResponse>(world.apply({without})));
}

TEST_F(OutsideWorld, ReachAsksTheWorkloadsHostAboutWhatIsOutside) {
  EXPECT_THAT(reach(kMarriage + "/web", kNingbo, "tcp/443").second, IsEmpty()) << "a host is asked first";
  grant("marriage", "outside/ningbo/permits");
  for (const auto* name : {"outside/ningbo", "203.0.113.0/24", "203.0.113.1"}) {
    const auto probes = reach(kMarriage + "/web", name, "tcp/443").first;
    ASSERT_EQ(probes.size(), 1u) << name;
    EXPECT_EQ(probes[0].to.address.str(), "203.0.113.1");
    EXPECT_EQ(probes[0].from.address.str(), "10.2.0.9");
    EXPECT_TRUE(probes[0].to.network.empty());
    EXPECT_FALSE(probes[0].arriving);
  }
  const auto inward = reach("203.0.113.7", kMarriage + "/web", "tcp/8443").first;
  ASSERT_EQ(inward.size(), 1u);
  EXPECT_EQ(inward[0].from.mac.str(), "00:00:5e:00:01:0a");
  EXPECT_EQ(inward[0].from.address.str(), "203.0.113.7");
  EXPECT_TRUE(inward[0].arriving);
}

TEST_F(OutsideWorld, ASwitchThatSaysOtherThanThePolicyDisagrees) {
  EXPECT_EQ(verdict_if(kMarriage + "/web", kNingbo, "tcp/443", false), "agree");
  EXPECT_EQ(verdict_if(kMarriage + "/web", kNingbo, "tcp/443", true), "disagree");
  EXPECT_EQ(verdict_if(kNingbo, kMarriage + "/web", "tcp/8443", true), "disagree");
  grant("marriage", "outside/ningbo/permits");
  EXPECT_EQ(verdict_if(kMarriage + "/web", kNingbo, "tcp/443", true), "agree");
  EXPECT_EQ(verdict_if(kMarriage + "/web", kNingbo, "tcp/443", false), "disagree");
}

TEST_F(OutsideWorld, WhoReachesAWorkloadIsAskedOfSystemsOutsideOfItsZoneToo) {
  grant("outside/ningbo", "civil-affairs/marriage/https");
  EXPECT_THAT(listed({{"to", kMarriage + "/web"}, {"what", "all"}}),
              ElementsAre("bigdata/data/db civil-affairs/marriage/web ping no",
                          "bigdata/data/db civil-affairs/marriage/web tcp/8443 no",
                          "outside/ningbo civil-affairs/marriage/web ping no",
                          "outside/ningbo civil-affairs/marriage/web tcp/8443 yes"));
  EXPECT_THAT(listed({{"to", "bigdata/data/db"}, {"from", "outside"}, {"zone", kZone.str()}}),
              ElementsAre("outside/ningbo bigdata/data/db ping no"));
  EXPECT_THAT(listed({{"to", "bigdata/data/db"}, {"from", "outside"}, {"zone", "intranet"}}), IsEmpty());
}

TEST_F(OutsideWorld, WhatAWorkloadReachesOutsideIsAskedAboutEachServiceThere) {
  grant("marriage", "outside/ningbo/permits");
  const std::vector<std::string> all{"civil-affairs/marriage/web outside/ningbo ping no",
                                     "civil-affairs/marriage/web outside/ningbo tcp/443 yes"};
  EXPECT_EQ(listed({{"from", kMarriage + "/web"}, {"to", "outside"}, {"what", "all"}}), all);
  EXPECT_EQ(listed({{"from", kMarriage + "/web"}, {"to", kNingbo}, {"what", "all"}}), all);
  EXPECT_THAT(listed({{"from", kMarriage + "/web"}, {"to", kNingbo}, {"what", "udp/53"}}),
              ElementsAre("civil-affairs/marriage/web outside/ningbo udp/53 no"));
  EXPECT_THAT(listed({{"from", kMarriage + "/web"}, {"to", "outside/taizhou"}}), IsEmpty());
}

TEST_F(OutsideWorld, ARangeOfPortsAndAQuestionOfIcmpAreGrantedOutsideToo) {
  auto offering = leading_site();
  auto& offers = offering.zones.at(kZone).way_out->systems.at("ningbo").offers;
  offers["media"] = {model::Protocol::udp, 10000, 10100};
  offers["clock"] = {model::Protocol::icmp, model::kTimestampType};
  world.apply({offering});
  grant("marriage", "outside/ningbo/media");
  const std::string web = kMarriage + "/web";
  EXPECT_THAT(listed({{"from", web}, {"to", kNingbo}, {"what", "udp/10050"}}),
              ElementsAre(web + " outside/ningbo udp/10050 yes"));
  EXPECT_THAT(listed({{"from", web}, {"to", kNingbo}, {"what", "udp/10101"}}),
              ElementsAre(web + " outside/ningbo udp/10101 no"));
  EXPECT_THAT(reach(web, kNingbo, "udp/10101").second, IsEmpty()) << "the host is asked";
  const auto asked = reach(web, kNingbo, "icmp/13").first;
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].protocol, model::RuleProtocol::icmp);
  EXPECT_EQ(asked[0].port, model::kTimestampType);
  EXPECT_THAT(listed({{"from", web}, {"to", kNingbo}, {"what", "icmp/13"}}),
              ElementsAre(web + " outside/ningbo icmp/13 no"));
  grant("marriage", "outside/ningbo/clock");
  EXPECT_THAT(listed({{"from", web}, {"to", kNingbo}, {"what", "icmp/13"}}),
              ElementsAre(web + " outside/ningbo icmp/13 yes"));
  EXPECT_THAT(listed({{"from", web}, {"to", kNingbo}, {"what", "ping"}}),
              ElementsAre(web + " outside/ningbo ping no"));
}

TEST_F(OutsideWorld, ReachSaysWhyWhatIsOutsideIsNotReached) {
  EXPECT_THAT(reach("bigdata/data/db", kNingbo, "tcp/443").second,
              testing::AllOf(HasSubstr("no grant for outside/ningbo/permits"),
                             HasSubstr("causeway grant add bigdata/data outside/ningbo/permits"),
                             HasSubstr("no network leads there")));
  EXPECT_THAT(reach(kMarriage + "/web", "198.51.100.1", "tcp/443").second,
              HasSubstr("no zone's way out leads there"));
  EXPECT_THAT(reach(kMarriage + "/web", "outside/ningbbo", "tcp/443").second,
              HasSubstr("no system 'outside/ningbbo'; did you mean 'outside/ningbo'?"));
}

TEST_F(OutsideWorld, NothingDependsOnWhatIsOutside) {
  const auto waiting = application("civil-affairs", {{"web", EntryBuilder("civil-affairs")}}, {"ningbo"});
  const auto refused = std::get<model::ErrorResponse>(world.plan({wave("v", {{"other", waiting}})}));
  ASSERT_EQ(refused.findings.size(), 1u);
  EXPECT_THAT(refused.findings[0].finding.what, HasSubstr("outside/ningbo is outside of the platform"));
}

TEST_F(OutsideWorld, WhatHasAWayOutIsPlacedWhereAnUplinkIsAndNowhereElse) {
  EXPECT_EQ(world.workload(kMarriage + "/web").host.str(), "h2");
  const auto more =
      wave("more", {{"more", application("civil-affairs", {{"web", EntryBuilder("civil-affairs")}})}});
  const auto plan = std::get<model::PlanResponse>(world.plan({more}));
  ASSERT_EQ(plan.unplaced.size(), 1u) << "h2 is full, and h1 has none";
  EXPECT_THAT(plan.unplaced[0].reasons, Contains(HasSubstr("it has no uplink in zone extranet")));
  world.hosts.at(HostId("h1")).uplinks = {kZone};
  world.ask(model::DeleteRequest{"application", "bigdata/data", false});
  world.settle();
  world.apply({more});
  EXPECT_EQ(world.workload("civil-affairs/more/web").host.str(), "h1");
}

TEST_F(OutsideWorld, ANetworkGetsNoWayOutWhileItsWorkloadsAreOnHostsWithoutUplink) {
  auto all = leading_departments();
  auto& network = all.departments.at(DepartmentId("bigdata")).networks.begin()->second;
  network.gateway = network.subnet->first.plus(254);
  network.way_out = true;
  const auto refused = std::get<model::ErrorResponse>(world.apply({all}));
  ASSERT_EQ(refused.findings.size(), 1u);
  EXPECT_THAT(refused.findings[0].finding.what, HasSubstr("bigdata/data/db of the network is on host h1"));
}

TEST_F(OutsideWorld, UplinksAreRememberedAcrossARestart) {
  world.restart();
  EXPECT_EQ(world.all<model::HostRecord>().size(), 2u);
  for (const auto& record : world.all<model::HostRecord>())
    EXPECT_EQ(record.uplinks.contains(kZone), record.id.str() == "h2");
}

}  // namespace
}  // namespace causeway::test
