// SPDX-License-Identifier: Apache-2.0
// The checks of one workload entry of a wave. Private to this folder.
#pragma once

#include <map>
#include <string>

#include "common/model/checks.h"
#include "common/model/validate.h"
#include "common/model/wave.h"

namespace causeway::model {

// The fixed addresses of all applications that are known, each with the entry that has it.
using TakenAddresses = std::map<std::pair<NetworkId, IpAddress>, std::string>;

// `taken` is looked at and added to.
// Rules that stand together: in range, and not at odds with each other. `path` is what they stand in.
void check_rules(const Path& path, const std::vector<PlacementRule>& rules, Checks& checks);

void check_workload(const Path& path, const std::string& entry, const WorkloadSpec& spec,
                    const Application& application, const Catalog& catalog, TakenAddresses& taken,
                    Checks& checks);

}  // namespace causeway::model
