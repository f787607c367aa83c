// SPDX-License-Identifier: Apache-2.0
// A thread that answers what guests ask their host by DHCP: the switch hands it the question (an action of
// the flows) and takes the answer back, both over OpenFlow. It knows what it was told last and needs nobody
// else, so that guests are answered while the scheduler is away and while the agent's loop is busy.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "agent/network/dhcp.h"

namespace causeway::agent {

// By the number of the port.
using Leases = std::map<std::uint32_t, Lease>;

class OvsAnswers {
 public:
  explicit OvsAnswers(std::string run_dir);
  OvsAnswers(const OvsAnswers&) = delete;
  OvsAnswers& operator=(const OvsAnswers&) = delete;
  ~OvsAnswers();

  // From now on the guests of the bridge are answered by this; without leases nobody is.
  void set(const std::string& bridge, Leases leases);

 private:
  void run();

  std::string run_dir_;
  int stop_;
  int news_;
  std::mutex mutex_;
  std::map<std::string, Leases> leases_;
  std::thread thread_;
};

}  // namespace causeway::agent
