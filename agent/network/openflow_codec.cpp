// SPDX-License-Identifier: Apache-2.0
#include "agent/network/openflow_codec.h"

#include <fmt/format.h>

#include <cstdlib>
#include <functional>
#include <string_view>

extern "C" {}

namespace causeway::agent {
namespace {

std::string taken(char* text) {
  std::string copy(text);
  free(text);
  return copy;
}

}  // namespace

std::uint64_t rule_key(std::uint8_t table, int priority, const match& what) {
  const std::uint32_t place = static_cast<std::uint32_t>(table) << 16U | static_cast<std::uint32_t>(priority);
  return static_cast<std::uint64_t>(match_hash(&what, place)) << 32U | match_hash(&what, ~place);
}

// Of the actions as text: their bytes hold notes of how they came to be, too.
std::uint64_t actions_key(const ofpact* actions, std::size_t length) {
  ds text = DS_EMPTY_INITIALIZER;
  const ofpact_format_params parameters{nullptr, nullptr, &text};
  ofpacts_format(actions, length, &parameters);
  const std::uint64_t key = std::hash<std::string_view>{}(std::string_view(ds_cstr(&text), text.length));
  ds_destroy(&text);
  return key;
}

std::string as_text(const ofputil_flow_stats& stats) {
  ds text = DS_EMPTY_INITIALIZER;
  ofputil_flow_stats_format(&text, &stats, nullptr, nullptr, false);
  return taken(ds_steal_cstr(&text));
}

FlowMod::~FlowMod() {
  free(mod.ofpacts);
  minimatch_destroy(&mod.match);
}

Result<> FlowMod::parse(const Flow& flow, std::uint16_t command) {
  std::string text = fmt::format("table={},priority={},{}", flow.table, flow.priority, flow.match);
  if (command == OFPFC_ADD) text += fmt::format("{}actions={}", flow.match.empty() ? "" : ",", flow.actions);
  ofputil_protocol usable{};
  if (char* why = parse_ofp_flow_mod_str(&mod, text.c_str(), nullptr, nullptr, command, &usable)) {
    // The parser leaves a half-made match behind.
    minimatch_init_catchall(&mod.match);
    mod.ofpacts = nullptr;
    return fail(Errc::invalid, fmt::format("flow '{}': {}", text, taken(why)));
  }
  if ((usable & kProtocol) == 0)
    return fail(Errc::invalid, fmt::format("flow '{}': OpenFlow 1.5 can't say this", text));
  return {};
}

}  // namespace causeway::agent
