// SPDX-License-Identifier: Apache-2.0
// What the contract of agent::Switch needs around an implementation: two hosts whose underlays are connected,
// and guests on them. One bench a test.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "agent/network/network.h"
#include "agent/network/packet.h"
#include "tests/support/frame.h"

namespace causeway::agent {

class NetworkBench {
 public:
  virtual ~NetworkBench() = default;

  // Empty: it can be used here. Else why not, such as "Open vSwitch is not installed".
  virtual std::string why_not() = 0;
  // The switch as an agent has it that has just been started. Hosts are 0 and 1.
  virtual std::unique_ptr<Switch> agent(int host) = 0;
  // The extranet's and the intranet's endpoints. Beside them each host has a device `up0`, connected with the
  // other's, that no bridge has yet.
  virtual ZoneBridge zone_bridge(int host, const ZoneId& zone) = 0;

  // The guest behind the port sends the packet; whether that port of that host gets it.
  virtual bool arrives(int from_host, const PortId& from, const Packet& packet, int to_host,
                       const PortId& to) = 0;
  // The guest asks for a neighbour by ARP or neighbour discovery; what it is told.
  virtual std::optional<Packet> answer(int host, const PortId& from, const Packet& question) = 0;
  // The guest sends the bytes as they are. What the guest behind a port was sent since it was last asked,
  // once nothing more comes.
  virtual void say(int host, const PortId& from, const Bytes& frame) = 0;
  virtual std::vector<Bytes> heard(int host, const PortId& by) = 0;
  // The guest's process ends.
  virtual void stop_guest(const PortId& port) = 0;

  virtual void stop_switch(int host) = 0;
  virtual void start_switch(int host) = 0;  // after a stop, with nothing programmed
  virtual void stop_control(int host) = 0;  // the switch can't be asked or told anything, and forgets nothing
  virtual void start_control(int host) = 0;
  virtual void add_foreign_flow(int host, const ZoneId& zone) = 0;
  virtual void add_foreign_port(int host, const ZoneId& zone, const std::string& name) = 0;
  virtual void add_foreign_bridge(int host, const std::string& name) = 0;
  virtual void loosen_meters(int host, const ZoneId& zone) = 0;
  // Is another text after anything was written on the host, and the same if nothing was.
  virtual std::string written(int host) = 0;
};

std::unique_ptr<NetworkBench> simulated_network_bench();
std::unique_ptr<NetworkBench> ovs_network_bench();

}  // namespace causeway::agent
