// SPDX-License-Identifier: Apache-2.0
// The addresses and MACs that workloads have, kept with the tables: who has one, and where the next free one
// is, without going over all that are taken. An index: it follows the workloads and knows nothing else.
#pragma once

#include <map>
#include <unordered_map>

#include "common/core/ids.h"
#include "common/model/address.h"
#include "common/model/records.h"

namespace causeway::scheduler {

class TakenAddresses {
 public:
  void add(const model::Workload& workload);
  void remove(const model::Workload& workload);

  // The port that has it; nullptr: none.
  [[nodiscard]] const PortId* holder(const NetworkId& network, const model::IpAddress& address) const;
  // The first address from there on that nobody has, also beyond any subnet.
  [[nodiscard]] model::IpAddress next_free(const NetworkId& network, model::IpAddress address) const;
  [[nodiscard]] std::size_t count(const NetworkId& network) const;
  [[nodiscard]] bool has(const model::Mac& mac) const { return macs_.contains(mac); }

 private:
  struct Network {
    std::map<model::IpAddress, PortId> holders;
    std::map<model::IpAddress, model::IpAddress>
        runs;  // without a gap: the first, and the one behind the last
  };
  static void add_to_runs(Network& network, const model::IpAddress& address);
  static void remove_from_runs(Network& network, const model::IpAddress& address);

  std::map<NetworkId, Network> networks_;
  std::map<model::Mac, int> macs_;  // with how many ports have it
};

}  // namespace causeway::scheduler
