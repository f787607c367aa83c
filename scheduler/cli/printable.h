// SPDX-License-Identifier: Apache-2.0
// Text on its way to a terminal: titles, messages and console logs were written by others, and must not steer
// the terminal that shows them.
#pragma once

#include <string>
#include <string_view>

namespace causeway::cli {

// The text with '?' in place of control characters (C0, DEL and C1).
std::string printable(std::string_view text);
// The same, but line ends stay.
std::string printable_lines(std::string_view text);

}  // namespace causeway::cli
