// SPDX-License-Identifier: Apache-2.0
// What happens to a socket's connections, as ZeroMQ's monitor tells it.
#pragma once

#include <string>
#include <vector>
#include <zmq.hpp>

#include "common/core/time.h"

namespace causeway::transport {

class Monitor {
 public:
  // To be made before the socket connects, and to end before it; `endpoint` is an inproc:// name of its own.
  Monitor(zmq::context_t& context, zmq::socket_t& socket, const std::string& endpoint);
  // Ends the telling first: an event that nobody takes would stop ZeroMQ's I/O thread for good.
  ~Monitor();
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  // The ZMQ_EVENT_… numbers of what has happened since; waits up to that long for the first.
  std::vector<int> wait(Duration patience);
  // For a poll together with other sockets.
  [[nodiscard]] void* handle() { return events_.handle(); }
  [[nodiscard]] int descriptor() const { return events_.get(zmq::sockopt::fd); }

 private:
  zmq::socket_t& socket_;
  zmq::socket_t events_;
};

}  // namespace causeway::transport
