// SPDX-License-Identifier: Apache-2.0
// What raising a fence and cutting a host's power are made of, in the order that makes them safe.
#pragma once

#include <fmt/format.h>

#include "scheduler/fence/fence.h"
#include "scheduler/fence/power.h"

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

// What counts is what is read back, whatever was answered before: a BMC may say that it did and not have done
// it, and some call it an error to switch off what is off.
inline Result<> switch_off_and_prove(Power& power, const HostId& host) {
  const auto asked = power.switch_off(host);
  if (!asked && asked.error().code == Errc::not_found) return asked;
  const auto off = power.is_off(host);
  if (off && *off) return {};
  if (!asked) return asked;
  if (!off) return std::unexpected(off.error());
  return fail(Errc::unavailable,
              fmt::format("the BMC of {} says that it switched it off, and it is still on", host));
}

}  // namespace causeway::fence
