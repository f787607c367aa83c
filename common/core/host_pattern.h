// SPDX-License-Identifier: Apache-2.0
// Settings for hosts by name: an entry is for one host ("h7"), for those whose names begin alike ("rack3-*"),
// or for all ("*"). The entry that says more counts: the name before a pattern, a longer pattern before a
// shorter one; so no host ever has two.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "common/core/ids.h"

namespace causeway {

// Null: no entry is for this host.
template <class Value>
const Value* entry_for(const std::map<std::string, Value>& entries, const HostId& host) {
  if (const auto own = entries.find(host.str()); own != entries.end()) return &own->second;
  const Value* found = nullptr;
  std::size_t longest = 0;
  for (const auto& [pattern, value] : entries) {
    if (!pattern.ends_with('*') || pattern.size() < longest) continue;
    if (!std::string_view(host.str()).starts_with(std::string_view(pattern).substr(0, pattern.size() - 1)))
      continue;
    found = &value;
    longest = pattern.size();
  }
  return found;
}

}  // namespace causeway
