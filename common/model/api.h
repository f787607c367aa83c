// SPDX-License-Identifier: Apache-2.0
// What people ask a scheduler, and what it answers. One request, one response; long work goes on by itself
// and is looked at again with `Status`. The actor is the CURVE key that the request came with, never a field
// of the request.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "common/core/finding.h"
#include "common/core/ids.h"
#include "common/core/result.h"
#include "common/model/records.h"
#include "common/model/site.h"
#include "common/model/value.h"
#include "common/model/wave.h"

namespace causeway::model {

// --- what a file holds ---

struct Departments {
  std::map<DepartmentId, Department> departments;

  bool operator==(const Departments&) const = default;
};

struct Rooms {
  std::map<RoomId, Room> rooms;

  bool operator==(const Rooms&) const = default;
};

using Manifest = std::variant<Site, Departments, Rooms, Wave>;

// --- requests ---

// Shows what an apply of the manifests would do, and changes nothing. They count together: a department in
// one may use a zone of another.
struct PlanRequest {
  std::vector<Manifest> manifests;
  bool operator==(const PlanRequest&) const = default;
};
struct ApplyRequest {
  std::vector<Manifest> manifests;
  std::string
      plan;  // the token of a saved plan: refused with conflict if what the plan rests on has moved; "": none
  bool dry_run = false;
  bool operator==(const ApplyRequest&) const = default;
};
struct StatusRequest {
  WaveId wave;  // empty: of the whole site
  bool operator==(const StatusRequest&) const = default;
};
struct GetRequest {
  std::string noun;  // hosts, departments, zones, networks, workloads, volumes, waves, rooms, events,
                     // applications, keys
  std::map<std::string, std::string> where;  // "zone", "department", "host", "wave", "application", "room"
  bool operator==(const GetRequest&) const = default;
};
struct DescribeRequest {
  std::string noun;  // singular: "workload"
  std::string name;
  bool operator==(const DescribeRequest&) const = default;
};
struct ExplainRequest {
  std::string subject;  // a workload: why is it there, or why not placed; an application or wave likewise
  bool operator==(const ExplainRequest&) const = default;
};
enum class PowerVerb { start, stop, restart };
struct PowerRequest {
  PowerVerb verb{};
  std::string subject;  // a workload or an application
  bool dry_run = false;
  bool operator==(const PowerRequest&) const = default;
};
struct DeleteRequest {
  std::string noun;  // workload, application, wave, department, room, network
  std::string name;
  bool dry_run = false;
  bool operator==(const DeleteRequest&) const = default;
};
enum class HostVerb { add, cordon, uncordon, drain };
struct HostRequest {
  HostVerb verb{};
  HostId host;
  std::string key;  // of add
  bool dry_run = false;
  bool operator==(const HostRequest&) const = default;
};
// Whether lost hosts are declared dead and fenced.
enum class HaVerb { status, arm, disarm };
struct HaRequest {
  HaVerb verb{};
  Duration span{};  // of disarm: it arms itself again after so long
  bool operator==(const HaRequest&) const = default;
};
struct KeyAllowRequest {
  KeyRecord key;
  bool operator==(const KeyAllowRequest&) const = default;
};
struct KeyRevokeRequest {
  std::string name;
  bool operator==(const KeyRevokeRequest&) const = default;
};
// What placement would look at now, as a document in the format of the snapshot file. The questions behind it
// (how many more fit, what if) are answered where they are asked: thinking for seconds is no work for the
// scheduler's loop.
struct SnapshotRequest {
  bool operator==(const SnapshotRequest&) const = default;
};
struct GrantAddRequest {
  std::string application;  // "marriage-registration" or "civil-affairs/marriage-registration"
  std::string service;      // "population/query" or "bigdata/population/query"
  Instant until;
  bool dry_run = false;
  bool operator==(const GrantAddRequest&) const = default;
};
struct GrantRevokeRequest {
  std::string application;
  std::string service;
  bool dry_run = false;
  bool operator==(const GrantRevokeRequest&) const = default;
};
// Whether one workload reaches another, by the policy and by the switches of both their hosts. Answered with
// a listing of one row.
struct ReachRequest {
  WorkloadId from;
  WorkloadId to;
  std::string what;  // "ping", "tcp/443", "udp/53"; empty: ping
  bool operator==(const ReachRequest&) const = default;
};
struct ConsoleLogRequest {
  WorkloadId workload;
  std::uint32_t max_bytes = 0;
  bool operator==(const ConsoleLogRequest&) const = default;
};

// A copy of the scheduler's state, taken while it works: the first request begins one, the next ones ask for
// it piece by piece. What nobody asks for within a minute is given up.
struct BackupRequest {
  std::uint64_t backup = 0;  // the number that the first answer gave; 0: begin one
  std::uint64_t offset = 0;  // of the piece
  bool operator==(const BackupRequest&) const = default;
};

using RequestBody = std::variant<PlanRequest, ApplyRequest, StatusRequest, GetRequest, DescribeRequest,
                                 ExplainRequest, PowerRequest, DeleteRequest, HostRequest, KeyAllowRequest,
                                 KeyRevokeRequest, ConsoleLogRequest, SnapshotRequest, BackupRequest,
                                 GrantAddRequest, GrantRevokeRequest, ReachRequest, HaRequest>;

struct Request {
  std::uint64_t id =
      0;  // chosen by the client; the response carries it. A repeated id of a key gets the same answer.
  std::string reason;  // --reason; kept in the audit log
  RequestBody body;

  bool operator==(const Request&) const = default;
};

// --- responses ---

struct PlanLine {
  char sign = ' ';      // '+' added, '~' changed, '-' removed
  std::string subject;  // "workload civil-affairs/marriage-registration/web-1"
  std::string text;     // "on h3 (rack a02), 4 vCPU, 8GiB, eth0 10.52.3.11"

  bool operator==(const PlanLine&) const = default;
};
// What can't be placed, and why, as sentences with numbers.
struct Unplaced {
  WorkloadId workload;
  std::vector<std::string> reasons;

  bool operator==(const Unplaced&) const = default;
};
struct PlanResponse {
  std::vector<PlanLine> lines;
  std::vector<Unplaced> unplaced;  // not empty: the plan can't be applied
  int unchanged = 0;
  std::string token;  // pins the plan to the state that it rests on
  bool applied = false;
  bool operator==(const PlanResponse&) const = default;
};
struct DoneResponse {
  std::vector<std::string> messages;  // what was done, or would be with a dry run, a line each
  bool operator==(const DoneResponse&) const = default;
};
// The request is wrong; all that is wrong with it. `document` is the index of the manifest that the path is
// in.
struct LocatedFinding {
  std::uint32_t document = 0;
  Finding finding;
  bool operator==(const LocatedFinding&) const = default;
};
struct ErrorResponse {
  Error error;
  std::vector<LocatedFinding> findings;
  bool operator==(const ErrorResponse&) const = default;
};

struct ApplicationProgress {
  ApplicationId id;
  std::string title;
  std::string phase;  // the least advanced of its workloads' phases, or "waiting"
  int percent = 0;
  int running = 0;
  int workloads = 0;
  std::string waiting;  // what it waits for; empty: nothing
  Instant since;
  bool operator==(const ApplicationProgress&) const = default;
};
struct StatusResponse {
  std::string title;
  bool settled = false;  // everything is as it shall be
  bool failed = false;   // something can't go on without a person
  std::vector<ApplicationProgress> applications;
  Object summary;                       // counts, for people and for json
  std::vector<std::string> findings{};  // where hosts are not what the site file says, a sentence each
  std::uint64_t revision = 0;
  bool operator==(const StatusResponse&) const = default;
};
struct DocumentResponse {
  Object document;
  bool operator==(const DocumentResponse&) const = default;
};
struct TextResponse {
  std::string text;
  bool operator==(const TextResponse&) const = default;
};

struct BackupResponse {
  std::uint64_t backup = 0;
  bool whole = false;       // the copy is finished and pieces can be had; else ask again
  std::uint64_t done = 0;   // while it is not whole: pages copied, of `total`
  std::uint64_t total = 0;  // once it is whole: bytes
  std::string piece;        // at the offset that was asked for
  std::string sha256;       // of all bytes
  bool operator==(const BackupResponse&) const = default;
};

using ResponseBody = std::variant<ErrorResponse, DoneResponse, PlanResponse, StatusResponse, Listing,
                                  DocumentResponse, TextResponse, BackupResponse>;

struct Response {
  std::uint64_t id = 0;
  ResponseBody body;

  bool operator==(const Response&) const = default;
};

}  // namespace causeway::model
