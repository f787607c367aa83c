// SPDX-License-Identifier: Apache-2.0
// A thread that answers what guests ask their host about their addresses (DHCP, router solicitations, DHCPv6)
// and tells them of their IPv6 gateway before they forget it: the switch hands it the question (an action of
// the flows) and takes the answer back, both over OpenFlow. It knows what it was told last and needs nobody
// else, so that guests are answered while the scheduler is away and while the agent's loop is busy.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "agent/network/dhcp.h"
#include "agent/network/dhcp6.h"
#include "agent/network/openflow_packets.h"

namespace causeway::agent {

// What a port's guest is told.
struct GuestLeases {
  std::optional<Lease> v4;
  std::optional<Lease6> v6;

  bool operator==(const GuestLeases&) const = default;
};

// By the number of the port.
using Leases = std::map<std::uint32_t, GuestLeases>;

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
  // Tells each guest of its gateway that wasn't told just that. False: the bridge is gone.
  static bool advertise(PacketWatch& watch, const Leases& leases, const Leases& told);

  std::string run_dir_;
  int stop_;
  int news_;
  std::mutex mutex_;
  std::map<std::string, Leases> leases_;
  std::thread thread_;
};

}  // namespace causeway::agent
