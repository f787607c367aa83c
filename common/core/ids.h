// SPDX-License-Identifier: Apache-2.0
// Names are identities here: a zone, a host, a department is known by the name its people gave it, so that
// the same word stands in a file, on the wire, in a table and in a log. Each kind of name is a type of its
// own, so that a host can't be passed where a rack is meant. Numbers that must not be mixed up (generation,
// epoch) are types too.
#pragma once

#include <fmt/format.h>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace causeway {

// A name of one kind. Empty means "none"; what a name may look like is checked where it enters
// (model/names.h).
template <class Tag>
class Name {
 public:
  Name() = default;
  explicit Name(std::string value) : value_(std::move(value)) {}

  [[nodiscard]] const std::string& str() const { return value_; }
  [[nodiscard]] bool empty() const { return value_.empty(); }

  auto operator<=>(const Name&) const = default;

 private:
  std::string value_;
};

using ZoneId = Name<struct ZoneTag>;
using HallId = Name<struct HallTag>;
using RackId = Name<struct RackTag>;
using HostId = Name<struct HostTag>;
using DepartmentId = Name<struct DepartmentTag>;
using RoomId = Name<struct RoomTag>;
using ImageId = Name<struct ImageTag>;
using GroupId = Name<struct GroupTag>;  // a wave's own name, or department/application/entry
using WaveId = Name<struct WaveTag>;
using ApplicationId = Name<struct ApplicationTag>;  // department/application
using WorkloadId = Name<struct WorkloadTag>;        // department/application/workload
using VolumeId = Name<struct VolumeTag>;            // department/application/workload/disk
using PortId = Name<struct PortTag>;                // department/application/workload/port
using NetworkId = Name<struct NetworkTag>;          // unique in the site
using ServiceId = Name<struct ServiceTag>;          // department/application/service
using GrantId = Name<struct GrantTag>;              // the service, a colon, the application that reaches it

// A number of one kind.
template <class Tag>
struct Number {
  std::uint64_t value = 0;

  auto operator<=>(const Number&) const = default;
  [[nodiscard]] Number next() const { return Number{value + 1}; }
};

using Epoch = Number<struct EpochTag>;            // a scheduler's term of leadership; never goes down
using Generation = Number<struct GenerationTag>;  // a version of what one host or one workload shall be
using Revision = Number<struct RevisionTag>;      // a version of the scheduler's whole durable state

}  // namespace causeway

template <class Tag>
struct std::hash<causeway::Name<Tag>> {
  std::size_t operator()(const causeway::Name<Tag>& name) const noexcept {
    return std::hash<std::string>{}(name.str());
  }
};

// Names print as their text, numbers as digits.
template <class Tag>
struct fmt::formatter<causeway::Name<Tag>> : fmt::formatter<std::string_view> {
  auto format(const causeway::Name<Tag>& name, fmt::format_context& context) const {
    return fmt::formatter<std::string_view>::format(name.str(), context);
  }
};

template <class Tag>
struct fmt::formatter<causeway::Number<Tag>> : fmt::formatter<std::uint64_t> {
  auto format(const causeway::Number<Tag>& number, fmt::format_context& context) const {
    return fmt::formatter<std::uint64_t>::format(number.value, context);
  }
};
