// SPDX-License-Identifier: Apache-2.0
// The three laws of the reconciler, for any wishes and any state of a host.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

#include "agent/reconcile/foreign.h"
#include "agent/reconcile/reconcile.h"
#include "tests/support/assignments.h"

namespace causeway::agent {
namespace {

using test::kExtranet;
using test::kIntranet;

const std::vector<std::string> kIds{"a/b/c", "a/b/d", "a/bb/c", "e/f/g", "e/f/h"};
const std::vector<ZoneId> kZones{kExtranet, kIntranet};

HostSetup setup() {
  return {HostId("h1"), {{kExtranet, test::ip("10.98.0.1"), 4789}, {kIntranet, test::ip("10.98.1.1"), 4790}}};
}

model::AssignedWorkload any_workload(const std::string& id) {
  auto built = test::workload(id)
                   .zone(*rc::gen::elementOf(std::vector<ZoneId>{kExtranet, kIntranet, ZoneId("video")}))
                   .generation(*rc::gen::inRange<std::uint64_t>(1, 4));
  if (*rc::gen::arbitrary<bool>()) built = std::move(built).disk("data", *rc::gen::inRange(1, 4));
  if (*rc::gen::inRange(0, 4) == 0) built = std::move(built).imported("old.qcow2");
  for (int i = *rc::gen::inRange(0, 3); i > 0; --i) {
    built = std::move(built).port("eth" + std::to_string(i));
  }
  switch (*rc::gen::inRange(0, 6)) {
    case 0: return std::move(built).absent();
    case 1: return std::move(built).moved_away();
    case 2: return std::move(built).stopped();
    default: return built;
  }
}

Desired any_desired() {
  auto assignment = test::assignment(*rc::gen::inRange<std::uint64_t>(1, 9)).network(kIntranet);
  for (const auto& id : kIds) {
    if (*rc::gen::arbitrary<bool>()) assignment = std::move(assignment).with(any_workload(id));
  }
  return desire(setup(), std::move(assignment));
}

ObservedWorkload any_domain(const std::string& id) {
  ObservedWorkload seen;
  seen.id = WorkloadId(id);
  seen.zone = kExtranet;
  seen.defined = Generation{*rc::gen::inRange<std::uint64_t>(1, 4)};
  seen.power = *rc::gen::element(Power::stopped, Power::running, Power::paused, Power::crashed);
  if (has_process(&seen)) seen.current = Generation{1};
  return seen;
}

Observed any_observed() {
  Observed observed;
  observed.compute = ComputeObservation{};
  observed.network = SwitchState{};
  observed.compute->foreign = {{"web-old", Power::running}};
  observed.network->foreign = {{Foreign::Kind::port, "cw-extranet", "vnet3", "is nobody's"}};
  for (const auto& zone : setup().zones) {
    if (*rc::gen::arbitrary<bool>()) {
      observed.network->bridges.push_back({zone, bridge_name(zone.zone), std::nullopt, Generation{}});
    }
  }
  for (const auto& zone : kZones) {
    ObservedPool pool;
    pool.foreign = {"somebody-elses"};
    if (*rc::gen::arbitrary<bool>()) pool.images.push_back({ImageId("debian-12"), std::string(64, 'a')});
    for (const auto& id : kIds) {
      for (const char* disk : {"data", "root"}) {
        if (*rc::gen::inRange(0, 3) != 0) continue;
        pool.volumes.push_back(
            {VolumeId(id + "/" + disk), GiB{*rc::gen::inRange(1, 12)}, *rc::gen::arbitrary<bool>()});
      }
    }
    observed.pools.emplace(zone, std::move(pool));
  }
  for (const auto& id : kIds) {
    if (*rc::gen::arbitrary<bool>()) observed.compute->workloads.push_back(any_domain(id));
    for (const char* port : {"eth1", "eth2"}) {
      if (*rc::gen::inRange(0, 3) != 0) continue;
      PortState state;
      state.port = PortId(id + "/" + port);
      state.zone = *rc::gen::elementOf(kZones);
      state.mtu = 1450;
      state.usable = *rc::gen::arbitrary<bool>();
      observed.network->ports.push_back(state);
    }
  }
  return observed;
}

// A host that does what it is told, and fails the test when it is told something that its state doesn't
// allow.
class Host {
 public:
  Host(const Desired& desired, Observed observed) : desired_(desired), observed_(std::move(observed)) {}

  void carry_out(const Action& action) {
    if (const auto* define = std::get_if<Define>(&action)) {
      for (const auto& [disk, volume] : define->volumes) RC_ASSERT(ready(define->domain.zone, volume));
    } else if (const auto* start = std::get_if<Start>(&action)) {
      check_start(*start);
    } else if (const auto* undefine = std::get_if<Undefine>(&action)) {
      RC_ASSERT(!has_process(observed_.workload(undefine->workload)));
    } else if (const auto* program = std::get_if<Program>(&action)) {
      RC_ASSERT(observed_.bridge(program->policy.zone));
      for (const auto& wiring : program->policy.ports) RC_ASSERT(observed_.port(wiring.port));
    } else if (const auto* port = std::get_if<EnsurePort>(&action)) {
      RC_ASSERT(observed_.bridge(port->wiring.zone));
    } else if (const auto* volume = std::get_if<EnsureVolume>(&action)) {
      const auto* source = std::get_if<ImageSource>(&volume->volume.source);
      const auto& pool = *observed_.pools.at(volume->volume.zone);
      const auto* there = find_volume(pool, volume->volume.volume);
      const bool possible = !source || (there && there->ready) || find_image(pool, source->image);
      RC_ASSERT(possible);
    } else if (const auto* removed = std::get_if<RemoveVolume>(&action)) {
      RC_ASSERT(!observed_.workload(model::workload_of(removed->volume)));
    }
    assume(observed_, action);
  }

  // Guests that were asked to power off do so.
  void guests_obey(const std::set<WorkloadId>& asked) {
    for (auto& workload : observed_.compute->workloads) {
      if (asked.contains(workload.id)) assume(observed_, Kill{workload.id});
    }
  }

  [[nodiscard]] const Observed& observed() const { return observed_; }

 private:
  [[nodiscard]] bool ready(const ZoneId& zone, const VolumeId& id) const {
    const auto* volume = find_volume(*observed_.pools.at(zone), id);
    return volume && volume->ready;
  }

  void check_start(const Start& start) const {
    const auto* wanted = desired_.find(start.workload);
    const bool wished = wanted && wanted->wish == Wish::run && wanted->refused.empty();
    RC_ASSERT(wished);
    const auto* seen = observed_.workload(start.workload);
    const bool defined = seen && !has_process(seen) && seen->defined == wanted->generation;
    RC_ASSERT(defined);
    for (const auto& volume : wanted->volumes) RC_ASSERT(ready(wanted->zone, volume.volume.volume));
    for (const auto& wiring : wanted->ports) RC_ASSERT(observed_.port(wiring.port)->open);
  }

  const Desired& desired_;
  Observed observed_;
};

// Carries out prefixes of what converge says, each action failing now and then, until it says nothing more.
void run_to_quiet(Desired& desired, Host& host) {
  std::mt19937_64 random(*rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint64_t>()));
  const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
  std::set<WorkloadId> asked;
  for (int round = 0; round < 400; ++round) {
    const auto actions = converge(desired, host.observed());
    if (actions.empty() && asked.empty()) return;
    const auto prefix = actions.empty() ? 0 : 1 + below(actions.size());
    for (std::size_t i = 0; i < prefix; ++i) {
      if (below(8) == 0) continue;
      host.carry_out(actions[i]);
      if (const auto* stop = std::get_if<Stop>(&actions[i])) {
        asked.insert(stop->workload);
        desired.find(stop->workload)->asking = Asking::asked;
      }
    }
    if (actions.empty() || below(2) == 0) {
      if (below(2) == 0) host.guests_obey(asked);
      for (const auto& id : asked) desired.find(id)->asking = Asking::overdue;
      asked.clear();
    }
  }
  RC_FAIL("converge does not come to an end");
}

void check_satisfied(const Desired& desired, const Observed& observed) {
  for (const auto& wanted : desired.workloads) {
    if (!wanted.refused.empty()) continue;
    const auto* seen = observed.workload(wanted.id);
    if (wanted.wish == Wish::leave || wanted.wish == Wish::vanish) {
      RC_ASSERT(!seen);
      RC_ASSERT(ports_of(*observed.network, wanted.id).empty());
      if (wanted.wish == Wish::vanish)
        RC_ASSERT(volumes_of(*observed.pools.at(wanted.zone), wanted.id).empty());
      continue;
    }
    RC_ASSERT(seen != nullptr);
    RC_ASSERT(seen->defined == wanted.generation);
    RC_ASSERT(has_process(seen) == (wanted.wish == Wish::run));
    for (const auto& volume : wanted.volumes) {
      const auto* there = find_volume(*observed.pools.at(wanted.zone), volume.volume.volume);
      const bool ready = there && there->ready && there->size >= volume.volume.size;
      RC_ASSERT(ready);
    }
    for (const auto& wiring : wanted.ports) RC_ASSERT(observed.port(wiring.port)->open);
  }
}

// Everything that no entry of the assignment speaks of, as text.
std::set<std::string> not_ours(const Desired& desired, const Observed& observed) {
  std::set<std::string> things;
  const auto spoken_of = [&](const std::string& part) {
    return desired.find(WorkloadId(part.substr(0, part.rfind('/')))) != nullptr;
  };
  for (const auto& domain : observed.compute->foreign) things.insert("domain " + domain.name);
  for (const auto& seen : observed.compute->workloads) {
    if (desired.find(seen.id)) continue;
    things.insert("workload " + seen.id.str() + std::string(to_string(seen.power)) +
                  std::to_string(seen.defined.value));
  }
  for (const auto& port : observed.network->ports) {
    if (!spoken_of(port.port.str())) things.insert("port " + port.port.str());
  }
  for (const auto& foreign : observed.network->foreign) things.insert("switch " + foreign.name);
  for (const auto& [zone, pool] : observed.pools) {
    for (const auto& name : pool->foreign) things.insert("image " + name);
    for (const auto& volume : pool->volumes) {
      if (spoken_of(volume.volume.str())) continue;
      things.insert("volume " + volume.volume.str() + to_string(volume.size) + zone.str());
    }
  }
  return things;
}

RC_GTEST_PROP(ReconcileLaws, AnyPrefixOfTheActionsLeadsToQuietAndWhatWasWished, ()) {
  auto desired = any_desired();
  Host host(desired, any_observed());
  run_to_quiet(desired, host);
  check_satisfied(desired, host.observed());
}

RC_GTEST_PROP(ReconcileLaws, ASatisfiedHostIsLeftInPeace, ()) {
  auto desired = any_desired();
  Host host(desired, any_observed());
  run_to_quiet(desired, host);
  const auto again = judge(desired, host.observed());
  RC_ASSERT(again.actions.empty());
  for (const auto& view : again.views) RC_ASSERT(view.next.empty());
}

RC_GTEST_PROP(ReconcileLaws, NothingThatTheAssignmentDoesNotNameIsTouched, ()) {
  auto desired = any_desired();
  Host host(desired, any_observed());
  const auto before = not_ours(desired, host.observed());
  run_to_quiet(desired, host);
  RC_ASSERT(not_ours(desired, host.observed()) == before);
}

RC_GTEST_PROP(ReconcileLaws, NothingIsRemovedUnlessTheAssignmentSaysSo, ()) {
  const auto desired = any_desired();
  for (const auto& action : converge(desired, any_observed())) {
    const auto goes = [&](const WorkloadId& id) {
      const auto* wanted = desired.find(id);
      return wanted && (wanted->wish == Wish::leave || wanted->wish == Wish::vanish);
    };
    if (const auto* undefine = std::get_if<Undefine>(&action)) RC_ASSERT(goes(undefine->workload));
    if (const auto* port = std::get_if<RemovePort>(&action)) {
      RC_ASSERT(goes(WorkloadId(port->port.str().substr(0, port->port.str().rfind('/')))));
    }
    if (const auto* volume = std::get_if<RemoveVolume>(&action)) {
      RC_ASSERT(desired.find(model::workload_of(volume->volume))->wish == Wish::vanish);
    }
  }
}

RC_GTEST_PROP(ReconcileLaws, APartThatCannotBeSeenIsNotActedOn, ()) {
  const auto desired = any_desired();
  auto observed = any_observed();
  const bool no_compute = *rc::gen::arbitrary<bool>();
  const bool no_network = *rc::gen::arbitrary<bool>();
  const bool no_storage = *rc::gen::arbitrary<bool>();
  if (no_compute) observed.compute = fail(Errc::unavailable, "libvirtd does not answer");
  if (no_network) observed.network = fail(Errc::unavailable, "the switch does not answer");
  if (no_storage) observed.pools.clear();
  for (const auto& action : converge(desired, observed)) {
    const auto lane = lane_of(action);
    RC_ASSERT(!(no_compute && lane == Lane::compute));
    const auto* start = std::get_if<Start>(&action);
    const bool needs_network =
        lane == Lane::network || (start && !desired.find(start->workload)->ports.empty());
    RC_ASSERT(!(no_network && needs_network));
    RC_ASSERT(!(no_storage && (lane == Lane::storage || lane == Lane::imports)));
  }
}

}  // namespace
}  // namespace causeway::agent
