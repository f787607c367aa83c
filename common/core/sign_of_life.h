// SPDX-License-Identifier: Apache-2.0
// The sign of life that a host's agent leaves in each zone's pool and the scheduler reads there: one object,
// two lines of text.
//
//   count 1806537600000
//   address 10.99.0.11:0/3891
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/core/ids.h"

namespace causeway {

struct SignOfLife {
  std::uint64_t count = 0;  // another one each time
  std::string address;      // of the client that left it, as the storage's library says it

  bool operator==(const SignOfLife&) const = default;
};

// "causeway.sign.h1"; no volume's name has its form.
std::string sign_object(const HostId& host);
std::string to_text(const SignOfLife& sign);
// Nothing: it is no sign of life.
std::optional<SignOfLife> parse_sign(std::string_view text);

// The host part of a client's address: "10.99.0.11" of "v1:10.99.0.11:0/3891", "fd00::1" of "[fd00::1]:0/7";
// "" if there is none.
std::string host_of_client(std::string_view address);

}  // namespace causeway
