// SPDX-License-Identifier: Apache-2.0
#include "common/core/result.h"

namespace causeway {

std::string_view to_string(Errc code) {
  switch (code) {
    case Errc::invalid: return "invalid";
    case Errc::not_found: return "not-found";
    case Errc::conflict: return "conflict";
    case Errc::busy: return "busy";
    case Errc::timeout: return "timeout";
    case Errc::denied: return "denied";
    case Errc::unavailable: return "unavailable";
    case Errc::corrupt: return "corrupt";
  }
  return "unknown";
}

std::unexpected<Error> while_doing(Error error, std::string_view activity) {
  error.what += "; while ";
  error.what += activity;
  return std::unexpected(std::move(error));
}

}  // namespace causeway
