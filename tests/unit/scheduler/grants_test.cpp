// SPDX-License-Identifier: Apache-2.0
// Who is let in by whom: what files offer, what grants open, and when that ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/scheduler_world.h"

namespace causeway::test {
namespace {

using model::DoneResponse;
using model::ErrorResponse;
using model::GrantAddRequest;
using model::GrantRevokeRequest;
using model::PlanResponse;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kPopulation = "bigdata/population";
const std::string kMarriage = "civil-affairs/marriage";

struct Grants : testing::Test {
  void SetUp() override {
    world.apply({site({host("h1"), host("h2")}),
                 departments({department("bigdata", 1), department("civil-affairs", 2)})});
    world.host_up("h1");
    world.host_up("h2");
    world.apply({wave("w", {{"population", population()}, {"marriage", marriage()}})});
    world.settle();
  }

  static model::Application population() {
    model::WorkloadSpec web = EntryBuilder("bigdata").address("10.1.0.9");
    web.offers["query"] = {model::Protocol::tcp, 5432};
    return application("bigdata", {{"db", EntryBuilder("bigdata")}, {"web", web}});
  }
  static model::Application marriage() {
    auto made = application("civil-affairs", {{"web", EntryBuilder("civil-affairs").address("10.2.0.9")}});
    made.reaches = {"population/query"};
    return made;
  }

  model::ResponseBody grant(Duration until = std::chrono::hours(24), const std::string& from = "marriage",
                            const std::string& to = "population/query") {
    return world.ask(GrantAddRequest{from, to, world.now + until, false});
  }
  // "tcp 5432-5432 from civil-affairs/marriage: why", of the guard as some host holds it.
  std::vector<std::string> rules(const std::string& guard) {
    for (const auto& [id, host] : world.hosts)
      for (const auto& one : host.assignment.guards)
        if (one.id == guard) return texts(one);
    return {"no host has it"};
  }
  static std::vector<std::string> texts(const model::Guard& guard) {
    std::vector<std::string> found;
    for (const auto& rule : guard.rules)
      if (!rule.icmp_type)
        found.push_back(std::to_string(rule.first_port) + " from " + rule.from + ": " + rule.why);
    return found;
  }
  std::vector<std::string> members(const std::string& set) {
    std::vector<std::string> found;
    for (const auto& [id, host] : world.hosts)
      for (const auto& one : host.assignment.address_sets)
        if (one.id == set && found.empty())
          for (const auto& member : one.members) found.push_back(member.str());
    return found;
  }
  // That runs what offers the service, and so has the grant's rule.
  [[nodiscard]] HostId host_of_population() const {
    HostId found;
    for (const auto& [id, host] : world.hosts)
      for (const auto& workload : host.assignment.workloads)
        if (workload.id.str() == kPopulation + "/web") found = id;
    return found;
  }
  static Errc code(const model::ResponseBody& body) { return std::get<ErrorResponse>(body).error.code; }

  World world;
};

TEST_F(Grants, NothingIsLetInButWhatIsOfferedToTheOwnApplicationAndAnEcho) {
  EXPECT_THAT(rules(kPopulation + "/web"), ElementsAre("5432 from bigdata/population: application"));
  EXPECT_THAT(rules(kPopulation + "/db"), IsEmpty());
  EXPECT_THAT(members(kPopulation), ElementsAre("10.1.0.1/32", "10.1.0.9/32"));
  for (const auto& [id, host] : world.hosts)
    for (const auto& guard : host.assignment.guards)
      for (const auto& rule : guard.rules)
        if (rule.icmp_type) {
          EXPECT_TRUE(guard.id.starts_with(rule.from)) << guard.id << " hears " << rule.from;
        }
}

TEST_F(Grants, EveryPortHereAndRemoteHasTheGuardOfItsEntry) {
  for (const auto& [id, host] : world.hosts) {
    for (const auto& workload : host.assignment.workloads)
      for (const auto& port : workload.ports) EXPECT_EQ(port.guard, workload.id.str());
    for (const auto& network : host.assignment.networks)
      for (const auto& port : network.remote_ports)
        EXPECT_THAT(host.assignment.guards, Contains(testing::Field(&model::Guard::id, port.guard)));
  }
}

TEST_F(Grants, APortsBandwidthIsWhatItsHostIsTold) {
  const auto told = [&] {
    const auto id = kPopulation + "/db";
    const auto* workload = world.told(world.workload(id).host.str(), id);
    return workload == nullptr ? MbitPerSecond{-1} : workload->ports.at(0).bandwidth;
  };
  EXPECT_EQ(told(), MbitPerSecond{});
  for (const int mbit : {200, 500, 0}) {
    auto limited = population();
    limited.workloads.at("db").ports.at("eth0").bandwidth = MbitPerSecond{mbit};
    world.apply({wave("w", {{"population", limited}, {"marriage", marriage()}})});
    world.settle();
    EXPECT_EQ(told(), MbitPerSecond{mbit});
  }
}

TEST_F(Grants, ABandwidthHoldsAtOnceAndNothingWaitsForTheGuestsNextStart) {
  const auto generation = [&] { return world.workload(kPopulation + "/db").generation; };
  const auto before = generation();
  auto changed = population();
  changed.workloads.at("db").ports.at("eth0").bandwidth = MbitPerSecond{200};
  world.apply({wave("w", {{"population", changed}, {"marriage", marriage()}})});
  EXPECT_EQ(generation(), before);
  changed.workloads.at("db").vcpus = 2;
  world.apply({wave("w", {{"population", changed}, {"marriage", marriage()}})});
  EXPECT_EQ(generation(), before.next());
}

TEST_F(Grants, AGrantOpensTheServiceToTheApplicationAndRevokingClosesIt) {
  const auto done = std::get<DoneResponse>(grant());
  EXPECT_THAT(done.messages,
              ElementsAre(HasSubstr("civil-affairs/marriage may reach bigdata/population/query")));
  world.settle();
  EXPECT_THAT(
      rules(kPopulation + "/web"),
      ElementsAre("5432 from bigdata/population: application",
                  "5432 from civil-affairs/marriage: bigdata/population/query:civil-affairs/marriage"));
  EXPECT_THAT(members(kMarriage), ElementsAre("10.2.0.9/32"));
  world.ask(GrantRevokeRequest{"marriage", "population/query", false});
  world.settle();
  EXPECT_THAT(rules(kPopulation + "/web"), ElementsAre("5432 from bigdata/population: application"));
  EXPECT_EQ(code(world.ask(GrantRevokeRequest{"marriage", "population/query", false})), Errc::not_found);
}

TEST_F(Grants, AGrantEndsAtItsTimeAlsoAfterARestart) {
  grant(std::chrono::minutes(10));
  world.settle();
  ASSERT_THAT(rules(kPopulation + "/web"), SizeIs(2));
  world.restart();
  world.settle();
  EXPECT_THAT(rules(kPopulation + "/web"), SizeIs(2));
  world.now += std::chrono::minutes(10);
  world.settle();
  EXPECT_THAT(rules(kPopulation + "/web"), SizeIs(1));
  EXPECT_THAT(world.all<model::GrantRecord>(), IsEmpty());
  EXPECT_THAT(world.all<model::EventRecord>(),
              Contains(testing::Field(&model::EventRecord::verb, std::string("grant-over"))));
}

TEST_F(Grants, WhoJoinsAnApplicationIsLetInWithIt) {
  grant();
  world.settle();
  auto larger = marriage();
  larger.workloads["app"] = EntryBuilder("civil-affairs").address("10.2.0.10");
  world.apply({wave("w", {{"population", population()}, {"marriage", larger}})});
  world.settle();
  EXPECT_THAT(members(kMarriage), ElementsAre("10.2.0.9/32", "10.2.0.10/32"));
}

TEST_F(Grants, WhatCantBeGrantedIsRefusedWithTheReason) {
  EXPECT_EQ(code(grant(std::chrono::hours(1), "marriage", "population/qery")), Errc::not_found);
  EXPECT_EQ(code(grant(std::chrono::hours(1), "mariage")), Errc::not_found);
  EXPECT_EQ(code(grant(std::chrono::hours(-1))), Errc::invalid);
  EXPECT_EQ(code(grant(std::chrono::hours(1), "population")), Errc::invalid);
  EXPECT_THAT(world.all<model::GrantRecord>(), IsEmpty());
}

TEST_F(Grants, NoneJoinsTwoZones) {
  const ZoneId inside("intranet");
  auto tax = department("tax", 3);
  tax.second.quotas[inside] = tax.second.quotas[kZone];
  tax.second.networks[NetworkId("tax-web")].zone = inside;
  world.apply({site({host("h1"), host("h2"), host("h3", 32, to_mib(128_GiB), "a1", "intranet")}),
               departments({department("bigdata", 1), department("civil-affairs", 2), tax})});
  world.host_up("h3");
  auto books = application("tax", {{"web", EntryBuilder("tax")}});
  books.zone = inside;
  world.apply({wave("t", {{"books", books}})});
  ASSERT_TRUE(world.exists("tax/books/web"));
  const auto refused = grant(std::chrono::hours(1), "books");
  EXPECT_EQ(code(refused), Errc::invalid);
  EXPECT_THAT(std::get<ErrorResponse>(refused).error.what, HasSubstr("zones never meet"));
  EXPECT_THAT(world.all<model::GrantRecord>(), IsEmpty());
}

TEST_F(Grants, ADryRunGrantsNothing) {
  world.ask(GrantAddRequest{"marriage", "population/query", world.now + std::chrono::hours(1), true});
  EXPECT_THAT(world.all<model::GrantRecord>(), IsEmpty());
}

TEST_F(Grants, AnApplicationThatIsDeletedTakesItsGrantsAlong) {
  grant();
  world.settle();
  world.ask(model::DeleteRequest{"application", kMarriage, false});
  world.settle();
  EXPECT_THAT(world.all<model::GrantRecord>(), IsEmpty());
  EXPECT_THAT(rules(kPopulation + "/web"), SizeIs(1));
}

TEST_F(Grants, ReachingWithoutAGrantIsListedAndShownInThePlan) {
  const auto listed = [&] {
    return std::get<model::Listing>(world.ask(model::GetRequest{"grants", {}})).rows;
  };
  ASSERT_THAT(listed(), SizeIs(1));
  EXPECT_EQ(std::get<std::string>(listed()[0][2]), "waits for a grant");
  auto larger = marriage();
  larger.title = "婚姻登记";
  const auto plan = std::get<PlanResponse>(world.plan({wave("w", {{"marriage", larger}})}));
  EXPECT_THAT(plan.lines, Contains(testing::Field(&model::PlanLine::text,
                                                  HasSubstr("bigdata/population/query waits for a grant"))));
  grant();
  ASSERT_THAT(listed(), SizeIs(1));
  EXPECT_EQ(std::get<std::string>(listed()[0][2]), "open");
}

TEST_F(Grants, AGrantThatHasEndedIsListedUntilEachHostHasLetGoOfIt) {
  grant();
  world.settle();
  const auto listed = [&] {
    const auto rows = std::get<model::Listing>(world.ask(model::GetRequest{"grants", {}})).rows;
    return rows.empty() ? std::string() : std::get<std::string>(rows[0][2]);
  };
  const auto holder = host_of_population().str();
  world.hosts.at(HostId(holder)).up = false;
  world.ask(GrantRevokeRequest{"marriage", "population/query", false});
  world.settle();
  EXPECT_THAT(listed(), HasSubstr("closing: waits for " + holder));
  EXPECT_EQ(code(world.ask(GrantRevokeRequest{"marriage", "population/query", false})), Errc::conflict);
  world.restart();
  world.settle();
  EXPECT_THAT(listed(), HasSubstr("closing")) << "it is durable";
  world.hosts.at(HostId(holder)).up = true;
  world.settle();
  EXPECT_EQ(listed(), "waits for a grant") << "as its file still asks for it";
  EXPECT_THAT(world.all<model::EventRecord>(),
              Contains(testing::Field(&model::EventRecord::verb, std::string("grant-closed"))));
}

TEST_F(Grants, WhatEndsAfterARestartWaitsForAHostThatWasNotHeardSince) {
  grant();
  world.settle();
  const auto held_by = [&] {
    for (const auto& record : world.all<model::GrantRecord>())
      if (!record.open_on.empty()) return record.open_on.begin()->first.str();
    return std::string("nobody");
  };
  const auto holder = host_of_population();
  for (auto& [id, host] : world.hosts) host.up = false;
  world.restart();
  world.ask(GrantRevokeRequest{"marriage", "population/query", false});
  world.settle();
  EXPECT_EQ(held_by(), holder.str());
  for (auto& [id, host] : world.hosts) host.up = true;
  world.settle();
  EXPECT_EQ(held_by(), "nobody");
  EXPECT_THAT(world.all<model::EventRecord>(),
              Contains(testing::Field(&model::EventRecord::verb, std::string("grant-closed"))));
}

TEST_F(Grants, WhatEndsAfterItsOfferWasDroppedWaitsForAHostThatDoesNotKnowOfThatYet) {
  grant();
  world.settle();
  const auto holder = host_of_population();
  const auto closed = [&] {
    return std::ranges::count(world.all<model::EventRecord>(), "grant-closed", &model::EventRecord::verb);
  };
  world.hosts.at(holder).up = false;
  auto without = population();
  without.workloads.at("web").offers.clear();
  world.apply({wave("w", {{"population", without}, {"marriage", marriage()}})});
  world.settle();
  world.restart();
  world.ask(GrantRevokeRequest{"marriage", "bigdata/population/query", false});
  world.settle();
  EXPECT_EQ(closed(), 0) << "its switch lets the connection in still";
  world.hosts.at(holder).up = true;
  world.settle();
  EXPECT_EQ(closed(), 1);
}

TEST_F(Grants, AGrantThatIsGivenAgainIsStillOpenWhereItWas) {
  grant();
  world.settle();
  const auto holder = host_of_population();
  world.hosts.at(holder).up = false;
  world.ask(GrantRevokeRequest{"marriage", "population/query", false});
  world.settle();
  grant();
  const auto records = world.all<model::GrantRecord>();
  ASSERT_THAT(records, SizeIs(1));
  EXPECT_FALSE(records[0].closing);
  EXPECT_TRUE(records[0].open_on.contains(holder));
}

// A host for each of three workloads, and networks with gateways.
// Both departments' networks, with gateways.
model::Departments routed_departments() {
  std::map<DepartmentId, model::Department> all{department("bigdata", 1), department("civil-affairs", 2)};
  for (auto& [id, one] : all)
    for (auto& [name, network] : one.networks) network.gateway = network.subnet->first.plus(254);
  return departments(all);
}

struct Joints : testing::Test {
  void SetUp() override {
    world.apply({site({host("h1", 1), host("h2", 1), host("h3", 1)}), routed_departments()});
    for (const auto* id : {"h1", "h2", "h3"}) world.host_up(id);
    world.apply({wave("w", {{"population", Grants::population()}, {"marriage", Grants::marriage()}})});
    world.settle();
  }
  // The other department's network, as the host of the workload is told it: its VNI's joints and the
  // addresses of its ports.
  std::vector<std::string> described(const std::string& workload, const std::string& network) {
    std::vector<std::string> found;
    for (const auto& [id, host] : world.hosts) {
      if (host.assignment.workloads.empty() || host.assignment.workloads[0].id.str() != workload) continue;
      for (const auto& one : host.assignment.networks) {
        for (const auto& other : one.joined) found.push_back(one.id.str() + " meets " + other.str());
        if (one.id.str() != network) continue;
        for (const auto& port : one.remote_ports) found.push_back(port.addresses.at(0).str());
      }
    }
    return found;
  }
  World world;
};

TEST_F(Joints, AreMadeByAGrantForThosePortsOnlyThatItSpeaksOfAndGoWithIt) {
  const std::string asker = kMarriage + "/web";
  EXPECT_THAT(described(asker, "bigdata-web"), IsEmpty());
  world.ask(GrantAddRequest{"marriage", "population/query", world.now + std::chrono::hours(1), false});
  world.settle();
  EXPECT_THAT(described(asker, "bigdata-web"),
              ElementsAre("bigdata-web meets civil-affairs-web", "10.1.0.9"));
  EXPECT_THAT(described(kPopulation + "/web", "civil-affairs-web"),
              ElementsAre("bigdata-web meets civil-affairs-web", "10.2.0.9"));
  EXPECT_THAT(described(kPopulation + "/db", "civil-affairs-web"), IsEmpty());
  world.ask(GrantRevokeRequest{"marriage", "population/query", false});
  world.settle();
  EXPECT_THAT(described(asker, "bigdata-web"), IsEmpty());
}

TEST_F(Joints, AreNotMadeWithANetworkThatHasNoGateway) {
  world.apply({departments({department("bigdata", 1)})});
  world.ask(GrantAddRequest{"marriage", "population/query", world.now + std::chrono::hours(1), false});
  world.settle();
  EXPECT_THAT(described(kMarriage + "/web", "bigdata-web"), IsEmpty());
  const auto rows =
      std::get<model::Listing>(
          world.ask(model::GetRequest{
              "reach", {{"from", kMarriage + "/web"}, {"to", kPopulation + "/web"}, {"what", "tcp/5432"}}}))
          .rows;
  EXPECT_THAT(std::get<std::string>(rows.at(0)[4]), HasSubstr("network bigdata-web has no gateway"));
}

TEST_F(Grants, ReachSaysByWhichRuleOrWhatIsMissing) {
  const auto reach = [&](const std::string& from, const std::string& to, const std::string& what) {
    const auto answer = world.ask(model::GetRequest{"reach", {{"from", from}, {"to", to}, {"what", what}}});
    if (const auto* refused = std::get_if<model::ErrorResponse>(&answer)) return refused->error.what;
    const auto& rows = std::get<model::Listing>(answer).rows;
    return rows.size() == 1 ? std::get<std::string>(rows[0][4]) + "; " + std::get<std::string>(rows[0][5])
                            : std::to_string(rows.size()) + " rows";
  };
  const std::string asker = kMarriage + "/web";
  EXPECT_EQ(reach(kPopulation + "/db", kPopulation + "/web", "ping"), "both are of one application; ");
  EXPECT_EQ(reach(kPopulation + "/db", kPopulation + "/web", "tcp/5432"),
            "the application offers it to itself; ");
  EXPECT_EQ(reach(kPopulation + "/web", kPopulation + "/db", "tcp/22"),
            "bigdata/population/db offers no tcp/22 to bigdata/population; ");
  EXPECT_EQ(reach(asker, kPopulation + "/web", "tcp/5432"),
            "no grant for bigdata/population/query; causeway grant add civil-affairs/marriage "
            "bigdata/population/query --until DATE");
  grant();
  EXPECT_THAT(reach(asker, kPopulation + "/web", "tcp/5432"), HasSubstr("granted until"));
  EXPECT_EQ(reach(asker, kPopulation + "/web", "sctp/1"),
            "'sctp/1' can't be asked; it can be all, ping, tcp/PORT, udp/PORT, icmp/TYPE or icmp6/TYPE");
}

struct Ranges : Grants {
  void SetUp() override {
    Grants::SetUp();
    auto offering = population();
    auto& offers = offering.workloads.at("web").offers;
    offers["media"] = {model::Protocol::udp, 10000, 10100};
    offers["clock"] = {model::Protocol::icmp, model::kTimestampType};
    offers["echo6"] = {model::Protocol::icmp6, model::kEcho6Type};
    world.apply({routed_departments(), wave("w", {{"population", offering}, {"marriage", marriage()}})});
    world.settle();
  }

  // "udp 10000-10100", "icmp 13": what the grant to the other application opens at the web.
  std::vector<std::string> opened(const std::string& service) {
    grant(std::chrono::hours(1), "marriage", "population/" + service);
    world.settle();
    std::vector<std::string> found;
    for (const auto& one : world.hosts.at(world.workload(kPopulation + "/web").host).assignment.guards)
      for (const auto& rule : one.rules)
        if (one.id == kPopulation + "/web" && rule.from == kMarriage) found.push_back(text(rule));
    return found;
  }
  static std::string text(const model::Rule& rule) {
    if (rule.icmp_type)
      return (rule.protocol == model::RuleProtocol::icmp ? "icmp " : "icmp6 ") +
             std::to_string(*rule.icmp_type);
    return (rule.protocol == model::RuleProtocol::udp ? "udp " : "tcp ") + std::to_string(rule.first_port) +
           "-" + std::to_string(rule.last_port);
  }
  // "WHAT yes|no" for each question about the web that the other application may have.
  std::vector<std::string> answers() {
    const auto answer = world.ask(model::GetRequest{
        "reach", {{"from", kMarriage + "/web"}, {"to", kPopulation + "/web"}, {"what", "all"}}});
    std::vector<std::string> found;
    for (const auto& row : std::get<model::Listing>(answer).rows)
      found.push_back(std::get<std::string>(row[2]) + " " +
                      std::get<std::string>(std::get<model::Object>(row[3]).at(0).second));
    return found;
  }
};

TEST_F(Ranges, AGrantOpensAllPortsOfARange) { EXPECT_THAT(opened("media"), ElementsAre("udp 10000-10100")); }

TEST_F(Ranges, AGrantOpensAQuestionOfIcmpAndNoOther) {
  EXPECT_THAT(opened("clock"), ElementsAre("icmp 13"));
  EXPECT_THAT(opened("echo6"), testing::UnorderedElementsAre("icmp 13", "icmp6 128"));
}

TEST_F(Ranges, ReachAsksAboutTheEndsOfARangeAndAboutEachQuestion) {
  const auto none = std::vector<std::string>{"ping no",      "icmp/13 no",   "icmp6/128 no",
                                             "udp/10000 no", "udp/10100 no", "tcp/5432 no"};
  EXPECT_THAT(answers(), testing::UnorderedElementsAreArray(none));
  opened("media");
  EXPECT_THAT(answers(), testing::AllOf(testing::Contains("udp/10000 yes"),
                                        testing::Contains("udp/10100 yes"), testing::Contains("icmp/13 no")));
  opened("clock");
  EXPECT_THAT(answers(), testing::Contains("icmp/13 yes"));
}

}  // namespace
}  // namespace causeway::test
