// SPDX-License-Identifier: Apache-2.0
#include "common/transport/monitor.h"

#include <cstdint>
#include <cstring>

namespace causeway::transport {

Monitor::Monitor(zmq::context_t& context, zmq::socket_t& socket, const std::string& endpoint)
    : socket_(socket), events_(context, zmq::socket_type::pair) {
  constexpr int kEvents = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                          ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                          ZMQ_EVENT_DISCONNECTED;
  if (zmq_socket_monitor(socket.handle(), endpoint.c_str(), kEvents) != 0) throw zmq::error_t();
  events_.connect(endpoint);
}

Monitor::~Monitor() { zmq_socket_monitor(socket_.handle(), nullptr, 0); }

std::vector<int> Monitor::wait(Duration patience) {
  std::vector<int> events;
  if (patience > Duration{0}) {
    zmq::pollitem_t item{events_.handle(), 0, ZMQ_POLLIN, 0};
    zmq::poll(&item, 1, patience);
  }
  zmq::message_t frame;
  // Each event is two frames: its number with a value, and the address.
  while (events_.recv(frame, zmq::recv_flags::dontwait)) {
    if (frame.size() >= sizeof(std::uint16_t) && frame.more()) {
      std::uint16_t event = 0;
      std::memcpy(&event, frame.data(), sizeof event);
      events.push_back(event);
    }
  }
  return events;
}

}  // namespace causeway::transport
