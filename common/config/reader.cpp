// SPDX-License-Identifier: Apache-2.0
#include "common/config/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "common/core/text.h"
#include "common/model/wave.h"

namespace causeway::config {
namespace {

using Kind = YamlNode::Kind;

std::string_view kind_word(Kind kind) {
  switch (kind) {
    case Kind::empty: return "nothing";
    case Kind::scalar: return "a text";
    case Kind::list: return "a list";
    case Kind::map: return "a map";
  }
  return "";
}

struct Unit {
  std::string_view suffix;
  std::int64_t mib;
};

constexpr std::array<Unit, 3> kUnits = {{{"MiB", 1}, {"GiB", 1024}, {"TiB", 1'048'576}}};
// Above this an amount is a slip of the pen, and sums of amounts could overflow.
constexpr std::int64_t kMibMax = std::int64_t{1} << 40;  // one EiB

std::string amount_hint(std::string_view written, std::string_view digits) {
  if (digits.empty()) return "write a whole number and its unit: 8GiB, 1536MiB or 2TiB";
  for (const auto& [wrong, right] :
       std::initializer_list<std::pair<std::string_view, std::string_view>>{{"G", "GiB"},
                                                                            {"GB", "GiB"},
                                                                            {"g", "GiB"},
                                                                            {"Gi", "GiB"},
                                                                            {"gib", "GiB"},
                                                                            {"M", "MiB"},
                                                                            {"MB", "MiB"},
                                                                            {"m", "MiB"},
                                                                            {"Mi", "MiB"},
                                                                            {"mib", "MiB"},
                                                                            {"T", "TiB"},
                                                                            {"TB", "TiB"},
                                                                            {"t", "TiB"},
                                                                            {"Ti", "TiB"},
                                                                            {" GiB", "GiB"},
                                                                            {" MiB", "MiB"},
                                                                            {" TiB", "TiB"}})
    if (written.substr(digits.size()) == wrong) return fmt::format("write {}{}", digits, right);
  return fmt::format("write {0}GiB or {0}MiB", digits);
}

// In MiB; reports what is no amount.
std::optional<std::int64_t> amount(const Cursor& cursor) {
  const auto written = cursor.scalar("an amount with its unit");
  if (!written) return std::nullopt;
  const std::string_view all = *written;
  const std::string_view digits = all.substr(0, std::min(all.find_first_not_of("0123456789"), all.size()));
  const auto unit = std::ranges::find(kUnits, all.substr(digits.size()), &Unit::suffix);
  if (digits.empty() || unit == kUnits.end()) {
    const bool bare = !digits.empty() && digits.size() == all.size();
    cursor.problem(bare ? fmt::format("{} {} has no unit", cursor.name(), all)
                        : fmt::format("{}: '{}' is no amount", cursor.name(), all),
                   amount_hint(all, digits));
    return std::nullopt;
  }
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || number > kMibMax / unit->mib) {
    cursor.problem(fmt::format("{}: {} is more than any site has", cursor.name(), all),
                   "look for a digit too many");
    return std::nullopt;
  }
  return number * unit->mib;
}

}  // namespace

Position SourceMap::find(const Path& path) const {
  std::string_view left = path;
  while (true) {
    if (const auto found = positions_.find(left); found != positions_.end()) return found->second;
    const auto dot = left.rfind('.');
    if (dot == std::string_view::npos) return {};
    left = left.substr(0, dot);
  }
}

std::string Cursor::name() const {
  // An item of a list is known by its text, which may have dots of its own.
  if (node_->kind == Kind::scalar && path_.ends_with("." + node_->text)) return node_->text;
  const auto dot = path_.rfind('.');
  return dot == Path::npos ? path_ : path_.substr(dot + 1);
}

void Cursor::problem(Position at, std::string what, std::string next) const {
  reading_->problems.push_back({at, std::move(what), std::move(next)});
}

std::optional<std::string> Cursor::scalar(std::string_view expected) const {
  if (node_->kind == Kind::empty || (node_->kind == Kind::scalar && node_->text.empty())) {
    problem(fmt::format("{} has no value", name()), fmt::format("write {}, or leave the key out", expected));
    return std::nullopt;
  }
  if (node_->kind != Kind::scalar) {
    problem(fmt::format("{} is {}", name(), kind_word(node_->kind)), fmt::format("write {}", expected));
    return std::nullopt;
  }
  return node_->text;
}

bool Cursor::is_list() const {
  if (node_->kind == Kind::list) return true;
  const std::string example = node_->kind == Kind::scalar ? node_->text : "…";
  problem(node_->kind == Kind::empty
              ? fmt::format("{} has no value", name())
              : fmt::format("{} is {} where a list belongs", name(), kind_word(node_->kind)),
          fmt::format("write [{}]", example));
  return false;
}

bool Cursor::is_map() const {
  if (node_->kind == Kind::map) return true;
  const std::string what = path_.empty() ? "the document" : name();
  problem(node_->kind == Kind::empty
              ? fmt::format("{} has no value", what)
              : fmt::format("{} is {} where keys with values belong", what, kind_word(node_->kind)),
          "write lines of `key: value` below it, or {} for none");
  return false;
}

Fields Cursor::fields() const { return Fields(*this); }

Cursor Cursor::child(const YamlEntry& entry) const {
  Cursor below(entry.value, at(path_, entry.key), *reading_);
  // A person looks for the value that is wrong, or for the heading of a group.
  const bool scalar = entry.value.kind == Kind::scalar;
  reading_->source.put(below.path_, scalar ? entry.value.at : entry.at);
  return below;
}

Cursor Cursor::child(const YamlNode& item, const std::string& name) const {
  Cursor below(item, at(path_, name), *reading_);
  reading_->source.put(below.path_, item.at);
  return below;
}

bool Fields::has(std::string_view key) const {
  const auto& entries = cursor_.node().entries;
  return std::ranges::find(entries, key, &YamlEntry::key) != entries.end();
}

const YamlEntry* Fields::take(const std::string& key) {
  names_.push_back(key);
  if (!is_map_) return nullptr;
  const auto& entries = cursor_.node().entries;
  const auto found = std::ranges::find(entries, key, &YamlEntry::key);
  return found == entries.end() ? nullptr : &*found;
}

void Fields::missing(const std::string& key) const {
  const std::string owner = cursor_.path().empty() ? "the document" : cursor_.name();
  cursor_.problem(cursor_.reading().source.find(cursor_.path()), fmt::format("{} has no {}", owner, key),
                  fmt::format("add `{}: …`", key));
}

void Fields::no_others() {
  if (!is_map_) return;
  for (const auto& entry : cursor_.node().entries) {
    if (std::ranges::find(names_, entry.key) != names_.end()) continue;
    const std::string nearest = nearest_name(entry.key, names_);
    const std::string owner =
        cursor_.path().empty() ? "at the top of the file" : fmt::format("in {}", cursor_.name());
    cursor_.problem(entry.at, fmt::format("unknown key '{}' {}", entry.key, owner),
                    entry.key == "<<" ? "there are no merge keys; write the values out"
                    : nearest.empty() ? fmt::format("known here: {}", join(names_, ", "))
                                      : fmt::format("did you mean '{}'?", nearest));
  }
}

std::optional<std::string> text(const Cursor& cursor) { return cursor.scalar("a text"); }

std::optional<bool> boolean(const Cursor& cursor) {
  const auto written = cursor.scalar("true or false");
  if (!written) return std::nullopt;
  if (*written == "true") return true;
  if (*written == "false") return false;
  cursor.problem(fmt::format("{}: '{}' is neither true nor false", cursor.name(), *written),
                 "write true or false");
  return std::nullopt;
}

std::optional<MiB> memory(const Cursor& cursor) {
  const auto mib = amount(cursor);
  if (!mib) return std::nullopt;
  return MiB{*mib};
}

std::optional<GiB> capacity(const Cursor& cursor) {
  const auto mib = amount(cursor);
  if (!mib) return std::nullopt;
  if (*mib % 1024 != 0) {
    cursor.problem(fmt::format("{}: {} is no whole number of GiB, and volumes are cut in GiB", cursor.name(),
                               cursor.node().text),
                   fmt::format("write {}", to_string(to_gib(MiB{*mib}))));
    return std::nullopt;
  }
  return to_gib(MiB{*mib});
}

std::optional<MbitPerSecond> bandwidth(const Cursor& cursor) {
  const auto written = cursor.scalar("a bandwidth with its unit");
  if (!written) return std::nullopt;
  constexpr std::pair<std::string_view, std::int64_t> kUnits[] = {{"Mbit", 1}, {"Gbit", 1000}};
  for (const auto& [unit, factor] : kUnits) {
    if (!written->ends_with(unit)) continue;
    const char* last = written->data() + written->size() - unit.size();
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(written->data(), last, number);
    if (error != std::errc{} || end != last || number < 1) break;
    if (number <= model::kBandwidthMax.value / factor) return MbitPerSecond{number * factor};
    cursor.problem(fmt::format("{}: {} is more than a port can have", cursor.name(), *written),
                   fmt::format("write at most {}", to_string(model::kBandwidthMax)));
    return std::nullopt;
  }
  cursor.problem(fmt::format("{}: '{}' is no bandwidth", cursor.name(), *written),
                 "write a whole number with Mbit or Gbit, such as 200Mbit; it is counted each second");
  return std::nullopt;
}

std::optional<double> decimal(const Cursor& cursor) {
  const auto written = cursor.scalar("a number");
  if (!written) return std::nullopt;
  double value = 0;
  const char* last = written->data() + written->size();
  const auto [end, error] = std::from_chars(written->data(), last, value, std::chars_format::fixed);
  if (error == std::errc{} && end == last && value == value && value < 1e9 && value > -1e9) return value;
  cursor.problem(fmt::format("{}: '{}' is no number", cursor.name(), *written), "write it as 1.5");
  return std::nullopt;
}

std::optional<model::IpAddress> address(const Cursor& cursor) {
  const auto written = cursor.scalar("an address such as 10.52.3.21");
  if (!written) return std::nullopt;
  if (auto parsed = model::IpAddress::parse(*written)) return *parsed;
  cursor.problem(fmt::format("{}: '{}' is no IP address", cursor.name(), *written),
                 "write it as 10.52.3.21 or fd52:3::21");
  return std::nullopt;
}

std::optional<model::Mac> mac(const Cursor& cursor) {
  const auto written = cursor.scalar("a MAC address such as 00:00:5e:00:01:0a");
  if (!written) return std::nullopt;
  if (auto parsed = model::Mac::parse(*written)) return *parsed;
  cursor.problem(fmt::format("{}: '{}' is no MAC address", cursor.name(), *written),
                 "write it as 00:00:5e:00:01:0a");
  return std::nullopt;
}

std::optional<model::Service> service(const Cursor& cursor) {
  const auto written = cursor.scalar("a protocol and a port such as tcp/443");
  if (!written) return std::nullopt;
  auto parsed = model::Service::parse(*written);
  if (parsed) return *parsed;
  cursor.problem(fmt::format("{}: {}", cursor.name(), parsed.error().what),
                 std::string(model::kServiceForms));
  return std::nullopt;
}

std::optional<model::Subnet> subnet(const Cursor& cursor) {
  const auto written = cursor.scalar("a subnet such as 10.52.3.0/24");
  if (!written) return std::nullopt;
  auto parsed = model::Subnet::parse(*written);
  if (parsed) return *parsed;
  cursor.problem(fmt::format("{}: {}", cursor.name(), parsed.error().what), "");
  return std::nullopt;
}

std::optional<std::int64_t> read_integer(const Cursor& cursor, std::int64_t min, std::int64_t max) {
  const auto written = cursor.scalar("a whole number");
  if (!written) return std::nullopt;
  std::int64_t value = 0;
  const char* last = written->data() + written->size();
  const auto [end, error] = std::from_chars(written->data(), last, value);
  if (end != last || error == std::errc::invalid_argument) {
    cursor.problem(fmt::format("{}: '{}' is no whole number", cursor.name(), *written),
                   fmt::format("write a number from {} to {}", min, max));
    return std::nullopt;
  }
  if (error != std::errc{} || value < min || value > max) {
    cursor.problem(fmt::format("{} is {}, outside {} to {}", cursor.name(), *written, min, max),
                   fmt::format("write a number from {} to {}", min, max));
    return std::nullopt;
  }
  return value;
}

void report_no_choice(const Cursor& cursor, const std::string& written,
                      const std::vector<std::string>& words) {
  const std::string nearest = nearest_name(written, words);
  cursor.problem(fmt::format("{}: '{}' is none of {}", cursor.name(), written, join(words, ", ")),
                 nearest.empty() ? "write one of them" : fmt::format("did you mean '{}'?", nearest));
}

void report_repeated(const Cursor& cursor) {
  cursor.problem(fmt::format("'{}' stands in the list twice", cursor.name()), "keep one of the two");
}

}  // namespace causeway::config
