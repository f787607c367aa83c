// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <zmq.hpp>

#include "common/transport/transport.h"
#include "common/transport/wakeup.h"
#include "common/transport/zap.h"

namespace causeway::transport {
namespace {

class ZmqServer final : public Server {
 public:
  ZmqServer() : zap_(context_), router_(context_, zmq::socket_type::router) {}

  Result<> open(const ServerOptions& options) {
    zap_.allow(options.allowed);
    CAUSEWAY_TRY(prove_that_strangers_are_refused(context_));
    set_server_options(router_, std::string(options.keys.secret_key.reveal()));
    // A message to a peer that is gone is an error here, so that it is dropped instead of kept for nobody.
    router_.set(zmq::sockopt::router_mandatory, true);
    router_.set(zmq::sockopt::backlog, 4096);
    for (const auto& endpoint : options.endpoints) {
      try {
        router_.bind(endpoint);
      } catch (const zmq::error_t& error) {
        return fail(Errc::unavailable,
                    fmt::format("{}: can't listen there: {}; is another scheduler running, or the "
                                "address not this machine's?",
                                endpoint, error.what()));
      }
    }
    return {};
  }

  std::vector<Incoming> poll(Duration wait) override {
    std::array<zmq::pollitem_t, 2> items = {
        {{router_.handle(), 0, ZMQ_POLLIN, 0}, {nullptr, wakeup_.descriptor(), ZMQ_POLLIN, 0}}};
    std::vector<Incoming> arrived;
    try {
      zmq::poll(items.data(), items.size(), wait);
      wakeup_.clear();
      while (arrived.size() < kMaxDrained) {
        zmq::message_t route;
        if (!router_.recv(route, zmq::recv_flags::dontwait)) break;
        if (auto incoming = receive_rest(route)) arrived.push_back(std::move(*incoming));
      }
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) throw;
    }
    return arrived;
  }

  void send(const std::string& route, std::string bytes) override {
    try {
      if (router_.send(zmq::buffer(route), zmq::send_flags::sndmore | zmq::send_flags::dontwait))
        router_.send(zmq::buffer(bytes), zmq::send_flags::dontwait);
    } catch (const zmq::error_t& error) {
      if (error.num() != EHOSTUNREACH && error.num() != EAGAIN) throw;
    }
  }

  void allow(std::set<std::string> keys) override { zap_.allow(std::move(keys)); }
  void wake() override { wakeup_.wake(); }

 private:
  // One frame behind the route is a message; anything else is a stranger's protocol and is passed over.
  std::optional<Incoming> receive_rest(const zmq::message_t& route) {
    std::optional<Incoming> incoming;
    int frames = 0;
    for (bool more = route.more(); more; ++frames) {
      zmq::message_t frame;
      if (!router_.recv(frame, zmq::recv_flags::none)) break;
      more = frame.more();
      if (frames == 0 && !more)
        incoming = Incoming{frame.gets("User-Id"), route.to_string(), frame.to_string()};
    }
    return incoming;
  }

  zmq::context_t context_;
  ZapHandler zap_;
  zmq::socket_t router_;
  Wakeup wakeup_;
};

}  // namespace

Result<std::unique_ptr<Server>> serve(const ServerOptions& options) {
  try {
    auto server = std::make_unique<ZmqServer>();
    CAUSEWAY_TRY(server->open(options));
    return server;
  } catch (const zmq::error_t& error) {
    return fail(Errc::unavailable, fmt::format("ZeroMQ: {}", error.what()));
  }
}

}  // namespace causeway::transport
