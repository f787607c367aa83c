// SPDX-License-Identifier: Apache-2.0
// How a value and its message are kept in step: each type's fields are listed once, in a function template
// that both directions share, so that what is written is what is read.
//
//   template <class Io>
//   void fields(Io& io, Value<Io, model::Disk>& value, Proto<Io, v1::Disk>& proto) {
//     CAUSEWAY_SCALAR(name);   // a number, text, name, amount, enum or address
//     CAUSEWAY_MESSAGE(spec);  // a message of its own
//   }
//
// The macros stay inside common/wire.
#pragma once

#include <google/protobuf/map.h>
#include <google/protobuf/message_lite.h>
#include <google/protobuf/repeated_field.h>

#include <concepts>
#include <cstring>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/core/ids.h"
#include "common/core/text.h"
#include "common/core/time.h"
#include "common/core/units.h"
#include "common/model/address.h"

namespace causeway::wire {

// Value to message.
struct Writer {
  static constexpr bool kWriting = true;
};

// Message to value; the first impossible field is kept as the problem, and reading goes on with a harmless
// value.
struct Reader {
  static constexpr bool kWriting = false;
  std::string problem;

  void reject(std::string what) {
    if (problem.empty()) problem = std::move(what);
  }
};

template <class Io, class T>
using Value = std::conditional_t<Io::kWriting, const T, T>;
template <class Io, class P>
using Proto = std::conditional_t<Io::kWriting, P, const P>;

// Scalars as the generated setters take them. An enum's 0 is "not said" on the wire, so its values are
// shifted by one.
// Protobuf refuses to read text that is no UTF-8, so none is sent: one odd byte in an error's text must not
// make a whole report unreadable.
inline std::string to_wire(const std::string& text) { return as_utf8(text); }
inline bool to_wire(bool truth) { return truth; }
template <class T>
  requires(std::is_arithmetic_v<T> && !std::same_as<T, bool>)
T to_wire(T number) {
  return number;
}
template <class Tag>
const std::string& to_wire(const Name<Tag>& name) {
  return name.str();
}
template <class Tag>
std::uint64_t to_wire(const Number<Tag>& number) {
  return number.value;
}
template <class Tag>
std::int64_t to_wire(const Amount<Tag>& amount) {
  return amount.value;
}
inline std::int64_t to_wire(Instant at) { return at.time_since_epoch().count(); }
inline std::int64_t to_wire(Duration span) { return span.count(); }
inline std::string to_wire(const model::Mac& mac) { return std::string(mac.bytes.begin(), mac.bytes.end()); }
inline std::string to_wire(const model::IpAddress& address) {
  return std::string(address.bytes.begin(), address.bytes.begin() + address.bits() / 8);
}
template <class E>
  requires std::is_enum_v<E>
int to_wire(E value) {
  return static_cast<int>(value) + 1;
}

inline void from_wire(Reader&, const std::string& wire, std::string& value) { value = wire; }
template <class T, class W>
  requires(std::is_arithmetic_v<T> && std::is_arithmetic_v<W>)
void from_wire(Reader& io, W wire, T& value) {
  value = static_cast<T>(wire);
  if constexpr (!std::same_as<T, W>)
    if (static_cast<W>(value) != wire) io.reject("a number is out of range");
}
template <class Tag>
void from_wire(Reader&, const std::string& wire, Name<Tag>& value) {
  value = Name<Tag>(wire);
}
template <class Tag>
void from_wire(Reader&, std::uint64_t wire, Number<Tag>& value) {
  value.value = wire;
}
template <class Tag>
void from_wire(Reader&, std::int64_t wire, Amount<Tag>& value) {
  value.value = wire;
}
inline void from_wire(Reader&, std::int64_t wire, Instant& value) { value = Instant{Duration{wire}}; }
inline void from_wire(Reader&, std::int64_t wire, Duration& value) { value = Duration{wire}; }
inline void from_wire(Reader& io, const std::string& wire, model::Mac& value) {
  if (wire.size() != value.bytes.size()) return io.reject("a MAC address has not 6 bytes");
  std::memcpy(value.bytes.data(), wire.data(), wire.size());
}
inline void from_wire(Reader& io, const std::string& wire, model::IpAddress& value) {
  if (wire.size() != 4 && wire.size() != 16) return io.reject("an IP address has neither 4 nor 16 bytes");
  value.v6 = wire.size() == 16;
  value.bytes = {};
  std::memcpy(value.bytes.data(), wire.data(), wire.size());
}
// P is the generated enum: 0 is "not said", and it is as long as ours.
template <class E, class P>
  requires(std::is_enum_v<E> && std::is_enum_v<P>)
void from_wire(Reader& io, P wire, E& value) {
  const int number = static_cast<int>(wire);
  if (number < 1 || !valid(wire)) return io.reject("a word of a list is not known to this version");
  value = static_cast<E>(number - 1);
}

// repeated messages <-> vector
template <class Io, class Values, class Protos>
void list(Io& io, Values& values, Protos& protos) {
  if constexpr (Io::kWriting) {
    protos.Reserve(static_cast<int>(values.size()));
    for (const auto& value : values) fields(io, value, *protos.Add());
  } else {
    values.reserve(static_cast<std::size_t>(protos.size()));
    for (const auto& proto : protos) fields(io, values.emplace_back(), proto);
  }
}

// repeated string or bytes <-> vector or set
template <class Io, class Values, class Protos>
void words(Io& io, Values& values, Protos& protos) {
  if constexpr (Io::kWriting) {
    for (const auto& value : values) *protos.Add() = to_wire(value);
  } else {
    for (const auto& proto : protos) {
      typename Values::value_type value;
      from_wire(io, proto, value);
      values.insert(values.end(), std::move(value));
    }
  }
}

// map<string, scalar> <-> map
template <class Io, class Map, class Protos>
void entries(Io& io, Map& values, Protos& protos) {
  if constexpr (Io::kWriting) {
    for (const auto& [key, value] : values) protos[to_wire(key)] = to_wire(value);
  } else {
    for (const auto& [wire_key, proto] : protos) {
      typename Map::key_type key;
      from_wire(io, wire_key, key);
      from_wire(io, proto, values[std::move(key)]);
    }
  }
}

// map<string, message> <-> map
template <class Io, class Map, class P>
void table(Io& io, Map& values, P& protos) {
  if constexpr (Io::kWriting) {
    for (const auto& [key, value] : values) fields(io, value, protos[to_wire(key)]);
  } else {
    for (const auto& [wire_key, proto] : protos) {
      typename Map::key_type key;
      from_wire(io, wire_key, key);
      fields(io, values[std::move(key)], proto);
    }
  }
}

}  // namespace causeway::wire

#define CAUSEWAY_SCALAR(field)                   \
  do {                                           \
    if constexpr (Io::kWriting)                  \
      proto.set_##field(to_wire(value.field));   \
    else                                         \
      from_wire(io, proto.field(), value.field); \
  } while (false)

#define CAUSEWAY_ENUM(field)                                                         \
  do {                                                                               \
    if constexpr (Io::kWriting)                                                      \
      proto.set_##field(static_cast<decltype(proto.field())>(to_wire(value.field))); \
    else                                                                             \
      from_wire(io, proto.field(), value.field);                                     \
  } while (false)

#define CAUSEWAY_MESSAGE(field)                          \
  do {                                                   \
    if constexpr (Io::kWriting)                          \
      fields(io, value.field, *proto.mutable_##field()); \
    else                                                 \
      fields(io, value.field, proto.field());            \
  } while (false)

#define CAUSEWAY_OPTIONAL_SCALAR(field)                          \
  do {                                                           \
    if constexpr (Io::kWriting) {                                \
      if (value.field) proto.set_##field(to_wire(*value.field)); \
    } else if (proto.has_##field()) {                            \
      from_wire(io, proto.field(), value.field.emplace());       \
    }                                                            \
  } while (false)

#define CAUSEWAY_OPTIONAL_ENUM(field)                                                                  \
  do {                                                                                                 \
    if constexpr (Io::kWriting) {                                                                      \
      if (value.field) proto.set_##field(static_cast<decltype(proto.field())>(to_wire(*value.field))); \
    } else if (proto.has_##field()) {                                                                  \
      from_wire(io, proto.field(), value.field.emplace());                                             \
    }                                                                                                  \
  } while (false)

#define CAUSEWAY_OPTIONAL_MESSAGE(field)                                   \
  do {                                                                     \
    if constexpr (Io::kWriting) {                                          \
      if (value.field) fields(io, *value.field, *proto.mutable_##field()); \
    } else if (proto.has_##field()) {                                      \
      fields(io, value.field.emplace(), proto.field());                    \
    }                                                                      \
  } while (false)

// Repeated messages, repeated words, maps of scalars, maps of messages: `how` is list, words, entries or
// table.
#define CAUSEWAY_MANY(how, field)                     \
  do {                                                \
    if constexpr (Io::kWriting)                       \
      how(io, value.field, *proto.mutable_##field()); \
    else                                              \
      how(io, value.field, proto.field());            \
  } while (false)
