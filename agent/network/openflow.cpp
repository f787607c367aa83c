// SPDX-License-Identifier: Apache-2.0
#include "agent/network/openflow.h"

#include <endian.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <map>
#include <set>
#include <system_error>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "agent/network/openflow_codec.h"
#include "agent/network/ovs_library.h"

extern "C" {
#include <openvswitch/ofp-bundle.h>
#include <openvswitch/ofp-monitor.h>
#include <openvswitch/ofp-switch.h>
#include <openvswitch/ofp-table.h>
#include <openvswitch/ofp-util.h>
#include <openvswitch/ofpbuf.h>
#include <openvswitch/poll-loop.h>
#include <openvswitch/vconn.h>
}

namespace causeway::agent {
namespace {

using std::chrono::steady_clock;

constexpr std::uint16_t kBundleFlags = OFPBF_ATOMIC | OFPBF_ORDERED;
constexpr std::uint32_t kBundleId = 1;
// So many flows of others are told one by one; a table full of them is told as a number.
constexpr std::size_t kSurplusNamed = 20;

std::uint64_t slice_of(std::uint64_t rule) { return rule << kSliceShift & kSliceMask; }

// The parts that what comes with the patch falls into.
std::set<std::uint64_t> slices_of(const FlowPatch& patch) {
  std::set<std::uint64_t> slices;
  for (const auto& [flow, parsed] : patch.come) slices.insert(slice_of(parsed.rule));
  return slices;
}

std::string reason(int error) {
  return error == EOF ? "the switch ended the connection" : std::generic_category().message(error);
}

void wait_until(steady_clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now());
  poll_timer_wait(std::max<long long>(0, left.count()));
  poll_block();
}

}  // namespace

void OpenFlow::Close::operator()(vconn* connection) const { vconn_close(connection); }
void OpenFlow::Delete::operator()(ofpbuf* message) const { ofpbuf_delete(message); }

OpenFlow::OpenFlow(vconn* connection, std::string name, Duration within)
    : connection_(connection), name_(std::move(name)), within_(within) {}

std::unexpected<Error> OpenFlow::away(int error) const {
  return fail(Errc::unavailable, fmt::format("OpenFlow at {}: {}", name_, reason(error)));
}

Result<OpenFlow> OpenFlow::connect(const std::string& socket, Duration within) {
  ovs_library_prepare();
  vconn* connection = nullptr;
  const std::string name = "unix:" + socket;
  const int error = vconn_open_block(name.c_str(), 1U << kVersion, 0, within.count(), &connection);
  if (error == EPROTO)
    return fail(Errc::unavailable,
                fmt::format("OpenFlow at {}: it does not speak OpenFlow 1.5; Open vSwitch 2.17 or newer does",
                            socket));
  if (error != 0)
    return fail(Errc::unavailable,
                fmt::format("OpenFlow at {}: {}; is ovs-vswitchd running?", socket, reason(error)));
  return OpenFlow(connection, socket, within);
}

Result<> OpenFlow::send(Message message, Deadline deadline) {
  ofpmsg_update_length(message.get());
  for (;;) {
    const int error = vconn_send(connection_.get(), message.get());
    if (error == 0) {
      // It is the connection's now.
      [[maybe_unused]] const ofpbuf* const handed_over = message.release();
      return {};
    }
    if (error != EAGAIN) return away(error);
    if (steady_clock::now() >= deadline) return away(ETIMEDOUT);
    vconn_run(connection_.get());
    vconn_run_wait(connection_.get());
    vconn_send_wait(connection_.get());
    wait_until(deadline);
  }
}

Result<OpenFlow::Message> OpenFlow::receive(Deadline deadline) {
  for (;;) {
    vconn_run(connection_.get());
    ofpbuf* received = nullptr;
    const int error = vconn_recv(connection_.get(), &received);
    if (error == 0) {
      Message message(received);
      const auto news = take_news(*static_cast<const ofp_header*>(message->data));
      if (!news) return std::unexpected(news.error());
      if (!*news) return message;
      continue;
    }
    if (error != EAGAIN) return away(error);
    if (steady_clock::now() >= deadline) return away(ETIMEDOUT);
    vconn_run_wait(connection_.get());
    vconn_recv_wait(connection_.get());
    wait_until(deadline);
  }
}

Result<> OpenFlow::drain(const std::function<Result<>(const ofp_header&)>& visit) {
  for (;;) {
    vconn_run(connection_.get());
    ofpbuf* received = nullptr;
    const int error = vconn_recv(connection_.get(), &received);
    if (error == EAGAIN) return {};
    if (error != 0) return away(error);
    const Message message(received);
    const auto& header = *static_cast<const ofp_header*>(message->data);
    const auto news = take_news(header);
    if (!news) return std::unexpected(news.error());
    if (!*news) CAUSEWAY_TRY(visit(header));
  }
}

Result<bool> OpenFlow::take_news(const ofp_header& message) {
  ofptype type{};
  if (ofptype_decode(&type, &message) != 0) return false;
  switch (type) {
    case OFPTYPE_ECHO_REQUEST:
      CAUSEWAY_TRY(send(Message(ofputil_encode_echo_reply(&message)), steady_clock::now() + within_));
      return true;
    case OFPTYPE_FLOW_MONITOR_PAUSED:
    case OFPTYPE_FLOW_MONITOR_RESUMED: others_changed_ = true; return true;
    case OFPTYPE_FLOW_MONITOR_STATS_REPLY: {
      ofpbuf updates = ofpbuf_const_initializer(&message, ntohs(message.length));
      ofpbuf actions;
      ofpbuf_init(&actions, 256);
      const std::unique_ptr<ofpbuf, decltype(&ofpbuf_uninit)> free_actions(&actions, &ofpbuf_uninit);
      ofputil_flow_update update{};
      int error = 0;
      // What this connection did itself comes without its flows.
      while ((error = ofputil_decode_flow_update(&update, &updates, &actions)) == 0)
        if (update.event != OFPFME_ABBREV) others_changed_ = true;
      if (error != EOF) others_changed_ = true;
      return true;
    }
    default: return false;
  }
}

Result<> OpenFlow::watch_others() {
  ofputil_flow_monitor_request request{};
  request.command = OFPFMC_ADD;
  request.flags = static_cast<ofp14_flow_monitor_flags>(OFPFMF_ADD | OFPFMF_REMOVED | OFPFMF_MODIFY);
  request.out_port = OFPP_ANY;
  request.out_group = OFPG_ANY;
  request.table_id = OFPTT_ALL;
  match_init_catchall(&request.match);
  Message message(ofpbuf_new(0));
  ofputil_append_flow_monitor_request(&request, message.get(), kProtocol);
  return send(std::move(message), steady_clock::now() + within_);
}

Result<bool> OpenFlow::others_changed() {
  CAUSEWAY_TRY(drain([&](const ofp_header&) -> Result<> {
    others_changed_ = true;
    return {};
  }));
  return std::exchange(others_changed_, false);
}

void OpenFlow::wait_for_news() const {
  vconn_run_wait(connection_.get());
  vconn_recv_wait(connection_.get());
}

Result<> OpenFlow::send_bundle_control(std::uint16_t request, Deadline deadline) {
  ofputil_bundle_ctrl_msg control{};
  control.bundle_id = kBundleId;
  control.type = request;
  control.flags = kBundleFlags;
  return send(Message(ofputil_encode_bundle_ctrl_request(kVersion, &control)), deadline);
}

Result<> OpenFlow::take_bundle_control(Deadline deadline) {
  auto reply = receive(deadline);
  if (!reply) return std::unexpected(reply.error());
  const auto* header = static_cast<const ofp_header*>((*reply)->data);
  ofptype type{};
  if (const ofperr error = ofptype_decode(&type, header); error != 0)
    return fail(Errc::corrupt, fmt::format("OpenFlow at {}: {}", name_, ofperr_to_string(error)));
  if (type == OFPTYPE_ERROR)
    return fail(Errc::invalid, fmt::format("OpenFlow at {}: the switch refused the change: {}", name_,
                                           ofperr_to_string(ofperr_decode_msg(header, nullptr))));
  if (type != OFPTYPE_BUNDLE_CONTROL)
    return fail(Errc::corrupt, fmt::format("OpenFlow at {}: an answer to something else", name_));
  return {};
}

// An entry that the switch can't take is refused at once and left out of the bundle; what was refused has
// been said before the barrier is answered.
Result<> OpenFlow::barrier(Deadline deadline) {
  CAUSEWAY_TRY(send(Message(ofputil_encode_barrier_request(kVersion)), deadline));
  Result<> refused;
  for (;;) {
    auto reply = receive(deadline);
    if (!reply) return std::unexpected(reply.error());
    const auto* header = static_cast<const ofp_header*>((*reply)->data);
    ofptype type{};
    if (ofptype_decode(&type, header) != 0) continue;
    if (type == OFPTYPE_BARRIER_REPLY) return refused;
    if (type == OFPTYPE_ERROR && refused)
      refused = fail(Errc::invalid, fmt::format("OpenFlow at {}: the switch refused a flow: {}", name_,
                                                ofperr_to_string(ofperr_decode_msg(header, nullptr))));
  }
}

Result<> OpenFlow::apply_bundle(const std::function<Result<>(const Add& add)>& changes,
                                const std::function<Result<>(Deadline)>& behind) {
  const Deadline deadline = steady_clock::now() + within_;
  // What it says to that comes before the barrier's answer.
  CAUSEWAY_TRY(send_bundle_control(OFPBCT_OPEN_REQUEST, deadline));
  auto taken_in = changes([&](Message change) {  // NOLINT(performance-unnecessary-value-param)
    ofpmsg_update_length(change.get());
    ofputil_bundle_add_msg add{};
    add.bundle_id = kBundleId;
    add.flags = kBundleFlags;
    add.msg = static_cast<const ofp_header*>(change->data);
    return send(Message(ofputil_encode_bundle_add(kVersion, &add)), deadline);
  });
  if (taken_in) taken_in = barrier(deadline);
  if (!taken_in) {
    // A connection that ends takes its bundle with it; discarding keeps this one usable.
    CAUSEWAY_TRY(send_bundle_control(OFPBCT_DISCARD_REQUEST, deadline));
    [[maybe_unused]] const auto discarded = take_bundle_control(deadline);
    return taken_in;
  }
  CAUSEWAY_TRY(send_bundle_control(OFPBCT_COMMIT_REQUEST, deadline));
  if (behind) CAUSEWAY_TRY(behind(deadline));
  return take_bundle_control(deadline);
}

Result<> OpenFlow::ask_flows(std::uint64_t cookie, std::uint64_t mask, Deadline deadline) {
  ofputil_flow_stats_request request{};
  request.out_port = OFPP_ANY;
  request.out_group = OFPG_ANY;
  request.table_id = OFPTT_ALL;
  request.cookie = htobe64(cookie);
  request.cookie_mask = htobe64(mask);
  match_init_catchall(&request.match);
  return send(Message(ofputil_encode_flow_stats_request(&request, kProtocol)), deadline);
}

Result<> OpenFlow::take_flows(const std::function<Result<>(const SeenFlow&)>& visit, Deadline deadline) {
  for (bool more = true; more;) {
    auto reply = receive(deadline);
    if (!reply) return std::unexpected(reply.error());
    const auto* header = static_cast<const ofp_header*>((*reply)->data);
    more = ofpmp_more(header);
    ofpraw kind{};
    if (ofpraw_pull(&kind, reply->get()) != 0 || kind != OFPRAW_OFPST15_FLOW_REPLY)
      return fail(Errc::corrupt,
                  fmt::format("OpenFlow at {}: an answer to something else than flows", name_));
    for (;;) {
      const auto seen = next_flow(**reply);
      if (!seen) return while_doing(seen.error(), "OpenFlow at " + name_);
      if (!*seen) break;
      CAUSEWAY_TRY(visit(**seen));
    }
  }
  return {};
}

Result<> OpenFlow::ask_counts(Deadline deadline) {
  return send(Message(ofpraw_alloc(OFPRAW_OFPST_TABLE_REQUEST, kVersion, 0)), deadline);
}

Result<std::map<std::uint8_t, std::size_t>> OpenFlow::take_counts(Deadline deadline) {
  std::map<std::uint8_t, std::size_t> counts;
  for (bool more = true; more;) {
    auto reply = receive(deadline);
    if (!reply) return std::unexpected(reply.error());
    more = ofpmp_more(static_cast<const ofp_header*>((*reply)->data));
    ofputil_table_stats stats{};
    ofputil_table_features features{};
    int error = 0;
    while ((error = ofputil_decode_table_stats_reply(reply->get(), &stats, &features)) == 0)
      counts[stats.table_id] = stats.active_count;
    if (error != EOF)
      return fail(Errc::corrupt,
                  fmt::format("OpenFlow at {}: an answer to something else than a count", name_));
  }
  return counts;
}

Result<> OpenFlow::ask_fragments(Deadline deadline) {
  return send(Message(ofpraw_alloc(OFPRAW_OFPT_GET_CONFIG_REQUEST, kVersion, 0)), deadline);
}

Result<bool> OpenFlow::take_fragments(Deadline deadline) {
  auto reply = receive(deadline);
  if (!reply) return std::unexpected(reply.error());
  const auto* header = static_cast<const ofp_header*>((*reply)->data);
  ofptype type{};
  if (ofptype_decode(&type, header) != 0 || type != OFPTYPE_GET_CONFIG_REPLY)
    return fail(Errc::corrupt,
                fmt::format("OpenFlow at {}: an answer to something else than its settings", name_));
  ofputil_switch_config config{};
  ofputil_decode_get_config_reply(header, &config);
  return config.frag == OFPUTIL_FRAG_NX_MATCH;
}

Result<> OpenFlow::show_fragments() {
  const ofputil_switch_config config{OFPUTIL_FRAG_NX_MATCH, -1, 0};
  return send(Message(ofputil_encode_set_config(&config, kVersion)), steady_clock::now() + within_);
}

Result<OpenFlow::Comparison> OpenFlow::look(const FlowSet& wanted, std::uint64_t slice, std::uint64_t mask) {
  Comparison comparison;
  const Deadline deadline = steady_clock::now() + within_;
  CAUSEWAY_TRY(ask_fragments(deadline));
  CAUSEWAY_TRY(ask_meters(deadline));
  CAUSEWAY_TRY(ask_flows(slice, mask, deadline));
  const auto shown = take_fragments(deadline);
  if (!shown) return std::unexpected(shown.error());
  comparison.difference.hides_fragments = !*shown;
  auto meters = take_meters(deadline);
  if (!meters) return std::unexpected(meters.error());
  comparison.meters = std::move(*meters);
  comparison.difference.meters_differ = comparison.meters != wanted.meters_;
  std::unordered_set<std::uint64_t> present;
  if (mask == 0) present.reserve(wanted.size());
  std::size_t unnamed = 0;
  const auto note = [&](const ParsedFlow& keys, std::uint64_t cookie) {
    const auto* known = wanted.find(keys.rule);
    const bool as_wanted = known != nullptr && known->second.actions == keys.actions;
    if (as_wanted && (cookie & kSliceMask) == slice_of(keys.rule)) present.insert(keys.rule);
    return as_wanted;
  };
  const auto compare = [&](const SeenFlow& seen) -> Result<> {
    if (note(seen.keys, seen.cookie)) return {};
    DecodedFlow decoded;
    CAUSEWAY_TRY(decoded.decode(seen));
    const ParsedFlow keys = decoded.keys();
    if (note(keys, seen.cookie) || wanted.find(keys.rule) != nullptr) return {};
    const auto& stats = decoded.stats;
    if (comparison.difference.surplus.size() < kSurplusNamed)
      comparison.difference.surplus.push_back(as_text(stats));
    else
      ++unnamed;
    FlowMod removal;
    minimatch_init(&removal.mod.match, &stats.match);
    removal.mod.priority = stats.priority;
    removal.mod.table_id = stats.table_id;
    removal.mod.command = OFPFC_DELETE_STRICT;
    removal.mod.new_cookie = OVS_BE64_MAX;
    removal.mod.buffer_id = UINT32_MAX;
    removal.mod.out_port = OFPP_ANY;
    removal.mod.out_group = OFPG_ANY;
    comparison.removals.emplace_back(ofputil_encode_flow_mod(&removal.mod, kProtocol));
    return {};
  };
  CAUSEWAY_TRY(take_flows(compare, deadline));
  if (unnamed != 0) comparison.difference.surplus.push_back(fmt::format("and {} more", unnamed));
  for (const auto& [flow, parsed] : wanted.flows_) {
    if ((slice_of(parsed.rule) & mask) != slice || present.contains(parsed.rule)) continue;
    comparison.difference.missing.push_back(&flow);
    comparison.missing_rules.push_back(parsed.rule);
  }
  return comparison;
}

Result<OpenFlow::Message> OpenFlow::addition(const Flow& flow, std::uint64_t rule, const Additions& ready,
                                             std::uint64_t cookie) {
  cookie = (cookie & ~kSliceMask) | slice_of(rule);
  if (const auto message = ready.find(rule); !message.empty()) return Message(with_cookie(message, cookie));
  FlowMod mod;
  CAUSEWAY_TRY(mod.parse(flow, OFPFC_ADD));
  return Message(with_cookie(EncodedFlow(mod.mod).bytes(), cookie));
}

Result<OpenFlow::Message> OpenFlow::removal(const Flow& flow) {
  FlowMod mod;
  CAUSEWAY_TRY(mod.parse(flow, OFPFC_DELETE_STRICT));
  return Message(ofputil_encode_flow_mod(&mod.mod, kProtocol));
}

Result<OpenFlow::Difference> OpenFlow::compare(const FlowSet& wanted) {
  auto comparison = look(wanted, 0, 0);
  if (!comparison) return std::unexpected(comparison.error());
  return std::move(comparison->difference);
}

Result<OpenFlow::Difference> OpenFlow::compare_slice(const FlowSet& wanted, std::uint64_t slice) {
  auto comparison = look(wanted, slice % kSlices << kSliceShift, kSliceMask);
  if (!comparison) return std::unexpected(comparison.error());
  return std::move(comparison->difference);
}

Result<OpenFlow::Difference> OpenFlow::replace(const FlowSet& wanted, std::uint64_t cookie) {
  auto before = look(wanted, 0, 0);
  if (!before) return std::unexpected(before.error());
  if (before->difference.empty()) return Difference{};

  if (before->difference.hides_fragments) CAUSEWAY_TRY(show_fragments());
  CAUSEWAY_TRY(make_meters_wanted(before->meters, wanted.meters_));
  const auto changes = [&](const Add& add) -> Result<> {
    const auto& missing = before->difference.missing;
    for (std::size_t i = 0; i < missing.size(); ++i) {
      auto message = addition(*missing[i], before->missing_rules[i], wanted.ready_, cookie);
      if (!message) return std::unexpected(message.error());
      CAUSEWAY_TRY(add(std::move(*message)));
    }
    for (Message& removal : before->removals) CAUSEWAY_TRY(add(std::move(removal)));
    return {};
  };
  CAUSEWAY_TRY(apply_bundle(changes));
  CAUSEWAY_TRY(remove_meters_unwanted(before->meters, wanted.meters_));

  auto after = look(wanted, 0, 0);
  if (!after) return std::unexpected(after.error());
  if (!after->difference.empty())
    return fail(Errc::corrupt,
                fmt::format("OpenFlow at {}: after the change {} flows are missing and {} are too many",
                            name_, after->difference.missing.size(), after->removals.size()));
  return std::move(before->difference);
}

Result<> OpenFlow::update(const FlowSet& before, const FlowPatch& patch, const std::vector<Meter>& meters,
                          std::uint64_t cookie) {
  if (meters != before.meters_) {
    CAUSEWAY_TRY(update_with_meters(patch, meters, cookie));
  } else if (!patch.empty()) {
    CAUSEWAY_TRY(apply_bundle(changes_of(patch, cookie),
                              [&](Deadline deadline) { return ask_carried_out(patch, cookie, deadline); }));
  }
  const auto done = take_carried_out(before, patch, steady_clock::now() + within_);
  if (!done) return std::unexpected(done.error());
  if (!*done)
    return fail(Errc::corrupt,
                fmt::format("OpenFlow at {}: something else stands there than was changed", name_));
  return {};
}

Result<> OpenFlow::update_with_meters(const FlowPatch& patch, const std::vector<Meter>& meters,
                                      std::uint64_t cookie) {
  CAUSEWAY_TRY(ask_meters(steady_clock::now() + within_));
  const auto there = take_meters(steady_clock::now() + within_);
  if (!there) return std::unexpected(there.error());
  CAUSEWAY_TRY(make_meters_wanted(*there, meters));
  if (!patch.empty()) CAUSEWAY_TRY(apply_bundle(changes_of(patch, cookie)));
  CAUSEWAY_TRY(remove_meters_unwanted(*there, meters));
  if (*there != meters) {
    CAUSEWAY_TRY(ask_meters(steady_clock::now() + within_));
    const auto afterwards = take_meters(steady_clock::now() + within_);
    if (!afterwards) return std::unexpected(afterwards.error());
    if (*afterwards != meters)
      return fail(Errc::corrupt, fmt::format("OpenFlow at {}: its meters aren't what was asked for", name_));
  }
  return ask_carried_out(patch, cookie, steady_clock::now() + within_);
}

std::function<Result<>(const OpenFlow::Add& add)> OpenFlow::changes_of(const FlowPatch& patch,
                                                                       std::uint64_t cookie) {
  return [&patch, cookie](const Add& add) -> Result<> {
    std::unordered_set<std::uint64_t> comes;
    for (const auto& [flow, parsed] : patch.come) {
      auto message = addition(flow, parsed.rule, patch.ready, cookie);
      if (!message) return std::unexpected(message.error());
      CAUSEWAY_TRY(add(std::move(*message)));
      comes.insert(parsed.rule);
    }
    for (const auto& [flow, parsed] : patch.gone) {
      if (comes.contains(parsed.rule)) continue;
      auto message = removal(flow);
      if (!message) return std::unexpected(message.error());
      CAUSEWAY_TRY(add(std::move(*message)));
    }
    return {};
  };
}

Result<> OpenFlow::ask_carried_out(const FlowPatch& patch, std::uint64_t cookie, Deadline deadline) {
  for (const std::uint64_t slice : slices_of(patch))
    CAUSEWAY_TRY(ask_flows((cookie & ~kSliceMask) | slice, UINT64_MAX, deadline));
  return patch.gone.empty() ? Result<>{} : ask_counts(deadline);
}

Result<bool> OpenFlow::take_carried_out(const FlowSet& before, const FlowPatch& patch, Deadline deadline) {
  std::unordered_map<std::uint64_t, std::uint64_t> unseen;  // rule to actions
  for (const auto& [flow, parsed] : patch.come) unseen.emplace(parsed.rule, parsed.actions);
  const auto take = [&](const ParsedFlow& keys) {
    const auto seen = unseen.find(keys.rule);
    if (seen == unseen.end() || seen->second != keys.actions) return false;
    unseen.erase(seen);
    return true;
  };
  const auto look_at = [&](const SeenFlow& seen) -> Result<> {
    if (take(seen.keys)) return {};
    DecodedFlow decoded;
    CAUSEWAY_TRY(decoded.decode(seen));
    take(decoded.keys());
    return {};
  };
  for (std::size_t left = slices_of(patch).size(); left > 0; --left)
    CAUSEWAY_TRY(take_flows(look_at, deadline));
  if (patch.gone.empty()) return unseen.empty();

  auto counts = take_counts(deadline);
  if (!counts) return std::unexpected(counts.error());
  std::map<std::uint8_t, std::size_t> wanted;
  for (const auto& [flow, parsed] : patch.gone) wanted.emplace(flow.table, before.size_of(flow.table));
  for (const auto& [flow, parsed] : patch.come)
    if (const auto table = wanted.find(flow.table); table != wanted.end()) ++table->second;
  for (const auto& [flow, parsed] : patch.gone) --wanted.at(flow.table);
  return unseen.empty() && std::ranges::all_of(wanted, [&](const auto& table) {
           return (*counts)[table.first] == table.second;
         });
}

Result<> OpenFlow::touch(const FlowSet& standing, std::uint64_t cookie) {
  if (standing.flows_.empty()) return {};
  const auto& [flow, parsed] = *standing.flows_.rbegin();
  auto message = addition(flow, parsed.rule, standing.ready_, cookie);
  if (!message) return std::unexpected(message.error());
  const Deadline deadline = steady_clock::now() + within_;
  CAUSEWAY_TRY(send(std::move(*message), deadline));
  return barrier(deadline);
}

Result<> OpenFlow::forget_port(std::uint32_t number) {
  const auto removal = [&](bool receiving) {
    match what{};
    match_init_catchall(&what);
    if (receiving) match_set_in_port(&what, static_cast<ofp_port_t>(number));
    FlowMod mod;
    minimatch_init(&mod.mod.match, &what);
    mod.mod.table_id = OFPTT_ALL;
    mod.mod.command = OFPFC_DELETE;
    mod.mod.new_cookie = OVS_BE64_MAX;
    mod.mod.buffer_id = UINT32_MAX;
    mod.mod.out_port = receiving ? OFPP_ANY : static_cast<ofp_port_t>(number);
    mod.mod.out_group = OFPG_ANY;
    return Message(ofputil_encode_flow_mod(&mod.mod, kProtocol));
  };
  return apply_bundle([&](const Add& add) -> Result<> {
    CAUSEWAY_TRY(add(removal(true)));
    return add(removal(false));
  });
}

}  // namespace causeway::agent
