// SPDX-License-Identifier: Apache-2.0
// Which CPUs the domains of a host have, by libvirt. What is decided is in binding.h; here it is read from
// the domains' marks and written back into their definitions and onto their running threads.
#pragma once

#include "agent/compute/binding.h"
#include "agent/compute/domain_xml.h"
#include "agent/compute/libvirt_session.h"

namespace causeway::agent {

// The CPUs for that definition. If it is a pinned one, others that can may be moved, at once. Fails as
// share_out does.
Result<DomainCpus> cpus_for(LibvirtSession& session, const Inventory& host, const DomainSpec& spec);

// Sees to it that all domains that are not pinned are off the CPUs of those that are, also the running ones,
// and that they have them back when nobody else does. Already so: reads the marks and writes nothing.
// Emulated guests that run are left where they are until their next start: libvirt can't move them.
Result<> settle_cpus(LibvirtSession& session, const Inventory& host);

}  // namespace causeway::agent
