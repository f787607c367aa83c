// SPDX-License-Identifier: Apache-2.0
#include "common/transport/zap.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstring>
#include <vector>
#include <zmq_addon.hpp>

#include "common/transport/keys.h"
#include "common/transport/liveness.h"
#include "common/transport/monitor.h"
#include "common/transport/transport.h"

namespace causeway::transport {

ZapHandler::ZapHandler(zmq::context_t& context)
    : requests_(context, zmq::socket_type::rep),
      stop_(context, zmq::socket_type::pair),
      stop_inside_(context, zmq::socket_type::pair) {
  requests_.bind("inproc://zeromq.zap.01");
  stop_inside_.bind("inproc://causeway.zap.stop");
  stop_.connect("inproc://causeway.zap.stop");
  thread_ = std::thread([this] { run(); });
}

ZapHandler::~ZapHandler() {
  zmq_send(stop_.handle(), "", 0, 0);  // the call that can't throw
  thread_.join();
}

void ZapHandler::allow(std::set<std::string> keys) {
  const std::lock_guard lock(mutex_);
  keys_ = std::move(keys);
}

bool ZapHandler::allowed(const std::string& key) {
  const std::lock_guard lock(mutex_);
  return keys_.contains(key);
}

void ZapHandler::run() {
  std::array<zmq::pollitem_t, 2> items = {
      {{requests_.handle(), 0, ZMQ_POLLIN, 0}, {stop_inside_.handle(), 0, ZMQ_POLLIN, 0}}};
  while (true) {
    zmq::poll(items.data(), items.size(), std::chrono::milliseconds(-1));
    if (items[1].revents != 0) return;
    if (items[0].revents != 0) answer();
  }
}

void ZapHandler::answer() {
  // version, request id, domain, address, routing id, mechanism, credentials
  std::vector<zmq::message_t> request;
  if (!zmq::recv_multipart(requests_, std::back_inserter(request))) return;
  std::string key;
  if (request.size() == 7 && request[5].to_string_view() == "CURVE" && request[6].size() == 32) {
    std::array<char, 41> text{};
    zmq_z85_encode(text.data(), request[6].data<std::uint8_t>(), 32);
    key = text.data();
  }
  const bool let_in = !key.empty() && allowed(key);
  const std::string id = request.size() > 1 ? request[1].to_string() : "";
  const std::array<std::string, 6> reply = {
      "1.0", id, let_in ? "200" : "400", let_in ? "OK" : "this key is not allowed", let_in ? key : "", ""};
  for (std::size_t i = 0; i < reply.size(); ++i)
    requests_.send(zmq::buffer(reply[i]),
                   i + 1 < reply.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
}

void set_server_options(zmq::socket_t& socket, const std::string& secret_key) {
  socket.set(zmq::sockopt::curve_server, true);
  socket.set(zmq::sockopt::curve_secretkey, secret_key);
  socket.set(zmq::sockopt::zap_domain, kZapDomain);
  socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(kMaxMessageBytes));
  // Thousands may come at once, and each has to wait for the others' handshakes.
  socket.set(zmq::sockopt::handshake_ivl, 15000);
  let_the_kernel_watch(socket);
  socket.set(zmq::sockopt::linger, 500);
  socket.set(zmq::sockopt::ipv6, true);
}

Result<> prove_that_strangers_are_refused(zmq::context_t& context) {
  const auto server_keys = generate_keys();
  const auto stranger_keys = generate_keys();
  if (!server_keys) return std::unexpected(server_keys.error());
  if (!stranger_keys) return std::unexpected(stranger_keys.error());
  // An abstract socket, so that nothing of it is on disk; its name is random as the key is.
  const std::string endpoint =
      "ipc://@causeway-proof-" + std::to_string(std::hash<std::string>{}(server_keys->public_key));
  zmq::socket_t guarded(context, zmq::socket_type::router);
  set_server_options(guarded, std::string(server_keys->secret_key.reveal()));
  guarded.bind(endpoint);

  zmq::socket_t stranger(context, zmq::socket_type::dealer);
  stranger.set(zmq::sockopt::curve_serverkey, server_keys->public_key);
  stranger.set(zmq::sockopt::curve_publickey, stranger_keys->public_key);
  stranger.set(zmq::sockopt::curve_secretkey, std::string(stranger_keys->secret_key.reveal()));
  stranger.set(zmq::sockopt::linger, 0);
  Monitor monitor(context, stranger, "inproc://causeway.proof.monitor");
  stranger.connect(endpoint);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (std::chrono::steady_clock::now() < deadline) {
    for (const int event : monitor.wait(Duration{100})) {
      if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) return {};
      if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
        return fail(Errc::denied, "a key that nobody allowed was let in; no endpoint is opened");
    }
  }
  return fail(Errc::timeout, "it can't be shown that strangers are refused; no endpoint is opened");
}

}  // namespace causeway::transport
