// SPDX-License-Identifier: Apache-2.0
// What a policy's guards mean for one packet, from the rules and not from the flows. Private to evaluate.cpp
// and to those who ask about rules alone.
#pragma once

#include <optional>
#include <string>

#include "agent/network/connection.h"
#include "agent/network/network.h"

namespace causeway::agent {

// Whether a rule of the guard lets the connection in, as it stands now.
bool lets_in(const ZonePolicy& policy, const std::string& guard, const Connection& connection);

// Why the rule that lets it in is there; nothing: none does.
std::optional<std::string> let_in_by(const ZonePolicy& policy, const std::string& guard,
                                     const Connection& connection);

// Why the rules refuse an IP packet to one receiver, which is part of that; empty: they don't.
std::string refuse_by_rules(const ZonePolicy& policy, const Packet& packet, const Tracked& tracked);

// The system that has the address, of what is outside; nullptr: none.
const model::OutsideSystem* outside_system(const ZonePolicy& policy, const model::IpAddress& address);

// Whether any port of the zone is guarded, or the zone has a way out: then connections are looked at at all.
bool has_guards(const ZonePolicy& policy);

}  // namespace causeway::agent
