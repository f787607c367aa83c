// SPDX-License-Identifier: Apache-2.0
#include "agent/network/openflow_codec.h"

#include <endian.h>
#include <fmt/format.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string_view>

namespace causeway::agent {
namespace {

std::string taken(char* text) {
  std::string copy(text);
  free(text);
  return copy;
}

// Of what begins there with a type and its length, as matches and a flow's numbers do, with what fills it up
// to whole words. nullopt: it is longer than the bytes.
std::optional<std::size_t> padded_length(std::string_view bytes, std::size_t at) {
  ofp11_match_header header{};
  if (at > bytes.size() || bytes.size() - at < sizeof header) return std::nullopt;
  std::memcpy(&header, bytes.data() + at, sizeof header);
  const std::size_t padded = (ntohs(header.length) + std::size_t{7}) & ~std::size_t{7};
  return padded <= bytes.size() - at ? std::optional(padded) : std::nullopt;
}

ParsedFlow keys_of(std::uint8_t table, std::uint16_t priority, std::string_view match,
                   std::string_view actions) {
  constexpr std::hash<std::string_view> hash;
  const std::uint64_t place = static_cast<std::uint64_t>(table) << 16U | priority;
  // Multiplied by an odd number, so that no two places are one.
  return {hash(match) ^ place * 0x9e3779b97f4a7c15U, hash(actions)};
}

}  // namespace

EncodedFlow::EncodedFlow(const ofputil_flow_mod& addition)
    : message_(ofputil_encode_flow_mod(&addition, kProtocol)) {
  ofpmsg_update_length(message_);
}
EncodedFlow::~EncodedFlow() { ofpbuf_delete(message_); }

std::string_view EncodedFlow::bytes() const {
  return {static_cast<const char*>(message_->data), message_->size};
}

ParsedFlow EncodedFlow::keys() const {
  ofp11_flow_mod mod{};
  const std::string_view body = bytes().substr(sizeof(ofp_header) + sizeof mod);
  std::memcpy(&mod, bytes().data() + sizeof(ofp_header), sizeof mod);
  const std::size_t match_length = padded_length(body, 0).value_or(body.size());
  return keys_of(mod.table_id, ntohs(mod.priority), body.substr(0, match_length), body.substr(match_length));
}

ofpbuf* with_cookie(std::string_view addition, std::uint64_t cookie) {
  ofpbuf* message = ofpbuf_clone_data(addition.data(), addition.size());
  const std::uint64_t in_order = htobe64(cookie);
  std::memcpy(static_cast<char*>(message->data) + sizeof(ofp_header) + offsetof(ofp11_flow_mod, cookie),
              &in_order, sizeof in_order);
  return message;
}

Result<std::optional<SeenFlow>> next_flow(ofpbuf& answer) {
  const std::string_view left(static_cast<const char*>(answer.data), answer.size);
  if (left.empty()) return std::nullopt;
  ofp15_flow_desc flow{};
  if (left.size() < sizeof flow) return fail(Errc::corrupt, "a flow that is cut off");
  std::memcpy(&flow, left.data(), sizeof flow);
  const std::size_t length = ntohs(flow.length);
  const auto match_length = padded_length(left, sizeof flow);
  const auto numbers_length = match_length ? padded_length(left, sizeof flow + *match_length) : std::nullopt;
  if (!numbers_length || sizeof flow + *match_length + *numbers_length > length || length > left.size())
    return fail(Errc::corrupt, "a flow whose lengths can't be");
  const std::size_t said = sizeof flow + *match_length + *numbers_length;
  SeenFlow seen{keys_of(flow.table_id, ntohs(flow.priority), left.substr(sizeof flow, *match_length),
                        left.substr(said, length - said)),
                be64toh(flow.cookie), answer};
  ofpbuf_pull(&answer, length);
  return seen;
}

DecodedFlow::DecodedFlow() { ofpbuf_init(&actions_, 256); }
DecodedFlow::~DecodedFlow() { ofpbuf_uninit(&actions_); }

Result<> DecodedFlow::decode(const SeenFlow& seen) {
  ofpbuf rest = seen.answer;
  if (const int error = ofputil_decode_flow_stats_reply(&stats, &rest, true, &actions_); error != 0)
    return fail(Errc::corrupt,
                fmt::format("a flow that can't be read: {}", ofperr_to_string(static_cast<ofperr>(error))));
  return {};
}

ParsedFlow DecodedFlow::keys() const {
  // What it does stays the decoded flow's.
  ofputil_flow_mod addition{};
  minimatch_init(&addition.match, &stats.match);
  addition.priority = stats.priority;
  addition.table_id = stats.table_id;
  addition.command = OFPFC_ADD;
  addition.buffer_id = UINT32_MAX;
  addition.out_port = OFPP_ANY;
  addition.out_group = OFPG_ANY;
  addition.ofpacts = const_cast<ofpact*>(stats.ofpacts);
  addition.ofpacts_len = stats.ofpacts_len;
  const ParsedFlow keys = EncodedFlow(addition).keys();
  minimatch_destroy(&addition.match);
  return keys;
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
