// SPDX-License-Identifier: Apache-2.0
// A host as the site file declares it, held against what its agent found.
#pragma once

#include <string>
#include <vector>

#include "common/model/assignment.h"
#include "common/model/site.h"

namespace causeway::scheduler {

// What is declared and not there, a sentence each: placement counts with it, and a workload would find out.
// More than is declared is no finding, the host itself needs a part. A simulated host is whatever it is
// declared to be; of an emulated one vCPUs and memory are not compared, because its guests' are no threads.
std::vector<std::string> missing_from(const model::HostFacts& found, const model::HostSpec& declared);

}  // namespace causeway::scheduler
