// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <zmq.hpp>

#include "common/transport/liveness.h"
#include "common/transport/monitor.h"
#include "common/transport/transport.h"
#include "common/transport/wakeup.h"

namespace causeway::transport {

class Shared {
 public:
  zmq::context_t context;
};

std::shared_ptr<Shared> share(int connections_max) {
  auto made = std::make_shared<Shared>();
  // The socket, and the two ends of its monitor.
  constexpr int kSocketsEach = 3;
  made->context.set(zmq::ctxopt::max_sockets, connections_max * kSocketsEach);
  return made;
}

namespace {

// ZeroMQ gives up on a server that refused its key. Here the key may be allowed later, so it is tried again
// this much after each refusal.
constexpr std::chrono::milliseconds kRetryRefused{500};

constexpr Duration kConnectPatience{4000};

struct Link {
  std::string name;
  std::string address;
  zmq::socket_t socket;
  std::unique_ptr<Monitor> monitor;
  bool connected = false;
  bool refused = false;
  std::chrono::steady_clock::time_point retry{};  // while refused
};

class ZmqConnection final : public Connection {
 public:
  explicit ZmqConnection(const ConnectionOptions& options)
      : shared_(options.shared != nullptr ? options.shared : std::make_shared<Shared>()) {
    static std::atomic<std::uint64_t> monitors = 0;
    const auto& pace = options.pace;
    for (const auto& [name, endpoint] : options.schedulers) {
      Link& link = links_.emplace_back(name, endpoint.address,
                                       zmq::socket_t(shared_->context, zmq::socket_type::dealer));
      auto& socket = link.socket;
      socket.set(zmq::sockopt::curve_serverkey, endpoint.key);
      socket.set(zmq::sockopt::curve_publickey, options.keys.public_key);
      socket.set(zmq::sockopt::curve_secretkey, std::string(options.keys.secret_key.reveal()));
      socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(kMaxMessageBytes));
      // Nothing queues for a scheduler that is away: what is sent later is newer.
      socket.set(zmq::sockopt::immediate, true);
      socket.set(zmq::sockopt::reconnect_ivl, milliseconds(pace.reconnect_first));
      socket.set(zmq::sockopt::reconnect_ivl_max, milliseconds(pace.reconnect_max));
      // A try whose packets are lost is given up, and not left to the kernel's growing pauses: these would go
      // on for half a minute and more after the way is free again.
      socket.set(zmq::sockopt::connect_timeout, milliseconds(kConnectPatience));
      if (pace.sign > Duration{0}) {
        socket.set(zmq::sockopt::heartbeat_ivl, milliseconds(pace.sign));
        socket.set(zmq::sockopt::heartbeat_timeout, milliseconds(pace.sign * 2));
      }
      let_the_kernel_watch(socket);
      socket.set(zmq::sockopt::linger, 100);
      socket.set(zmq::sockopt::ipv6, true);
      link.monitor = std::make_unique<Monitor>(shared_->context, socket,
                                               fmt::format("inproc://causeway.monitor.{}", ++monitors));
      socket.connect(endpoint.address);
      items_.push_back({socket.handle(), 0, ZMQ_POLLIN, 0});
      items_.push_back({link.monitor->handle(), 0, ZMQ_POLLIN, 0});
    }
    items_.push_back({nullptr, wakeup_.descriptor(), ZMQ_POLLIN, 0});
  }

  std::vector<std::string> poll(Duration wait) override {
    std::vector<std::string> arrived;
    try {
      // Receiving looks for itself; a poll that doesn't wait would be some system calls more.
      if (wait > Duration{0}) zmq::poll(items_.data(), items_.size(), wait);
      wakeup_.clear();
      for (auto& link : links_) {
        watch(link);
        zmq::message_t message;
        while (arrived.size() < kMaxDrained && link.socket.recv(message, zmq::recv_flags::dontwait))
          arrived.push_back(message.to_string());
      }
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) throw;
    }
    return arrived;
  }

  bool send(const std::string& bytes) override {
    bool sent = false;
    for (auto& link : links_) {
      watch(link);
      if (link.connected && link.socket.send(zmq::buffer(bytes), zmq::send_flags::dontwait)) sent = true;
    }
    return sent;
  }

  [[nodiscard]] std::optional<Error> problem() const override {
    const Link* refused = nullptr;
    for (const auto& link : links_) {
      if (link.connected) return std::nullopt;
      if (link.refused) refused = &link;
    }
    if (refused != nullptr)
      return Error{
          Errc::denied,
          fmt::format(
              "scheduler {} at {} refuses this key; an operator lets it in with `causeway key allow`, or "
              "with `causeway host add` for a host",
              refused->name, refused->address)};
    std::string addresses;
    for (const auto& link : links_) addresses += (addresses.empty() ? "" : ", ") + link.address;
    return Error{Errc::unavailable, fmt::format("no scheduler answers at {}", addresses)};
  }

  void wake() override { wakeup_.wake(); }

  std::vector<int> descriptors() override {
    std::vector<int> all{wakeup_.descriptor()};
    for (auto& link : links_) {
      all.push_back(link.socket.get(zmq::sockopt::fd));
      all.push_back(link.monitor->descriptor());
    }
    return all;
  }

 private:
  static int milliseconds(Duration duration) { return static_cast<int>(duration.count()); }

  static void watch(Link& link) {
    for (const int event : link.monitor->wait(Duration{0})) {
      link.connected = event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
      if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) link.refused = false;
      if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) {
        link.refused = true;
        link.retry = std::chrono::steady_clock::now() + kRetryRefused;
      }
    }
    if (link.refused && std::chrono::steady_clock::now() >= link.retry) {
      link.retry += kRetryRefused;
      link.socket.disconnect(link.address);
      link.socket.connect(link.address);
    }
  }

  const std::shared_ptr<Shared> shared_;
  std::deque<Link> links_;
  std::vector<zmq::pollitem_t> items_;  // a socket and its monitor for each link, then the wakeup
  Wakeup wakeup_;
};

}  // namespace

Result<std::unique_ptr<Connection>> connect(const ConnectionOptions& options) {
  if (options.schedulers.empty()) return fail(Errc::invalid, "no scheduler is named to connect to");
  try {
    return std::make_unique<ZmqConnection>(options);
  } catch (const zmq::error_t& error) {
    std::string addresses;
    for (const auto& [name, endpoint] : options.schedulers)
      addresses += fmt::format("{}{}: {}", addresses.empty() ? "" : ", ", name, endpoint.address);
    return fail(Errc::invalid,
                fmt::format("can't connect ({}): {}; addresses are written as tcp://HOST:PORT or "
                            "ipc:///PATH, keys have 40 characters",
                            addresses, error.what()));
  }
}

}  // namespace causeway::transport
