// SPDX-License-Identifier: Apache-2.0
// What is wrong with something that a person wrote, in a form that can be shown all at once. Pure code
// returns findings; who has the file turns their path into file:line:column (config/manifest.h).
#pragma once

#include <string>
#include <vector>

namespace causeway {

// A place inside a document, as keys from the root: "applications.marriage-registration.workloads.db.memory".
// A key that contains a dot stands in it as it is: paths are compared and shown, not taken apart.
using Path = std::string;

// path / key
inline Path at(const Path& path, const std::string& key) { return path.empty() ? key : path + "." + key; }

struct Finding {
  Path path;         // where, inside the document; empty: the document as a whole
  std::string what;  // "memory 8 has no unit"
  std::string next;  // what to write or do instead: "write 8GiB or 8192MiB"; may be empty

  bool operator==(const Finding&) const = default;
};

using Findings = std::vector<Finding>;

}  // namespace causeway
