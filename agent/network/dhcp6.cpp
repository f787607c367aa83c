// SPDX-License-Identifier: Apache-2.0
#include "agent/network/dhcp6.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "agent/network/flows.h"
#include "agent/network/gateway.h"
#include "agent/network/packet.h"
#include "agent/network/wire_bytes.h"

namespace causeway::agent {
namespace {

using Bytes = FrameBytes;
using View = FrameView;

constexpr std::size_t kEthernet = 14;
constexpr std::size_t kIp = 40;
constexpr std::size_t kUdpHeader = 8;
constexpr std::size_t kMessage = 4;  // type and the client's number

constexpr std::uint16_t kClientPort = 546;
constexpr std::uint16_t kServerPort = 547;
constexpr std::uint8_t kNeighbourHopLimit = 255;

// As of DHCP: a day.
constexpr std::uint32_t kLeaseSeconds = 24 * 3600;

enum Type : std::uint8_t {
  kSolicit = 1,
  kAdvertise = 2,
  kRequest = 3,
  kConfirm = 4,
  kRenew = 5,
  kRebind = 6,
  kReply = 7,
  kRelease = 8,
  kDecline = 9,
  kInformation = 11
};
enum Option : std::uint16_t {
  kClientId = 1,
  kServerId = 2,
  kAddresses = 3,  // IA_NA
  kAddress = 5,
  kStatus = 13,
  kRapid = 14
};
constexpr std::uint16_t kSuccess = 0;
constexpr std::uint16_t kNotOnLink = 4;

constexpr std::uint8_t kSourceMacOption = 1;
constexpr std::uint8_t kPrefixOption = 3;
constexpr std::uint8_t kMtuOption = 5;
// Addresses come by DHCPv6, and so does all else.
constexpr std::uint8_t kManaged = 0xc0;
// The subnet is on the link, and nobody makes himself an address of it.
constexpr std::uint8_t kOnLink = 0x80;

// Every host is the same server, so that a guest that moves has what it asked for.
Bytes server_id() {
  Bytes id{0, 3, 0, 1};  // by link-layer address: Ethernet
  put(id, kGatewayMac.bytes);
  return id;
}

View view(const model::IpAddress& address) { return address.bytes; }

void put_option(Bytes& bytes, std::uint16_t code, View value) {
  put16(bytes, code);
  put16(bytes, value.size());
  put(bytes, value);
}

void put_status(Bytes& bytes, std::uint16_t status) {
  Bytes value;
  put16(value, status);
  put_option(bytes, kStatus, value);
}

// The option's value; nothing if it isn't there, or if the options can't be read up to it.
std::optional<View> option(View options, std::uint16_t wanted) {
  for (std::size_t at = 0; at + 4 <= options.size();) {
    const std::size_t length = read16(options, at + 2);
    if (at + 4 + length > options.size()) return std::nullopt;
    if (read16(options, at) == wanted) return options.subspan(at + 4, length);
    at += 4 + length;
  }
  return std::nullopt;
}

// To the guest, from the host. The checksum of UDP or ICMPv6 goes to its place in the payload.
Bytes frame_for(const Lease6& lease, const model::IpAddress& to, std::uint8_t protocol,
                std::uint8_t hop_limit, Bytes payload, std::size_t checksum_at) {
  const model::IpAddress from = link_local(kGatewayMac);
  Bytes summed;
  put(summed, view(from));
  put(summed, view(to));
  put32(summed, static_cast<std::uint32_t>(payload.size()));
  put32(summed, protocol);
  put(summed, payload);
  std::uint16_t sum = checksum(summed);
  if (sum == 0) sum = 0xffff;
  payload[checksum_at] = static_cast<std::uint8_t>(sum >> 8U);
  payload[checksum_at + 1] = static_cast<std::uint8_t>(sum & 0xffU);

  Bytes frame;
  put(frame, lease.mac.bytes);
  put(frame, kGatewayMac.bytes);
  put16(frame, kEtherIpv6);
  put32(frame, 0x60000000);
  put16(frame, payload.size());
  frame.push_back(protocol);
  frame.push_back(hop_limit);
  put(frame, view(from));
  put(frame, view(to));
  put(frame, payload);
  return frame;
}

Bytes advertise_to(const Lease6& lease, const model::IpAddress& to) {
  Bytes message{kRouterAdvertisement, 0, 0, 0, 64, kManaged};
  put16(message, lease.has_gateway ? kGatewaySeconds : 0);
  put32(message, 0);  // how long a neighbour is reachable, and how often it is asked: the guest's to say
  put32(message, 0);
  message.insert(message.end(), {kSourceMacOption, 1});
  put(message, kGatewayMac.bytes);
  message.insert(message.end(), {kMtuOption, 1, 0, 0});
  put32(message, lease.mtu);
  message.insert(message.end(), {kPrefixOption, 4, static_cast<std::uint8_t>(lease.prefix_length), kOnLink});
  put32(message, kLeaseSeconds);
  put32(message, kLeaseSeconds);
  put32(message, 0);
  model::IpAddress prefix = lease.address;
  for (int bit = lease.prefix_length; bit < 128; ++bit)
    prefix.bytes[static_cast<std::size_t>(bit) / 8] &=
        static_cast<std::uint8_t>(~(0x80U >> static_cast<unsigned>(bit % 8)));
  put(message, view(prefix));
  return frame_for(lease, to, kIcmpv6, kNeighbourHopLimit, std::move(message), 2);
}

// The client's addresses answered: its own one, and that any other isn't for it.
void put_addresses(Bytes& bytes, View asked, const Lease6& lease) {
  Bytes value;
  put(value, asked.first(4));
  put32(value, kLeaseSeconds / 2);
  put32(value, kLeaseSeconds / 5 * 4);
  const auto put_address = [&](View address, std::uint32_t seconds) {
    Bytes entry;
    put(entry, address);
    put32(entry, seconds);
    put32(entry, seconds);
    put_option(value, kAddress, entry);
  };
  put_address(view(lease.address), kLeaseSeconds);
  const auto named = option(asked.subspan(12), kAddress);
  if (named && named->size() >= 16 && !std::ranges::equal(named->first(16), view(lease.address)))
    put_address(named->first(16), 0);
  put_option(bytes, kAddresses, value);
}

std::optional<Bytes> reply(View message, const Lease6& lease) {
  const View options = message.subspan(kMessage);
  const auto client = option(options, kClientId);
  const auto server = option(options, kServerId);
  const auto asked = option(options, kAddresses);
  if (server && !std::ranges::equal(*server, server_id())) return std::nullopt;
  if (asked && asked->size() < 12) return std::nullopt;
  const std::uint8_t type = message[0];
  const bool to_this_server = type == kRequest || type == kRenew || type == kRelease || type == kDecline;
  if (type != kInformation && !client) return std::nullopt;
  if (to_this_server && !server) return std::nullopt;

  const bool quick = type == kSolicit && option(options, kRapid).has_value();
  Bytes bytes{type == kSolicit && !quick ? kAdvertise : kReply};
  put(bytes, message.subspan(1, 3));
  if (client) put_option(bytes, kClientId, *client);
  put_option(bytes, kServerId, server_id());
  if (quick) put_option(bytes, kRapid, {});
  switch (type) {
    case kSolicit:
    case kRequest:
    case kRenew:
    case kRebind:
      if (asked) put_addresses(bytes, *asked, lease);
      return bytes;
    case kConfirm: {
      const auto named = asked ? option(asked->subspan(12), kAddress) : std::nullopt;
      if (!named || named->size() < 16) return std::nullopt;
      put_status(bytes, std::ranges::equal(named->first(16), view(lease.address)) ? kSuccess : kNotOnLink);
      return bytes;
    }
    case kRelease:
    case kDecline: put_status(bytes, kSuccess); return bytes;
    case kInformation: return bytes;
    default: return std::nullopt;
  }
}

std::optional<Bytes> answer_dhcp(const Lease6& lease, const model::IpAddress& from, View datagram) {
  if (datagram.size() < kUdpHeader + kMessage) return std::nullopt;
  const std::size_t said = read16(datagram, 4);
  if (read16(datagram, 0) != kClientPort || read16(datagram, 2) != kServerPort || said > datagram.size() ||
      said < kUdpHeader + kMessage)
    return std::nullopt;
  const auto message = reply(datagram.subspan(kUdpHeader, said - kUdpHeader), lease);
  if (!message) return std::nullopt;
  Bytes answer;
  put16(answer, kServerPort);
  put16(answer, kClientPort);
  put16(answer, kUdpHeader + message->size());
  put16(answer, 0);
  put(answer, *message);
  return frame_for(lease, from, kUdp, 64, std::move(answer), 6);
}

model::IpAddress all_nodes() { return *model::IpAddress::parse("ff02::1"); }

}  // namespace

model::IpAddress all_routers() { return *model::IpAddress::parse("ff02::2"); }
model::IpAddress all_dhcp6_servers() { return *model::IpAddress::parse("ff02::1:2"); }

std::optional<Lease6> lease6_for(const PortWiring& port, const Segment& segment) {
  for (std::size_t i = 0; i < port.addresses.size() && i < port.subnets.size(); ++i) {
    if (!port.addresses[i].v6) continue;
    const bool has_gateway = std::ranges::any_of(segment.gateways, &model::IpAddress::v6);
    return Lease6{port.mac, port.addresses[i], port.subnets[i].length, has_gateway, port.mtu};
  }
  return std::nullopt;
}

Bytes advertisement(const Lease6& lease) { return advertise_to(lease, all_nodes()); }

std::optional<Bytes> answer_ipv6(const Lease6& lease, View frame) {
  if (frame.size() < kEthernet + kIp || read16(frame, 12) != kEtherIpv6) return std::nullopt;
  if (!std::ranges::equal(frame.subspan(6, 6), lease.mac.bytes)) return std::nullopt;
  const View packet = frame.subspan(kEthernet);
  const std::size_t length = read16(packet, 4);
  if (packet[0] >> 4U != 6 || length > packet.size() - kIp) return std::nullopt;
  const View payload = packet.subspan(kIp, length);
  model::IpAddress from{true, {}};
  std::ranges::copy(packet.subspan(8, 16), from.bytes.begin());
  const bool own = from == link_local(lease.mac);
  if (packet[6] == kUdp) return own ? answer_dhcp(lease, from, payload) : std::nullopt;
  const bool solicits = packet[6] == kIcmpv6 && packet[7] == kNeighbourHopLimit && payload.size() >= 8 &&
                        payload[0] == kRouterSolicitation && payload[1] == 0;
  if (!solicits) return std::nullopt;
  if (own) return advertise_to(lease, from);
  // It has no address yet.
  return from == model::IpAddress{true, {}} ? std::optional(advertise_to(lease, all_nodes())) : std::nullopt;
}

}  // namespace causeway::agent
