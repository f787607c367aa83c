// SPDX-License-Identifier: Apache-2.0
#include "agent/network/bridge_flows.h"

#include <algorithm>
#include <utility>

#include "agent/network/flow_rules.h"
#include "agent/network/meters.h"

namespace causeway::agent {
namespace {

using namespace std::chrono_literals;

constexpr Duration kConnectWithin = 2s;
constexpr Duration kSettleWithin = 5s;
// A look, and a change of all flows of a full host; both on a busy machine.
constexpr Duration kLookWithin = 3s;
constexpr Duration kProgramWithin = 15s;

// A cookie, from the left: the mark that tells our flows from others, the part that the flow is read back
// with (kSliceMask), the number of the change among those of this agent, and the policy's generation.
constexpr std::uint64_t kCookieMark = 0xca05;
constexpr unsigned kMarkShift = 48;
constexpr unsigned kChangeBits = kSliceShift - 32;
constexpr unsigned kGenerationBits = 32;

}  // namespace

BridgeFlows::BridgeFlows(std::string run_dir, std::string bridge)
    : run_dir_(std::move(run_dir)), bridge_(std::move(bridge)) {}

std::uint64_t BridgeFlows::next_cookie(Generation generation) {
  const std::uint64_t change = ++changes_ & ((1ULL << kChangeBits) - 1);
  return kCookieMark << kMarkShift | change << kGenerationBits |
         (generation.value & ((1ULL << kGenerationBits) - 1));
}

PolicyDigest BridgeFlows::digest() {
  if (!digest_) digest_ = policy_ ? agent::digest(*policy_) : PolicyDigest{};
  return *digest_;
}

Result<OpenFlow*> BridgeFlows::connection() {
  if (!connection_) {
    known_ = false;
    auto made = OpenFlow::connect(run_dir_ + "/" + bridge_ + ".mgmt", kConnectWithin);
    if (!made) return std::unexpected(made.error());
    CAUSEWAY_TRY(made->watch_others());
    connection_ = std::move(*made);
  }
  return &*connection_;
}

template <class T>
Result<T> BridgeFlows::kept(Result<T> result) {
  if (!result) {
    connection_.reset();
    known_ = false;
  }
  return result;
}

// A connection that ended while nobody looked is made anew.
Result<> BridgeFlows::listen() {
  if (connection_) {
    const auto changed = kept(connection_->others_changed());
    if (changed && *changed) known_ = false;
  }
  const auto open = connection();
  return open ? Result<>{} : std::unexpected(open.error());
}

Result<FlowPatch> BridgeFlows::patch_to(const ZonePolicy& policy, const PortNumbers& numbers) const {
  if (policy_ && numbers_ == numbers)
    if (auto change = rule_change(*policy_, policy)) return flows_.patch(std::move(*change));
  auto flows = make_flows(policy, numbers);
  if (!flows) return std::unexpected(flows.error());
  return flows_.patch_to(std::move(*flows));
}

Result<> BridgeFlows::write(FlowPatch patch, const ZonePolicy& policy, const PortNumbers& numbers) {
  const std::uint64_t cookie = next_cookie(policy.generation);
  auto meters = make_meters(policy, numbers);
  if (known_) {
    unsettled_ = unsettled_ || !patch.gone.empty();
    const auto updated = kept(connection_->update(flows_, patch, meters, cookie));
    if (!updated && updated.error().code != Errc::corrupt) return updated;
  }
  // From here on these are the flows that shall stand there, also if they don't yet.
  flows_.apply(std::move(patch));
  flows_.set_meters(std::move(meters));
  policy_ = policy;
  numbers_ = numbers;
  digest_.reset();
  if (known_) {
    flows_.forget_ready();
    return {};
  }
  const auto open = connection();
  if (!open) return std::unexpected(open.error());
  (*open)->allow(kProgramWithin);
  const auto before = kept((*open)->replace(flows_, cookie));
  flows_.forget_ready();
  if (!before) return std::unexpected(before.error());
  unsettled_ = unsettled_ || !before->surplus.empty();
  known_ = true;
  return {};
}

Result<> BridgeFlows::program(const ZonePolicy& policy, const PortNumbers& numbers) {
  auto patch = patch_to(policy, numbers);
  if (!patch) return std::unexpected(patch.error());
  CAUSEWAY_TRY(listen());
  connection_->allow(kProgramWithin);
  round_.reset();
  if (known_ && !patch->gone.empty())
    if (auto asked = ask_for_round()) round_.emplace(std::move(*asked));
  return write(std::move(*patch), policy, numbers);
}

Result<bool> BridgeFlows::stand(std::vector<std::string>& surplus) {
  CAUSEWAY_TRY(listen());
  CAUSEWAY_TRY(settle());
  connection_->allow(kLookWithin);
  const auto difference =
      kept(known_ ? connection_->compare_slice(flows_, slice_++) : connection_->compare(flows_));
  if (!difference) return std::unexpected(difference.error());
  surplus.insert(surplus.end(), difference->surplus.begin(), difference->surplus.end());
  known_ = difference->empty();
  return known_;
}

Result<> BridgeFlows::forget_port(std::uint32_t number) {
  CAUSEWAY_TRY(listen());
  const auto is_it = [&](const auto& port) { return port.second == number; };
  if (known_ && number != numbers_.tunnel && std::ranges::none_of(numbers_.ports, is_it)) return {};
  known_ = false;
  unsettled_ = true;
  return kept(connection_->forget_port(number));
}

Result<OvsQuestion> BridgeFlows::ask_for_round() const {
  return OvsQuestion::ask(run_dir_, "revalidator/wait", {}, kSettleWithin);
}

// The datapath tells when it has looked at every decision, and begins to look when a flow is written. The
// round that ends first after the change may have begun before it; the next one has not. A round that was
// asked for before the change and had not ended when it was done ends by itself, because the change is a
// written flow too.
Result<> BridgeFlows::settle() {
  auto round = std::exchange(round_, std::nullopt);
  if (!unsettled_) return {};
  constexpr auto activity = "waiting until the datapath follows";
  if (round && round->answered()) round.reset();
  for (int time = 0; time < 2; ++time) {
    if (!round) {
      auto asked = ask_for_round();
      if (!asked) return while_doing(asked.error(), activity);
      round.emplace(std::move(*asked));
      if (known_) CAUSEWAY_TRY(kept(connection_->touch(flows_, next_cookie(policy_->generation))));
    }
    if (const auto answer = round->answer(); !answer) return while_doing(answer.error(), activity);
    round.reset();
  }
  unsettled_ = false;
  return {};
}

}  // namespace causeway::agent
