// SPDX-License-Identifier: Apache-2.0
#include "common/config/daemon_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace causeway::config {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kAgent = R"(api: causeway/v1
kind: Agent
host: h1
schedulers: {main: {address: "tcp://10.99.0.254:7410", key: "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"}}
key_file: agent.key
state_dir: /var/lib/causeway
drivers: real
virtualization: auto
libvirt: {uri: "qemu:///system?socket=/run/h1/libvirt-sock"}
openvswitch: {run_dir: /run/h1/openvswitch, datapath: netdev}
ceph: {conf: /etc/ceph/ceph.conf}
images_dir: /srv/images
zones:
  extranet: {underlay: 10.98.0.1, tunnel_port: 4789, pool: extranet, ceph_client: h1-extranet, keyring: /etc/ceph/e}
  intranet: {underlay: 10.98.1.1, tunnel_port: 4790, pool: intranet, ceph_client: h1-intranet, keyring: /etc/ceph/i}
)";

std::string with(std::string text, const std::string& piece, const std::string& replacement) {
  const auto found = text.find(piece);
  EXPECT_NE(found, std::string::npos) << piece;
  return text.replace(found, piece.size(), replacement);
}

std::vector<std::string> shown(const Diagnostics& diagnostics) {
  std::vector<std::string> lines;
  for (const auto& one : diagnostics) lines.push_back(to_string(one));
  return lines;
}

TEST(AgentConfig, ReadsEveryKey) {
  const auto agent = parse_agent_config("/etc/causeway/agent.yaml", kAgent);
  ASSERT_TRUE(agent) << to_string(agent.error().front());
  EXPECT_EQ(agent->host, HostId("h1"));
  EXPECT_EQ(agent->schedulers.at("main").address, "tcp://10.99.0.254:7410");
  EXPECT_EQ(agent->key_file, "/etc/causeway/agent.key");
  EXPECT_EQ(agent->libvirt_uri, "qemu:///system?socket=/run/h1/libvirt-sock");
  EXPECT_EQ(agent->openvswitch.datapath, "netdev");
  EXPECT_EQ(agent->zones.at(ZoneId("intranet")).tunnel_port, 4790);
  EXPECT_EQ(agent->zones.at(ZoneId("intranet")).ceph_client, "h1-intranet");
}

TEST(AgentConfig, NeedsTheKeysOfItsDriversAndRefusesTheOthers) {
  EXPECT_THAT(shown(parse_agent_config("agent.yaml", with(kAgent, "images_dir: /srv/images\n", "")).error()),
              ElementsAre("agent.yaml:1:1: the document has no images_dir; add `images_dir: …`"));
  EXPECT_THAT(
      shown(parse_agent_config("agent.yaml", with(kAgent, "drivers: real", "drivers: simulated")).error()),
      testing::SizeIs(8));
}

TEST(AgentConfig, ReadsSimulatedDriversWithoutAHypervisor) {
  const auto agent = parse_agent_config("agent.yaml", R"(api: causeway/v1
kind: Agent
host: h1
schedulers: {main: {address: "ipc:///tmp/s", key: "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"}}
key_file: agent.key
state_dir: state
drivers: simulated
zones: {extranet: {underlay: 10.98.0.1, pool: extranet}}
)");
  ASSERT_TRUE(agent) << to_string(agent.error().front());
  EXPECT_EQ(agent->drivers, AgentConfig::Drivers::simulated);
  EXPECT_EQ(agent->state_dir, "state");
}

TEST(AgentConfig, RefusesTwoZonesWithOnePoolOrOneTunnelEnd) {
  std::string text = with(kAgent, "pool: intranet", "pool: extranet");
  text = with(text, "10.98.1.1, tunnel_port: 4790", "10.98.0.1, tunnel_port: 4789");
  EXPECT_THAT(
      shown(parse_agent_config("agent.yaml", text).error()),
      ElementsAre(HasSubstr("underlay 10.98.0.1 port 4789 serves zone extranet too, and zones never meet"),
                  HasSubstr("pool extranet serves zone extranet too")));
}

TEST(AgentConfig, GivesEachZoneAnUplinkOfItsOwnOrNone) {
  std::string text = with(kAgent, "pool: extranet", "uplink: eth1, pool: extranet");
  const auto agent = parse_agent_config("agent.yaml", text);
  ASSERT_TRUE(agent) << to_string(agent.error().front());
  EXPECT_EQ(agent->zones.at(ZoneId("extranet")).uplink, "eth1");
  EXPECT_EQ(agent->zones.at(ZoneId("intranet")).uplink, "");
  text = with(text, "pool: intranet", "uplink: eth1, pool: intranet");
  EXPECT_THAT(shown(parse_agent_config("agent.yaml", text).error()),
              ElementsAre(HasSubstr("uplink eth1 serves zone extranet too, and zones never meet")));
  text = with(text, "uplink: eth1, pool: intranet", "uplink: a-name-of-16-xyz, pool: intranet");
  EXPECT_THAT(shown(parse_agent_config("agent.yaml", text).error()),
              ElementsAre(HasSubstr("is no network device's name")));
}

TEST(AgentConfig, AnExchangeHostServesTwoZonesAndSaysSo) {
  const auto ordinary = parse_agent_config("agent.yaml", kAgent);
  ASSERT_TRUE(ordinary) << to_string(ordinary.error().front());
  EXPECT_FALSE(ordinary->exchange_host);
  const auto agent =
      parse_agent_config("agent.yaml", with(kAgent, "drivers: real", "exchange_host: true\ndrivers: real"));
  ASSERT_TRUE(agent) << to_string(agent.error().front());
  EXPECT_TRUE(agent->exchange_host);
  EXPECT_EQ(agent->zones.size(), 2u);
}

TEST(AgentConfig, RefusesAnExchangeHostOfOneZoneOrOfAWordThatIsNeitherTrueNorFalse) {
  std::string text = with(kAgent, "drivers: real", "exchange_host: true\ndrivers: real");
  text.erase(text.find("  intranet: {"));
  EXPECT_THAT(shown(parse_agent_config("agent.yaml", text).error()),
              ElementsAre(AllOf(HasSubstr("agent.yaml:7:"),
                                HasSubstr("an exchange host serves two zones, and this one 1"))));
  text = with(kAgent, "drivers: real", "exchange_host: yes\ndrivers: real");
  EXPECT_THAT(shown(parse_agent_config("agent.yaml", text).error()),
              ElementsAre(AllOf(HasSubstr("agent.yaml:7:16"), HasSubstr("exchange_host"))));
  text = with(kAgent, "drivers: real", "exchange_hosts: true\ndrivers: real");
  EXPECT_THAT(shown(parse_agent_config("agent.yaml", text).error()),
              ElementsAre(HasSubstr("did you mean 'exchange_host'?")));
}

TEST(AgentConfig, RefusesAKeyAndAnEndpointThatAreNone) {
  std::string text = with(kAgent, "rq:rM", "rq");
  text = with(text, "tcp://10.99.0.254:7410", "10.99.0.254:7410");
  EXPECT_THAT(
      shown(parse_agent_config("agent.yaml", text).error()),
      ElementsAre(HasSubstr("no endpoint; write tcp://ADDRESS:PORT"), HasSubstr("key is no public key")));
}

TEST(SchedulerConfig, ReadsEveryKey) {
  const auto scheduler = parse_scheduler_config("/etc/causeway/scheduler.yaml", R"(api: causeway/v1
kind: Scheduler
name: s1
listen: {clients: "tcp://127.0.0.1:7400", agents: "tcp://10.99.0.254:7410"}
key_file: scheduler.key
state: {file: /var/lib/causeway/state.db}
operators: {admin: "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"}
ceph: {conf: /etc/ceph/ceph.conf, client: scheduler, keyring: ceph.keyring}
bmc:
  "*":
    agent: fence_ipmilan
    address: "{host}.bmc.example"
    user: causeway
    password_file: bmc.password
    options: {lanplus: 1, cipher: 17}
  h7: {agent: fence_redfish, address: 10.97.0.7, user: root, password_file: /etc/h7, proof: power}
)");
  ASSERT_TRUE(scheduler) << to_string(scheduler.error().front());
  EXPECT_EQ(scheduler->name, "s1");
  EXPECT_EQ(scheduler->listen_agents, "tcp://10.99.0.254:7410");
  EXPECT_EQ(scheduler->state_file, "/var/lib/causeway/state.db");
  EXPECT_EQ(scheduler->operators.size(), 1u);
  ASSERT_TRUE(scheduler->fencing);
  EXPECT_EQ(scheduler->fencing->client, "scheduler");
  EXPECT_EQ(scheduler->fencing->keyring, "/etc/causeway/ceph.keyring");
  ASSERT_EQ(scheduler->bmc.size(), 2u);
  const auto& all = scheduler->bmc.at("*");
  EXPECT_EQ(all.address, "{host}.bmc.example");
  EXPECT_EQ(all.password_file, "/etc/causeway/bmc.password");
  EXPECT_EQ(all.options, (std::map<std::string, std::string>{{"cipher", "17"}, {"lanplus", "1"}}));
  EXPECT_EQ(all.proof, SchedulerConfig::Bmc::Proof::storage);
  EXPECT_EQ(scheduler->bmc.at("h7").agent, "fence_redfish");
  EXPECT_EQ(scheduler->bmc.at("h7").proof, SchedulerConfig::Bmc::Proof::power);
}

TEST(SchedulerConfig, SaysWhatIsWrongWithABmcAndWhere) {
  const auto read = parse_scheduler_config("s.yaml", R"(api: causeway/v1
kind: Scheduler
name: s1
listen: {clients: "tcp://127.0.0.1:7400", agents: "tcp://10.99.0.254:7410"}
key_file: scheduler.key
state: {file: state.db}
operators: {admin: "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"}
ceph: {conf: ceph.conf, client: scheduler, keyring: s.keyring}
bmc:
  "a*b": {agent: fence_ipmilan, address: a, user: u, password_file: p}
  h1:
    agent: ipmilan
    address: a
    user: u
    password: secret
    proof: both
    options: {action: off, "lan plus": 1}
)");
  ASSERT_FALSE(read);
  EXPECT_THAT(shown(read.error()),
              testing::UnorderedElementsAre(
                  AllOf(HasSubstr("s.yaml:10:3"), HasSubstr("'a*b' is no host and no pattern")),
                  AllOf(HasSubstr("s.yaml:12:12"), HasSubstr("'ipmilan' is no fence agent")),
                  AllOf(HasSubstr("s.yaml:15:5"), HasSubstr("password_file")),
                  AllOf(HasSubstr("s.yaml:11:3"), HasSubstr("h1 has no password_file")),
                  AllOf(HasSubstr("s.yaml:16:12"), HasSubstr("'both'")),
                  AllOf(HasSubstr("s.yaml:17:15"), HasSubstr("'action' has a place of its own")),
                  AllOf(HasSubstr("s.yaml:17:28"), HasSubstr("'lan plus' is no option"))));
}

TEST(SchedulerConfig, WantsTheSignsOfLifeOfWhatIsToBeSwitchedOff) {
  const auto read = parse_scheduler_config("s.yaml", R"(api: causeway/v1
kind: Scheduler
name: s1
listen: {clients: "tcp://127.0.0.1:7400", agents: "tcp://10.99.0.254:7410"}
key_file: scheduler.key
state: {file: state.db}
operators: {admin: "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"}
bmc: {h1: {agent: fence_ipmilan, address: a, user: u, password_file: p}}
)");
  ASSERT_FALSE(read);
  EXPECT_THAT(shown(read.error()), ElementsAre(AllOf(HasSubstr("s.yaml:8:"), HasSubstr("bmc without ceph"))));
}

constexpr const char* kSharedState = R"(api: causeway/v1
kind: Scheduler
name: s1
listen: {clients: "tcp://127.0.0.1:7400", agents: "tcp://10.99.0.254:7410"}
key_file: scheduler.key
state: {ceph: {conf: ceph.conf, pool: causeway, namespace: site, client: scheduler, keyring: s.keyring}}
operators: {admin: "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"}
)";

TEST(SchedulerConfig, ReadsAStateThatSchedulersShare) {
  const auto scheduler = parse_scheduler_config("/etc/causeway/scheduler.yaml", kSharedState);
  ASSERT_TRUE(scheduler) << to_string(scheduler.error().front());
  ASSERT_TRUE(scheduler->state_ceph);
  EXPECT_EQ(scheduler->state_ceph->conf, "/etc/causeway/ceph.conf");
  EXPECT_EQ(scheduler->state_ceph->ns, "site");
  EXPECT_TRUE(scheduler->state_file.empty());
}

TEST(SchedulerConfig, WantsTheStateInOnePlaceAndNotInTwo) {
  const auto both = with(kSharedState, "{ceph: {", "{file: state.db, ceph: {");
  EXPECT_THAT(shown(parse_scheduler_config("s.yaml", both).error()),
              ElementsAre(HasSubstr("in a file or in Ceph, in one of the two")));
}

TEST(ClientConfig, ReadsEveryKeyAndRefusesAnotherKind) {
  const std::string text = R"(api: causeway/v1
kind: Client
schedulers: {main: {address: "tcp://127.0.0.1:7400", key: "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"}}
key_file: admin.key
)";
  const auto client = parse_client_config("conf/client.yaml", text);
  ASSERT_TRUE(client) << to_string(client.error().front());
  EXPECT_EQ(client->key_file, "conf/admin.key");
  EXPECT_THAT(shown(parse_client_config("c.yaml", with(text, "Client", "Agent")).error()),
              ElementsAre("c.yaml:2:7: this file is of kind Agent, and Client is needed here; name another "
                          "file, or write `kind: Client`"));
}

TEST(ClientConfig, IsLookedForInTheOptionThenTheEnvironment) {
  EXPECT_EQ(find_client_config("a.yaml", "b.yaml", "/home/x"), "a.yaml");
  EXPECT_EQ(find_client_config("", "b.yaml", "/home/x"), "b.yaml");
  EXPECT_NE(find_client_config("", "", "/nonexistent"), "");
}

}  // namespace
}  // namespace causeway::config
