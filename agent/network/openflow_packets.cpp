// SPDX-License-Identifier: Apache-2.0
#include "agent/network/openflow_packets.h"

#include "agent/network/openflow_codec.h"

extern "C" {
#include <openvswitch/ofp-packet.h>
#include <openvswitch/ofp-switch.h>
#include <openvswitch/ofp-util.h>
#include <openvswitch/ofpbuf.h>
}

namespace causeway::agent {

using std::chrono::steady_clock;

Result<PacketWatch> PacketWatch::start(const std::string& socket, Duration within) {
  auto flows = OpenFlow::connect(socket, within);
  if (!flows) return std::unexpected(flows.error());
  // A local connection hears of packets once it says how much of them it wants. The message also sets how
  // fragments are shown, for the whole bridge.
  const ofputil_switch_config config{OFPUTIL_FRAG_NX_MATCH, -1, UINT16_MAX};
  CAUSEWAY_TRY(flows->send(OpenFlow::Message(ofputil_encode_set_config(&config, kVersion)),
                           steady_clock::now() + within));
  return PacketWatch(std::move(*flows));
}

Result<> PacketWatch::answer(const Answer& answer) {
  return flows_.drain([&](const ofp_header& message) -> Result<> {
    ofptype type{};
    if (ofptype_decode(&type, &message) != 0 || type != OFPTYPE_PACKET_IN) return {};
    ofputil_packet_in packet{};
    std::size_t length = 0;
    std::uint32_t buffer = 0;
    if (ofputil_decode_packet_in(&message, true, nullptr, nullptr, &packet, &length, &buffer, nullptr) != 0)
      return {};
    const auto port = packet.flow_metadata.flow.in_port.ofp_port;
    const auto said = answer(port, {static_cast<const std::uint8_t*>(packet.packet), packet.packet_len});
    return said.empty() ? Result<>{} : send_out(port, said);
  });
}

Result<> PacketWatch::send_out(std::uint32_t port, std::span<const std::uint8_t> frame) {
  ofpbuf actions;
  ofpbuf_init(&actions, 64);
  const std::unique_ptr<ofpbuf, decltype(&ofpbuf_uninit)> free_actions(&actions, &ofpbuf_uninit);
  ofpact_output* output = ofpact_put_OUTPUT(&actions);
  output->port = static_cast<ofp_port_t>(port);
  output->max_len = 0;
  ofputil_packet_out out{};
  out.packet = frame.data();
  out.packet_len = frame.size();
  out.buffer_id = UINT32_MAX;
  match_init_catchall(&out.flow_metadata);
  match_set_in_port(&out.flow_metadata, OFPP_CONTROLLER);
  out.ofpacts = static_cast<ofpact*>(actions.data);
  out.ofpacts_len = actions.size;
  return flows_.send(OpenFlow::Message(ofputil_encode_packet_out(&out, kProtocol)),
                     steady_clock::now() + flows_.within_);
}

}  // namespace causeway::agent
