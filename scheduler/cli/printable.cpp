// SPDX-License-Identifier: Apache-2.0
#include "scheduler/cli/printable.h"

namespace causeway::cli {
namespace {

std::string filtered(std::string_view text, bool keep_line_ends) {
  std::string safe;
  safe.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool line_end = keep_line_ends && byte == '\n';
    // U+0080 to U+009F are two bytes in UTF-8; some terminals obey them as they do ESC.
    const bool c1 =
        byte == 0xC2 && i + 1 < text.size() && (static_cast<unsigned char>(text[i + 1]) & 0xE0) == 0x80;
    if (c1) ++i;
    safe += (byte < ' ' && !line_end) || byte == 0x7F || c1 ? '?' : text[i];
  }
  return safe;
}

}  // namespace

std::string printable(std::string_view text) { return filtered(text, false); }
std::string printable_lines(std::string_view text) { return filtered(text, true); }

}  // namespace causeway::cli
