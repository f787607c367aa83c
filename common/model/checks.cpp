// SPDX-License-Identifier: Apache-2.0
#include "common/model/checks.h"

#include <algorithm>

#include "common/model/validate.h"

namespace causeway::model {
namespace {

constexpr std::size_t kNameMax = 63;  // of a host name's part (RFC 1123)

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// What a person most likely wants to write instead: "Civil_Affairs" as "civil-affairs".
std::string as_name(std::string_view written) {
  std::string name;
  for (const char c : written) {
    if (is_lower(c) || is_digit(c))
      name += c;
    else if (c >= 'A' && c <= 'Z')
      name += static_cast<char>(c - 'A' + 'a');
    else if (!name.empty() && name.back() != '-')
      name += '-';
  }
  while (!name.empty() && name.back() == '-') name.pop_back();
  return name.size() <= kNameMax && name_problem(name).empty() ? name : "";
}

}  // namespace

std::string name_problem(std::string_view name) {
  if (name.empty()) return "is empty";
  if (name.size() > kNameMax)
    return fmt::format("has {} characters, and {} is the most", name.size(), kNameMax);
  for (const char c : name)
    if (!is_lower(c) && !is_digit(c) && c != '-')
      return "holds something else than lower-case letters, digits and hyphens";
  if (!is_lower(name.front())) return "doesn't start with a letter";
  if (name.back() == '-') return "ends with a hyphen";
  return "";
}

std::string some_of(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 6;
  if (names.empty()) return "none";
  const std::vector<std::string> shown(
      names.begin(), names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), kShown)));
  std::string text = join(shown, ", ");
  if (names.size() > kShown) text += fmt::format(" and {} more", names.size() - kShown);
  return text;
}

std::string address_problem(const Network& network, const IpAddress& address) {
  const auto& subnet = address.v6 ? network.subnet6 : network.subnet;
  if (!subnet) return fmt::format("the network has no {} subnet", address.v6 ? "IPv6" : "IPv4");
  if (!subnet->contains(address)) return fmt::format("it lies outside {}", subnet->str());
  if (address == subnet->first) return fmt::format("it is the address of {} itself", subnet->str());
  if (!address.v6 && address == subnet->last())
    return fmt::format("it is the broadcast address of {}", subnet->str());
  if (network.gateway == address) return "it is the network's gateway";
  return "";
}

void Checks::name(const Path& path, std::string_view kind, std::string_view name) {
  const std::string problem = name_problem(name);
  if (problem.empty()) return;
  const std::string better = as_name(name);
  add(path, fmt::format("the name '{}' of this {} {}", name, kind, problem),
      better.empty() ? "write up to 63 lower-case letters, digits and hyphens, a letter first"
                     : fmt::format("write '{}'", better));
}

void Checks::services(const Path& path, const std::map<std::string, Service>& offers,
                      std::string_view owner) {
  for (const auto& [service_name, service] : offers) {
    name(at(path, service_name), "service", service_name);
    if (auto problem = service_problem(service); !problem.empty())
      add(at(path, service_name), std::move(problem), std::string(kServiceForms));
  }
  if (offers.size() > kServicesMax)
    add(path,
        fmt::format("{} services are more than a {} may offer ({})", offers.size(), owner, kServicesMax));
}

void Checks::title(const Path& path, std::string_view text) {
  if (text.size() > kTitleMax)
    add(path, fmt::format("{} bytes are more than a text for people may have ({})", text.size(), kTitleMax),
        "shorten it");
  if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; }))
    add(path, "this text holds a line end or a control character", "write it in one line");
}

void Checks::file_name(const Path& path, std::string_view file) {
  const bool plain =
      !file.empty() && file.front() != '.' && file.size() <= 255 && std::ranges::none_of(file, [](char c) {
        return c == '/' || c == '\\' || static_cast<unsigned char>(c) < ' ';
      });
  if (plain) return;
  const auto slash = file.find_last_of("/\\");
  const auto base = slash == std::string_view::npos ? std::string_view{} : file.substr(slash + 1);
  add(path, fmt::format("'{}' is no plain file name: files lie in the hosts' images folder", file),
      base.empty() || base.front() == '.' ? "put the file there and write its name"
                                          : fmt::format("put the file there and write {}", base));
}

void Checks::count(const Path& path, std::string_view what, int value, int min, int max) {
  if (value >= min && value <= max) return;
  add(path, fmt::format("{} is {}, outside {} to {}", what, value, min, max),
      fmt::format("write a number from {} to {}", min, max));
}

void Checks::unknown(const Path& path, std::string_view kind, const std::string& written,
                     const std::vector<std::string>& names, std::string_view where_to_add) {
  const std::string nearest = nearest_name(written, names);
  add(path, fmt::format("there is no {} '{}'", kind, written),
      nearest.empty() ? fmt::format("there is: {}; or add it to {}", some_of(names), where_to_add)
                      : fmt::format("did you mean '{}'? If not, add it to {}", nearest, where_to_add));
}

std::string reserved_problem(const Subnet& subnet) {
  static const std::vector<std::pair<Subnet, const char*>> kReserved = [] {
    std::vector<std::pair<Subnet, const char*>> all;
    for (const auto& [text, what] :
         std::initializer_list<std::pair<const char*, const char*>>{{"0.0.0.0/8", "\"this network\""},
                                                                    {"127.0.0.0/8", "loopback"},
                                                                    {"169.254.0.0/16", "link-local"},
                                                                    {"224.0.0.0/3", "multicast or reserved"},
                                                                    {"::/127", "loopback"},
                                                                    {"fe80::/10", "link-local"},
                                                                    {"ff00::/8", "multicast"}})
      all.emplace_back(*Subnet::parse(text), what);
    return all;
  }();
  for (const auto& [reserved, what] : kReserved)
    if (reserved.overlaps(subnet))
      return fmt::format("{} overlaps {}, which is {}", subnet.str(), reserved.str(), what);
  return "";
}

}  // namespace causeway::model
