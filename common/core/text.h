// SPDX-License-Identifier: Apache-2.0
// Text as people see it: the columns it fills on a terminal, and the name that was probably meant.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace causeway {

// Columns of a terminal that the UTF-8 text fills: 2 for a Chinese character, 0 for a combining mark.
// Bytes that are no UTF-8 count 1 each.
std::size_t display_width(std::string_view text);

// The text, with spaces behind it (or before it) up to that many columns; never cut.
std::string pad_right(std::string_view text, std::size_t columns);
std::string pad_left(std::string_view text, std::size_t columns);

// The one among the names that is nearest to the one written, by edit distance, or "" if none is near enough
// to be what was meant (more than a third of its letters differ).
std::string nearest_name(std::string_view written, std::span<const std::string> names);

// The text with every byte that is no UTF-8 replaced by U+FFFD: what a program or a file said can then be
// shown, stored and sent.
std::string as_utf8(std::string_view text);

// "1 host", "3 hosts": the number with the noun, which takes an s.
std::string counted(std::size_t number, std::string_view noun);

std::vector<std::string> split(std::string_view text, char separator);
std::string join(std::span<const std::string> parts, std::string_view separator);

}  // namespace causeway
