// SPDX-License-Identifier: Apache-2.0
// What raising a fence is made of, in the order that makes it safe.
#pragma once

#include "scheduler/fence/fence.h"

namespace causeway::fence {

// The fence, then a second look at it, then the locks of who is behind it. Ends at the first failure.
inline Result<> raise_and_prove(Fence& fence, const std::set<std::string>& addresses,
                                const std::vector<Image>& images) {
  CAUSEWAY_TRY(fence.raise(addresses));
  const auto stands = fence.stands(addresses);
  if (!stands) return std::unexpected(stands.error());
  if (!*stands) return fail(Errc::unavailable, "the fence was raised and is not there");
  return fence.break_locks(images, addresses);
}

}  // namespace causeway::fence
