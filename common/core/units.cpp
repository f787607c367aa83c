// SPDX-License-Identifier: Apache-2.0
#include "common/core/units.h"

#include <fmt/format.h>

namespace causeway {

std::string to_string(MiB amount) {
  if (amount.value != 0 && amount.value % 1024 == 0) return to_string(GiB{amount.value / 1024});
  return fmt::format("{}MiB", amount.value);
}

std::string to_string(GiB amount) {
  if (amount.value != 0 && amount.value % 1024 == 0) return fmt::format("{}TiB", amount.value / 1024);
  return fmt::format("{}GiB", amount.value);
}

std::string to_string(MbitPerSecond rate) {
  if (rate.value != 0 && rate.value % 1000 == 0) return fmt::format("{}Gbit", rate.value / 1000);
  return fmt::format("{}Mbit", rate.value);
}

}  // namespace causeway
