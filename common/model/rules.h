// SPDX-License-Identifier: Apache-2.0
// What may begin a connection with a workload. A port has a guard; a guard is a list of rules; a rule says
// who (a set of addresses), what (a protocol, with ports or an ICMP type) and why. Guards and sets are named
// once and referred to, so that what is said, and what a switch holds, grows with ports plus rules and never
// with their product.
//
// Rules speak of connections and not of packets: what a rule lets in may be answered, and nothing else passes
// into a guarded port. They hold for each packet at its time: a rule that is gone lets no packet of a
// connection pass that it let in before. Frames to groups (broadcast, multicast) reach no guarded port.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/model/address.h"

namespace causeway::model {

// Addresses under a name. It lists single addresses as subnets of full length.
struct AddressSet {
  std::string id;
  std::vector<Subnet> members;

  bool operator==(const AddressSet&) const = default;
};

enum class RuleProtocol { any, tcp, udp, icmp, icmp6 };

struct Rule {
  std::string from;  // an address set; one that isn't described has no members
  RuleProtocol protocol = RuleProtocol::any;
  std::uint16_t first_port = 0;  // tcp and udp: the receiver's, from first to last
  std::uint16_t last_port = 65535;
  std::optional<std::uint8_t> icmp_type;  // icmp and icmp6: of the question; none: every one
  std::string why;  // "application", or the name of the grant: for people, switches don't care

  bool operator==(const Rule&) const = default;
};

// One that is named by a port and isn't described has no rules: nothing comes in.
struct Guard {
  std::string id;
  std::vector<Rule> rules;

  bool operator==(const Guard&) const = default;
};

}  // namespace causeway::model
