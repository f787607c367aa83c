// SPDX-License-Identifier: Apache-2.0
#include "agent/compute/compute.h"

namespace causeway::agent {

std::string_view to_string(Power power) {
  switch (power) {
    case Power::stopped: return "stopped";
    case Power::running: return "running";
    case Power::paused: return "paused";
    case Power::crashed: return "crashed";
  }
  return "unknown";
}

}  // namespace causeway::agent
