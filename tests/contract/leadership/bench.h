// SPDX-License-Identifier: Apache-2.0
// A site with some schedulers that contend for its leadership, simulated or on Ceph.
#pragma once

#include <memory>
#include <string>

#include "common/core/time.h"

namespace causeway::leadership {

class Rival {
 public:
  virtual ~Rival() = default;
  virtual std::string say(const std::string& line) = 0;  // contender.h
  virtual void stop() = 0;                               // frozen: neither works nor shows signs of life
  virtual void go_on() = 0;
  virtual void kill() = 0;
};

class LeadershipBench {
 public:
  virtual ~LeadershipBench() = default;
  virtual std::unique_ptr<Rival> rival(const std::string& name) = 0;
  // Lets that much time pass, really or not.
  virtual void pass(Duration span) = 0;
  virtual Instant now() = 0;
};

std::unique_ptr<LeadershipBench> simulated_leadership_bench();
// A bench with a namespace of its own in one cluster; nullptr and why not.
std::unique_ptr<LeadershipBench> ceph_leadership_bench(std::string& why_not);

}  // namespace causeway::leadership
