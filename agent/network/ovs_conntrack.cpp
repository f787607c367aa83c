// SPDX-License-Identifier: Apache-2.0
#include "agent/network/ovs_conntrack.h"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <sstream>

#include "agent/network/ovs_control.h"

namespace causeway::agent {
namespace {

// What stands in `orig=(…)` as names and values.
std::map<std::string, std::string> original(const std::string& line) {
  std::map<std::string, std::string> fields;
  const auto start = line.find("orig=(");
  const auto end = line.find(')', start);
  if (start == std::string::npos || end == std::string::npos) return fields;
  std::istringstream parts(line.substr(start + 6, end - start - 6));
  for (std::string part; std::getline(parts, part, ',');)
    if (const auto equals = part.find('='); equals != std::string::npos)
      fields[part.substr(0, equals)] = part.substr(equals + 1);
  return fields;
}

std::uint16_t number(const std::string& text) {
  std::uint16_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

bool lingers(const std::string& line) {
  for (const char* state : {"state=TIME_WAIT", "state=CLOSING", "state=CLOSED", "state=LAST_ACK"})
    if (line.contains(state)) return true;
  return false;
}

// "77" of ",zone=77,"; without one it is zone 0.
std::uint16_t zone_of(const std::string& line) {
  const auto start = line.find(",zone=");
  return start == std::string::npos ? std::uint16_t{0} : number(line.substr(start + 6));
}

}  // namespace

void read_connection(const std::string& line, std::uint16_t zone, std::vector<Connection>& into) {
  static const std::map<std::string, std::uint8_t> kProtocols{
      {"tcp", kTcp}, {"udp", kUdp}, {"icmp", kIcmp}, {"icmpv6", kIcmpv6}};
  const auto protocol = kProtocols.find(line.substr(0, line.find(',')));
  if (protocol == kProtocols.end() || zone_of(line) != zone || lingers(line)) return;
  auto fields = original(line);
  const auto from = model::IpAddress::parse(fields["src"]);
  const auto to = model::IpAddress::parse(fields["dst"]);
  if (!from || !to) return;
  const bool icmp = fields.contains("type");
  into.push_back({*from, *to, protocol->second, number(fields[icmp ? "type" : "sport"]),
                  number(fields[icmp ? "code" : "dport"])});
}

Result<std::vector<Connection>> connections_in(const std::string& run_dir, std::uint16_t zone,
                                               Duration within) {
  const auto text = ask_ovs(run_dir, "dpctl/dump-conntrack", {fmt::format("zone={}", zone)}, within);
  if (!text) return while_doing(text.error(), "reading the connections that are open");
  std::vector<Connection> connections;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) read_connection(line, zone, connections);
  return connections;
}

Result<> forget_connections(const std::string& run_dir, std::uint16_t zone,
                            const std::vector<Connection>& connections, Duration within) {
  for (const Connection& one : connections) {
    // Echoes are told apart by a number that a connection here hasn't; they end by themselves.
    if (one.protocol != kTcp && one.protocol != kUdp) continue;
    const char* family = one.from.v6 ? "ipv6" : "nw";
    const auto tuple =
        fmt::format("ct_{0}_src={1},ct_{0}_dst={2},ct_nw_proto={3},ct_tp_src={4},ct_tp_dst={5}", family,
                    one.from.str(), one.to.str(), one.protocol, one.from_port, one.to_port);
    const auto done =
        ask_ovs(run_dir, "dpctl/flush-conntrack", {fmt::format("zone={}", zone), tuple}, within);
    if (!done) return while_doing(done.error(), "forgetting connections that were cut");
  }
  return {};
}

}  // namespace causeway::agent
