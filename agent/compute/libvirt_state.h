// SPDX-License-Identifier: Apache-2.0
// What libvirt says about its domains, in our words.
#pragma once

#include <string>

#include "agent/compute/compute.h"
#include "agent/compute/libvirt_handles.h"

namespace causeway::agent {

class LibvirtSession;

struct DomainState {
  Power power = Power::stopped;
  std::string why;
};

// libvirt's pair of state and reason (virDomainState and the reasons of each).
DomainState translated_state(int state, int reason);

Result<DomainState> read_state(virDomainPtr domain);

// All domains of the host in one call, and the marks of those that something happened to. `since` is not
// filled in.
Result<ComputeObservation> read_domains(LibvirtSession& session);

}  // namespace causeway::agent
