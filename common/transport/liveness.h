// SPDX-License-Identifier: Apache-2.0
// How a connection finds out that the machine at its other end, or the way to it, is gone without a word.
#pragma once

#include <zmq.hpp>

namespace causeway::transport {

// Left to the kernel, which notices within half a minute, and within 15 s where something is to be sent.
// ZeroMQ's own way costs a message each way and sets and cancels a timer with each sign of life, and each
// cancelling goes over the timers of all peers: with ten thousand of them that is a good part of what a
// scheduler does.
inline void let_the_kernel_watch(zmq::socket_t& socket) {
  socket.set(zmq::sockopt::tcp_keepalive, 1);
  socket.set(zmq::sockopt::tcp_keepalive_idle, 10);
  socket.set(zmq::sockopt::tcp_keepalive_intvl, 5);
  socket.set(zmq::sockopt::tcp_keepalive_cnt, 3);
  socket.set(zmq::sockopt::tcp_maxrt, 15000);
}

}  // namespace causeway::transport
