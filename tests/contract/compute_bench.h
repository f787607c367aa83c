// SPDX-License-Identifier: Apache-2.0
// What the contract of agent::Compute needs around an implementation: a host with a hypervisor that outlives
// the agents. One bench a test.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "agent/compute/compute.h"
#include "tests/support/wait_until.h"

namespace causeway::agent {

class ComputeBench {
 public:
  virtual ~ComputeBench() = default;

  // Empty: it can be used here. Else why not, such as "no qemu-system-x86_64 on this machine".
  virtual std::string why_not() = 0;
  // What this bench has beyond definitions and states.
  virtual bool has_guests() = 0;  // something boots, writes on its console and listens to the power button
  virtual bool has_daemon() = 0;  // a daemon that can be restarted, and can be away
  virtual bool has_secrets() = 0;

  // An agent's driver, as after a start of the agent.
  virtual std::unique_ptr<Compute> agent() = 0;
  // A workload whose guest, once booted, writes "GUEST-READY" on its console and powers off when it is asked
  // to.
  virtual DomainSpec guest(const std::string& name) = 0;
  // Waits until it is so. False: it was not so for long enough to say that it never will be.
  virtual bool eventually(const std::function<bool()>& so) = 0;

  virtual void add_foreign(const std::string& domain_name) = 0;
  virtual bool foreign_untouched(const std::string& domain_name) = 0;
  // The process of a guest is ended from outside.
  virtual void crash(const WorkloadId& id) = 0;
  virtual void pause(const WorkloadId& id) = 0;
  virtual void restart_daemon() = 0;
  virtual void set_answering(bool answering) = 0;
};

std::unique_ptr<ComputeBench> simulated_compute_bench();
std::unique_ptr<ComputeBench> test_driver_compute_bench();
std::unique_ptr<ComputeBench> qemu_compute_bench();

}  // namespace causeway::agent
