// SPDX-License-Identifier: Apache-2.0
// Open vSwitch's own words for flows, for the few files that speak them. Nothing else includes this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "agent/network/flows.h"
#include "common/core/result.h"

// Open vSwitch's headers say nothing about C++, and forget this one.
#include <arpa/inet.h>
extern "C" {
#include <openvswitch/dynamic-string.h>
#include <openvswitch/match.h>
#include <openvswitch/ofp-actions.h>
#include <openvswitch/ofp-errors.h>
#include <openvswitch/ofp-flow.h>
#include <openvswitch/ofp-msgs.h>
#include <openvswitch/ofp-protocol.h>
}

namespace causeway::agent {

inline constexpr ofputil_protocol kProtocol = OFPUTIL_P_OF15_OXM;
inline constexpr ofp_version kVersion = OFP15_VERSION;

// Names a rule: equal for equal table, priority and match.
std::uint64_t rule_key(std::uint8_t table, int priority, const match& what);
// Equal for equal actions.
std::uint64_t actions_key(const ofpact* actions, std::size_t length);
// As ovs-ofctl dump-flows shows it, without numbers that change.
std::string as_text(const ofputil_flow_stats& stats);

// A flow_mod that frees what it holds.
struct FlowMod {
  ofputil_flow_mod mod{};

  FlowMod() = default;
  FlowMod(const FlowMod&) = delete;
  FlowMod& operator=(const FlowMod&) = delete;
  ~FlowMod();

  // One of the OFPFC_ commands for the flow. A removal names a rule, not what it does.
  Result<> parse(const Flow& flow, std::uint16_t command);
};

}  // namespace causeway::agent
