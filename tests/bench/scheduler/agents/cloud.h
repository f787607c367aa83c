// SPDX-License-Identifier: Apache-2.0
// The cloud that this bench measures, as files of one folder: keys, the scheduler's configuration, and a
// state in which every host has its key and its workloads already.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/core/ids.h"
#include "common/model/address.h"
#include "common/model/api.h"
#include "common/transport/keys.h"

namespace causeway::bench {

struct Keys {
  std::string public_key, secret_key;
  [[nodiscard]] transport::KeyPair pair() const {
    return {public_key, Secret({secret_key.data(), secret_key.size()})};
  }
};

struct Cloud {
  std::filesystem::path folder;
  std::string agents_address;   // that the scheduler listens on
  std::string clients_address;  // likewise
  Keys scheduler;
  Keys admin;
  std::vector<Keys> agents;

  [[nodiscard]] std::filesystem::path config() const { return folder / "scheduler.yaml"; }
};

// Writes everything.
void make_cloud(const std::filesystem::path& folder, int agents, int workloads_per_host);
Cloud read_cloud(const std::filesystem::path& folder);

HostId host_name(int number);
model::IpAddress underlay(int number);

// The apply of one workload more, on a host that has room; and which one a workload's name speaks of, -1:
// none.
model::ApplyRequest change(int number);
int change_of(const WorkloadId& id);

}  // namespace causeway::bench
