// SPDX-License-Identifier: Apache-2.0
#include "agent/compute/binding.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <iterator>

namespace causeway::agent {
namespace {

constexpr int kNumberMax = 65'535;  // of CPUs and nodes: more than any kernel counts

class SharingOut {
 public:
  SharingOut(const Inventory& host, const std::set<int>& busy) : host_(&host) {
    for (const auto& node : host.numa)
      for (const int cpu : node.cpus)
        if (!busy.contains(cpu)) free_.insert(cpu);
  }

  // Takes off what the workload can keep; the rest of its CPUs is forgotten.
  void keep(PinnedWorkload& one) {
    const std::size_t parts = std::max<std::size_t>(1, one.nodes.size());
    bool fits = static_cast<int>(one.cpus.size()) == one.vcpus;
    for (std::size_t i = 0; fits && i < one.cpus.size(); ++i) {
      const int cpu = one.cpus[i];
      const bool of_node = one.nodes.empty() || on_node(one.nodes[i * parts / one.cpus.size()], cpu);
      fits = free_.contains(cpu) && of_node;
    }
    if (!fits) return one.cpus.clear();
    for (const int cpu : one.cpus) free_.erase(cpu);
  }

  // The highest that are free: interrupts and the kernel's own work favour the low ones.
  Result<> fill(PinnedWorkload& one) {
    if (!one.cpus.empty()) return {};
    if (one.nodes.empty()) return fill_anywhere(one);
    const auto share = static_cast<std::size_t>(one.vcpus) / one.nodes.size();
    for (const int node : one.nodes) {
      const auto left = free_of(node);
      if (left.size() < share) {
        return fail(Errc::unavailable, fmt::format("workload {} needs {} CPUs of its own on NUMA node {}, "
                                                   "which has {} of {} left",
                                                   one.id, share, node, left.size(), at(node).cpus.size()));
      }
      take(one, left, share);
    }
    return {};
  }

 private:
  const InventoryNode& at(int node) const { return host_->numa[static_cast<std::size_t>(node)]; }
  [[nodiscard]] bool on_node(int node, int cpu) const {
    return std::ranges::find(at(node).cpus, cpu) != at(node).cpus.end();
  }
  [[nodiscard]] std::vector<int> free_of(int node) const {
    std::vector<int> left;
    for (const int cpu : at(node).cpus)
      if (free_.contains(cpu)) left.push_back(cpu);
    return left;
  }
  void take(PinnedWorkload& one, const std::vector<int>& from, std::size_t count) {
    for (std::size_t i = from.size() - count; i < from.size(); ++i) {
      one.cpus.push_back(from[i]);
      free_.erase(from[i]);
    }
  }
  // From the emptiest node first, so that the others keep room for those that are bound to them.
  Result<> fill_anywhere(PinnedWorkload& one) {
    while (static_cast<int>(one.cpus.size()) < one.vcpus) {
      std::vector<int> most;
      for (std::size_t node = 0; node < host_->numa.size(); ++node)
        if (auto left = free_of(static_cast<int>(node)); left.size() > most.size()) most = std::move(left);
      if (most.empty()) {
        return fail(Errc::unavailable,
                    fmt::format("workload {} needs {} CPUs of its own, and the host has {} left", one.id,
                                one.vcpus, one.cpus.size()));
      }
      const auto missing = static_cast<std::size_t>(one.vcpus) - one.cpus.size();
      take(one, most, std::min(missing, most.size()));
    }
    std::ranges::sort(one.cpus);
    return {};
  }

  const Inventory* host_;
  std::set<int> free_;
};

}  // namespace

std::string impossible(const Inventory& host, const Binding& binding, int vcpus) {
  if ((binding.pinned || binding.huge_pages || !binding.nodes.empty()) && host.numa.empty())
    return "the hypervisor doesn't say which NUMA nodes and CPUs this host has";
  int cpus = 0;
  for (const int node : binding.nodes) {
    if (node >= static_cast<int>(host.numa.size()))
      return fmt::format("it is bound to NUMA node {}, and this host has {}", node, host.numa.size());
    cpus += static_cast<int>(host.numa[static_cast<std::size_t>(node)].cpus.size());
  }
  if (binding.nodes.empty()) cpus = host.vcpus;
  if (binding.pinned && cpus < vcpus)
    return fmt::format("it needs {} CPUs of its own, and this host has {}{}", vcpus, cpus,
                       binding.nodes.empty() ? "" : " on its NUMA nodes");
  return {};
}

std::string lacking_pages(const Inventory& host, const Binding& binding, MiB memory, bool free_now) {
  if (!binding.huge_pages) return {};
  const auto pages_of = [&](const InventoryNode& node) {
    return free_now ? node.huge_pages_free : node.huge_pages;
  };
  const std::string_view which = free_now ? "free" : "set aside";
  const auto page = std::max<std::int64_t>(1, host.huge_page_kib / 1024);
  if (binding.nodes.empty()) {
    MiB sum;
    for (const auto& node : host.numa) sum += pages_of(node);
    if (sum >= memory) return {};
    return fmt::format("it needs {} of huge pages of {} MiB, and this host has {} {}", to_string(memory),
                       page, to_string(sum), which);
  }
  const MiB share{memory.value / static_cast<std::int64_t>(binding.nodes.size())};
  for (const int node : binding.nodes) {
    const MiB there = pages_of(host.numa[static_cast<std::size_t>(node)]);
    if (there < share)
      return fmt::format("it needs {} of huge pages of {} MiB on NUMA node {}, which has {} {}",
                         to_string(share), page, node, to_string(there), which);
  }
  return {};
}

Result<std::vector<PinnedWorkload>> share_out(const Inventory& host, std::vector<PinnedWorkload> pinned,
                                              const std::set<int>& busy) {
  SharingOut sharing(host, busy);
  std::ranges::sort(pinned, {}, &PinnedWorkload::id);
  // Who can't move first, then who is bound to nodes, then the others: each may take what later ones have.
  const auto each = [&](bool movable, bool bound, auto visit) -> Result<> {
    for (auto& one : pinned)
      if (one.movable == movable && one.nodes.empty() != bound) CAUSEWAY_TRY(visit(one));
    return {};
  };
  const auto keep = [&](PinnedWorkload& one) -> Result<> {
    sharing.keep(one);
    return {};
  };
  const auto fill = [&](PinnedWorkload& one) { return sharing.fill(one); };
  for (const bool bound : {true, false}) CAUSEWAY_TRY(each(false, bound, keep));
  CAUSEWAY_TRY(each(true, true, keep));
  for (const bool bound : {true, false}) CAUSEWAY_TRY(each(false, bound, fill));
  // A new one takes CPUs that nobody has, if there are enough of them, before it drives others away.
  const auto before = sharing;
  const auto standing = pinned;
  const auto in_peace = [&]() -> Result<> {
    CAUSEWAY_TRY(each(true, false, keep));
    CAUSEWAY_TRY(each(true, true, fill));
    return each(true, false, fill);
  };
  if (!in_peace()) {
    sharing = before;
    pinned = standing;
    CAUSEWAY_TRY(each(true, true, fill));
    CAUSEWAY_TRY(each(true, false, keep));
    CAUSEWAY_TRY(each(true, false, fill));
  }
  return pinned;
}

std::set<int> shared_cpus(const Inventory& host, const std::vector<int>& nodes, const std::set<int>& own) {
  std::set<int> all;
  for (std::size_t i = 0; i < host.numa.size(); ++i) {
    const bool of_it = nodes.empty() || std::ranges::find(nodes, static_cast<int>(i)) != nodes.end();
    if (of_it) all.insert(host.numa[i].cpus.begin(), host.numa[i].cpus.end());
  }
  std::set<int> left;
  std::ranges::set_difference(all, own, std::inserter(left, left.end()));
  return left.empty() ? all : left;
}

std::string to_text(const std::set<int>& numbers) {
  std::string text;
  for (auto at = numbers.begin(); at != numbers.end();) {
    const int first = *at;
    int last = first;
    for (++at; at != numbers.end() && *at == last + 1; ++at) last = *at;
    if (!text.empty()) text += ',';
    text += first == last ? fmt::format("{}", first) : fmt::format("{}-{}", first, last);
  }
  return text;
}

std::optional<std::set<int>> numbers_in(std::string_view text) {
  std::set<int> numbers;
  const auto number = [&]() -> std::optional<int> {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || value < 0 || value > kNumberMax) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
  };
  while (!text.empty()) {
    const auto first = number();
    auto last = first;
    if (first && text.starts_with('-')) {
      text.remove_prefix(1);
      last = number();
    }
    if (!first || !last || *last < *first) return std::nullopt;
    for (int i = *first; i <= *last; ++i) numbers.insert(i);
    if (text.empty()) break;
    if (!text.starts_with(',') || text.size() == 1) return std::nullopt;
    text.remove_prefix(1);
  }
  return numbers;
}

}  // namespace causeway::agent
