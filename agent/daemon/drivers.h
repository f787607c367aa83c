// SPDX-License-Identifier: Apache-2.0
// The drivers that a host's configuration asks for, and the workers that carry the core's orders out on them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/core/core.h"
#include "agent/daemon/simulated_site.h"
#include "common/config/daemon_config.h"
#include "common/core/result.h"
#include "common/core/time.h"

namespace causeway::agent {

// Takes what a worker or a driver has to say; called on any thread.
using Inbox = std::function<void(Input)>;

class Workers {
 public:
  virtual ~Workers() = default;  // waits for what is under way

  // Returns at once; one Done for it comes to the inbox later, or before this returns.
  virtual void submit(Order order) = 0;
  // Of an order that is not under way (any more): nothing happens.
  virtual void cancel(OrderId id) = 0;
  // Lets simulated time pass. When there is something to do next; none: nothing by itself.
  virtual std::optional<Instant> advance(Instant now) = 0;
};

// "kvm", "emulated" or "simulated": what workloads run on here.
std::string hypervisor_word(const config::AgentConfig& config);

HostSetup setup_of(const config::AgentConfig& config);
model::HostFacts facts_of(const config::AgentConfig& config);

// Real drivers are called on threads, as many for each lane as it takes orders at once. Simulated ones answer
// immediately and are called by submit() itself, so that one process can be many hosts.
std::unique_ptr<Workers> make_workers(const config::AgentConfig& config, SimulatedSite& simulated,
                                      std::shared_ptr<Clock> clock, Inbox inbox);

}  // namespace causeway::agent
