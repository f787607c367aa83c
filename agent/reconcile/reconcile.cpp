// SPDX-License-Identifier: Apache-2.0
#include "agent/reconcile/reconcile.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agent/reconcile/foreign.h"
#include "common/model/wave.h"

namespace causeway::agent {
namespace {

using model::Phase;

bool present(Wish wish) { return wish == Wish::run || wish == Wish::rest; }

// Goes through one workload in the order in which things rest on each other.
class Judge {
 public:
  Judge(const DesiredWorkload& desired, const Observed& observed, std::vector<Action>& actions)
      : desired_(desired), observed_(observed), actions_(actions), seen_(observed.workload(desired.id)) {
    view_.id = desired.id;
  }

  View view() && {
    if (!desired_.refused.empty()) {
      view_.phase = Phase::failed;
      wait(desired_.refused);
    } else if (desired_.finished) {
      view_.phase = Phase::absent;
    } else if (!observed_.compute) {
      view_.known = false;
      wait(observed_.compute.error().what);
    } else if (present(desired_.wish)) {
      keep();
    } else {
      remove();
    }
    return std::move(view_);
  }

 private:
  void act(Action action) {
    view_.next.push_back(key_of(action));
    actions_.push_back(std::move(action));
  }
  // The first reason is the one that is shown: what comes later mostly follows from it.
  void wait(std::string on) {
    if (view_.waiting_on.empty()) view_.waiting_on = std::move(on);
  }

  void keep() {
    const bool process = has_process(seen_);
    view_.steps = static_cast<int>(desired_.volumes.size() + desired_.ports.size()) + 2;
    const bool volumes_ready = ensure_volumes();
    const bool ports_open = ensure_ports(process);
    const bool defined = seen_ && seen_->defined == desired_.generation;
    if (!defined && volumes_ready) define();
    if (defined) ++view_.steps_done;
    if (process) {
      with_process();
    } else if (desired_.barred && desired_.wish == Wish::run) {
      view_.phase = Phase::stopped;
      wait("a word from a scheduler or the storage, which are both silent for longer than the lease");
    } else if (!volumes_ready || !ports_open || !defined) {
      view_.phase = Phase::preparing;
    } else if (desired_.wish == Wish::rest) {
      view_.phase = Phase::stopped;
      view_.steps_done = view_.steps;
    } else {
      view_.phase = Phase::starting;
      if (!desired_.ending) act(Start{desired_.id, desired_.zone, desired_.generation, desired_.restart});
    }
  }

  void with_process() {
    // Its volumes are fenced or out of reach, so it could not end in an orderly way.
    if (desired_.barred) {
      view_.phase = Phase::stopping;
      act(Kill{desired_.id});
      return wait("both a scheduler and the storage, which are silent for longer than the lease");
    }
    if (desired_.wish == Wish::rest || desired_.ending) {
      view_.phase = Phase::stopping;
      end_process();
      return;
    }
    view_.phase = Phase::running;
    view_.steps_done = view_.steps;
    if (seen_->power == Power::paused) {
      wait(fmt::format("the guest is paused: {}", seen_->why.empty() ? "no reason is known" : seen_->why));
    } else if (seen_->current && *seen_->current != desired_.generation) {
      wait(fmt::format("its next start: it runs generation {}, generation {} is ready", seen_->current->value,
                       desired_.generation.value));
    }
  }

  void end_process() {
    switch (desired_.asking) {
      case Asking::not_yet: act(Stop{desired_.id}); break;
      case Asking::asked: wait("the guest to power off"); break;
      case Asking::overdue: act(Kill{desired_.id}); break;
    }
  }

  bool ensure_volumes() {
    const auto found = observed_.pools.find(desired_.zone);
    if (desired_.volumes.empty()) return true;
    if (found == observed_.pools.end() || !found->second) {
      if (!has_process(seen_)) {
        wait(found == observed_.pools.end() ? "the first look at the storage" : found->second.error().what);
      }
      return false;
    }
    bool ready = true;
    for (const auto& volume : desired_.volumes) ready = ensure_volume(*found->second, volume) && ready;
    return ready;
  }

  bool ensure_volume(const ObservedPool& pool, const DesiredVolume& desired) {
    const auto* volume = find_volume(pool, desired.volume.volume);
    const bool there = volume && volume->ready;
    if (there && volume->size >= desired.volume.size) {
      ++view_.steps_done;
      if (volume->size > desired.volume.size) {
        wait(fmt::format(
            "somebody to correct volume {}: it has {}, {} is asked for, and volumes never shrink",
            desired.volume.volume.str(), to_string(volume->size), to_string(desired.volume.size)));
      }
      return true;
    }
    if (!there && desired.image) {
      const auto* image = find_image(pool, desired.image->image);
      if (!image || image->sha256 != desired.image->sha256) {
        act(EnsureImage{*desired.image});
        return false;
      }
    }
    act(EnsureVolume{desired.volume});
    // A volume that has yet to grow can be started from: the guest sees the rest when it is there.
    return there;
  }

  bool ensure_ports(bool process) {
    if (desired_.ports.empty()) return true;
    if (!observed_.network) {
      if (!process) wait(observed_.network.error().what);
      return false;
    }
    bool open = true;
    for (const auto& wiring : desired_.ports) open = ensure_port(wiring) && open;
    return open;
  }

  bool ensure_port(const PortWiring& wiring) {
    if (!observed_.bridge(wiring.zone)) {
      const Key bridge{Key::Kind::bridge, wiring.zone.str()};
      if (std::ranges::find(view_.next, bridge) == view_.next.end()) view_.next.push_back(bridge);
      return false;
    }
    const auto* port = observed_.port(wiring.port);
    if (!port || !port->usable || port->mtu != wiring.mtu || port->zone != wiring.zone) {
      act(EnsurePort{wiring});
      return false;
    }
    if (!port->open) {
      view_.next.push_back({Key::Kind::policy, wiring.zone.str()});
      return false;
    }
    ++view_.steps_done;
    return true;
  }

  void define() {
    Define define{desired_.domain, {}};
    for (const auto& volume : desired_.volumes) {
      const auto& id = volume.volume.volume;
      define.volumes.emplace_back(id.str().substr(id.str().rfind('/') + 1), id);
    }
    act(std::move(define));
  }

  // In the reverse order of keep(): the process, the definition, the ports, and the volumes last.
  void remove() {
    view_.phase = Phase::removing;
    if (has_process(seen_)) return end_process();
    if (seen_) return act(Undefine{desired_.id});
    if (!observed_.network) return wait(observed_.network.error().what);
    bool ports_gone = true;
    for (const auto& port : ports_of(*observed_.network, desired_.id)) {
      act(RemovePort{port});
      ports_gone = false;
    }
    if (ports_gone && volumes_gone()) view_.phase = Phase::absent;
  }

  bool volumes_gone() {
    if (desired_.wish == Wish::leave) return true;
    const auto found = observed_.pools.find(desired_.zone);
    if (found == observed_.pools.end() || !found->second) {
      wait(found == observed_.pools.end() ? "the first look at the storage" : found->second.error().what);
      return false;
    }
    const auto volumes = volumes_of(*found->second, desired_.id);
    for (const auto& volume : volumes) act(RemoveVolume{desired_.zone, volume});
    return volumes.empty();
  }

  const DesiredWorkload& desired_;
  const Observed& observed_;
  std::vector<Action>& actions_;
  const ObservedWorkload* seen_;
  View view_;
};

// The ports that shall be open: all that are there, of workloads that stay, and of those that go for as long
// as they are defined: a process finishes its work in peace, and a start that is under way finds its ports
// open.
ZonePolicy policy_of(const Desired& desired, const Observed& observed, const ZoneId& zone) {
  ZonePolicy policy{zone, desired.generation, {}, {}, {}, {}};
  if (const auto segments = desired.segments.find(zone); segments != desired.segments.end()) {
    policy.segments = segments->second;
  }
  if (const auto rules = desired.rules.find(zone); rules != desired.rules.end()) {
    policy.guards = rules->second.guards;
    policy.address_sets = rules->second.address_sets;
  }
  if (const auto joints = desired.joints.find(zone); joints != desired.joints.end()) {
    policy.joints = joints->second;
  }
  if (const auto way = desired.ways_out.find(zone); way != desired.ways_out.end())
    policy.way_out = way->second;
  for (const auto& workload : desired.workloads) {
    if (!workload.refused.empty() || workload.finished) continue;
    const bool going = !present(workload.wish) && observed.compute && !observed.workload(workload.id);
    if (going) continue;
    for (const auto& wiring : workload.ports) {
      if (wiring.zone != zone) continue;
      const auto* port = observed.port(wiring.port);
      if (port && port->usable && port->zone == zone) policy.ports.push_back(wiring);
    }
  }
  return policy;
}

void judge_zone(const Desired& desired, const Observed& observed, const ZoneBridge& zone,
                std::vector<Action>& actions) {
  const auto* bridge = observed.bridge(zone.zone);
  if (!bridge || bridge->bridge != zone) actions.emplace_back(EnsureBridge{zone});
  // Before the first assignment nobody knows what may pass, so what is programmed stays as it is.
  if (!bridge || !desired.assigned) return;
  auto policy = policy_of(desired, observed, zone.zone);
  const auto wanted = digest(policy);
  if (bridge->programmed != wanted) actions.emplace_back(Program{std::move(policy), wanted});
}

}  // namespace

Judgement judge(const Desired& desired, const Observed& observed) {
  Judgement judgement;
  judgement.views.reserve(desired.workloads.size());
  if (observed.network) {
    for (const auto& zone : desired.setup.zones) judge_zone(desired, observed, zone, judgement.actions);
  }
  for (const auto& workload : desired.workloads) {
    judgement.views.push_back(Judge(workload, observed, judgement.actions).view());
  }
  // Two workloads may wait for one image: it is imported once.
  std::ranges::stable_sort(judgement.actions, {}, rank_of);
  std::vector<Key> images;
  std::erase_if(judgement.actions, [&](const Action& action) {
    if (!std::holds_alternative<EnsureImage>(action)) return false;
    const auto key = key_of(action);
    if (std::ranges::find(images, key) != images.end()) return true;
    images.push_back(key);
    return false;
  });
  judgement.foreign = foreign_things(desired, observed);
  return judgement;
}

std::vector<Action> converge(const Desired& desired, const Observed& observed) {
  return judge(desired, observed).actions;
}

}  // namespace causeway::agent
