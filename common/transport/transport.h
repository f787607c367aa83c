// SPDX-License-Identifier: Apache-2.0
// Messages between processes: who sent them is proven by a CURVE key, what they say is left to common/wire.
// Delivery is not promised: a message may be lost when a connection breaks or a queue is full, and arrive
// once or not at all. Whoever uses this sends levels, or repeats a request with the same id.
//
// A Server or a Connection belongs to one thread; only wake() may be called from others.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/core/result.h"
#include "common/core/time.h"
#include "common/transport/keys.h"

namespace causeway::transport {

inline constexpr std::size_t kMaxMessageBytes = std::size_t{32} << 20;  // a larger one ends its connection
inline constexpr std::size_t kMaxDrained = 4096;  // messages that one poll() gives at most

struct Incoming {
  std::string key;    // public key (Z85) of the peer, as its connection proved it
  std::string route;  // where an answer goes; good for as long as that connection stands, and no identity
  std::string bytes;
};

class Server {
 public:
  virtual ~Server() = default;

  // What has arrived. Waits for it up to that long; comes back early and empty after wake().
  virtual std::vector<Incoming> poll(Duration wait) = 0;
  // Does not block: a message to a peer that is gone or does not read is dropped.
  virtual void send(const std::string& route, std::string bytes) = 0;
  // The public keys that may connect, from now on. A connection that stands is not cut: its messages go on to
  // carry its key, and who handles them refuses them.
  virtual void allow(std::set<std::string> keys) = 0;
  virtual void wake() = 0;
};

struct ServerOptions {
  KeyPair keys;
  std::vector<std::string> endpoints;  // "tcp://10.99.0.254:7410", "ipc:///run/causeway/scheduler.sock"
  std::set<std::string> allowed;       // public keys that may connect
};

// Binds the handler that checks keys before any socket, and proves that it refuses a stranger before any
// endpoint is open: CURVE without that handler would let everyone in.
Result<std::unique_ptr<Server>> serve(const ServerOptions& options);

// A client's connections to all schedulers of its cloud. What is sent goes to each of them, and the one that
// leads answers; so a client needs not know which that is.
class Connection {
 public:
  virtual ~Connection() = default;

  virtual std::vector<std::string> poll(Duration wait) = 0;
  // False if no scheduler is connected just now, and nothing was sent. Connecting goes on by itself.
  virtual bool send(const std::string& bytes) = 0;
  // Why no scheduler is connected, as far as it is known: denied (this key is not allowed, or a scheduler's
  // key is not the one that was named) or unavailable (nobody listens there). Nothing while a connection
  // stands.
  [[nodiscard]] virtual std::optional<Error> problem() const = 0;
  virtual void wake() = 0;
  // For whoever waits for many connections at once: one of these becomes readable when poll() has something
  // to do. Only the change can be waited for, and each other call may take it away: poll(0) after it.
  [[nodiscard]] virtual std::vector<int> descriptors() = 0;
};

struct Endpoint {
  std::string address;
  std::string key;  // the scheduler's public key (Z85)
};

// How a connection behaves when nobody asks it to do anything.
struct Pace {
  Duration reconnect_first;  // after a loss; up to as long again by chance, and doubled with each try
  Duration reconnect_max;
  // Between two signs of life; after two more without one the other side is taken for gone. Zero: none, and
  // the kernel alone finds out that a machine or the way to it is gone.
  Duration sign;
};
// Of somebody who waits for an answer.
inline constexpr Pace kPromptly{Duration{100}, Duration{2000}, Duration{2000}};
// Of one among thousands, who must not all come back at once: an encrypted handshake costs a scheduler a
// third of a millisecond. It has its own way to notice who doesn't answer: each of its messages is
// acknowledged.
inline constexpr Pace kAmongMany{Duration{1000}, Duration{4000}, Duration{0}};

// Threads and sockets that many connections of one process share.
class Shared;
std::shared_ptr<Shared> share(int connections_max);

struct ConnectionOptions {
  KeyPair keys;
  std::map<std::string, Endpoint> schedulers;  // by name
  Pace pace = kPromptly;
  std::shared_ptr<Shared> shared = nullptr;  // none: threads of its own
};

Result<std::unique_ptr<Connection>> connect(const ConnectionOptions& options);

}  // namespace causeway::transport
