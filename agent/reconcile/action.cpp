// SPDX-License-Identifier: Apache-2.0
#include "agent/reconcile/action.h"

#include <fmt/format.h>

#include <array>
#include <type_traits>

namespace causeway::agent {
namespace {

template <class T>
struct Tag {
  using type = T;
};

struct Row {
  std::string_view verb;
  int rank;
  Lane lane;
  Key::Kind about;
};

// The one table of the order. Starting stands before removing: what an operator waits for does not queue
// behind clearing away.
template <class A>
constexpr Row row_of(Tag<A> /*unused*/) {
  if constexpr (std::is_same_v<A, Kill>) return {"kill", 0, Lane::compute, Key::Kind::domain};
  if constexpr (std::is_same_v<A, Stop>) return {"stop", 1, Lane::compute, Key::Kind::domain};
  if constexpr (std::is_same_v<A, EnsureBridge>)
    return {"make bridge of", 2, Lane::network, Key::Kind::bridge};
  if constexpr (std::is_same_v<A, EnsureImage>) return {"import image", 3, Lane::imports, Key::Kind::image};
  if constexpr (std::is_same_v<A, EnsureVolume>) return {"make volume", 4, Lane::storage, Key::Kind::volume};
  if constexpr (std::is_same_v<A, EnsurePort>) return {"make port", 5, Lane::network, Key::Kind::port};
  if constexpr (std::is_same_v<A, Program>) return {"program rules of", 6, Lane::network, Key::Kind::policy};
  if constexpr (std::is_same_v<A, Define>) return {"define", 7, Lane::compute, Key::Kind::domain};
  if constexpr (std::is_same_v<A, Start>) return {"start", 8, Lane::compute, Key::Kind::domain};
  if constexpr (std::is_same_v<A, Undefine>) return {"undefine", 9, Lane::compute, Key::Kind::domain};
  if constexpr (std::is_same_v<A, RemovePort>) return {"remove port", 10, Lane::network, Key::Kind::port};
  if constexpr (std::is_same_v<A, RemoveVolume>)
    return {"remove volume", 11, Lane::storage, Key::Kind::volume};
}

Row row_of(const Action& action) {
  return std::visit([](const auto& a) { return row_of(Tag<std::decay_t<decltype(a)>>{}); }, action);
}

struct Subject {
  std::string operator()(const EnsureBridge& a) const { return a.bridge.zone.str(); }
  std::string operator()(const EnsureImage& a) const {
    return fmt::format("{} in {}", a.image.image.str(), a.image.zone.str());
  }
  std::string operator()(const EnsureVolume& a) const { return a.volume.volume.str(); }
  std::string operator()(const EnsurePort& a) const { return a.wiring.port.str(); }
  std::string operator()(const Program& a) const { return a.policy.zone.str(); }
  std::string operator()(const Define& a) const { return a.domain.id.str(); }
  std::string operator()(const Start& a) const { return a.workload.str(); }
  std::string operator()(const Stop& a) const { return a.workload.str(); }
  std::string operator()(const Kill& a) const { return a.workload.str(); }
  std::string operator()(const Undefine& a) const { return a.workload.str(); }
  std::string operator()(const RemovePort& a) const { return a.port.str(); }
  std::string operator()(const RemoveVolume& a) const { return a.volume.str(); }
};

}  // namespace

std::string_view to_string(Lane lane) {
  constexpr std::array<std::string_view, kLanes> kNames{"compute", "network", "storage", "imports",
                                                        "liveness"};
  return kNames[static_cast<std::size_t>(lane)];
}

Lane lane_of(const Action& action) {
  const auto* volume = std::get_if<EnsureVolume>(&action);
  if (volume && std::holds_alternative<FileSource>(volume->volume.source)) return Lane::imports;
  return row_of(action).lane;
}

Key key_of(const Action& action) { return {row_of(action).about, std::visit(Subject{}, action)}; }

int rank_of(const Action& action) { return row_of(action).rank; }

std::string to_string(const Action& action) {
  return fmt::format("{} {}", row_of(action).verb, std::visit(Subject{}, action));
}

}  // namespace causeway::agent
