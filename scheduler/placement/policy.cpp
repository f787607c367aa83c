// SPDX-License-Identifier: Apache-2.0
#include "scheduler/placement/policy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "common/core/check.h"

namespace causeway::placement {
namespace {

bool zone_may_carry_level(const Case& in) {
  return in.want.request->mlps <= in.site.zones()[in.want.zone].mlps;
}

std::string level_above_zone(const Case& in) {
  const Zone& zone = in.site.zones()[in.want.zone];
  return fmt::format("its MLPS level is {}, zone {} carries at most {}", in.want.request->mlps, zone.id,
                     zone.mlps);
}

// What the quota would be exceeded by: nothing, or a sentence.
std::vector<std::string> over_quota(const Case& in) {
  const Department& department = in.site.departments()[in.want.department];
  const Request& request = *in.want.request;
  const auto quota = department.quotas.find(request.zone);
  if (quota == department.quotas.end()) return {};
  const auto& used = in.usage.tenant(in.want.department, in.want.zone);
  std::vector<std::string> over;
  if (const auto& most = quota->second.vcpus; most && used.vcpus + request.vcpus > *most)
    over.push_back(
        fmt::format("{} of {} vCPUs are used, {} more are asked for", used.vcpus, *most, request.vcpus));
  if (const auto& most = quota->second.memory; most && used.memory + request.memory > *most)
    over.push_back(fmt::format("{} of {} memory is used, {} more is asked for",
                               causeway::to_string(used.memory), causeway::to_string(*most),
                               causeway::to_string(request.memory)));
  if (const auto& most = quota->second.volumes;
      most && request.volumes.value > 0 && used.volumes + request.volumes > *most)
    over.push_back(fmt::format("{} of {} volumes are used, {} more are asked for",
                               causeway::to_string(used.volumes), causeway::to_string(*most),
                               causeway::to_string(request.volumes)));
  return over;
}

bool within_quota(const Case& in) { return over_quota(in).empty(); }

std::string quota_exceeded(const Case& in) {
  return fmt::format("quota of {} in {}: {}", in.want.request->department, in.want.request->zone,
                     fmt::join(over_quota(in), "; "));
}

bool pool_has_room(const Case& in) {
  const auto& capacity = in.site.zones()[in.want.zone].pool;
  return !capacity || in.want.request->volumes.value == 0 ||
         in.usage.pool(in.want.zone) + in.want.request->volumes <= *capacity;
}

std::string pool_is_full(const Case& in) {
  const Zone& zone = in.site.zones()[in.want.zone];
  const GiB used = in.usage.pool(in.want.zone);
  CAUSEWAY_CHECK(zone.pool.has_value());
  return fmt::format("pool of {}: {} of {} are used, {} more are asked for", zone.id,
                     causeway::to_string(used), causeway::to_string(*zone.pool),
                     causeway::to_string(in.want.request->volumes));
}

bool host_is_up(const Look& look) { return look.host().state == HostState::up; }
std::string host_is_not_up(const Look& look) { return fmt::format("it is {}", to_string(look.host().state)); }

bool serves_zone(const Look& look) { return look.host().zones.contains(look.request().zone); }
std::string serves_other_zones(const Look& look) {
  std::vector<std::string> served;
  for (const auto& zone : look.host().zones) served.push_back(zone.str());
  return fmt::format("it serves {}, not {}",
                     served.empty() ? "no zone" : fmt::format("{}", fmt::join(served, ", ")),
                     look.request().zone);
}

bool is_of_its_kind(const Look& look) {
  const ZoneId& other = look.request().exchange_gateway;
  return other.empty() ? !look.host().exchange_host
                       : look.host().exchange_host && look.host().zones.contains(other);
}
std::string is_of_another_kind(const Look& look) {
  const Request& request = look.request();
  if (request.exchange_gateway.empty()) return "it is an exchange host, which runs exchange gateways only";
  if (!look.host().exchange_host) return "it is no exchange host";
  return fmt::format("it is an exchange host that does not serve {}", request.exchange_gateway);
}

bool has_uplink(const Look& look) {
  return std::ranges::includes(look.host().uplinks, look.request().uplinks);
}
std::string lacks_uplink(const Look& look) {
  std::vector<ZoneId> lacking;
  std::ranges::set_difference(look.request().uplinks, look.host().uplinks, std::back_inserter(lacking));
  return fmt::format("it has no uplink in zone {}", fmt::join(lacking, " and in zone "));
}

bool open_to_department(const Look& look) {
  return look.host().dedicated_to.empty() || look.host().dedicated_to == look.request().department;
}
std::string dedicated_to_another(const Look& look) {
  return fmt::format("it is dedicated to {}", look.host().dedicated_to);
}

bool has_traits(const Look& look) {
  return std::includes(look.host().traits.begin(), look.host().traits.end(), look.request().traits.begin(),
                       look.request().traits.end());
}
std::string lacks_traits(const Look& look) {
  std::vector<std::string> lacking;
  std::set_difference(look.request().traits.begin(), look.request().traits.end(), look.host().traits.begin(),
                      look.host().traits.end(), std::back_inserter(lacking));
  return fmt::format("it lacks {}", fmt::join(lacking, ", "));
}

std::string amount_short(std::string_view what, std::int64_t wanted, std::int64_t free) {
  return fmt::format("{} {} free, {} more would do", to_string(MiB{std::max<std::int64_t>(0, free)}), what,
                     to_string(MiB{wanted - free}));
}

bool has_cpu(const Look& look) { return look.wanted().cpu <= look.free().cpu; }
std::string lacks_cpu(const Look& look) {
  const std::int64_t free = look.free().cpu;
  const std::int64_t wanted = look.wanted().cpu;
  const std::int64_t per_vcpu = wanted / look.request().vcpus;
  return fmt::format("{} {}vCPUs free, {} more would do", std::max<std::int64_t>(0, free) / per_vcpu,
                     look.request().pinned ? "pinned " : "", (wanted - free + per_vcpu - 1) / per_vcpu);
}

bool has_memory(const Look& look) { return look.wanted().memory <= look.free().memory; }
std::string lacks_memory(const Look& look) {
  return amount_short("memory", look.wanted().memory, look.free().memory);
}

bool has_huge_pages(const Look& look) { return look.wanted().huge_pages <= look.free().huge_pages; }
std::string lacks_huge_pages(const Look& look) {
  return amount_short("huge pages", look.wanted().huge_pages, look.free().huge_pages);
}

bool has_numa_nodes(const Look& look) {
  if (look.request().numa_nodes == 0) return true;
  const Amounts demand = demand_in(look.in.want, look.host().overcommit_percent);
  for (const Slot& slot : slots(look.in.site.nodes_of(look.index), look.request().numa_nodes))
    if (fits(demand, free_in(look.in.site, look.in.usage, look.index, slot))) return true;
  return false;
}
std::string lacks_numa_nodes(const Look& look) {
  if (look.host().numa.empty()) return "its NUMA nodes are unknown";
  const Request& request = look.request();
  return fmt::format("no {} of its {} NUMA nodes {} {} vCPUs and {} free{}",
                     request.numa_nodes == 1 ? "one" : "two", look.host().numa.size(),
                     request.numa_nodes == 1 ? "has" : "have each", request.vcpus / request.numa_nodes,
                     causeway::to_string(MiB{request.memory.value / request.numa_nodes}),
                     request.huge_pages ? " in huge pages" : "");
}

// The first hard rule of that kind that the host would break, with its group.
struct Broken {
  const Group* group = nullptr;
  const Rule* rule = nullptr;
};

Broken broken_rule(const Look& look, Rule::Kind kind) {
  for (const Index index : look.in.want.groups) {
    for (const BoundRule& bound : look.in.site.rules(index)) {
      if (bound.rule.kind != kind || !bound.rule.hard()) continue;
      if (!keeps(look.in.site, look.in.usage, bound, look.index))
        return {&look.in.site.groups()[bound.counted], &bound.rule};
    }
  }
  return {};
}

std::string rule_is_broken(const Look& look, Rule::Kind kind) {
  const Broken broken = broken_rule(look, kind);
  CAUSEWAY_CHECK(broken.rule != nullptr);
  const std::string_view domain = look.in.site.domain_name(broken.rule->scope, look.index);
  if (kind == Rule::Kind::keep_together)
    return fmt::format("the others of group {} stand outside {} {}", broken.group->id,
                       to_string(broken.rule->scope), domain);
  return fmt::format("group {} has {} in {} {} already", broken.group->id, broken.rule->max_per_domain,
                     to_string(broken.rule->scope), domain);
}

bool keeps_apart(const Look& look) { return broken_rule(look, Rule::Kind::keep_apart).rule == nullptr; }
std::string not_apart(const Look& look) { return rule_is_broken(look, Rule::Kind::keep_apart); }
bool keeps_together(const Look& look) { return broken_rule(look, Rule::Kind::keep_together).rule == nullptr; }
std::string not_together(const Look& look) { return rule_is_broken(look, Rule::Kind::keep_together); }

// What is left counts as a product, because what comes next needs both: where CPU is nearly gone, memory is
// of little use. The rest keeps a host that has none of one from being as good as a full one. With this
// rest and the weights below more fits into the example city with a host's reserve whole than by the larger
// of what is left; on traces of real clouds it refuses as much as best fit (tests/bench/RESULTS.md).
double tightness(Levels::Pair left) {
  constexpr double kRest = 0.5;
  const auto share = [](int level) { return static_cast<double>(level) / (kLevels - 1) + kRest; };
  return 1 - share(left.cpu) * share(left.memory) / ((1 + kRest) * (1 + kRest));
}

double balance(Levels::Pair left) {
  return 1 - static_cast<double>(std::abs(left.cpu - left.memory)) / (kLevels - 1);
}

Levels::Pair left(const Look& look, const Slot& slot) {
  const int kind = look.request().numa_nodes;
  const bool huge = look.request().huge_pages;
  const auto free = look.in.levels.of(free_in(look.in.site, look.in.usage, look.index, slot), kind, huge);
  const auto wanted = look.in.levels.of(demand_in(look.in.want, look.host().overcommit_percent), kind, huge);
  return {.cpu = free.cpu - wanted.cpu, .memory = free.memory - wanted.memory};
}

double is_tight(const Look& look, const Slot& slot) { return tightness(left(look, slot)); }
double is_balanced(const Look& look, const Slot& slot) { return balance(left(look, slot)); }

double own(const Host& host) { return host.dedicated_to.empty() ? 0 : 1; }
double is_own(const Look& look, const Slot&) { return own(look.host()); }

// Hosts with a GPU or a rare CPU are left to those who ask for them.
double spare(const Host& host, const Request& request) {
  return 1 / (1 + static_cast<double>(host.traits.size() - request.traits.size()));
}
double spares_traits(const Look& look, const Slot&) { return spare(look.host(), look.request()); }

// The weights. A department's own hosts come first, then hosts without what was not asked for; among those,
// the fullest.
constexpr double kTightWeight = 1.25;
constexpr double kBalanceWeight = 0.25;
constexpr double kOwnWeight = 2.0;
constexpr double kSpareWeight = 1.0;

constexpr Gate kGates[] = {
    {"mlps", "its level is no higher than the zone's", zone_may_carry_level, level_above_zone},
    {"quota", "the department's quota in the zone has room for it", within_quota, quota_exceeded},
    {"pool", "the zone's pool has room for its volumes", pool_has_room, pool_is_full},
};

constexpr Filter kFilters[] = {
    {"state", "the host is up", host_is_up, host_is_not_up},
    {"zone", "the host serves its zone", serves_zone, serves_other_zones},
    {"exchange", "exchange gateways stand on exchange hosts of their two zones, and nothing else does",
     is_of_its_kind, is_of_another_kind},
    {"uplink", "the host has an uplink in each zone where its networks go by one", has_uplink, lacks_uplink},
    {"dedication", "the host is its department's, or everybody's", open_to_department, dedicated_to_another},
    {"traits", "the host has all traits that it asks for", has_traits, lacks_traits},
    {"vcpus", "enough vCPUs are free", has_cpu, lacks_cpu},
    {"memory", "enough memory is free", has_memory, lacks_memory},
    {"huge-pages", "enough huge pages are free", has_huge_pages, lacks_huge_pages},
    {"numa", "as many of the host's NUMA nodes as it asks for have room", has_numa_nodes, lacks_numa_nodes},
    {"keep-apart", "not too many of its group stand in that host, rack or hall", keeps_apart, not_apart},
    {"keep-together", "its group stands in that host, rack or hall", keeps_together, not_together},
};

constexpr Scorer kScorers[] = {
    {"tight", "the host gets fuller, so that empty ones stay whole", kTightWeight, is_tight},
    {"balance", "CPU and memory get equally full", kBalanceWeight, is_balanced},
    {"own", "the host is its department's own", kOwnWeight, is_own},
    {"spare-traits", "the host has no traits that it doesn't ask for", kSpareWeight, spares_traits},
};

}  // namespace

std::span<const Gate> gates() { return kGates; }
std::span<const Filter> filters() { return kFilters; }
std::span<const Scorer> scorers() { return kScorers; }

Points points(double weight, double value) {
  return std::llround(weight * value * static_cast<double>(kPointsPerUnit));
}

Points standing_points(const Host& host, const Request& request) {
  return points(kOwnWeight, own(host)) + points(kSpareWeight, spare(host, request));
}

Points level_points(Levels::Pair left) {
  return points(kTightWeight, tightness(left)) + points(kBalanceWeight, balance(left));
}

bool keeps(const Site& site, const Usage& usage, const BoundRule& bound, Index host) {
  const auto members = usage.members(bound.counted);
  const Index domain = site.domain(bound.rule.scope, host);
  const auto beside = std::count_if(members.begin(), members.end(), [&](Index other) {
    return site.domain(bound.rule.scope, other) == domain;
  });
  if (bound.rule.kind == Rule::Kind::keep_apart) return beside < bound.rule.max_per_domain;
  return beside > 0 || members.empty();
}

std::string to_string(const Rule& rule) {
  std::string text = fmt::format("{} {}", to_string(rule.kind), to_string(rule.scope));
  if (!rule.from.empty()) text += fmt::format(" from {}", rule.from);
  if (rule.kind == Rule::Kind::keep_together || rule.max_per_domain == 1) return text;
  return fmt::format("{}, at most {}", text, rule.max_per_domain);
}

std::vector<ScorePart> score_parts(const Look& look, const Slot& slot) {
  std::vector<ScorePart> parts;
  for (const Scorer& scorer : scorers())
    parts.push_back({std::string(scorer.name), scorer.weight, scorer.score(look, slot)});
  for (const Index index : look.in.want.groups) {
    const Group& group = look.in.site.groups()[index];
    for (const BoundRule& bound : look.in.site.rules(index)) {
      if (bound.rule.hard()) continue;
      const bool kept = keeps(look.in.site, look.in.usage, bound, look.index);
      parts.push_back(
          {fmt::format("{} of {}", to_string(bound.rule), group.id), bound.rule.weight, kept ? 1.0 : 0.0});
    }
  }
  return parts;
}

Candidate candidate(const Case& in, const Choice& choice) {
  const Look look{in, choice.host};
  return {.host = look.host().id,
          .numa_nodes = {choice.slot.numa_nodes().begin(), choice.slot.numa_nodes().end()},
          .score = static_cast<double>(choice.points) / static_cast<double>(kPointsPerUnit),
          .parts = score_parts(look, choice.slot)};
}

Points score(const Look& look, const Slot& slot) {
  Points sum = 0;
  for (const Scorer& scorer : scorers()) sum += points(scorer.weight, scorer.score(look, slot));
  for (const Index index : look.in.want.groups) {
    for (const BoundRule& bound : look.in.site.rules(index)) {
      if (!bound.rule.hard() && keeps(look.in.site, look.in.usage, bound, look.index))
        sum += points(bound.rule.weight, 1);
    }
  }
  return sum;
}

}  // namespace causeway::placement
