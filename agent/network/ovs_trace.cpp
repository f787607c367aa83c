// SPDX-License-Identifier: Apache-2.0
#include "agent/network/ovs_trace.h"

#include <fmt/format.h>

#include <charconv>
#include <sstream>

namespace causeway::agent {
namespace {

// What a line says after a word that it begins with; empty: it doesn't.
std::string after(const std::string& line, std::string_view word) {
  const auto start = line.find_first_not_of(' ');
  if (start == std::string::npos || line.compare(start, word.size(), word) != 0) return "";
  return line.substr(start + word.size());
}

// "32. No match." begins with the table's number.
std::string table_of(const std::string& line) {
  const auto start = line.find_first_not_of(' ');
  const auto dot = line.find(". ");
  if (start == std::string::npos || dot == std::string::npos || dot <= start) return "";
  const auto number = line.substr(start, dot - start);
  return number.find_first_not_of("0123456789") == std::string::npos ? number : "";
}

}  // namespace

std::string notation(std::uint32_t in_port, const Packet& packet) {
  const char* family = packet.ether_type == kEtherIpv6 ? "ipv6" : "nw";
  const char* ports = "";
  const char* from = "_src";
  const char* to = "_dst";
  switch (packet.protocol) {
    case kTcp: ports = "tcp"; break;
    case kUdp: ports = "udp"; break;
    case kIcmpv6: ports = "icmpv6"; break;
    default: ports = "icmp"; break;
  }
  if (packet.protocol == kIcmp || packet.protocol == kIcmpv6) {
    from = "_type";
    to = "_code";
  }
  return fmt::format(
      "in_port={},dl_src={},dl_dst={},dl_type={:#x},nw_proto={},nw_ttl={},{}_src={},{}_dst={},{}{}={},{}{}={"
      "}",
      in_port, packet.source.str(), packet.destination.str(), packet.ether_type, packet.protocol,
      packet.hop_limit, family, packet.from.str(), family, packet.to.str(), ports, from, packet.from_port,
      ports, to, packet.to_port);
}

std::string tunnelled(std::uint32_t vni, const model::IpAddress& from_host) {
  return fmt::format("tun_id={},{}={},", vni, from_host.v6 ? "tun_ipv6_src" : "tun_src", from_host.str());
}

std::string beginning_of(const Packet& packet) {
  const char* family = packet.ether_type == kEtherIpv6 ? "ipv6" : "nw";
  return fmt::format(
      ",ct_state=trk|new,ct_{0}_src={1},ct_{0}_dst={2},ct_nw_proto={3},ct_tp_src={4},ct_tp_dst={5}", family,
      packet.from.str(), packet.to.str(), packet.protocol, packet.from_port, packet.to_port);
}

Traced read_trace(const std::string& text, std::uint32_t tunnel_port) {
  Traced traced;
  std::istringstream lines(text);
  std::string host;
  for (std::string line; std::getline(lines, line);) {
    if (const auto table = table_of(line); !table.empty()) traced.last_table = table;
    const auto value = after(line, "set_field:");
    if (value.ends_with("->tun_dst") || value.ends_with("->tun_ipv6_dst"))
      host = value.substr(0, value.find("->"));
    const auto port = after(line, "output:");
    std::uint32_t number = 0;
    if (std::from_chars(port.data(), port.data() + port.size(), number).ec != std::errc{}) continue;
    if (number == tunnel_port)
      traced.hosts.insert(host);
    else
      traced.ports.insert(number);
  }
  return traced;
}

}  // namespace causeway::agent
