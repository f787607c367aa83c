// SPDX-License-Identifier: Apache-2.0
// What holds after any sequence of requests, reports, losses and restarts.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>

#include "tests/support/scheduler_world.h"

namespace causeway::test {
namespace {

int drawn(int low, int high) { return *rc::gen::inRange(low, high + 1); }

constexpr int kHosts = 4;
constexpr int kVcpus = 8;

// Counts who may write to a workload's volumes, as the hosts understand what they were told.
void check_one_writer(const World& world) {
  std::map<WorkloadId, std::set<HostId>> writers;
  for (const auto& [id, one] : world.hosts)
    for (const auto& workload : one.assignment.workloads)
      if (!workload.shall_be_absent) writers[workload.id].insert(id);
  for (const auto& [id, hosts] : writers) RC_ASSERT(hosts.size() <= 1U);
}

void check_hosts_are_not_overfull(const World& world) {
  std::map<HostId, int> used;
  for (const auto& workload : world.all<model::Workload>()) used[workload.host] += workload.vcpus;
  for (const auto& [id, vcpus] : used) RC_ASSERT(vcpus <= kVcpus);
}

void check_addresses(const World& world) {
  std::set<model::Mac> macs;
  std::set<std::pair<NetworkId, model::IpAddress>> addresses;
  std::map<NetworkId, model::NetworkRecord> networks;
  std::set<std::uint32_t> vnis;
  for (const auto& network : world.all<model::NetworkRecord>()) {
    RC_ASSERT(vnis.insert(network.vni).second);
    networks[network.id] = network;
  }
  for (const auto& workload : world.all<model::Workload>()) {
    for (const auto& port : workload.ports) {
      RC_ASSERT(macs.insert(port.mac).second);
      for (const auto& address : port.addresses) {
        RC_ASSERT(addresses.insert({port.network, address}).second);
        RC_ASSERT(networks.at(port.network).spec.subnet->contains(address));
      }
    }
  }
}

// Numbers that only ever rise, over restarts and over deletions of what carries them.
struct Numbers {
  Epoch epoch;
  Revision revision;
  std::uint64_t next_event = 0;
  std::map<HostId, Generation> hosts;
  std::map<WorkloadId, Generation> workloads;

  void check_against(const World& world) {
    for (const auto& state : world.all<model::StateRecord>()) {
      RC_ASSERT(state.epoch >= epoch);
      RC_ASSERT(state.revision >= revision);
      RC_ASSERT(state.next_event >= next_event);
      epoch = state.epoch;
      revision = state.revision;
      next_event = state.next_event;
    }
    for (const auto& record : world.all<model::HostRecord>()) {
      RC_ASSERT(record.generation >= hosts[record.id]);
      hosts[record.id] = record.generation;
    }
    for (const auto& record : world.all<model::Workload>()) {
      RC_ASSERT(record.generation >= workloads[record.id]);
      workloads[record.id] = record.generation;
    }
  }
};

model::Wave random_wave() {
  std::map<std::string, model::Application> applications;
  for (int i = 0, many = drawn(1, 3); i < many; ++i) {
    const std::string owner = drawn(0, 1) == 0 ? "civil-affairs" : "housing";
    EntryBuilder entry(owner);
    auto web = std::move(entry).count(drawn(1, 3)).vcpus(drawn(1, 4));
    if (drawn(0, 1) == 0) web = std::move(web).apart(model::Scope::host);
    const std::string name = "app-" + std::to_string(drawn(1, 3));
    std::vector<std::string> depends_on;
    if (name != "app-1" && applications.contains("app-1")) depends_on = {"app-1"};
    applications[name] = application(owner, {{"web", std::move(web)}}, depends_on);
  }
  return wave("wave-" + std::to_string(drawn(1, 2)), std::move(applications));
}

std::string random_subject() {
  return std::string(drawn(0, 1) == 0 ? "civil-affairs" : "housing") + "/app-" + std::to_string(drawn(1, 3));
}

HostId random_host() { return HostId("h" + std::to_string(drawn(1, kHosts))); }

void do_something(World& world) {
  switch (drawn(0, 13)) {
    case 0:
    case 1: world.apply({random_wave()}); break;
    case 2: world.ask(model::DeleteRequest{"application", random_subject(), false}); break;
    case 3: world.ask(model::DeleteRequest{"workload", random_subject() + "/web-1", false}); break;
    case 4:
      world.ask(model::PowerRequest{static_cast<model::PowerVerb>(drawn(0, 2)), random_subject(), false});
      break;
    case 5:
      world.ask(model::HostRequest{static_cast<model::HostVerb>(drawn(1, 3)), random_host(), "", false});
      break;
    case 6: world.hosts.at(random_host()).up ^= true; break;
    case 7: world.restart(); break;
    case 8:
      world.hear(
          world.reports.at(static_cast<std::size_t>(drawn(0, static_cast<int>(world.reports.size()) - 1))));
      break;
    case 9: {
      const bool lossy = drawn(0, 1) == 0;
      world.loses_assignment = [lossy] { return lossy && drawn(0, 2) == 0; };
      break;
    }
    // Moves are where two hosts could come to write one volume.
    case 10:
    case 11: world.ask(model::HostRequest{model::HostVerb::drain, random_host(), "", false}); break;
    default: world.settle(drawn(1, 3));
  }
}

void prepare(World& world) {
  std::map<HostId, model::HostSpec> hosts;
  for (int i = 1; i <= kHosts; ++i)
    hosts.insert(host("h" + std::to_string(i), kVcpus, to_mib(64_GiB), i % 2 == 0 ? "a1" : "a2"));
  world.apply({site(hosts), departments({department("civil-affairs", 1), department("housing", 2)})});
  for (int i = 1; i <= kHosts; ++i) world.host_up("h" + std::to_string(i));
}

RC_GTEST_PROP(SchedulerLaws, HoldAfterAnySequenceOfRequests, ()) {
  World world;
  prepare(world);
  world.apply({random_wave()});
  world.settle(2);
  Numbers numbers;
  for (int step = 0, steps = drawn(5, 40); step < steps; ++step) {
    do_something(world);
    check_one_writer(world);
    check_hosts_are_not_overfull(world);
    check_addresses(world);
    numbers.check_against(world);
    RC_ASSERT(world.core->difference_from_records() == "");
  }
}

RC_GTEST_PROP(SchedulerLaws, EverythingSettlesWhenAllHostsAreThere, ()) {
  World world;
  prepare(world);
  for (int step = 0, steps = drawn(5, 30); step < steps; ++step) do_something(world);
  for (auto& [id, one] : world.hosts) one.up = true;
  world.loses_assignment = nullptr;
  for (int i = 1; i <= kHosts; ++i)
    world.ask(model::HostRequest{model::HostVerb::uncordon, HostId("h" + std::to_string(i)), "", false});
  world.settle(60);
  for (const auto& workload : world.all<model::Workload>()) {
    RC_ASSERT(!workload.deleting);
    RC_ASSERT(workload.leaving.empty());
    RC_ASSERT(world.told(workload.host.str(), workload.id.str()) != nullptr);
  }
  world.step({scheduler::Tick{}});
  const auto quiet = world.step({scheduler::Tick{}});
  RC_ASSERT(quiet.changes.empty());
  RC_ASSERT(quiet.messages.empty());
}

RC_GTEST_PROP(SchedulerLaws, ApplyingAgainIsQuiet, ()) {
  World world;
  prepare(world);
  const auto wanted = random_wave();
  const auto first = world.apply({wanted});
  const auto* plan = std::get_if<model::PlanResponse>(&first);
  RC_PRE(plan != nullptr && plan->applied);
  world.settle(drawn(0, 5));
  world.apply({wanted});
  RC_ASSERT(world.changes.empty());
}

RC_GTEST_PROP(SchedulerLaws, TheSameStateGivesTheSamePlan, ()) {
  World world;
  prepare(world);
  world.apply({random_wave()});
  world.settle(3);
  const auto wanted = random_wave();
  const auto before = world.plan({wanted});
  world.restart();
  world.settle(1);
  RC_ASSERT(world.plan({wanted}) == before);
}

}  // namespace
}  // namespace causeway::test
