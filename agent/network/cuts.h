// SPDX-License-Identifier: Apache-2.0
// Connections that a change of rules cuts: those that were let in by a rule that is gone. The flows refuse
// their packets from the change on; this says how many there were, and for which rule's sake.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/network/connection.h"
#include "agent/network/network.h"

namespace causeway::agent {

// Whether the change takes anything away that a connection could rest on.
bool takes_away(const ZonePolicy& before, const ZonePolicy& after);

// Of those connections the ones that the rules let in before and don't now, by the reason (`why`) of the rule
// that did. Only what a port of this host receives: its sender's host has the same connection.
std::map<std::string, std::vector<Connection>> cut_between(const ZonePolicy& before, const ZonePolicy& after,
                                                           const std::vector<Connection>& connections);

// The newest count for each reason, sorted by it.
class CutBook {
 public:
  void note(const std::map<std::string, std::vector<Connection>>& cut, Generation generation);
  [[nodiscard]] std::vector<model::Cut> all() const;

 private:
  std::map<std::string, model::Cut> newest_;
};

}  // namespace causeway::agent
