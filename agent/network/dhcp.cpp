// SPDX-License-Identifier: Apache-2.0
#include "agent/network/dhcp.h"

#include <algorithm>
#include <cstddef>
#include <ranges>
#include <utility>

#include "agent/network/gateway.h"
#include "agent/network/packet.h"
#include "agent/network/wire_bytes.h"

namespace causeway::agent {
namespace {

using Bytes = FrameBytes;
using View = FrameView;

constexpr std::size_t kEthernet = 14;
constexpr std::size_t kIp = 20;
constexpr std::size_t kUdpHeader = 8;
constexpr std::size_t kFixed = 240;  // of a message, with the cookie
constexpr std::size_t kClientMac = 28;
// Some clients drop a message that is shorter than BOOTP's.
constexpr std::size_t kLeastMessage = 300;

constexpr std::uint16_t kServerPort = 67;
constexpr std::uint16_t kClientPort = 68;

// Message types and options (RFC 2132).
enum Type : std::uint8_t { kDiscover = 1, kOffer = 2, kRequest = 3, kAck = 5, kNak = 6, kInform = 8 };
constexpr std::uint8_t kMask = 1;
constexpr std::uint8_t kRouter = 3;
constexpr std::uint8_t kMtu = 26;
constexpr std::uint8_t kWanted = 50;
constexpr std::uint8_t kLeaseTime = 51;
constexpr std::uint8_t kType = 53;
constexpr std::uint8_t kServer = 54;
constexpr std::uint8_t kEnd = 255;

// An address never goes to another guest while this one has its port. A day is short enough for a guest to
// learn of a new gateway.
constexpr std::uint32_t kLeaseSeconds = 24 * 3600;

View v4(const model::IpAddress& address) { return View(address.bytes).first(4); }

// The message in a frame that is one of a client to a server.
std::optional<View> message_in(View frame) {
  if (frame.size() < kEthernet + kIp || read16(frame, 12) != kEtherIpv4) return std::nullopt;
  const View packet = frame.subspan(kEthernet);
  const std::size_t header = std::size_t{packet[0] & 0xfU} * 4;
  const std::size_t length = read16(packet, 2);
  if (header < kIp || length > packet.size() || length < header + kUdpHeader + kFixed) return std::nullopt;
  if (packet[9] != kUdp || (read16(packet, 6) & 0x3fffU) != 0) return std::nullopt;
  const View datagram = packet.subspan(header, length - header);
  const std::size_t said = read16(datagram, 4);
  if (read16(datagram, 0) != kClientPort || read16(datagram, 2) != kServerPort || said > datagram.size() ||
      said < kUdpHeader + kFixed)
    return std::nullopt;
  return datagram.subspan(kUdpHeader, said - kUdpHeader);
}

// A question of an Ethernet client for itself: no relay's, no other's.
bool asks_for(View message, const model::Mac& mac) {
  constexpr std::uint8_t cookie[] = {0x63, 0x82, 0x53, 0x63};
  return message[0] == 1 && message[1] == 1 && message[2] == 6 &&
         std::ranges::equal(message.subspan(24, 4), model::IpAddress{}.bytes | std::views::take(4)) &&
         std::ranges::equal(message.subspan(kClientMac, 6), mac.bytes) &&
         std::ranges::equal(message.subspan(236, 4), cookie);
}

// The option's value; empty if it isn't there, or if the options can't be read up to it.
View option(View message, std::uint8_t wanted) {
  for (std::size_t at = kFixed; at < message.size() && message[at] != kEnd;) {
    if (message[at] == 0) {
      ++at;
      continue;
    }
    if (at + 2 > message.size() || at + 2 + message[at + 1] > message.size()) return {};
    if (message[at] == wanted) return message.subspan(at + 2, message[at + 1]);
    at += std::size_t{2} + message[at + 1];
  }
  return {};
}

// Who answers: the gateway, or an address of no network where there is none.
model::IpAddress server_of(const Lease& lease) {
  return lease.gateway.value_or(model::IpAddress{false, {169, 254, 169, 254}});
}

// Whether a request is for this lease: an address that the client wants, else the one that it has.
bool fits(View message, const Lease& lease) {
  const View wanted = option(message, kWanted);
  return std::ranges::equal(wanted.empty() ? message.subspan(12, 4) : wanted, v4(lease.address));
}

void put_option(Bytes& bytes, std::uint8_t code, View value) {
  bytes.push_back(code);
  bytes.push_back(static_cast<std::uint8_t>(value.size()));
  put(bytes, value);
}

Bytes number(std::uint32_t value) {
  Bytes bytes;
  put32(bytes, value);
  return bytes;
}

Bytes reply(View question, const Lease& lease, Type type, bool with_address) {
  Bytes bytes{2, 1, 6, 0};
  put(bytes, question.subspan(4, 4));                                     // the client's number
  put(bytes, Bytes(2));                                                   // seconds
  put(bytes, question.subspan(10, 2));                                    // flags
  put(bytes, type == kNak ? View(Bytes(4)) : question.subspan(12, 4));    // what it has
  put(bytes, with_address ? v4(lease.address) : v4(model::IpAddress{}));  // what it gets
  bytes.resize(kClientMac);
  put(bytes, question.subspan(kClientMac, 16));
  bytes.resize(kFixed - 4);
  put(bytes, question.subspan(kFixed - 4, 4));
  put_option(bytes, kType, Bytes{type});
  put_option(bytes, kServer, v4(server_of(lease)));
  if (type != kNak) {
    if (with_address) put_option(bytes, kLeaseTime, number(kLeaseSeconds));
    const auto mask = lease.prefix_length == 0 ? 0U : ~0U << static_cast<unsigned>(32 - lease.prefix_length);
    put_option(bytes, kMask, number(mask));
    if (lease.gateway) put_option(bytes, kRouter, v4(*lease.gateway));
    put_option(bytes, kMtu, View(number(lease.mtu)).last(2));
  }
  bytes.push_back(kEnd);
  bytes.resize(std::max(bytes.size(), kLeastMessage));
  return bytes;
}

// To the guest's MAC, which it listens to before it has an address; by IP to its address, or to all where it
// may not have one. UDP over IPv4 needs no checksum.
Bytes frame_for(const Lease& lease, const Bytes& message, bool to_all) {
  const std::size_t length = kIp + kUdpHeader + message.size();
  Bytes ip{0x45, 0};
  put16(ip, length);
  ip.insert(ip.end(), {0, 0, 0x40, 0, 64, kUdp, 0, 0});
  put(ip, v4(server_of(lease)));
  put(ip, to_all ? View(Bytes(4, 0xff)) : v4(lease.address));
  const std::uint16_t sum = checksum(ip);
  ip[10] = static_cast<std::uint8_t>(sum >> 8U);
  ip[11] = static_cast<std::uint8_t>(sum & 0xffU);

  Bytes frame;
  put(frame, lease.mac.bytes);
  put(frame, kGatewayMac.bytes);
  put16(frame, kEtherIpv4);
  put(frame, ip);
  put16(frame, kServerPort);
  put16(frame, kClientPort);
  put16(frame, kUdpHeader + message.size());
  put16(frame, 0);
  put(frame, message);
  return frame;
}

}  // namespace

std::optional<Lease> lease_for(const PortWiring& port, const Segment& segment) {
  for (std::size_t i = 0; i < port.addresses.size() && i < port.subnets.size(); ++i) {
    if (port.addresses[i].v6) continue;
    const auto gateway = std::ranges::find(segment.gateways, false, &model::IpAddress::v6);
    return Lease{port.mac, port.addresses[i], port.subnets[i].length,
                 gateway == segment.gateways.end() ? std::nullopt : std::optional(*gateway), port.mtu};
  }
  return std::nullopt;
}

std::optional<Bytes> answer_dhcp(const Lease& lease, View frame) {
  const auto message = message_in(frame);
  if (!message || !asks_for(*message, lease.mac)) return std::nullopt;
  const View type = option(*message, kType);
  if (type.size() != 1) return std::nullopt;
  switch (type[0]) {
    case kDiscover: return frame_for(lease, reply(*message, lease, kOffer, true), true);
    case kInform: return frame_for(lease, reply(*message, lease, kAck, false), false);
    case kRequest: {
      // Another server's offer was taken; there is none that could be heard.
      const View server = option(*message, kServer);
      if (!server.empty() && !std::ranges::equal(server, v4(server_of(lease)))) return std::nullopt;
      const bool own = fits(*message, lease);
      return frame_for(lease, reply(*message, lease, own ? kAck : kNak, own), true);
    }
    default: return std::nullopt;
  }
}

}  // namespace causeway::agent
