// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/network/flow_machine.h"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

#include "common/core/text.h"

namespace causeway::agent {
namespace {

std::uint32_t number(const std::string& text) { return static_cast<std::uint32_t>(std::stoul(text)); }

class Machine {
 public:
  Machine(const std::vector<Flow>& flows, std::uint32_t tunnel_port, const Arrival& arrival,
          const Packet& packet)
      : flows_(flows), tunnel_port_(tunnel_port), arrival_(arrival), packet_(packet), vlan_(arrival.vlan) {}

  Departures run() {
    for (std::optional<std::uint8_t> table = 0; table;) {
      const Flow* flow = best(*table);
      table.reset();
      if (flow == nullptr || flow->actions == "drop") break;
      if (flow->actions.starts_with("conjunction(")) {
        table = conjunction(*flow);
        continue;
      }
      try {
        for (const std::string& action : actions(flow->actions)) table = act(action);
      } catch (const Dropped&) {
        table.reset();
      }
    }
    return departures_;
  }

 private:
  struct Dropped {};

  // Separated by commas, but not by those inside of parentheses.
  static std::vector<std::string> actions(const std::string& text) {
    std::vector<std::string> found;
    for (const std::string& part : split(text, ',')) {
      const bool inside = !found.empty() && found.back().contains('(') && !found.back().contains(')');
      if (inside)
        found.back() += "," + part;
      else
        found.push_back(part);
    }
    return found;
  }

  // The halves of all flows that match together; whole ones go on where their own flow says.
  std::optional<std::uint8_t> conjunction(const Flow& one) {
    std::map<std::string, std::set<std::string>> halves;
    for (const Flow& flow : flows_) {
      if (flow.table != one.table || !matches(flow.match)) continue;
      if (flow.priority != one.priority || !flow.actions.starts_with("conjunction("))
        throw std::logic_error("a conjunction beside " + flow.match);
      for (const std::string& action : actions(flow.actions)) {
        const auto comma = action.find(',');
        halves[action.substr(12, comma - 12)].insert(action.substr(comma + 1));
      }
    }
    std::optional<std::uint8_t> next;
    for (const auto& [id, half] : halves)
      if (half.size() == 2)
        for (const Flow& flow : flows_)
          if (flow.table == one.table && flow.match == "conj_id=" + id) next = act(flow.actions);
    return next;
  }

  const Flow* best(std::uint8_t table) const {
    const Flow* found = nullptr;
    for (const Flow& flow : flows_) {
      if (flow.table != table || !matches(flow.match)) continue;
      // Two that match with one priority leave the choice to the switch.
      const bool half = flow.actions.starts_with("conjunction(");
      if (found != nullptr && found->priority == flow.priority && found->actions != flow.actions && !half)
        throw std::logic_error("ambiguous: " + found->match + " and " + flow.match);
      if (found == nullptr || flow.priority > found->priority) found = &flow;
    }
    return found;
  }

  bool matches(const std::string& match) const {
    if (match.empty()) return true;
    return std::ranges::all_of(split(match, ','), [&](const std::string& term) {
      const auto equals = term.find('=');
      return equals == std::string::npos ? is_kind(term)
                                         : has(term.substr(0, equals), term.substr(equals + 1));
    });
  }

  bool is_kind(const std::string& kind) const {
    const bool v4 = packet_.ether_type == kEtherIpv4;
    const bool v6 = packet_.ether_type == kEtherIpv6;
    if (kind == "arp") return packet_.ether_type == kEtherArp;
    if (kind == "ip") return v4;
    if (kind == "ipv6") return v6;
    if (kind == "icmp6") return v6 && packet_.protocol == kIcmpv6;
    if (kind == "icmp") return v4 && packet_.protocol == kIcmp;
    if (kind == "udp") return v4 && packet_.protocol == kUdp;
    if (kind == "udp6") return v6 && packet_.protocol == kUdp;
    if (kind == "tcp") return v4 && packet_.protocol == kTcp;
    if (kind == "tcp6") return v6 && packet_.protocol == kTcp;
    throw std::logic_error("unknown kind " + kind);
  }

  bool has(const std::string& field, const std::string& value) const {
    if (field == "conj_id") return false;
    if (field == "ct_state") return has_state(value);
    if (field.starts_with("ct_")) return has_connection(field, value);
    if (field == "reg4") return registers_.at("reg4") == number(value);
    if (field == "in_port") return arrival_.port == number(value);
    if (field == "vlan_tci" && value == "0x0000/0x1fff") return !packet_.tagged && vlan_ == 0;
    if (field == "dl_vlan") return vlan_ == number(value);
    if (field == "reg0") return registers_.at("reg0") == number(value);
    if (field == "reg1") return registers_.at("reg1") == number(value);
    if (field == "reg5") return registers_.at("reg5") == number(value);
    if (field == "dl_src") return packet_.source.str() == value;
    if (field == "dl_dst" && value == "01:00:00:00:00:00/01:00:00:00:00:00")
      return (packet_.destination.bytes[0] & 1U) != 0;
    if (field == "dl_dst" && value == "01:80:c2:00:00:00/ff:ff:ff:00:00:00")
      return packet_.destination.str().starts_with("01:80:c2:");
    if (field == "dl_dst") return packet_.destination.str() == value;
    if (field == "tun_id") return arrival_.tunnel_key == number(value);
    if (field == "tun_src" || field == "tun_ipv6_src")
      return arrival_.tunnel_source && arrival_.tunnel_source->str() == value;
    if (field == "arp_op") return packet_.operation == number(value);
    if (field == "arp_sha" || field == "nd_sll" || field == "nd_tll") return packet_.sender.str() == value;
    if (field == "arp_spa" || field == "nw_src" || field == "ipv6_src") return is_of(packet_.from, value);
    if (field == "arp_tpa" || field == "nw_dst" || field == "ipv6_dst") return is_of(packet_.to, value);
    if (field == "tp_src" || field == "icmp_type") return packet_.from_port == number(value);
    if (field == "tp_dst" || field == "icmp_code") return packet_.to_port == number(value);
    if (field == "nw_proto") return packet_.protocol == number(value);
    if (field == "ip_frag" && value == "no") return packet_.fragment == Fragment::whole;
    if (field == "ip_frag" && value == "first") return packet_.fragment == Fragment::first;
    if (field == "nw_ttl") return packet_.hop_limit == number(value);
    if (field == "nd_target") return packet_.target.str() == value;
    throw std::logic_error("unknown field " + field);
  }

  static bool is_of(const model::IpAddress& address, const std::string& value) {
    if (!value.contains('/')) return address.str() == value;
    return model::Subnet::parse(value).value().contains(address);
  }

  bool has_state(const std::string& wanted) const {
    using State = Tracked::State;
    const Tracked& known = arrival_.tracked;
    const std::map<std::string, bool> bits{{"trk", tracked_},
                                           {"new", tracked_ && known.state == State::begins},
                                           {"inv", tracked_ && known.state == State::nothing},
                                           {"rpl", tracked_ && known.answers}};
    for (std::size_t at = 0; at < wanted.size(); at += 4)
      if (bits.at(wanted.substr(at + 1, 3)) != (wanted[at] == '+')) return false;
    return true;
  }

  bool has_connection(const std::string& field, const std::string& value) const {
    if (!tracked_ || arrival_.tracked.state == Tracked::State::nothing)
      throw std::logic_error("a field of no connection: " + field);
    const Connection& connection = arrival_.tracked.connection;
    if (field == "ct_nw_src" || field == "ct_ipv6_src")
      return model::Subnet::parse(value).value().contains(connection.from);
    if (field == "ct_nw_proto") return connection.protocol == number(value);
    if (field == "ct_tp_src") return connection.from_port == number(value);
    if (field != "ct_tp_dst") throw std::logic_error("unknown field " + field);
    const auto slash = value.find('/');
    const auto whole = [](const std::string& text) { return std::stoul(text, nullptr, 0); };
    const unsigned long mask = slash == std::string::npos ? 0xffff : whole(value.substr(slash + 1));
    return (connection.to_port & mask) == whole(value.substr(0, slash));
  }

  // The table to go on with, if the action names one.
  std::optional<std::uint8_t> act(const std::string& action) {
    const auto colon = action.find(':');
    const std::string verb = action.substr(0, colon);
    const std::string rest = action.substr(colon + 1);
    if (action.starts_with("ct(commit,zone=")) {
      departures_.noted = true;
      return std::nullopt;
    }
    if (action.starts_with("ct(table=")) {
      tracked_ = true;
      return static_cast<std::uint8_t>(number(action.substr(9)));
    }
    if (verb == "goto_table") return static_cast<std::uint8_t>(number(rest));
    if (verb == "controller") {
      departures_.to_agent = true;
    } else if (verb == "dec_ttl") {
      // Whose last hop it was gets no further.
      if (packet_.hop_limit <= 1) throw Dropped{};
      --packet_.hop_limit;
    } else if (action == "push_vlan:0x8100" || action == "pop_vlan") {
      if ((vlan_ == 0) != (verb == "push_vlan")) throw std::logic_error("a tag too many or too few");
      vlan_ = 0;
    } else if (verb == "meter") {
      departures_.meters.insert(number(rest));
    } else if (verb == "output") {
      output(number(rest));
    } else if (action == "in_port") {
      if (vlan_ != arrival_.vlan) throw std::logic_error("an answer with another tag than its question's");
      departures_.answer = packet_;
    } else if (verb == "move") {
      move(rest);
    } else if (verb == "set_field") {
      const auto arrow = rest.find("->");
      set(rest.substr(arrow + 2), rest.substr(0, arrow));
    } else {
      throw std::logic_error("unknown action " + action);
    }
    return std::nullopt;
  }

  void set(const std::string& field, const std::string& value) {
    if (field == "tun_dst" || field == "tun_ipv6_dst")
      tunnel_destination_ = *model::IpAddress::parse(value);
    else if (field == "eth_src")
      packet_.source = *model::Mac::parse(value);
    else if (field == "eth_dst")
      packet_.destination = *model::Mac::parse(value);
    else if (field == "nw_ttl")
      packet_.hop_limit = static_cast<std::uint8_t>(number(value));
    else if (field == "arp_sha")
      packet_.sender = *model::Mac::parse(value);
    else if (field == "arp_spa" || field == "ipv6_src" || field == "ip_src")
      packet_.from = *model::IpAddress::parse(value);
    else if (field == "arp_op")
      packet_.operation = static_cast<std::uint16_t>(number(value));
    else if (field == "icmpv6_type" || field == "icmp_type")
      packet_.from_port = static_cast<std::uint16_t>(number(value));
    else if (field == "vlan_vid")
      vlan_ = number(value) & 0xfffU;
    else if (field == "nd_reserved" || field == "nd_options_type")
      return;  // no part of a Packet
    else
      registers_.at(field) = number(value);
  }

  void move(const std::string& what) {
    if (what == "NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]")
      packet_.destination = packet_.source;
    else if (what == "NXM_NX_IPV6_SRC[]->NXM_NX_IPV6_DST[]" || what == "NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[]" ||
             what == "NXM_OF_IP_SRC[]->NXM_OF_IP_DST[]")
      packet_.to = packet_.from;
    else if (what == "NXM_OF_ETH_SRC[]->NXM_NX_ND_TLL[]")
      packet_.sender = packet_.sender == model::Mac{} ? packet_.sender : packet_.source;  // no option, no MAC
    else if (what != "NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[]")  // no part of a Packet
      throw std::logic_error("unknown move " + what);
  }

  void output(std::uint32_t port) {
    if (port == arrival_.port) return;  // never back to where it came from
    if (vlan_ != 0) {
      departures_.tagged.emplace(port, vlan_);
      departures_.sent = packet_;
      return;
    }
    departures_.sent = packet_;
    if (port == tunnel_port_)
      departures_.tunnels.emplace(registers_.at("tun_id"), tunnel_destination_);
    else
      departures_.ports.insert(port);
  }

  const std::vector<Flow>& flows_;
  std::uint32_t tunnel_port_;
  const Arrival& arrival_;
  Packet packet_;
  std::map<std::string, std::uint32_t> registers_{
      {"reg0", 0}, {"reg1", 0}, {"reg4", 0}, {"reg5", 0}, {"tun_id", 0}};
  bool tracked_ = false;
  std::uint32_t vlan_;
  model::IpAddress tunnel_destination_;
  Departures departures_;
};

}  // namespace

Departures run_flows(const std::vector<Flow>& flows, std::uint32_t tunnel_port, const Arrival& arrival,
                     const Packet& packet) {
  return Machine(flows, tunnel_port, arrival, packet).run();
}

}  // namespace causeway::agent
