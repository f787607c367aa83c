// SPDX-License-Identifier: Apache-2.0
#include "common/model/service.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace causeway::model {
namespace {

constexpr std::array<std::pair<std::string_view, Protocol>, 4> kWords{{
    {"tcp", Protocol::tcp},
    {"udp", Protocol::udp},
    {"icmp", Protocol::icmp},
    {"icmp6", Protocol::icmp6},
}};

std::string_view word(Protocol protocol) {
  for (const auto& [text, value] : kWords)
    if (value == protocol) return text;
  return "";
}

std::optional<std::uint16_t> number(std::string_view text) {
  std::uint16_t value = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), value);
  return error == std::errc{} && end == text.end() ? std::optional(value) : std::nullopt;
}

// The form alone; what it means is looked at by service_problem.
std::optional<Service> read(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  for (const auto& [name, protocol] : kWords) {
    if (text.substr(0, slash) != name) continue;
    const auto numbers = text.substr(slash + 1);
    const auto dash = numbers.find('-');
    const auto first = number(numbers.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : number(numbers.substr(dash + 1));
    if (first && last) return Service{protocol, *first, *last};
  }
  return std::nullopt;
}

}  // namespace

std::string Service::str() const {
  return first == last ? fmt::format("{}/{}", word(protocol), first)
                       : fmt::format("{}/{}-{}", word(protocol), first, last);
}

Result<Service> Service::parse(std::string_view text) {
  const auto service = read(text);
  if (!service)
    return fail(Errc::invalid, fmt::format("'{}' is no protocol with a port or an ICMP type", text));
  if (auto problem = service_problem(*service); !problem.empty())
    return fail(Errc::invalid, fmt::format("'{}': {}", text, problem));
  return *service;
}

Service echo(bool v6) {
  return v6 ? Service{Protocol::icmp6, kEcho6Type} : Service{Protocol::icmp, kEchoType};
}

bool covers(const Service& offered, const Service& asked) {
  return offered.protocol == asked.protocol && offered.first <= asked.first && asked.last <= offered.last;
}

std::string service_problem(const Service& service) {
  const auto& [protocol, first, last] = service;
  switch (protocol) {
    case Protocol::tcp:
    case Protocol::udp:
      if (first == 0) return "port 0 is no port";
      return last < first ? fmt::format("the range ends at {}, before it begins", last) : "";
    case Protocol::icmp:
    case Protocol::icmp6: break;
  }
  if (first != last) return "a range of ICMP types";
  const bool answered =
      protocol == Protocol::icmp ? first == kEchoType || first == kTimestampType : first == kEcho6Type;
  return answered ? "" : fmt::format("ICMP type {} asks nothing that a switch knows the answer of", first);
}

}  // namespace causeway::model
