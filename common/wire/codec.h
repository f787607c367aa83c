// SPDX-License-Identifier: Apache-2.0
// Values to bytes and back: version 1 of the wire protocol and of the stored records, as common/proto
// describes them. This folder is the only one that sees generated Protobuf code.
//
// Decoding is total: bytes from a stranger give a value or an error (Errc::corrupt for what is no message,
// Errc::invalid for a message with an impossible field), never a crash. Fields that this version doesn't know
// are ignored, so that two neighbouring versions can talk. Equal values give equal bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "common/core/result.h"
#include "common/model/api.h"
#include "common/model/assignment.h"
#include "common/model/records.h"

namespace causeway::wire {

using Message = std::variant<model::Request, model::Response, model::ToAgent, model::FromAgent>;

inline constexpr std::uint32_t kVersion = 1;

std::string encode(const Message& message);
Result<Message> decode(std::string_view bytes);

// Decodes and insists on the kind that the caller can handle.
template <class T>
Result<T> decode_as(std::string_view bytes) {
  auto message = decode(bytes);
  if (!message) return std::unexpected(message.error());
  if (auto* wanted = std::get_if<T>(&*message)) return std::move(*wanted);
  return fail(Errc::invalid, "a message of another kind than this connection carries");
}

// Records as they are stored; `kind` is the index into model::Record.
std::string encode_record(const model::Record& record);
Result<model::Record> decode_record(std::size_t kind, std::string_view bytes);

// A manifest by itself, for a saved plan.
std::string encode_manifest(const model::Manifest& manifest);
Result<model::Manifest> decode_manifest(std::string_view bytes);

}  // namespace causeway::wire
