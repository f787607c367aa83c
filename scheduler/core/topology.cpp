// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/topology.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace causeway::scheduler {
namespace {

constexpr const char* kWithoutTopology = "simulated";
constexpr const char* kOnThreads = "kvm";

class Comparison {
 public:
  explicit Comparison(std::string class_name) : class_name_(std::move(class_name)) {}

  void count(const std::string& where, std::int64_t declared, std::int64_t found, const char* what) {
    if (declared > found)
      findings_.push_back(
          fmt::format("{}: class {} says {} {}, the host has {}", where, class_name_, declared, what, found));
  }
  void amount(const std::string& where, MiB declared, MiB found, const char* what) {
    if (declared > found)
      findings_.push_back(fmt::format("{}: class {} says {} of {}, the host has {}", where, class_name_,
                                      to_string(declared), what, to_string(found)));
  }
  std::vector<std::string> take() { return std::move(findings_); }

 private:
  std::string class_name_;
  std::vector<std::string> findings_;
};

}  // namespace

std::vector<std::string> missing_from(const model::HostFacts& found, const model::HostSpec& declared) {
  if (found.hypervisor == kWithoutTopology) return {};
  const auto& shape = declared.shape;
  Comparison compare(declared.class_name);
  if (found.hypervisor == kOnThreads) {
    compare.count("vcpus", shape.vcpus, found.vcpus, "hardware threads");
    compare.amount("memory", shape.memory, found.memory, "memory");
  }
  if (found.nodes.empty()) return compare.take();
  MiB huge_pages;
  for (const auto& node : found.nodes) huge_pages += node.huge_pages;
  compare.amount("huge_pages", shape.huge_pages, huge_pages, "huge pages");
  compare.count("numa", static_cast<std::int64_t>(shape.numa.size()),
                static_cast<std::int64_t>(found.nodes.size()), "NUMA nodes");
  for (std::size_t i = 0; i < std::min(shape.numa.size(), found.nodes.size()); ++i) {
    const auto where = fmt::format("numa.{}", i);
    compare.count(where, shape.numa[i].cores, found.nodes[i].vcpus, "hardware threads");
    compare.amount(where, shape.numa[i].memory, found.nodes[i].memory, "memory");
    compare.amount(where, shape.numa[i].huge_pages, found.nodes[i].huge_pages, "huge pages");
  }
  return compare.take();
}

}  // namespace causeway::scheduler
