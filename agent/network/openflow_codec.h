// SPDX-License-Identifier: Apache-2.0
// Open vSwitch's own words for flows, for the few files that speak them. Nothing else includes this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/network/flow_set.h"
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
#include <openvswitch/ofpbuf.h>
}

namespace causeway::agent {

inline constexpr ofputil_protocol kProtocol = OFPUTIL_P_OF15_OXM;
inline constexpr ofp_version kVersion = OFP15_VERSION;

// The message that adds a flow.
class EncodedFlow {
 public:
  explicit EncodedFlow(const ofputil_flow_mod& addition);
  EncodedFlow(const EncodedFlow&) = delete;
  EncodedFlow& operator=(const EncodedFlow&) = delete;
  ~EncodedFlow();

  [[nodiscard]] std::string_view bytes() const;
  // A flow is known by its bytes on the wire, which this library and the switch's write alike: so what is
  // read back can be compared without taking it apart.
  [[nodiscard]] ParsedFlow keys() const;

 private:
  ofpbuf* message_;
};

// The same message with a cookie; the caller's to delete.
ofpbuf* with_cookie(std::string_view addition, std::uint64_t cookie);

// One flow of a switch's answer.
struct SeenFlow {
  ParsedFlow keys;  // of the bytes as they came; a switch of another version may say the same by others
  std::uint64_t cookie = 0;
  ofpbuf answer{};  // from this flow on; the bytes are those of the answer it was taken off
};

// The flow that the answer, whose header was pulled, begins with is taken off it. nullopt: there is none.
// corrupt: it can't be read.
Result<std::optional<SeenFlow>> next_flow(ofpbuf& answer);

// A flow that was taken apart.
struct DecodedFlow {
  ofputil_flow_stats stats{};

  DecodedFlow();
  DecodedFlow(const DecodedFlow&) = delete;
  DecodedFlow& operator=(const DecodedFlow&) = delete;
  ~DecodedFlow();

  Result<> decode(const SeenFlow& seen);
  // Of the bytes that this library says it by.
  [[nodiscard]] ParsedFlow keys() const;

 private:
  ofpbuf actions_{};
};

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
