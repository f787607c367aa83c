// SPDX-License-Identifier: Apache-2.0
#include "common/core/text.h"

#include <utf8proc.h>

#include <algorithm>
#include <numeric>

namespace causeway {
namespace {

// The number of slips of the pen between two names: a letter too many, missing or wrong, or two neighbours
// swapped (optimal string alignment). Three rows of memory.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(above);
    above.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, substituted});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row.back();
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t columns = 0;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  for (std::size_t i = 0; i < text.size();) {
    utf8proc_int32_t codepoint = 0;
    const auto length =
        utf8proc_iterate(bytes + i, static_cast<utf8proc_ssize_t>(text.size() - i), &codepoint);
    if (length <= 0) {
      ++columns;
      ++i;
      continue;
    }
    columns += static_cast<std::size_t>(std::max(0, utf8proc_charwidth(codepoint)));
    i += static_cast<std::size_t>(length);
  }
  return columns;
}

std::string pad_right(std::string_view text, std::size_t columns) {
  const std::size_t width = display_width(text);
  std::string padded(text);
  if (width < columns) padded.append(columns - width, ' ');
  return padded;
}

std::string pad_left(std::string_view text, std::size_t columns) {
  const std::size_t width = display_width(text);
  std::string padded(width < columns ? columns - width : 0, ' ');
  padded += text;
  return padded;
}

std::string nearest_name(std::string_view written, std::span<const std::string> names) {
  std::string nearest;
  if (written.size() < 2) return nearest;  // any letter is near any other
  std::size_t best = std::max<std::size_t>(1, written.size() / 3) + 1;
  for (const auto& name : names) {
    const std::size_t distance = edit_distance(written, name);
    if (distance < best) {
      best = distance;
      nearest = name;
    }
  }
  return nearest;
}

std::string as_utf8(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  for (std::size_t i = 0; i < text.size();) {
    utf8proc_int32_t codepoint = 0;
    const auto length =
        utf8proc_iterate(bytes + i, static_cast<utf8proc_ssize_t>(text.size() - i), &codepoint);
    const auto taken = static_cast<std::size_t>(std::max<utf8proc_ssize_t>(1, length));
    if (length > 0)
      clean += text.substr(i, taken);
    else
      clean += "\xef\xbf\xbd";
    i += taken;
  }
  return clean;
}

std::string counted(std::size_t number, std::string_view noun) {
  return std::to_string(number).append(" ").append(noun).append(number == 1 ? "" : "s");
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i == text.size() || text[i] == separator) {
      parts.emplace_back(text.substr(start, i - start));
      start = i + 1;
    }
  }
  return parts;
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
  std::string joined;
  for (const auto& part : parts) {
    if (!joined.empty()) joined += separator;
    joined += part;
  }
  return joined;
}

}  // namespace causeway
