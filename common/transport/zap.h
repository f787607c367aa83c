// SPDX-License-Identifier: Apache-2.0
// The handler that ZeroMQ asks about every CURVE key that connects (ZAP, RFC 27). A key that it lets in
// becomes the "User-Id" of each message of that connection.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <zmq.hpp>

#include "common/core/result.h"

namespace causeway::transport {

class ZapHandler {
 public:
  // Bound when this returns; to be made before any socket of the context.
  explicit ZapHandler(zmq::context_t& context);
  ~ZapHandler();
  ZapHandler(const ZapHandler&) = delete;
  ZapHandler& operator=(const ZapHandler&) = delete;

  // Any thread.
  void allow(std::set<std::string> keys);

 private:
  void run();
  void answer();
  bool allowed(const std::string& key);

  zmq::socket_t requests_;
  zmq::socket_t stop_;         // this side of the pair that ends the thread
  zmq::socket_t stop_inside_;  // the thread's side
  std::mutex mutex_;
  std::set<std::string> keys_;
  std::thread thread_;
};

inline constexpr const char* kZapDomain = "causeway";

// The options of every socket that takes connections: CURVE, checked by the handler, with bounds.
void set_server_options(zmq::socket_t& socket, const std::string& secret_key);

// Connects with a key that nobody allowed, and insists on being refused.
Result<> prove_that_strangers_are_refused(zmq::context_t& context);

}  // namespace causeway::transport
