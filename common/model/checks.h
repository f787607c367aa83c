// SPDX-License-Identifier: Apache-2.0
// What the checks of validate.h share. Private to this folder.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/core/finding.h"
#include "common/core/text.h"
#include "common/core/units.h"
#include "common/model/service.h"
#include "common/model/site.h"

namespace causeway::model {

// What one thing may have. Above these, an amount is a slip of the pen; and sums of all that a site can hold
// stay far below what 64 bits count.
inline constexpr int kVcpusMax = 4096;
inline constexpr MiB kMemoryMax{std::int64_t{64} << 20};       // 64 TiB
inline constexpr GiB kVolumeMax{std::int64_t{1} << 10 << 10};  // 1 PiB
inline constexpr GiB kCapacityMax{std::int64_t{1} << 30};      // 1 EiB
inline constexpr int kCountMax = 1000;                         // workloads of one entry
inline constexpr std::size_t kDisksMax = 16;
inline constexpr std::size_t kPortsMax = 8;
inline constexpr std::size_t kServicesMax = 64;
inline constexpr std::size_t kTitleMax = 200;  // bytes

class Checks {
 public:
  void add(Path path, std::string what, std::string next = "") {
    findings_.push_back({std::move(path), std::move(what), std::move(next)});
  }
  Findings take() { return std::move(findings_); }

  // An identity: see name_problem.
  void name(const Path& path, std::string_view kind, std::string_view name);
  // What the owner (a workload, a system) offers.
  void services(const Path& path, const std::map<std::string, Service>& offers, std::string_view owner);
  // A text for people: one line, not too long.
  void title(const Path& path, std::string_view text);
  // The name of a file in the hosts' images folder.
  void file_name(const Path& path, std::string_view file);

  template <class Tag>
  void amount(const Path& path, std::string_view what, Amount<Tag> value, Amount<Tag> max) {
    if (value.value <= 0)
      add(path, fmt::format("{} is {}", what, to_string(value)), "write an amount above zero");
    else if (value > max)
      add(path, fmt::format("{} is {}, and {} is the most", what, to_string(value), to_string(max)),
          "look for a digit too many");
  }
  void count(const Path& path, std::string_view what, int value, int min, int max);

  // Reports a name that is not among the known ones. Returns whether it is.
  template <class Id, class Known>
  bool known(const Path& path, std::string_view kind, const Id& id, const std::map<Id, Known>& all,
             std::string_view where_to_add) {
    if (all.contains(id)) return true;
    std::vector<std::string> names;
    names.reserve(all.size());
    for (const auto& [name, item] : all) names.push_back(name.str());
    unknown(path, kind, id.str(), names, where_to_add);
    return false;
  }
  void unknown(const Path& path, std::string_view kind, const std::string& written,
               const std::vector<std::string>& names, std::string_view where_to_add);

 private:
  Findings findings_;
};

// Up to a handful of names for a sentence: "a, b, c and 49 more".
std::string some_of(const std::vector<std::string>& names);

// Why a port of the network can't have that address, or "".
std::string address_problem(const Network& network, const IpAddress& address);

// Why no network of a site and nothing outside can have these addresses: they have another meaning to every
// guest. Or "".
std::string reserved_problem(const Subnet& subnet);

}  // namespace causeway::model
