// SPDX-License-Identifier: Apache-2.0
#include "agent/network/forbidden.h"

namespace causeway::agent {
namespace {

constexpr std::uint16_t kAboveAll = 200;

constexpr const char* kForbidden[] = {
    // Frames from bridge to bridge (IEEE 802.1D, 7.12.6), whatever they carry.
    "dl_dst=01:80:c2:00:00:00/ff:ff:ff:00:00:00",
    // Only hosts answer for addresses. A client believes an answer by the port that it comes to, and a
    // question that reached another guest would invite one.
    "udp,tp_src=67",
    "udp,tp_dst=67",
    "udp,tp_dst=68",
    "udp6,tp_src=547",
    "udp6,tp_dst=547",
    "udp6,tp_dst=546",
    // Redirects and router advertisements of ICMP. No multicast router listens to memberships here, and
    // nobody shall ask for them.
    "icmp,icmp_type=5",
    "icmp,icmp_type=9",
    "ip,nw_proto=2",
    // A first fragment that ends before its ports: the next one would bring what is asked for here. So would
    // one that ends among its extension headers (RFC 7113).
    "udp,ip_frag=no,tp_dst=0",
    "udp,ip_frag=first,tp_dst=0",
    "tcp,ip_frag=no,tp_dst=0",
    "tcp,ip_frag=first,tp_dst=0",
    "udp6,tp_dst=0",
    "tcp6,tp_dst=0",
    "ipv6,nw_proto=0",
};

}  // namespace

std::vector<Flow> forbidden_flows(std::uint8_t sender_table) {
  std::vector<Flow> flows;
  for (const char* match : kForbidden) flows.push_back({sender_table, kAboveAll, match, "drop"});
  return flows;
}

}  // namespace causeway::agent
