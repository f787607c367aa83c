// SPDX-License-Identifier: Apache-2.0
#include "common/wire/codec.h"

#include <fmt/format.h>
#include <google/protobuf/arena.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>

#include <array>
#include <cstddef>
#include <limits>

#include "common/wire/api_fields.h"

namespace causeway::wire {
namespace {

// Sums: an alternative of a std::variant against a member of a oneof, paired by a line each.
#define CAUSEWAY_PUT(Type, field) \
  [&](const Type& alternative) { fields(io, alternative, *proto.mutable_##field()); }
#define CAUSEWAY_GET(Case, Type, field)     \
  case Case: {                              \
    Type alternative;                       \
    fields(io, alternative, proto.field()); \
    value = std::move(alternative);         \
    break;                                  \
  }

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

constexpr const char* kUnknownKind =
    "a kind of message that this version doesn't know; is the other side newer?";

}  // namespace

template <class Io>
void fields(Io& io, Value<Io, model::Manifest>& value, Proto<Io, v1::Manifest>& proto) {
  if constexpr (Io::kWriting) {
    std::visit(Overloaded{CAUSEWAY_PUT(model::Site, site), CAUSEWAY_PUT(model::Departments, departments),
                          CAUSEWAY_PUT(model::Rooms, rooms), CAUSEWAY_PUT(model::Wave, wave)},
               value);
  } else {
    switch (proto.body_case()) {
      CAUSEWAY_GET(v1::Manifest::kSite, model::Site, site)
      CAUSEWAY_GET(v1::Manifest::kDepartments, model::Departments, departments)
      CAUSEWAY_GET(v1::Manifest::kRooms, model::Rooms, rooms)
      CAUSEWAY_GET(v1::Manifest::kWave, model::Wave, wave)
      case v1::Manifest::BODY_NOT_SET: io.reject(kUnknownKind);
    }
  }
}

template <class Io>
void fields(Io& io, Value<Io, model::Value>& value, Proto<Io, v1::Value>& proto) {
  if constexpr (Io::kWriting) {
    std::visit(Overloaded{[](std::monostate) {}, [&](bool truth) { proto.set_truth(truth); },
                          [&](std::int64_t integer) { proto.set_integer(integer); },
                          [&](double number) { proto.set_number(number); },
                          [&](const std::string& text) { proto.set_text(text); },
                          CAUSEWAY_PUT(model::List, list), CAUSEWAY_PUT(model::Object, object)},
               value);
  } else {
    switch (proto.body_case()) {
      case v1::Value::kTruth: value = proto.truth(); break;
      case v1::Value::kInteger: value = proto.integer(); break;
      case v1::Value::kNumber: value = proto.number(); break;
      case v1::Value::kText:
        value = proto.text();
        break;
        CAUSEWAY_GET(v1::Value::kList, model::List, list)
        CAUSEWAY_GET(v1::Value::kObject, model::Object, object)
      case v1::Value::BODY_NOT_SET: value = std::monostate{}; break;
    }
  }
}

namespace {

template <class Io>
void fields(Io& io, Value<Io, model::RequestBody>& value, Proto<Io, v1::Request>& proto) {
  if constexpr (Io::kWriting) {
    std::visit(
        Overloaded{CAUSEWAY_PUT(model::PlanRequest, plan), CAUSEWAY_PUT(model::ApplyRequest, apply),
                   CAUSEWAY_PUT(model::StatusRequest, status), CAUSEWAY_PUT(model::GetRequest, get),
                   CAUSEWAY_PUT(model::DescribeRequest, describe),
                   CAUSEWAY_PUT(model::ExplainRequest, explain), CAUSEWAY_PUT(model::PowerRequest, power),
                   CAUSEWAY_PUT(model::DeleteRequest, delete_), CAUSEWAY_PUT(model::HostRequest, host),
                   CAUSEWAY_PUT(model::KeyAllowRequest, key_allow),
                   CAUSEWAY_PUT(model::KeyRevokeRequest, key_revoke),
                   CAUSEWAY_PUT(model::ConsoleLogRequest, console_log),
                   CAUSEWAY_PUT(model::SnapshotRequest, snapshot), CAUSEWAY_PUT(model::BackupRequest, backup),
                   CAUSEWAY_PUT(model::GrantAddRequest, grant_add),
                   CAUSEWAY_PUT(model::GrantRevokeRequest, grant_revoke),
                   CAUSEWAY_PUT(model::ReachRequest, reach), CAUSEWAY_PUT(model::HaRequest, ha)},
        value);
  } else {
    switch (proto.body_case()) {
      CAUSEWAY_GET(v1::Request::kPlan, model::PlanRequest, plan)
      CAUSEWAY_GET(v1::Request::kApply, model::ApplyRequest, apply)
      CAUSEWAY_GET(v1::Request::kStatus, model::StatusRequest, status)
      CAUSEWAY_GET(v1::Request::kGet, model::GetRequest, get)
      CAUSEWAY_GET(v1::Request::kDescribe, model::DescribeRequest, describe)
      CAUSEWAY_GET(v1::Request::kExplain, model::ExplainRequest, explain)
      CAUSEWAY_GET(v1::Request::kPower, model::PowerRequest, power)
      CAUSEWAY_GET(v1::Request::kDelete, model::DeleteRequest, delete_)
      CAUSEWAY_GET(v1::Request::kHost, model::HostRequest, host)
      CAUSEWAY_GET(v1::Request::kKeyAllow, model::KeyAllowRequest, key_allow)
      CAUSEWAY_GET(v1::Request::kKeyRevoke, model::KeyRevokeRequest, key_revoke)
      CAUSEWAY_GET(v1::Request::kConsoleLog, model::ConsoleLogRequest, console_log)
      CAUSEWAY_GET(v1::Request::kSnapshot, model::SnapshotRequest, snapshot)
      CAUSEWAY_GET(v1::Request::kBackup, model::BackupRequest, backup)
      CAUSEWAY_GET(v1::Request::kGrantAdd, model::GrantAddRequest, grant_add)
      CAUSEWAY_GET(v1::Request::kGrantRevoke, model::GrantRevokeRequest, grant_revoke)
      CAUSEWAY_GET(v1::Request::kReach, model::ReachRequest, reach)
      CAUSEWAY_GET(v1::Request::kHa, model::HaRequest, ha)
      case v1::Request::BODY_NOT_SET: io.reject(kUnknownKind);
    }
  }
}

template <class Io>
void fields(Io& io, Value<Io, model::ResponseBody>& value, Proto<Io, v1::Response>& proto) {
  if constexpr (Io::kWriting) {
    std::visit(
        Overloaded{CAUSEWAY_PUT(model::ErrorResponse, error), CAUSEWAY_PUT(model::DoneResponse, done),
                   CAUSEWAY_PUT(model::PlanResponse, plan), CAUSEWAY_PUT(model::StatusResponse, status),
                   CAUSEWAY_PUT(model::Listing, listing), CAUSEWAY_PUT(model::DocumentResponse, document),
                   CAUSEWAY_PUT(model::TextResponse, text), CAUSEWAY_PUT(model::BackupResponse, backup)},
        value);
  } else {
    switch (proto.body_case()) {
      CAUSEWAY_GET(v1::Response::kError, model::ErrorResponse, error)
      CAUSEWAY_GET(v1::Response::kDone, model::DoneResponse, done)
      CAUSEWAY_GET(v1::Response::kPlan, model::PlanResponse, plan)
      CAUSEWAY_GET(v1::Response::kStatus, model::StatusResponse, status)
      CAUSEWAY_GET(v1::Response::kListing, model::Listing, listing)
      CAUSEWAY_GET(v1::Response::kDocument, model::DocumentResponse, document)
      CAUSEWAY_GET(v1::Response::kText, model::TextResponse, text)
      CAUSEWAY_GET(v1::Response::kBackup, model::BackupResponse, backup)
      case v1::Response::BODY_NOT_SET: io.reject(kUnknownKind);
    }
  }
}

template <class Io>
void fields(Io& io, Value<Io, model::Request>& value, Proto<Io, v1::Request>& proto) {
  CAUSEWAY_SCALAR(id);
  CAUSEWAY_SCALAR(reason);
  fields(io, value.body, proto);
}

template <class Io>
void fields(Io& io, Value<Io, model::Response>& value, Proto<Io, v1::Response>& proto) {
  CAUSEWAY_SCALAR(id);
  fields(io, value.body, proto);
}

template <class Io>
void fields(Io& io, Value<Io, model::ToAgent>& value, Proto<Io, v1::ToAgent>& proto) {
  if constexpr (Io::kWriting) {
    std::visit(Overloaded{CAUSEWAY_PUT(model::Assignment, assignment), CAUSEWAY_PUT(model::Ack, ack),
                          CAUSEWAY_PUT(model::ConsoleRequest, console_request),
                          CAUSEWAY_PUT(model::ProbeRequest, probe_request)},
               value);
  } else {
    switch (proto.body_case()) {
      CAUSEWAY_GET(v1::ToAgent::kAssignment, model::Assignment, assignment)
      CAUSEWAY_GET(v1::ToAgent::kAck, model::Ack, ack)
      CAUSEWAY_GET(v1::ToAgent::kConsoleRequest, model::ConsoleRequest, console_request)
      CAUSEWAY_GET(v1::ToAgent::kProbeRequest, model::ProbeRequest, probe_request)
      case v1::ToAgent::BODY_NOT_SET: io.reject(kUnknownKind);
    }
  }
}

template <class Io>
void fields(Io& io, Value<Io, model::FromAgent>& value, Proto<Io, v1::FromAgent>& proto) {
  if constexpr (Io::kWriting) {
    std::visit(Overloaded{CAUSEWAY_PUT(model::Report, report), CAUSEWAY_PUT(model::Heartbeat, heartbeat),
                          CAUSEWAY_PUT(model::ConsoleReply, console_reply),
                          CAUSEWAY_PUT(model::ProbeReply, probe_reply)},
               value);
  } else {
    switch (proto.body_case()) {
      CAUSEWAY_GET(v1::FromAgent::kReport, model::Report, report)
      CAUSEWAY_GET(v1::FromAgent::kHeartbeat, model::Heartbeat, heartbeat)
      CAUSEWAY_GET(v1::FromAgent::kConsoleReply, model::ConsoleReply, console_reply)
      CAUSEWAY_GET(v1::FromAgent::kProbeReply, model::ProbeReply, probe_reply)
      case v1::FromAgent::BODY_NOT_SET: io.reject(kUnknownKind);
    }
  }
}

template <class Io>
void fields(Io& io, Value<Io, Message>& value, Proto<Io, v1::Envelope>& proto) {
  if constexpr (Io::kWriting) {
    proto.set_version(kVersion);
    std::visit(Overloaded{CAUSEWAY_PUT(model::Request, request), CAUSEWAY_PUT(model::Response, response),
                          CAUSEWAY_PUT(model::ToAgent, to_agent), CAUSEWAY_PUT(model::FromAgent, from_agent)},
               value);
  } else {
    switch (proto.body_case()) {
      CAUSEWAY_GET(v1::Envelope::kRequest, model::Request, request)
      CAUSEWAY_GET(v1::Envelope::kResponse, model::Response, response)
      CAUSEWAY_GET(v1::Envelope::kToAgent, model::ToAgent, to_agent)
      CAUSEWAY_GET(v1::Envelope::kFromAgent, model::FromAgent, from_agent)
      case v1::Envelope::BODY_NOT_SET: io.reject(kUnknownKind);
    }
  }
}

#undef CAUSEWAY_PUT
#undef CAUSEWAY_GET

// Maps have no order in Protobuf; here they are written in the order of their keys.
std::string serialize(const google::protobuf::MessageLite& proto) {
  std::string bytes;
  google::protobuf::io::StringOutputStream sink(&bytes);
  google::protobuf::io::CodedOutputStream stream(&sink);
  stream.SetSerializationDeterministic(true);
  proto.SerializeToCodedStream(&stream);
  stream.Trim();
  return bytes;
}

// A message for as long as it takes to write or to read it. Its parts come from a few blocks that go at once:
// an assignment has thousands of them.
template <class P>
class Scratch {
 public:
  P& operator*() { return proto_; }

 private:
  static google::protobuf::ArenaOptions in(std::array<char, 4096>& first) {
    google::protobuf::ArenaOptions options;
    options.initial_block = first.data();
    options.initial_block_size = first.size();
    options.start_block_size = 16 << 10;
    options.max_block_size = 64 << 10;
    return options;
  }

  alignas(std::max_align_t) std::array<char, 4096> first_;
  google::protobuf::Arena arena_{in(first_)};
  P& proto_ = *google::protobuf::Arena::CreateMessage<P>(&arena_);
};

template <class P, class T>
std::string write(const T& value) {
  Scratch<P> proto;
  Writer io;
  fields(io, value, *proto);
  return serialize(*proto);
}

// Protobuf's own complaints about malformed bytes go to stderr; ours travel as errors instead.
const bool kQuiet = (google::protobuf::SetLogHandler(nullptr), true);

template <class P>
bool parse(std::string_view bytes, P& proto) {
  return kQuiet && bytes.size() <= std::numeric_limits<int>::max() &&
         proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

template <class P, class T>
Result<T> read(std::string_view bytes) {
  Scratch<P> scratch;
  const P& proto = *scratch;
  if (!parse(bytes, *scratch))
    return fail(Errc::corrupt, fmt::format("{} bytes are no message", bytes.size()));
  T value;
  Reader io;
  fields(io, value, proto);
  if (!io.problem.empty()) return fail(Errc::invalid, std::move(io.problem));
  return value;
}

// One line for each kind of record: its value and its message. The order is that of model::Record.
template <class P, class T>
Result<model::Record> read_record(std::string_view bytes) {
  auto value = read<P, T>(bytes);
  if (!value) return std::unexpected(value.error());
  return model::Record(std::move(*value));
}

using RecordReader = Result<model::Record> (*)(std::string_view);
constexpr std::array<RecordReader, std::variant_size_v<model::Record>> kRecordReaders = {
    read_record<v1::StateRecord, model::StateRecord>,
    read_record<v1::Site, model::Site>,
    read_record<v1::DepartmentRecord, model::DepartmentRecord>,
    read_record<v1::RoomRecord, model::RoomRecord>,
    read_record<v1::NetworkRecord, model::NetworkRecord>,
    read_record<v1::HostRecord, model::HostRecord>,
    read_record<v1::WaveRecord, model::WaveRecord>,
    read_record<v1::ApplicationRecord, model::ApplicationRecord>,
    read_record<v1::Workload, model::Workload>,
    read_record<v1::KeyRecord, model::KeyRecord>,
    read_record<v1::AnswerRecord, model::AnswerRecord>,
    read_record<v1::GrantRecord, model::GrantRecord>,
    read_record<v1::EventRecord, model::EventRecord>,
};

struct RecordWriter {
  std::string operator()(const model::StateRecord& r) const { return write<v1::StateRecord>(r); }
  std::string operator()(const model::Site& r) const { return write<v1::Site>(r); }
  std::string operator()(const model::DepartmentRecord& r) const { return write<v1::DepartmentRecord>(r); }
  std::string operator()(const model::RoomRecord& r) const { return write<v1::RoomRecord>(r); }
  std::string operator()(const model::NetworkRecord& r) const { return write<v1::NetworkRecord>(r); }
  std::string operator()(const model::HostRecord& r) const { return write<v1::HostRecord>(r); }
  std::string operator()(const model::WaveRecord& r) const { return write<v1::WaveRecord>(r); }
  std::string operator()(const model::ApplicationRecord& r) const { return write<v1::ApplicationRecord>(r); }
  std::string operator()(const model::Workload& r) const { return write<v1::Workload>(r); }
  std::string operator()(const model::KeyRecord& r) const { return write<v1::KeyRecord>(r); }
  std::string operator()(const model::AnswerRecord& r) const { return write<v1::AnswerRecord>(r); }
  std::string operator()(const model::EventRecord& r) const { return write<v1::EventRecord>(r); }
  std::string operator()(const model::GrantRecord& r) const { return write<v1::GrantRecord>(r); }
};

}  // namespace

std::string encode(const Message& message) { return write<v1::Envelope>(message); }

Result<Message> decode(std::string_view bytes) {
  Scratch<v1::Envelope> scratch;
  const v1::Envelope& envelope = *scratch;
  if (!parse(bytes, *scratch))
    return fail(Errc::corrupt, fmt::format("{} bytes are no message", bytes.size()));
  if (envelope.version() != kVersion)
    return fail(Errc::invalid, fmt::format("a message of protocol version {}; this side speaks version {}",
                                           envelope.version(), kVersion));
  Message message;
  Reader io;
  fields(io, message, envelope);
  if (!io.problem.empty()) return fail(Errc::invalid, std::move(io.problem));
  return message;
}

std::string encode_record(const model::Record& record) { return std::visit(RecordWriter{}, record); }

Result<model::Record> decode_record(std::size_t kind, std::string_view bytes) {
  if (kind >= kRecordReaders.size())
    return fail(Errc::invalid, fmt::format("record kind {} is not known to this version", kind));
  return kRecordReaders[kind](bytes);
}

std::string encode_manifest(const model::Manifest& manifest) { return write<v1::Manifest>(manifest); }

Result<model::Manifest> decode_manifest(std::string_view bytes) {
  return read<v1::Manifest, model::Manifest>(bytes);
}

}  // namespace causeway::wire
