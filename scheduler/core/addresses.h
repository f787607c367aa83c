// SPDX-License-Identifier: Apache-2.0
// Which addresses and MACs are taken, and the next free ones. A book is opened on the tables for one plan,
// and what the plan gives out and takes back is noted in it, so that nothing is given out twice within the
// plan either; what it costs is what it gives out.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/core/ids.h"
#include "common/core/result.h"
#include "common/model/site.h"
#include "scheduler/core/tables.h"

namespace causeway::scheduler {

class AddressBook {
 public:
  explicit AddressBook(const Tables& tables) : standing_(tables.addresses()) {}

  // Notes that a port has that address. Invalid if it lies outside the network or is kept for the network
  // itself (its first and last address, its gateway); conflict if another port has it.
  Result<void> take(const NetworkId& id, const model::Network& network, const model::IpAddress& address,
                    const PortId& port);
  // The lowest free address of the family. Busy if the subnet is full.
  Result<model::IpAddress> take_next(const NetworkId& id, const model::Subnet& subnet,
                                     const std::optional<model::IpAddress>& gateway, const PortId& port);
  void give_back(const NetworkId& id, const model::IpAddress& address);

  // A MAC derived from the port's name, so that it comes back with it; where two names would share one, the
  // next.
  model::Mac take_mac(const PortId& port);

 private:
  // The port that has it by now; nullptr: none.
  [[nodiscard]] const PortId* holder(const NetworkId& id, const model::IpAddress& address) const;

  const TakenAddresses& standing_;
  std::map<NetworkId, std::map<model::IpAddress, PortId>> taken_;  // by this plan
  std::map<NetworkId, std::set<model::IpAddress>> given_back_;     // that others may have now
  std::map<std::pair<NetworkId, bool>, model::IpAddress> from_;    // all below are taken
  std::set<model::Mac> macs_;                                      // by this plan
};

}  // namespace causeway::scheduler
