// SPDX-License-Identifier: Apache-2.0
// What one bridge was made to do, and whether it does so still. The connection to the switch stays open and
// hears what others do to the bridge's flows, so that a change sends and reads back only what changes, and a
// look at a bridge that nobody touched reads back a part of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/network/flow_set.h"
#include "agent/network/flows.h"
#include "agent/network/network.h"
#include "agent/network/openflow.h"
#include "agent/network/ovs_control.h"
#include "common/core/result.h"

namespace causeway::agent {

// For one thread. Failures are those of Switch.
class BridgeFlows {
 public:
  BridgeFlows(std::string run_dir, std::string bridge);

  // Makes the bridge do the policy, whose ports have these numbers. What it closes is closed after settle().
  // After a failure it may do either, whole.
  Result<> program(const ZonePolicy& policy, const PortNumbers& numbers);

  // What was programmed last; null before that.
  [[nodiscard]] const ZonePolicy* policy() const { return policy_ ? &*policy_ : nullptr; }
  [[nodiscard]] const PortNumbers& numbers() const { return numbers_; }
  [[nodiscard]] PolicyDigest digest();  // of the policy

  // Whether what was programmed stands there still; what nobody wants is added to `surplus`. A bridge that
  // somebody touched since the last look is read back whole, another one by a part each time.
  Result<bool> stand(std::vector<std::string>& surplus);

  // Removes every flow that receives from the port or sends to it. None there: nothing is written.
  Result<> forget_port(std::uint32_t number);

  // Waits until what was closed lets nothing pass any more. The datapath goes on with what it has decided
  // before until it has looked again at every decision, which it does when something changes, and twice a
  // second. Takes milliseconds, or a second for flows that nothing is known of.
  Result<> settle();
  // The datapath may have gone on with what was decided before these flows.
  void unsettle() { unsettled_ = true; }

 private:
  // Asks to be told when the datapath has looked at every decision.
  [[nodiscard]] Result<OvsQuestion> ask_for_round() const;
  // The connection that is there, or a new one; then it isn't known what stands there.
  Result<OpenFlow*> connection();
  // The result's failure ends the connection, because half of an answer may still be on its way.
  template <class T>
  Result<T> kept(Result<T> result);
  // Learns whether anybody else has changed a flow.
  Result<> listen();
  Result<FlowPatch> patch_to(const ZonePolicy& policy, const PortNumbers& numbers) const;
  Result<> write(FlowPatch patch, const ZonePolicy& policy, const PortNumbers& numbers);
  std::uint64_t next_cookie(Generation generation);

  std::string run_dir_;
  std::string bridge_;
  std::optional<OpenFlow> connection_;
  std::optional<ZonePolicy> policy_;
  PortNumbers numbers_;
  std::optional<PolicyDigest> digest_;
  FlowSet flows_;
  bool known_ = false;                // exactly flows_ stands there, unless others_changed() says otherwise
  bool unsettled_ = false;            // something was closed, and the datapath may not have followed yet
  std::optional<OvsQuestion> round_;  // asked for before the newest change
  std::uint64_t slice_ = 0;
  std::uint64_t changes_ = 0;
};

}  // namespace causeway::agent
