// SPDX-License-Identifier: Apache-2.0
// The management network: messages are bytes, and may be lost, repeated, delayed, reordered, or cut off in
// one direction or both.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "tests/simulation/random.h"
#include "tests/simulation/timeline.h"

namespace causeway::simulation {

inline const std::string kClient = "client";

struct Weather {
  double lost = 0;
  double repeated = 0;
  double slow = 0;  // arrives up to slow_most later, behind others that were sent after it
  Duration slow_most{30'000};
};

class Network {
 public:
  using Receiver = std::function<void(const std::string& from, const std::string& bytes)>;

  Network(Timeline& timeline, Random& random) : timeline_(timeline), random_(random) {}

  Weather weather;

  void attach(const std::string& name, Receiver receiver) { receivers_[name] = std::move(receiver); }
  void detach(const std::string& name) { receivers_.erase(name); }

  void send(const std::string& from, const std::string& to, const std::string& bytes) {
    // A client waits on one connection, which keeps the order and repeats nothing by itself.
    const bool client = from == kClient || to == kClient;
    const int copies = random_.chance(weather.lost) ? 0 : !client && random_.chance(weather.repeated) ? 2 : 1;
    for (int i = 0; i < copies; ++i) {
      const Duration most = !client && random_.chance(weather.slow) ? weather.slow_most : Duration(20);
      timeline_.after(random_.between(Duration(1), most), [this, from, to, bytes] {
        if (cut_.contains({peer_of(from), peer_of(to)})) return;
        if (const auto receiver = receivers_.find(to); receiver != receivers_.end())
          receiver->second(from, bytes);
      });
    }
  }

  // Names are peers here; a peer's connections ("h1#3") are cut with it.
  void cut(const std::string& from, const std::string& to) { cut_.emplace(from, to); }
  void mend(const std::string& from, const std::string& to) { cut_.erase({from, to}); }
  void mend_all() { cut_.clear(); }

  static std::string peer_of(const std::string& route) { return route.substr(0, route.find('#')); }

 private:
  Timeline& timeline_;
  Random& random_;
  std::map<std::string, Receiver> receivers_;
  std::set<std::pair<std::string, std::string>> cut_;
};

}  // namespace causeway::simulation
