// SPDX-License-Identifier: Apache-2.0
// The connections that a real switch tracks, over its control socket: read, and forgotten one by one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/network/connection.h"
#include "common/core/result.h"
#include "common/core/time.h"

namespace causeway::agent {

// The open ones of a zone of the tracker: what TCP has closed and only lingers is left out.
Result<std::vector<Connection>> connections_in(const std::string& run_dir, std::uint16_t zone,
                                               Duration within);

// One line of `dpctl/dump-conntrack`, as far as it is an open connection of that zone. Appends it.
void read_connection(const std::string& line, std::uint16_t zone, std::vector<Connection>& into);

// Their packets would be refused anyway; without them the table holds what is. Stops at the first failure.
Result<> forget_connections(const std::string& run_dir, std::uint16_t zone,
                            const std::vector<Connection>& connections, Duration within);

}  // namespace causeway::agent
