// SPDX-License-Identifier: Apache-2.0
// The fields of requests and responses (common/model/api.h), each listed once. Sums (std::variant against
// oneof) are in codec.cpp.
#pragma once

#include "common/model/api.h"
#include "common/wire/assignment_fields.h"

namespace causeway::wire {

template <class Io>
void fields(Io& io, Value<Io, model::Departments>& value, Proto<Io, v1::Departments>& proto) {
  CAUSEWAY_MANY(table, departments);
}

template <class Io>
void fields(Io& io, Value<Io, model::Rooms>& value, Proto<Io, v1::Rooms>& proto) {
  CAUSEWAY_MANY(table, rooms);
}

template <class Io>
void fields(Io& io, Value<Io, model::Manifest>& value, Proto<Io, v1::Manifest>& proto);

template <class Io>
void fields(Io& io, Value<Io, model::PlanRequest>& value, Proto<Io, v1::PlanRequest>& proto) {
  CAUSEWAY_MANY(list, manifests);
}

template <class Io>
void fields(Io& io, Value<Io, model::ApplyRequest>& value, Proto<Io, v1::ApplyRequest>& proto) {
  CAUSEWAY_MANY(list, manifests);
  CAUSEWAY_SCALAR(plan);
  CAUSEWAY_SCALAR(dry_run);
}

template <class Io>
void fields(Io& io, Value<Io, model::StatusRequest>& value, Proto<Io, v1::StatusRequest>& proto) {
  CAUSEWAY_SCALAR(wave);
}

template <class Io>
void fields(Io& io, Value<Io, model::GetRequest>& value, Proto<Io, v1::GetRequest>& proto) {
  CAUSEWAY_SCALAR(noun);
  CAUSEWAY_MANY(entries, where);
}

template <class Io>
void fields(Io& io, Value<Io, model::DescribeRequest>& value, Proto<Io, v1::DescribeRequest>& proto) {
  CAUSEWAY_SCALAR(noun);
  CAUSEWAY_SCALAR(name);
}

template <class Io>
void fields(Io& io, Value<Io, model::ExplainRequest>& value, Proto<Io, v1::ExplainRequest>& proto) {
  CAUSEWAY_SCALAR(subject);
}

template <class Io>
void fields(Io& io, Value<Io, model::PowerRequest>& value, Proto<Io, v1::PowerRequest>& proto) {
  CAUSEWAY_ENUM(verb);
  CAUSEWAY_SCALAR(subject);
  CAUSEWAY_SCALAR(dry_run);
}

template <class Io>
void fields(Io& io, Value<Io, model::DeleteRequest>& value, Proto<Io, v1::DeleteRequest>& proto) {
  CAUSEWAY_SCALAR(noun);
  CAUSEWAY_SCALAR(name);
  CAUSEWAY_SCALAR(dry_run);
}

template <class Io>
void fields(Io& io, Value<Io, model::HostRequest>& value, Proto<Io, v1::HostRequest>& proto) {
  CAUSEWAY_ENUM(verb);
  CAUSEWAY_SCALAR(host);
  CAUSEWAY_SCALAR(key);
  CAUSEWAY_SCALAR(dry_run);
}

template <class Io>
void fields(Io& io, Value<Io, model::HaRequest>& value, Proto<Io, v1::HaRequest>& proto) {
  CAUSEWAY_ENUM(verb);
  CAUSEWAY_SCALAR(span);
}

template <class Io>
void fields(Io& io, Value<Io, model::KeyAllowRequest>& value, Proto<Io, v1::KeyAllowRequest>& proto) {
  CAUSEWAY_MESSAGE(key);
}

template <class Io>
void fields(Io& io, Value<Io, model::KeyRevokeRequest>& value, Proto<Io, v1::KeyRevokeRequest>& proto) {
  CAUSEWAY_SCALAR(name);
}

template <class Io>
void fields(Io& io, Value<Io, model::GrantAddRequest>& value, Proto<Io, v1::GrantAddRequest>& proto) {
  CAUSEWAY_SCALAR(application);
  CAUSEWAY_SCALAR(service);
  CAUSEWAY_SCALAR(until);
  CAUSEWAY_SCALAR(dry_run);
}

template <class Io>
void fields(Io& io, Value<Io, model::GrantRevokeRequest>& value, Proto<Io, v1::GrantRevokeRequest>& proto) {
  CAUSEWAY_SCALAR(application);
  CAUSEWAY_SCALAR(service);
  CAUSEWAY_SCALAR(dry_run);
}

template <class Io>
void fields(Io& io, Value<Io, model::ReachRequest>& value, Proto<Io, v1::ReachRequest>& proto) {
  CAUSEWAY_SCALAR(from);
  CAUSEWAY_SCALAR(to);
  CAUSEWAY_SCALAR(what);
}

template <class Io>
void fields(Io& io, Value<Io, model::ConsoleLogRequest>& value, Proto<Io, v1::ConsoleLogRequest>& proto) {
  CAUSEWAY_SCALAR(workload);
  CAUSEWAY_SCALAR(max_bytes);
}

template <class Io>
void fields(Io&, Value<Io, model::SnapshotRequest>&, Proto<Io, v1::SnapshotRequest>&) {}

template <class Io>
void fields(Io& io, Value<Io, model::BackupRequest>& value, Proto<Io, v1::BackupRequest>& proto) {
  CAUSEWAY_SCALAR(backup);
  CAUSEWAY_SCALAR(offset);
}

template <class Io>
void fields(Io& io, Value<Io, model::BackupResponse>& value, Proto<Io, v1::BackupResponse>& proto) {
  CAUSEWAY_SCALAR(backup);
  CAUSEWAY_SCALAR(whole);
  CAUSEWAY_SCALAR(done);
  CAUSEWAY_SCALAR(total);
  // Bytes as they are, where a text would be cleaned.
  if constexpr (Io::kWriting)
    proto.set_piece(value.piece);
  else
    value.piece = proto.piece();
  CAUSEWAY_SCALAR(sha256);
}

template <class Io>
void fields(Io& io, Value<Io, model::Value>& value, Proto<Io, v1::Value>& proto);

template <class Io>
void fields(Io& io, Value<Io, model::List>& value, Proto<Io, v1::ValueList>& proto) {
  if constexpr (Io::kWriting)
    list(io, value, *proto.mutable_items());
  else
    list(io, value, proto.items());
}

template <class Io>
void fields(Io& io, Value<Io, model::Member>& value, Proto<Io, v1::ValueMember>& proto) {
  if constexpr (Io::kWriting) {
    proto.set_key(value.first);
    fields(io, value.second, *proto.mutable_value());
  } else {
    value.first = proto.key();
    fields(io, value.second, proto.value());
  }
}

template <class Io>
void fields(Io& io, Value<Io, model::Object>& value, Proto<Io, v1::ValueObject>& proto) {
  if constexpr (Io::kWriting)
    list(io, value, *proto.mutable_members());
  else
    list(io, value, proto.members());
}

template <class Io>
void fields(Io& io, Value<Io, model::Column>& value, Proto<Io, v1::Column>& proto) {
  CAUSEWAY_SCALAR(key);
  CAUSEWAY_SCALAR(title);
  CAUSEWAY_SCALAR(wide);
  CAUSEWAY_SCALAR(right);
}

template <class Io>
void fields(Io& io, Value<Io, model::Listing>& value, Proto<Io, v1::Listing>& proto) {
  CAUSEWAY_SCALAR(noun);
  CAUSEWAY_MANY(list, columns);
  CAUSEWAY_MANY(list, rows);
  CAUSEWAY_SCALAR(revision);
}

template <class Io>
void fields(Io& io, Value<Io, model::PlanLine>& value, Proto<Io, v1::PlanLine>& proto) {
  if constexpr (Io::kWriting) {
    proto.set_sign(std::string(1, value.sign));
  } else {
    if (proto.sign().size() != 1) io.reject("a plan line's sign is one character");
    value.sign = proto.sign().empty() ? ' ' : proto.sign().front();
  }
  CAUSEWAY_SCALAR(subject);
  CAUSEWAY_SCALAR(text);
}

template <class Io>
void fields(Io& io, Value<Io, model::Unplaced>& value, Proto<Io, v1::Unplaced>& proto) {
  CAUSEWAY_SCALAR(workload);
  CAUSEWAY_MANY(words, reasons);
}

template <class Io>
void fields(Io& io, Value<Io, model::PlanResponse>& value, Proto<Io, v1::PlanResponse>& proto) {
  CAUSEWAY_MANY(list, lines);
  CAUSEWAY_MANY(list, unplaced);
  CAUSEWAY_SCALAR(unchanged);
  CAUSEWAY_SCALAR(token);
  CAUSEWAY_SCALAR(applied);
}

template <class Io>
void fields(Io& io, Value<Io, model::DoneResponse>& value, Proto<Io, v1::DoneResponse>& proto) {
  CAUSEWAY_MANY(words, messages);
}

template <class Io>
void fields(Io& io, Value<Io, Finding>& value, Proto<Io, v1::LocatedFinding>& proto) {
  CAUSEWAY_SCALAR(path);
  CAUSEWAY_SCALAR(what);
  CAUSEWAY_SCALAR(next);
}

template <class Io>
void fields(Io& io, Value<Io, model::LocatedFinding>& value, Proto<Io, v1::LocatedFinding>& proto) {
  CAUSEWAY_SCALAR(document);
  fields(io, value.finding, proto);
}

template <class Io>
void fields(Io& io, Value<Io, Error>& value, Proto<Io, v1::ErrorResponse>& proto) {
  CAUSEWAY_ENUM(code);
  CAUSEWAY_SCALAR(what);
}

template <class Io>
void fields(Io& io, Value<Io, model::ErrorResponse>& value, Proto<Io, v1::ErrorResponse>& proto) {
  fields(io, value.error, proto);
  CAUSEWAY_MANY(list, findings);
}

template <class Io>
void fields(Io& io, Value<Io, model::ApplicationProgress>& value, Proto<Io, v1::ApplicationProgress>& proto) {
  CAUSEWAY_SCALAR(id);
  CAUSEWAY_SCALAR(title);
  CAUSEWAY_SCALAR(phase);
  CAUSEWAY_SCALAR(percent);
  CAUSEWAY_SCALAR(running);
  CAUSEWAY_SCALAR(workloads);
  CAUSEWAY_SCALAR(waiting);
  CAUSEWAY_SCALAR(since);
}

template <class Io>
void fields(Io& io, Value<Io, model::StatusResponse>& value, Proto<Io, v1::StatusResponse>& proto) {
  CAUSEWAY_SCALAR(title);
  CAUSEWAY_SCALAR(settled);
  CAUSEWAY_SCALAR(failed);
  CAUSEWAY_MANY(list, applications);
  CAUSEWAY_MESSAGE(summary);
  CAUSEWAY_SCALAR(revision);
  CAUSEWAY_MANY(words, findings);
}

template <class Io>
void fields(Io& io, Value<Io, model::DocumentResponse>& value, Proto<Io, v1::DocumentResponse>& proto) {
  CAUSEWAY_MESSAGE(document);
}

template <class Io>
void fields(Io& io, Value<Io, model::TextResponse>& value, Proto<Io, v1::TextResponse>& proto) {
  CAUSEWAY_SCALAR(text);
}

}  // namespace causeway::wire
