// SPDX-License-Identifier: Apache-2.0
#include "scheduler/placement/counterfactual.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>

namespace causeway::placement {
namespace {

bool admitted_by_gates(const Case& in) {
  return std::all_of(gates().begin(), gates().end(), [&](const Gate& gate) { return gate.admits(in); });
}

// The filters in the way of one host, by name.
std::vector<std::string_view> obstacles(const Look& look) {
  std::vector<std::string_view> names;
  for (const Filter& filter : filters())
    if (!filter.admits(look)) names.push_back(filter.name);
  return names;
}

class Tries {
 public:
  explicit Tries(const Case& in) : in_(in), passes_gates_(admitted_by_gates(in)) {}

  std::vector<Counterfactual> run() && {
    try_other_states();
    try_more_of("memory", "memory",
                [](const Look& look) { return look.wanted().memory - look.free().memory; });
    try_more_of("huge-pages", "huge pages",
                [](const Look& look) { return look.wanted().huge_pages - look.free().huge_pages; });
    try_more_vcpus();
    try_rules();
    try_requests();
    try_quota();
    if (found_.size() > kCounterfactualsMax) found_.resize(kCounterfactualsMax);
    return std::move(found_);
  }

 private:
  void note(std::string change, Index host) { found_.push_back({std::move(change), in_.site.host(host).id}); }

  // The first host that every filter admits in the changed case.
  static std::optional<Index> fits_somewhere(const Case& in) {
    if (!admitted_by_gates(in)) return std::nullopt;
    for (Index host = 0; host < in.site.hosts(); ++host)
      if (obstacles({in, host}).empty()) return host;
    return std::nullopt;
  }

  void try_other_states() {
    if (!passes_gates_) return;
    for (Index host = 0; host < in_.site.hosts(); ++host) {
      const HostState state = in_.site.host(host).state;
      const bool closed = state == HostState::cordoned || state == HostState::draining;
      if (!closed || obstacles({in_, host}) != std::vector<std::string_view>{"state"}) continue;
      return note(fmt::format("if host {} is uncordoned", in_.site.host(host).id), host);
    }
  }

  // "with 12GiB more memory on any of 3 hosts of rack r2": the rack with most hosts that lack the least.
  template <class Missing>
  void try_more_of(std::string_view filter, std::string_view what, Missing&& missing) {
    if (!passes_gates_) return;
    std::map<std::pair<std::int64_t, Index>, std::vector<Index>> lacking;  // by amount and rack
    for (Index host = 0; host < in_.site.hosts(); ++host) {
      const Look look{in_, host};
      if (obstacles(look) == std::vector{filter})
        lacking[{missing(look), in_.site.rack(host)}].push_back(host);
    }
    if (lacking.empty()) return;
    const std::int64_t least = lacking.begin()->first.first;
    auto best = lacking.begin();
    for (auto entry = lacking.begin(); entry != lacking.end() && entry->first.first == least; ++entry)
      if (entry->second.size() > best->second.size()) best = entry;
    const auto& hosts = best->second;
    const std::string where = hosts.size() == 1 ? fmt::format("host {}", in_.site.host(hosts.front()).id)
                                                : fmt::format("any of {} hosts of rack {}", hosts.size(),
                                                              in_.site.racks()[best->first.second].id);
    note(fmt::format("with {} more {} on {}", causeway::to_string(MiB{least}), what, where), hosts.front());
  }

  void try_more_vcpus() {
    if (!passes_gates_) return;
    std::optional<Index> nearest;
    std::int64_t least = 0;
    for (Index host = 0; host < in_.site.hosts(); ++host) {
      const Look look{in_, host};
      if (obstacles(look) != std::vector<std::string_view>{"vcpus"}) continue;
      const std::int64_t missing = look.wanted().cpu - look.free().cpu;
      if (!nearest || missing < least) nearest = host, least = missing;
    }
    if (!nearest) return;
    const std::int64_t per_vcpu = Look{in_, *nearest}.wanted().cpu / in_.want.request->vcpus;
    note(fmt::format("with {} more vCPUs on host {}", (least + per_vcpu - 1) / per_vcpu,
                     in_.site.host(*nearest).id),
         *nearest);
  }

  // Each hard rule alone, one step milder: a narrower domain for keep-apart, a wider one for keep-together;
  // else none.
  void try_rules() {
    for (const Index index : in_.want.groups) {
      const Group group = in_.site.groups()[index];
      for (std::size_t i = 0; i < group.rules.size(); ++i) {
        const Rule& rule = group.rules[i];
        if (!rule.hard()) continue;
        std::vector<Rule> milder;
        for (const Scope scope : {Scope::hall, Scope::rack, Scope::host}) {
          const bool apart = rule.kind == Rule::Kind::keep_apart;
          if (apart ? scope < rule.scope : scope > rule.scope) {
            milder.push_back(rule);
            milder.back().scope = scope;
          }
        }
        if (rule.kind == Rule::Kind::keep_together) std::reverse(milder.begin(), milder.end());
        milder.push_back(rule);
        milder.back().weight = 1;
        for (const Rule& other : milder) {
          Group changed = group;
          changed.rules[i] = other;
          Site site = in_.site;
          site.add_group(changed);
          const auto host = fits_somewhere({site, in_.levels, in_.usage, in_.want});
          if (!host) continue;
          note(other.hard() ? fmt::format("if {} of {} is by {} instead of by {}", to_string(rule.kind),
                                          group.id, to_string(other.scope), to_string(rule.scope))
                            : fmt::format("if {} of {} by {} is a wish instead of a must",
                                          to_string(rule.kind), group.id, to_string(rule.scope)),
               *host);
          break;
        }
      }
    }
  }

  void try_request(const Request& changed, std::string change) {
    Want want = in_.want;
    want.request = &changed;
    if (const auto host = fits_somewhere({in_.site, in_.levels, in_.usage, want}))
      note(std::move(change), *host);
  }

  void try_requests() {
    const Request& request = *in_.want.request;
    for (int nodes = request.numa_nodes - 1; nodes >= 0; --nodes) {
      Request changed = request;
      changed.numa_nodes = nodes;
      try_request(changed, nodes == 1 ? "if one NUMA node is enough" : "if it asks for no NUMA nodes");
    }
    if (request.numa_nodes == 1 && request.vcpus % 2 == 0 && request.memory.value % 2 == 0) {
      Request changed = request;
      changed.numa_nodes = 2;
      try_request(changed, "if it may span two NUMA nodes");
    }
    if (request.pinned) {
      Request changed = request;
      changed.pinned = false;
      try_request(changed, "if its cores are not pinned");
    }
    if (request.huge_pages) {
      Request changed = request;
      changed.huge_pages = false;
      try_request(changed, "with ordinary pages instead of huge pages");
    }
    for (const auto& trait : request.traits) {
      Request changed = request;
      changed.traits.erase(trait);
      try_request(changed, fmt::format("without asking for {}", trait));
    }
  }

  // With the gates in the way lifted, and nothing else.
  void try_quota() {
    if (passes_gates_) return;
    std::vector<std::string> closed;
    for (const Gate& gate : gates())
      if (!gate.admits(in_)) closed.emplace_back(gate.name);
    for (Index host = 0; host < in_.site.hosts(); ++host) {
      if (!obstacles({in_, host}).empty()) continue;
      return note(fmt::format("if only {} did not stand in the way", fmt::join(closed, " and ")), host);
    }
  }

  const Case& in_;
  bool passes_gates_;
  std::vector<Counterfactual> found_;
};

}  // namespace

std::vector<Counterfactual> counterfactuals(const Case& in) { return Tries(in).run(); }

}  // namespace causeway::placement
