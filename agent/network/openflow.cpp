// SPDX-License-Identifier: Apache-2.0
#include "agent/network/openflow.h"

#include <arpa/inet.h>
#include <endian.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

// Open vSwitch's headers say nothing about C++, and want this one first.
extern "C" {
#include <openvswitch/dynamic-string.h>
#include <openvswitch/match.h>
#include <openvswitch/ofp-actions.h>
#include <openvswitch/ofp-bundle.h>
#include <openvswitch/ofp-errors.h>
#include <openvswitch/ofp-flow.h>
#include <openvswitch/ofp-monitor.h>
#include <openvswitch/ofp-msgs.h>
#include <openvswitch/ofp-protocol.h>
#include <openvswitch/ofp-util.h>
#include <openvswitch/ofpbuf.h>
#include <openvswitch/poll-loop.h>
#include <openvswitch/vconn.h>
#include <openvswitch/vlog.h>
}

namespace causeway::agent {
namespace {

using std::chrono::steady_clock;

constexpr ofputil_protocol kProtocol = OFPUTIL_P_OF15_OXM;
constexpr ofp_version kVersion = OFP15_VERSION;
constexpr std::uint16_t kBundleFlags = OFPBF_ATOMIC | OFPBF_ORDERED;
constexpr std::uint32_t kBundleId = 1;
// So many flows of others are told one by one; a table full of them is told as a number.
constexpr std::size_t kSurplusNamed = 20;

std::uint64_t rule_key(std::uint8_t table, int priority, const match& what) {
  const std::uint32_t place = static_cast<std::uint32_t>(table) << 16U | static_cast<std::uint32_t>(priority);
  return static_cast<std::uint64_t>(match_hash(&what, place)) << 32U | match_hash(&what, ~place);
}

std::string taken(char* text) {
  std::string copy(text);
  free(text);
  return copy;
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

std::string reason(int error) {
  return error == EOF ? "the switch ended the connection" : std::generic_category().message(error);
}

// What goes wrong is returned and told by the caller; a second voice on stderr would only confuse.
void be_quiet() { vlog_set_levels(nullptr, VLF_CONSOLE, VLL_OFF); }

// A flow_mod that frees what it holds.
struct FlowMod {
  ofputil_flow_mod mod{};

  FlowMod() = default;
  FlowMod(const FlowMod&) = delete;
  FlowMod& operator=(const FlowMod&) = delete;
  ~FlowMod() {
    free(mod.ofpacts);
    minimatch_destroy(&mod.match);
  }

  Result<> parse(const Flow& flow, std::uint16_t command) {
    std::string text = fmt::format("table={},priority={},{}", flow.table, flow.priority, flow.match);
    // A removal names a rule, not what it does.
    if (command == OFPFC_ADD)
      text += fmt::format("{}actions={}", flow.match.empty() ? "" : ",", flow.actions);
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
};

std::string as_text(const ofputil_flow_stats& stats) {
  ds text = DS_EMPTY_INITIALIZER;
  ofputil_flow_stats_format(&text, &stats, nullptr, nullptr, false);
  return taken(ds_steal_cstr(&text));
}

void wait_until(steady_clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now());
  poll_timer_wait(std::max<long long>(0, left.count()));
  poll_block();
}

}  // namespace

Result<FlowSet::Parsed> FlowSet::parse(const Flow& flow) {
  FlowMod mod;
  CAUSEWAY_TRY(mod.parse(flow, OFPFC_ADD));
  match expanded{};
  minimatch_expand(&mod.mod.match, &expanded);
  return Parsed{rule_key(flow.table, flow.priority, expanded),
                actions_key(mod.mod.ofpacts, mod.mod.ofpacts_len)};
}

bool FlowSet::has(const Parsed& flow) const {
  const auto found = by_rule_.find(flow.rule);
  return found != by_rule_.end() && parsed_[found->second].actions == flow.actions;
}

Result<FlowSet> FlowSet::parse(std::vector<Flow> flows) { return parse(std::move(flows), FlowSet()); }

Result<FlowSet> FlowSet::parse(std::vector<Flow> flows, const FlowSet& known) {
  be_quiet();
  FlowSet set;
  set.flows_ = std::move(flows);
  set.parsed_.reserve(set.flows_.size());
  set.by_rule_.reserve(set.flows_.size());
  std::size_t old = 0;
  for (const Flow& flow : set.flows_) {
    while (old < known.flows_.size() && known.flows_[old] < flow) ++old;
    const bool same = old < known.flows_.size() && known.flows_[old] == flow;
    const auto parsed = same ? Result<Parsed>(known.parsed_[old]) : parse(flow);
    if (!parsed) return std::unexpected(parsed.error());
    const auto [entry, added] = set.by_rule_.try_emplace(parsed->rule, set.parsed_.size());
    if (!added)
      return fail(Errc::invalid, fmt::format("flow '{}' of table {} says the same as '{}'", flow.match,
                                             flow.table, set.flows_[entry->second].match));
    set.parsed_.push_back(*parsed);
  }
  return set;
}

void OpenFlow::Close::operator()(vconn* connection) const { vconn_close(connection); }
void OpenFlow::Delete::operator()(ofpbuf* message) const { ofpbuf_delete(message); }

OpenFlow::OpenFlow(vconn* connection, std::string name, Duration within)
    : connection_(connection), name_(std::move(name)), within_(within) {}

std::unexpected<Error> OpenFlow::away(int error) const {
  return fail(error == ETIMEDOUT ? Errc::timeout : Errc::unavailable,
              fmt::format("OpenFlow at {}: {}", name_, reason(error)));
}

Result<OpenFlow> OpenFlow::connect(const std::string& socket, Duration within) {
  be_quiet();
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
      static_cast<void>(message.release());
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
    ofpbuf* message = nullptr;
    const int error = vconn_recv(connection_.get(), &message);
    if (error == 0) return Message(message);
    if (error != EAGAIN) return away(error);
    if (steady_clock::now() >= deadline) return away(ETIMEDOUT);
    vconn_run_wait(connection_.get());
    vconn_recv_wait(connection_.get());
    wait_until(deadline);
  }
}

Result<> OpenFlow::bundle_control(std::uint16_t request, Deadline deadline) {
  ofputil_bundle_ctrl_msg control{};
  control.bundle_id = kBundleId;
  control.type = request;
  control.flags = kBundleFlags;
  CAUSEWAY_TRY(send(Message(ofputil_encode_bundle_ctrl_request(kVersion, &control)), deadline));
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

Result<> OpenFlow::apply_bundle(std::vector<Message> messages) {
  const Deadline deadline = steady_clock::now() + within_;
  CAUSEWAY_TRY(bundle_control(OFPBCT_OPEN_REQUEST, deadline));
  for (Message& message : messages) {
    ofpmsg_update_length(message.get());
    ofputil_bundle_add_msg add{};
    add.bundle_id = kBundleId;
    add.flags = kBundleFlags;
    add.msg = static_cast<const ofp_header*>(message->data);
    CAUSEWAY_TRY(send(Message(ofputil_encode_bundle_add(kVersion, &add)), deadline));
  }
  if (auto taken_in = barrier(deadline); !taken_in) {
    // A connection that ends takes its bundle with it; discarding keeps this one usable.
    static_cast<void>(bundle_control(OFPBCT_DISCARD_REQUEST, deadline));
    return taken_in;
  }
  return bundle_control(OFPBCT_COMMIT_REQUEST, deadline);
}

Result<> OpenFlow::dump(std::uint64_t cookie, std::uint64_t mask,
                        const std::function<void(const ofputil_flow_stats&)>& visit) {
  const Deadline deadline = steady_clock::now() + within_;
  ofputil_flow_stats_request request{};
  request.out_port = OFPP_ANY;
  request.out_group = OFPG_ANY;
  request.table_id = OFPTT_ALL;
  request.cookie = htobe64(cookie);
  request.cookie_mask = htobe64(mask);
  match_init_catchall(&request.match);
  CAUSEWAY_TRY(send(Message(ofputil_encode_flow_stats_request(&request, kProtocol)), deadline));

  ofpbuf actions;
  ofpbuf_init(&actions, 1024);
  const std::unique_ptr<ofpbuf, decltype(&ofpbuf_uninit)> free_actions(&actions, &ofpbuf_uninit);
  for (bool more = true; more;) {
    auto reply = receive(deadline);
    if (!reply) return std::unexpected(reply.error());
    const auto* header = static_cast<const ofp_header*>((*reply)->data);
    ofptype type{};
    if (ofptype_decode(&type, header) != 0 || type != OFPTYPE_FLOW_STATS_REPLY)
      return fail(Errc::corrupt,
                  fmt::format("OpenFlow at {}: an answer to something else than flows", name_));
    more = ofpmp_more(header);
    for (;;) {
      ofputil_flow_stats stats{};
      const int error = ofputil_decode_flow_stats_reply(&stats, reply->get(), true, &actions);
      if (error == EOF) break;
      if (error != 0)
        return fail(Errc::corrupt, fmt::format("OpenFlow at {}: a flow that can't be read: {}", name_,
                                               ofperr_to_string(static_cast<ofperr>(error))));
      visit(stats);
    }
  }
  return {};
}

Result<std::size_t> OpenFlow::count_flows() {
  const Deadline deadline = steady_clock::now() + within_;
  ofputil_flow_stats_request request{};
  request.aggregate = true;
  request.out_port = OFPP_ANY;
  request.out_group = OFPG_ANY;
  request.table_id = OFPTT_ALL;
  match_init_catchall(&request.match);
  CAUSEWAY_TRY(send(Message(ofputil_encode_flow_stats_request(&request, kProtocol)), deadline));
  auto reply = receive(deadline);
  if (!reply) return std::unexpected(reply.error());
  ofputil_aggregate_stats stats{};
  if (ofputil_decode_aggregate_stats_reply(&stats, static_cast<const ofp_header*>((*reply)->data)) != 0)
    return fail(Errc::corrupt,
                fmt::format("OpenFlow at {}: an answer to something else than a count", name_));
  return stats.flow_count;
}

Result<OpenFlow::Comparison> OpenFlow::look(const FlowSet& wanted) {
  Comparison comparison;
  std::vector<bool> present(wanted.flows_.size(), false);
  std::size_t unnamed = 0;
  CAUSEWAY_TRY(dump(0, 0, [&](const ofputil_flow_stats& stats) {
    const auto known = wanted.by_rule_.find(rule_key(stats.table_id, stats.priority, stats.match));
    if (known != wanted.by_rule_.end()) {
      present[known->second] =
          wanted.parsed_[known->second].actions == actions_key(stats.ofpacts, stats.ofpacts_len);
      return;
    }
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
  }));
  if (unnamed != 0) comparison.difference.surplus.push_back(fmt::format("and {} more", unnamed));
  for (std::size_t i = 0; i < present.size(); ++i)
    if (!present[i]) comparison.difference.missing.push_back(i);
  return comparison;
}

Result<OpenFlow::Message> OpenFlow::encode(const Flow& flow, std::uint16_t command, std::uint64_t cookie) {
  FlowMod mod;
  CAUSEWAY_TRY(mod.parse(flow, command));
  if (command == OFPFC_ADD) mod.mod.new_cookie = htobe64(cookie);
  return Message(ofputil_encode_flow_mod(&mod.mod, kProtocol));
}

Result<OpenFlow::Difference> OpenFlow::compare(const FlowSet& wanted) {
  auto comparison = look(wanted);
  if (!comparison) return std::unexpected(comparison.error());
  return std::move(comparison->difference);
}

Result<OpenFlow::Difference> OpenFlow::replace(const FlowSet& wanted, std::uint64_t cookie) {
  auto before = look(wanted);
  if (!before) return std::unexpected(before.error());
  if (before->difference.empty()) return Difference{};

  std::vector<Message> messages;
  for (const std::size_t index : before->difference.missing) {
    auto addition = encode(wanted.flows_[index], OFPFC_ADD, cookie);
    if (!addition) return std::unexpected(addition.error());
    messages.push_back(std::move(*addition));
  }
  for (Message& removal : before->removals) messages.push_back(std::move(removal));
  CAUSEWAY_TRY(apply_bundle(std::move(messages)));

  auto after = look(wanted);
  if (!after) return std::unexpected(after.error());
  if (!after->difference.empty())
    return fail(Errc::corrupt,
                fmt::format("OpenFlow at {}: after the change {} flows are missing and {} are too many",
                            name_, after->difference.missing.size(), after->removals.size()));
  return std::move(before->difference);
}

Result<OpenFlow::Difference> OpenFlow::update(const FlowSet& before, const FlowSet& wanted,
                                              std::uint64_t cookie) {
  Difference change;
  std::vector<Message> messages;
  const auto add = [&](const Flow& flow, std::uint16_t command) -> Result<> {
    auto message = encode(flow, command, cookie);
    if (!message) return std::unexpected(message.error());
    messages.push_back(std::move(*message));
    return {};
  };
  for (std::size_t i = 0; i < wanted.flows_.size(); ++i) {
    if (before.has(wanted.parsed_[i])) continue;
    change.missing.push_back(i);
    CAUSEWAY_TRY(add(wanted.flows_[i], OFPFC_ADD));
  }
  for (std::size_t i = 0; i < before.flows_.size(); ++i) {
    if (wanted.by_rule_.contains(before.parsed_[i].rule)) continue;
    change.surplus.push_back(before.flows_[i].match);
    CAUSEWAY_TRY(add(before.flows_[i], OFPFC_DELETE_STRICT));
  }
  if (change.empty()) return replace(wanted, cookie);
  CAUSEWAY_TRY(apply_bundle(std::move(messages)));

  std::set<std::uint64_t> written;
  CAUSEWAY_TRY(dump(cookie, UINT64_MAX, [&](const ofputil_flow_stats& stats) {
    const std::uint64_t rule = rule_key(stats.table_id, stats.priority, stats.match);
    if (wanted.has({rule, actions_key(stats.ofpacts, stats.ofpacts_len)})) written.insert(rule);
  }));
  const auto total = count_flows();
  if (!total) return std::unexpected(total.error());
  const bool there = std::ranges::all_of(
      change.missing, [&](std::size_t index) { return written.contains(wanted.parsed_[index].rule); });
  if (!there || *total != wanted.flows_.size()) CAUSEWAY_TRY(replace(wanted, cookie));
  return change;
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
  std::vector<Message> messages;
  messages.push_back(removal(true));
  messages.push_back(removal(false));
  return apply_bundle(std::move(messages));
}

Result<FlowWatch> FlowWatch::start(const std::string& socket, Duration within) {
  auto flows = OpenFlow::connect(socket, within);
  if (!flows) return std::unexpected(flows.error());
  ofputil_flow_monitor_request request{};
  request.command = OFPFMC_ADD;
  request.flags = static_cast<ofp14_flow_monitor_flags>(OFPFMF_ADD | OFPFMF_REMOVED | OFPFMF_MODIFY);
  request.out_port = OFPP_ANY;
  request.out_group = OFPG_ANY;
  request.table_id = OFPTT_ALL;
  match_init_catchall(&request.match);
  OpenFlow::Message message(ofpbuf_new(0));
  ofputil_append_flow_monitor_request(&request, message.get(), kProtocol);
  CAUSEWAY_TRY(flows->send(std::move(message), steady_clock::now() + within));
  return FlowWatch(std::move(*flows));
}

Result<bool> FlowWatch::changed() {
  bool changed = false;
  for (;;) {
    vconn_run(flows_.connection_.get());
    ofpbuf* received = nullptr;
    const int error = vconn_recv(flows_.connection_.get(), &received);
    if (error == EAGAIN) return changed;
    if (error != 0) return flows_.away(error);
    const OpenFlow::Message message(received);
    const auto* header = static_cast<const ofp_header*>(message->data);
    ofptype type{};
    if (ofptype_decode(&type, header) != 0) continue;
    if (type == OFPTYPE_ECHO_REQUEST)
      CAUSEWAY_TRY(flows_.send(OpenFlow::Message(ofputil_encode_echo_reply(header)),
                               steady_clock::now() + flows_.within_));
    else
      changed = true;
  }
}

void FlowWatch::wait() const {
  vconn_run_wait(flows_.connection_.get());
  vconn_recv_wait(flows_.connection_.get());
}

}  // namespace causeway::agent
