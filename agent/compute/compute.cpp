// SPDX-License-Identifier: Apache-2.0
#include "agent/compute/compute.h"

#include <fmt/core.h>
#include <sodium/utils.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <string_view>
#include <vector>

namespace causeway::agent {
namespace {

constexpr std::size_t kDisksMax = 26;  // vda to vdz, the seed among them

bool is_uuid(std::string_view text) {
  constexpr std::string_view kShape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  return std::ranges::equal(text, kShape, [](char c, char shape) {
    return shape == '-' ? c == '-' : std::isxdigit(static_cast<unsigned char>(c)) != 0;
  });
}

bool is_base64(std::string_view text) {
  std::vector<unsigned char> bytes(text.size());
  std::size_t length = 0;
  const bool decoded = sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr,
                                         &length, nullptr, sodium_base64_VARIANT_ORIGINAL) == 0;
  sodium_memzero(bytes.data(), bytes.size());
  return decoded && length > 0;
}

}  // namespace

std::string_view to_string(Power power) {
  switch (power) {
    case Power::stopped: return "stopped";
    case Power::running: return "running";
    case Power::paused: return "paused";
    case Power::crashed: return "crashed";
  }
  return "unknown";
}

std::string domain_name(const WorkloadId& id) {
  std::string name = id.str();
  std::ranges::replace(name, '/', '.');
  return name;
}

Result<> check(const DomainSpec& spec) {
  if (spec.id.empty()) return fail(Errc::invalid, "a workload without an id");
  if (spec.vcpus < 1) return fail(Errc::invalid, fmt::format("workload {}: {} vcpus", spec.id, spec.vcpus));
  if (spec.memory < 1_MiB) return fail(Errc::invalid, fmt::format("workload {}: no memory", spec.id));
  const auto& nodes = spec.binding.nodes;
  const bool ascending = std::ranges::is_sorted(nodes, std::less_equal<>());
  if (nodes.size() > 2 || !ascending || (!nodes.empty() && nodes.front() < 0))
    return fail(Errc::invalid, fmt::format("workload {}: these are not one or two NUMA nodes", spec.id));
  if (nodes.size() == 2 && (spec.vcpus % 2 != 0 || spec.memory.value % 2 != 0))
    return fail(Errc::invalid,
                fmt::format("workload {}: two NUMA nodes can't share {} vcpus and {} MiB equally", spec.id,
                            spec.vcpus, spec.memory.value));
  if (spec.disks.size() + (spec.seed ? 1 : 0) > kDisksMax)
    return fail(Errc::invalid,
                fmt::format("workload {}: {} disks, which is more than a machine has names for", spec.id,
                            spec.disks.size()));
  return {};
}

Result<> check_secret(const std::string& uuid, const Secret& key) {
  if (!is_uuid(uuid)) return fail(Errc::invalid, fmt::format("secret '{}': not a UUID", uuid));
  if (!is_base64(key.reveal()))
    return fail(Errc::invalid, fmt::format("secret {}: its key is no base64", uuid));
  return {};
}

}  // namespace causeway::agent
