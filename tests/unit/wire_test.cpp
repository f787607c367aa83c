// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "common/wire/codec.h"
#include "common/wire/model_fields.h"

namespace causeway::wire {
namespace {

using namespace model;

IpAddress ip(const char* text) { return IpAddress::parse(text).value(); }
Subnet subnet(const char* text) { return Subnet::parse(text).value(); }

Site a_site() {
  Site site{.name = "zhoushan", .title = "舟山市政务云"};
  site.zones[ZoneId("extranet")] = {
      .title = "政务外网",
      .classification = Classification::sensitive,
      .mlps = 3,
      .isolation = Isolation::shared_by_level,
      .pool = "extranet",
      .capacity = 2048_GiB,
      .reserve = Reserve::rack,
      .underlay_mtu = 1600,
      .exchange_with = {ZoneId("intranet")},
      .way_out = WayOutSpec{
          900,
          {Mac{{0, 0, 0x5e, 0, 1, 10}}},
          {{"ningbo", {"宁波", {subnet("203.0.113.0/24")}, {{"permits", {Protocol::tcp, 443}}}}}}}};
  HostSpec host{.hall = HallId("hall-a"), .rack = RackId("a01"), .class_name = "standard"};
  host.shape = {.vcpus = 64,
                .memory = 512_MiB,
                .overcommit = 3.5,
                .numa = {{32, 256_MiB, 128_MiB}},
                .huge_pages = 128_MiB,
                .traits = {"secure-boot"}};
  host.zones = {ZoneId("extranet")};
  host.dedicated = DepartmentId("police");
  host.exchange_host = true;
  site.hosts[HostId("h1")] = host;
  site.images[ImageId("debian-12")] = {.title = "Debian", .file = "d.raw", .sha256 = "ab", .size = 2_GiB};
  return site;
}

Wave a_wave() {
  WorkloadSpec web{
      .count = 2, .vcpus = 4, .memory = 8192_MiB, .image = ImageId("debian-12"), .is_protected = false};
  web.demands.rules = {{PlacementRule::Kind::keep_apart, Scope::rack, 2, 0.5},
                       {PlacementRule::Kind::keep_together, Scope::hall, 1, 0}};
  web.demands.groups = {GroupId("pair")};
  web.demands.huge_pages = true;
  web.demands.numa_nodes = 2;
  web.demands.pinned = true;
  web.disks["root"] = {.size = 40_GiB};
  web.ports["eth0"] = {.network = NetworkId("civil-affairs-web"),
                       .address = ip("fd52:3::21"),
                       .bandwidth = MbitPerSecond{200}};
  web.offers["https"] = {Protocol::udp, 443, 450};
  web.traits = {"gpu:a10"};
  web.ssh_keys = {"ssh-ed25519 AAAA"};
  web.exchange_gateway = ZoneId("intranet");
  Application application{
      .title = "婚姻登记", .department = DepartmentId("civil-affairs"), .zone = ZoneId("extranet")};
  application.from = Origin{RoomId("civil-affairs-b1"), {"CA-SRV-04"}};
  application.depends_on = {"id-exchange"};
  application.reaches = {"population/query"};
  application.workloads["web"] = web;
  return {.id = WaveId("wave-1"),
          .title = "第一批",
          .applications = {{"marriage-registration", application}},
          .groups = {{GroupId("pair"), {{{PlacementRule::Kind::keep_together, Scope::rack, 1, 0}}}}}};
}

Workload a_workload() {
  Workload workload{.id = WorkloadId("civil-affairs/marriage-registration/web-1"), .entry = "web"};
  workload.demands.rules = {{PlacementRule::Kind::keep_apart, Scope::hall, 1, 0}};
  workload.demands.numa_nodes = 1;
  workload.on_nodes = {1};
  workload.power = Power::stopped;
  workload.disks = {{.name = "root", .size = 40_GiB, .image = ImageId("debian-12"), .import = ""}};
  workload.ports = {{"eth0",
                     NetworkId("n"),
                     Mac{{0x52, 0x54, 0, 1, 2, 3}},
                     {ip("10.52.3.21"), ip("fd52:3::21")},
                     MbitPerSecond{200}}};
  workload.generation = Generation{7};
  workload.created = Instant{Duration{1234567}};
  workload.leaving = HostId("h9");
  workload.held = true;
  workload.exchange_gateway = ZoneId("intranet");
  return workload;
}

// One of every kind of message, with every field that could be forgotten set to something.
std::vector<Message> messages() {
  AssignedWorkload assigned{
      .id = a_workload().id, .generation = Generation{7}, .restart = 2, .zone = ZoneId("extranet")};
  assigned.shall_be_absent = assigned.keep_volumes = true;
  assigned.huge_pages = assigned.pinned = true;
  assigned.on_nodes = {0, 1};
  assigned.exchange_gateway = ZoneId("intranet");
  assigned.disks = {{"root", 40_GiB, Image{.file = "d.raw"}, ImageId("debian-12"), "x.qcow2"}};
  assigned.ports = {{"eth0",
                     NetworkId("n"),
                     Mac{},
                     {subnet("10.52.3.0/24")},
                     {ip("10.52.3.21")},
                     ip("10.52.3.1"),
                     "a/b/web",
                     MbitPerSecond{200}}};
  const AssignedNetwork network{NetworkId("n"),
                                ZoneId("extranet"),
                                DepartmentId("d"),
                                77,
                                1450,
                                {{Mac{{1}}, {ip("10.52.3.22")}, ip("10.98.0.2"), "a/b/db"}},
                                {NetworkId("o")},
                                300,
                                true};
  const WayOut way{ZoneId("extranet"), 900, {Mac{{2}}}, {{"outside/ningbo", {subnet("203.0.113.0/24")}}}};
  const ProbeEnd one_end{PortId("a/b/c/eth0"), NetworkId("n"), Mac{{1}}, ip("10.52.3.22"), ip("10.98.0.2")};
  const ProbeEnd other_end{PortId("a/b/d/eth0"), NetworkId("o"), Mac{{2}}, ip("fd52:3::1"), ip("10.98.0.3")};
  const Guard guard{"a/b/web", {{"a/c", RuleProtocol::icmp6, 1, 2, 128, "grant-1"}}};
  const AddressSet clients{"a/c", {subnet("10.52.3.0/24"), subnet("fd52:3::21/128")}};
  const WorkloadStatus status{
      assigned.id,          Generation{7}, 2, Phase::failed, 40, Waiting{"libvirtd", Instant{Duration{9}}},
      Instant{Duration{8}}, {4, 5}};
  const HostFacts facts{"0.1.0",
                        64,
                        512_MiB,
                        "kvm",
                        {{ZoneId("extranet"), ip("10.98.0.1"), 4789, true}},
                        {{32, 256_MiB, 64_MiB, 2_MiB}, {32, 256_MiB, {}, {}}},
                        true};
  const Listing listing{"hosts",
                        {{"memory_mib", "MEMORY", true, true}},
                        {{model::Value{Object{{"text", "8GiB"}, {"value", 8192}}},
                          model::Value{List{true, 1.5, std::monostate{}}}}},
                        9};
  const ErrorResponse error{{Errc::conflict, "moved"}, {{1, {"a.b", "what", "next"}}}};
  const PlanResponse plan{{{'+', "workload a", "on h3"}}, {{WorkloadId("a"), {"no host"}}}, 4, "token", true};
  const StatusResponse progress{"第一批",
                                true,
                                true,
                                {{ApplicationId("a/b"), "t", "running", 100, 2, 2, "w", Instant{}}},
                                {{"running", 2}},
                                {"host h1: numa"},
                                5};
  Fingerprint print;
  print.bytes.fill(0xc3);
  print.bytes.back() = 7;
  const KeyRecord key{"admin", "Z85", Role::department, DepartmentId("d"), true};
  std::vector<Message> all = {
      ToAgent{Assignment{
          HostId("h1"), Epoch{3}, Generation{4}, {assigned}, {network}, {guard}, {clients}, {way}, print}},
      ToAgent{Ack{Epoch{3}, 4, true, Duration{15000}}},
      ToAgent{ConsoleRequest{1, WorkloadId("a/b/c"), 4096}},
      ToAgent{ProbeRequest{1, ZoneId("extranet"), one_end, other_end, RuleProtocol::tcp, 443, true}},
      FromAgent{Report{HostId("h1"),
                       1,
                       Epoch{2},
                       Generation{3},
                       4,
                       facts,
                       {status},
                       {"domain x"},
                       {{"ovs", Instant{}}},
                       Generation{2},
                       {{"grant-1", Generation{2}, 5}},
                       print}},
      FromAgent{Heartbeat{HostId("h1"), 1, Epoch{2}, Generation{3}, 4, print}},
      FromAgent{ConsoleReply{1, "gone", std::string("\x00 text", 6)}},
      FromAgent{ProbeReply{1, "no such port", true, "output to h1"}},
  };
  for (const ResponseBody& body :
       std::vector<ResponseBody>{error, DoneResponse{{"done"}}, plan, progress, listing,
                                 DocumentResponse{{{"k", "v"}}}, TextResponse{"log"}})
    all.push_back(Response{11, body});
  for (const RequestBody& body : std::vector<RequestBody>{
           PlanRequest{{a_site(), a_wave()}}, ApplyRequest{{Departments{}, Rooms{}}, "token", true},
           StatusRequest{WaveId("w")}, GetRequest{"hosts", {{"zone", "extranet"}}},
           DescribeRequest{"host", "h1"}, ExplainRequest{"a/b/c"},
           PowerRequest{PowerVerb::restart, "a/b", true}, DeleteRequest{"wave", "w", true},
           HostRequest{HostVerb::drain, HostId("h1"), "key", true}, KeyAllowRequest{key},
           KeyRevokeRequest{"admin"}, ConsoleLogRequest{WorkloadId("a/b/c"), 4096}, SnapshotRequest{},
           GrantAddRequest{"a/b", "c/d", Instant{Duration{9}}, true}, GrantRevokeRequest{"a/b", "c/d", true},
           ReachRequest{WorkloadId("a/b/c"), WorkloadId("a/b/d"), "tcp/443"}})
    all.push_back(Request{12, "why", body});
  return all;
}

TEST(Wire, GivesEveryMessageBackAsItWas) {
  for (const Message& message : messages()) {
    const auto back = decode(encode(message));
    ASSERT_TRUE(back) << back.error().what;
    EXPECT_EQ(*back, message) << "message kind " << message.index();
    EXPECT_EQ(encode(*back), encode(message)) << "equal values give equal bytes";
  }
}

TEST(Wire, GivesEveryRecordBackAsItWas) {
  Departments departments;
  Department department{.title = "民政局", .english = "Civil Affairs Bureau"};
  department.quotas[ZoneId("extranet")] = {8, 64_MiB, 100_GiB};
  department.networks[NetworkId("n")] = {DepartmentId("d"),
                                         ZoneId("extranet"),
                                         subnet("10.52.3.0/24"),
                                         subnet("fd52:3::/64"),
                                         ip("10.52.3.1"),
                                         1400,
                                         4094};
  const Room room{"地下一层", DepartmentId("d"), "address", {"CA-SRV-04"}};
  HostRecord host{HostId("h1"), "key", true, true, "repair", Generation{9}, {}};
  host.underlays[ZoneId("extranet")] = ip("10.98.0.1");
  host.uplinks = {ZoneId("extranet")};
  const std::vector<Record> records = {
      StateRecord{Epoch{1}, Revision{2}, Revision{1}, 3, 4},
      a_site(),
      DepartmentRecord{DepartmentId("d"), department},
      RoomRecord{RoomId("r"), room},
      NetworkRecord{NetworkId("n"), department.networks[NetworkId("n")], 77},
      host,
      WaveRecord{WaveId("w"), "第一批", Instant{Duration{5}}, "admin"},
      ApplicationRecord{ApplicationId("a/b"), WaveId("w"), a_wave().applications.begin()->second},
      a_workload(),
      KeyRecord{"admin", "Z85", Role::operator_, DepartmentId(""), true},
      AnswerRecord{20'000, "key", 7, true, 3, "17-abc", {"key 'team' is allowed"}},
      GrantRecord{GrantId("a/b/c:d/e"),
                  ApplicationId("d/e"),
                  ServiceId("a/b/c"),
                  Instant{Duration{9}},
                  "why",
                  "admin",
                  Instant{Duration{8}},
                  true,
                  {{HostId("h1"), Generation{4}}},
                  5},
      EventRecord{1, Instant{Duration{2}}, "admin", "apply", "wave/w", "why", "text"},
  };
  ASSERT_EQ(records.size(), std::variant_size_v<Record>);
  for (const Record& record : records) {
    const auto back = decode_record(record.index(), encode_record(record));
    ASSERT_TRUE(back) << back.error().what;
    EXPECT_EQ(*back, record) << "record kind " << record.index();
  }
}

TEST(Wire, AServiceOfBeforeThereWereRangesIsOfOnePort) {
  v1::Service before;
  before.set_protocol(v1::PROTOCOL_TCP);
  before.set_first(443);
  Service service;
  wire::Reader reader;
  wire::fields(reader, service, std::as_const(before));
  EXPECT_EQ(reader.problem, "");
  EXPECT_EQ(service, (Service{Protocol::tcp, 443}));
}

TEST(Wire, SendsTextThatIsNoUtf8InAFormThatCanBeRead) {
  const auto back = decode_as<Response>(encode(Response{1, TextResponse{"caf\xe9 \xff"}}));
  ASSERT_TRUE(back) << back.error().what;
  EXPECT_EQ(std::get<TextResponse>(back->body).text, "caf\xef\xbf\xbd \xef\xbf\xbd");
}

TEST(Wire, RefusesAMessageOfAnotherProtocolVersion) {
  std::string bytes = encode(Request{1, "", GetRequest{"hosts", {}}});
  bytes[1] = 9;  // the envelope begins with its version: field 1, then the number
  const auto message = decode(bytes);
  ASSERT_FALSE(message);
  EXPECT_EQ(message.error().what, "a message of protocol version 9; this side speaks version 1");
}

TEST(Wire, RefusesAMessageOfAnotherKindThanTheConnectionCarries) {
  EXPECT_FALSE(decode_as<Request>(encode(Response{})));
}

TEST(Wire, NeverCrashesOnBytesFromAStranger) {
  rc::check("random bytes", [](const std::string& bytes) { (void)decode(bytes); });
  const auto all = messages();
  rc::check("damaged messages", [&] {
    std::string bytes = encode(all[*rc::gen::inRange<std::size_t>(0, all.size())]);
    const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
    bytes[at] = static_cast<char>(*rc::gen::inRange(0, 256));
    bytes.resize(*rc::gen::inRange<std::size_t>(at, bytes.size() + 1));
    if (const auto decoded = decode(bytes)) (void)encode(*decoded);
  });
}

}  // namespace
}  // namespace causeway::wire
