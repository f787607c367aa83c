// SPDX-License-Identifier: Apache-2.0
#include "common/config/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace causeway::config {
namespace {

using namespace model;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> problems(const std::string& text) {
  const auto read = read_manifest("f.yaml", text);
  if (read) return {"read"};
  std::vector<std::string> shown;
  for (const auto& diagnostic : read.error()) shown.push_back(to_string(diagnostic));
  return shown;
}

template <class Kind>
Kind read(const std::string& text) {
  const auto file = read_manifest("f.yaml", text);
  EXPECT_TRUE(file) << (file ? "" : to_string(file.error().front()));
  return file ? std::get<Kind>(file->manifest) : Kind{};
}

const std::string kWave = R"(api: causeway/v1
kind: Wave
name: wave-2027-03
title: 民政、住建第三批
zone: extranet
defaults: {image: debian-12, vcpus: 2, memory: 4GiB}
applications:
  marriage-registration:
    department: civil-affairs
    mlps: 3
    from: {room: civil-affairs-b1, servers: [CA-SRV-04, CA-SRV-05]}
    depends_on: [id-exchange]
    workloads:
      web:
        count: 2
        vcpus: 4
        memory: 8GiB
        keep_apart: host
        disks: {root: {size: 40GiB}, data: {size: 200GiB}}
        ports: {eth0: {network: civil-affairs-web}}
        offers: {https: tcp/443}
      db:
        memory: 32GiB
        disks: {root: {size: 40GiB, import: marriage-db.qcow2}}
        ports: {eth0: {network: civil-affairs-db, address: 10.52.3.21, bandwidth: 2Gbit}}
    reaches: [population/query]
)";

// The wave above with one piece of it replaced.
std::string wave_with(const std::string& piece, const std::string& replacement) {
  std::string text = kWave;
  const auto found = text.find(piece);
  EXPECT_NE(found, std::string::npos) << piece;
  return text.replace(found, piece.size(), replacement);
}

TEST(WaveFile, ReadsTheDesignsExample) {
  const auto wave = read<Wave>(kWave);
  EXPECT_EQ(wave.id, WaveId("wave-2027-03"));
  EXPECT_EQ(wave.title, "民政、住建第三批");
  const auto& application = wave.applications.at("marriage-registration");
  EXPECT_EQ(application.zone, ZoneId("extranet"));
  EXPECT_EQ(application.mlps, 3);
  EXPECT_EQ(application.from->servers, (std::set<std::string>{"CA-SRV-04", "CA-SRV-05"}));
  EXPECT_THAT(application.depends_on, ElementsAre("id-exchange"));
  EXPECT_THAT(application.reaches, ElementsAre("population/query"));
  const auto& web = application.workloads.at("web");
  EXPECT_EQ(web.count, 2);
  EXPECT_EQ(web.vcpus, 4);
  EXPECT_EQ(web.demands.rules,
            (std::vector<PlacementRule>{{PlacementRule::Kind::keep_apart, Scope::host, 1, 0}}));
  EXPECT_EQ(web.disks.at("data").size, 200_GiB);
  EXPECT_EQ(web.offers.at("https"), (Service{Protocol::tcp, 443}));
  const auto& db = application.workloads.at("db");
  EXPECT_EQ(db.count, std::nullopt);
  EXPECT_EQ(db.disks.at("root").import, "marriage-db.qcow2");
  EXPECT_EQ(db.ports.at("eth0").address->str(), "10.52.3.21");
  EXPECT_EQ(db.ports.at("eth0").bandwidth, MbitPerSecond{2000});
  EXPECT_EQ(web.ports.at("eth0").bandwidth, MbitPerSecond{});
}

TEST(WaveFile, TakesWhatAWorkloadDoesNotSayFromTheDefaults) {
  const auto wave = read<Wave>(kWave);
  const auto& db = wave.applications.at("marriage-registration").workloads.at("db");
  EXPECT_EQ(db.vcpus, 2);
  EXPECT_EQ(db.memory, to_mib(32_GiB));
  EXPECT_EQ(db.image, ImageId("debian-12"));
}

TEST(WaveFile, LetsAnApplicationsDefaultsGoBeforeTheWaves) {
  const auto wave = read<Wave>(wave_with(
      "    depends_on: [id-exchange]\n",
      "    zone: intranet\n    defaults: {vcpus: 8, disks: {root: {size: 60GiB}, log: {size: 5GiB}}}\n"));
  const auto& application = wave.applications.at("marriage-registration");
  EXPECT_EQ(application.zone, ZoneId("intranet"));
  EXPECT_EQ(application.workloads.at("db").vcpus, 8);
  EXPECT_EQ(application.workloads.at("web").vcpus, 4);
  EXPECT_EQ(application.workloads.at("web").disks.at("root").size, 40_GiB);
  EXPECT_EQ(application.workloads.at("web").disks.at("log").size, 5_GiB);
}

TEST(WaveFile, RefusesAnAmountWithoutAUnit) {
  EXPECT_THAT(problems(wave_with("memory: 8GiB", "memory: 8")),
              ElementsAre("f.yaml:17:17: memory 8 has no unit; write 8GiB or 8MiB"));
}

TEST(WaveFile, SaysWhichUnitWasMeant) {
  EXPECT_THAT(problems(wave_with("memory: 8GiB", "memory: 8GB")),
              ElementsAre("f.yaml:17:17: memory: '8GB' is no amount; write 8GiB"));
}

TEST(WaveFile, RefusesAnUnknownKeyWithTheNearestRightName) {
  EXPECT_THAT(problems(wave_with("memory: 32GiB", "memmory: 32GiB")),
              ElementsAre("f.yaml:23:9: unknown key 'memmory' in db; did you mean 'memory'?"));
}

TEST(WaveFile, RefusesAMergeKeyByName) {
  EXPECT_THAT(problems(wave_with("memory: 32GiB", "<<: {memory: 32GiB}")),
              ElementsAre(HasSubstr("no merge keys")));
}

TEST(WaveFile, RefusesAServiceWithoutAProtocol) {
  EXPECT_THAT(problems(wave_with("tcp/443", "443")),
              ElementsAre(HasSubstr(
                  "21:25: https: '443' is no protocol with a port or an ICMP type; write tcp/443, udp/")));
}

TEST(WaveFile, RefusesAMissingLevelDepartmentOrShape) {
  EXPECT_THAT(
      problems("api: causeway/v1\nkind: Wave\nname: w\napplications:\n  a:\n    workloads: {web: {}}\n"),
      ElementsAre(
          "f.yaml:5:3: a has no department; add `department: …`", "f.yaml:5:3: a has no mlps; add `mlps: …`",
          "f.yaml:5:3: a has no zone, and neither has the wave; add `zone: …` here or at the top of the file",
          "f.yaml:6:17: web has no memory, and no defaults give one; add `memory: 4GiB` here or to defaults",
          "f.yaml:6:17: web has no vcpus, and no defaults give one; add `vcpus: 2` here or to defaults"));
}

TEST(WaveFile, FindsEverythingInOneRun) {
  std::string text = wave_with("mlps: 3", "mlps: 5");
  text.replace(text.find("keep_apart: host"), 16, "keep_apart: hosst");
  text.replace(text.find("10.52.3.21"), 10, "10.52.3.321");
  EXPECT_THAT(problems(text),
              ElementsAre(HasSubstr("10:11: mlps is 5, outside 1 to 4"), HasSubstr("did you mean 'host'?"),
                          HasSubstr("'10.52.3.321' is no IP address")));
}

TEST(WaveFile, RefusesABandwidthThatIsNone) {
  const auto problem_of = [](const std::string& written) {
    const auto found = problems(wave_with("bandwidth: 2Gbit", "bandwidth: " + written));
    return found.size() == 1 ? found[0] : "not one finding";
  };
  for (const char* written : {"0Mbit", "-1Mbit", "200", "Mbit", "1.5Gbit", "200MiB", "200 Mbit"})
    EXPECT_THAT(problem_of(written), HasSubstr("is no bandwidth; write a whole number with Mbit or Gbit"));
  for (const char* written : {"401Gbit", "400001Mbit"})
    EXPECT_THAT(problem_of(written), HasSubstr("is more than a port can have; write at most 400Gbit"));
  EXPECT_THAT(problem_of("99999999999999999999Gbit"), HasSubstr("is no bandwidth"));
}

TEST(WaveFile, RefusesAVersionItDoesNotKnow) {
  EXPECT_THAT(problems(wave_with("causeway/v1", "causeway/v2")),
              ElementsAre("f.yaml:1:6: api 'causeway/v2' is not known here; this version reads causeway/v1"));
}

TEST(WaveFile, RefusesAKindItDoesNotKnow) {
  EXPECT_THAT(
      problems(wave_with("kind: Wave", "kind: wave")),
      ElementsAre("f.yaml:2:7: kind 'wave' is none of Site, Departments, Rooms, Wave; did you mean 'Wave'?"));
}

TEST(WaveFile, ShowsWhatIsWrongBelowAHeaderThatIsWrong) {
  const std::string below = wave_with("mlps: 3", "mlps: 5");
  const auto header = [&](const std::string& old, const std::string& text) {
    std::string changed = below;
    changed.replace(changed.find(old), old.size(), text);
    return problems(changed);
  };
  const auto mlps = HasSubstr("mlps is 5, outside 1 to 4");
  EXPECT_THAT(header("api: causeway/v1\n", ""),
              ElementsAre("f.yaml:1:1: the document has no api; add `api: causeway/v1`", mlps));
  EXPECT_THAT(header("kind: Wave\n", ""),
              ElementsAre("f.yaml:1:1: the document has no kind; add `kind: Wave`", mlps));
  EXPECT_THAT(header("kind: Wave", "kind: Waves"), ElementsAre(HasSubstr("did you mean 'Wave'?"), mlps));
  EXPECT_THAT(
      header("kind: Wave", "kind: Deployment"),
      ElementsAre(
          "f.yaml:2:7: kind 'Deployment' is none of Site, Departments, Rooms, Wave; write one of them"));
}

TEST(SourceMap, LeadsAFindingAboutADefaultToTheDefault) {
  const auto file = read_manifest("f.yaml", kWave);
  ASSERT_TRUE(file);
  const auto where = [&](const Path& path) { return locate(*file, {path, "x", ""}).at; };
  EXPECT_EQ(where("applications.marriage-registration.workloads.db.image"), (Position{6, 19}));
  EXPECT_EQ(where("applications.marriage-registration.workloads.db.memory"), (Position{23, 17}));
  EXPECT_EQ(where("applications.marriage-registration.zone"), (Position{5, 7}));
  EXPECT_EQ(where("applications.marriage-registration.reaches.population/query"), (Position{26, 15}));
}

TEST(SourceMap, LeadsAnUnknownPathToTheNearestThingAroundIt) {
  const auto file = read_manifest("f.yaml", kWave);
  ASSERT_TRUE(file);
  EXPECT_EQ(locate(*file, {"applications.marriage-registration.workloads.db.ports.eth7.mac", "x", ""}).at,
            (Position{25, 9}));
  EXPECT_EQ(locate(*file, {"", "x", ""}).at, (Position{1, 1}));
}

TEST(SourceMap, ShowsAFindingAboutOneDefaultOnce) {
  const auto file = read_manifest("f.yaml", kWave);
  ASSERT_TRUE(file);
  const auto at_default =
      locate(*file, {"applications.marriage-registration.zone", "no zone 'extranet'", ""});
  EXPECT_THAT(in_order({at_default, at_default}), testing::SizeIs(1));
}

const std::string kSite = R"(api: causeway/v1
kind: Site
name: zhoushan
title: 舟山
zones:
  extranet: {title: 政务外网, classification: internal, mlps: 3, isolation: shared-by-level, pool: extranet, capacity: 200TiB}
host_classes:
  general: {vcpus: 96, memory: 480GiB, overcommit: 1.5, numa: [{cores: 24, memory: 240GiB}], traits: [secure-boot]}
halls:
  a:
    racks:
      a01: {hosts: {h1: {class: general, zones: [extranet], dedicated: police}}}
images:
  debian-12: {title: Debian 12, file: debian-12.qcow2, sha256: 00ff, size: 3GiB}
)";

TEST(SiteFile, FlattensHallsAndRacksAndLooksUpTheClass) {
  const auto site = read<Site>(kSite);
  EXPECT_EQ(site.zones.at(ZoneId("extranet")).isolation, Isolation::shared_by_level);
  EXPECT_EQ(site.zones.at(ZoneId("extranet")).capacity, GiB{200 * 1024});
  const auto& host = site.hosts.at(HostId("h1"));
  EXPECT_EQ(host.hall, HallId("a"));
  EXPECT_EQ(host.rack, RackId("a01"));
  EXPECT_EQ(host.shape.vcpus, 96);
  EXPECT_EQ(host.shape.overcommit, 1.5);
  EXPECT_THAT(host.shape.numa, ElementsAre(NumaNode{24, to_mib(240_GiB)}));
  EXPECT_EQ(host.dedicated, DepartmentId("police"));
  EXPECT_EQ(site.images.at(ImageId("debian-12")).file, "debian-12.qcow2");
}

TEST(SiteFile, FindsAHostsPlaceByItsNameAlone) {
  const auto file = read_manifest("f.yaml", kSite);
  ASSERT_TRUE(file);
  EXPECT_EQ(locate(*file, {"hosts.h1.zones.extranet", "x", ""}).at, (Position{12, 42}));
  EXPECT_EQ(locate(*file, {"hosts.h1", "x", ""}).at, (Position{12, 21}));
}

TEST(SiteFile, RefusesAnUnknownHostClassAndAHostInTwoRacks) {
  std::string text = kSite;
  text.replace(text.find("class: general, zones"), 14, "class: generel");
  const std::string rack = "      a01: {hosts: {h1:";
  text.insert(text.find("images:"), "      a02: {hosts: {h1: {class: general, zones: [extranet]}}}\n");
  EXPECT_THAT(problems(text), ElementsAre(HasSubstr("no host class 'generel'; did you mean 'general'?"),
                                          HasSubstr("host 'h1' stands in rack 'a01' too")));
}

TEST(DepartmentsFile, ReadsQuotasAndNetworks) {
  const auto departments = read<Departments>(R"(api: causeway/v1
kind: Departments
departments:
  civil-affairs:
    title: 民政局
    english: Civil Affairs Bureau
    quotas: {extranet: {vcpus: 120, memory: 480GiB, volumes: 20TiB}}
    networks:
      civil-affairs-web: {zone: extranet, subnet: 10.52.3.0/24, subnet6: "fd52:3::/64", gateway: 10.52.3.1}
      civil-affairs-hall: {zone: extranet, subnet: 10.52.4.0/24, vlan: 300}
)");
  const auto& department = departments.departments.at(DepartmentId("civil-affairs"));
  EXPECT_EQ(department.quotas.at(ZoneId("extranet")), (Quota{120, to_mib(480_GiB), GiB{20 * 1024}}));
  const auto& network = department.networks.at(NetworkId("civil-affairs-web"));
  EXPECT_EQ(network.department, DepartmentId("civil-affairs"));
  EXPECT_EQ(network.subnet->str(), "10.52.3.0/24");
  EXPECT_EQ(network.subnet6->str(), "fd52:3::/64");
  EXPECT_EQ(network.mtu, 1450);
  EXPECT_EQ(network.vlan, std::nullopt);
  EXPECT_EQ(department.networks.at(NetworkId("civil-affairs-hall")).vlan, 300);
}

TEST(SiteFile, ReadsAWayOutWithItsSystemsAndRefusesWhatIsNone) {
  const std::string head = R"(api: causeway/v1
kind: Site
name: s
host_classes: {c: {vcpus: 1, memory: 1GiB}}
halls: {a: {racks: {r: {hosts: {h1: {class: c, zones: [z]}}}}}}
zones:
  z:
    classification: internal
    mlps: 2
    pool: z
    capacity: 1TiB
    way_out:
)";
  const auto site = read<Site>(head + R"(      vlan: 900
      routers: ["00:00:5e:00:01:0a"]
      systems: {ningbo: {title: 宁波, prefixes: [203.0.113.0/24, "2001:db8::/32"], offers: {permits: tcp/443}}}
)");
  const auto& way = site.zones.at(ZoneId("z")).way_out;
  ASSERT_TRUE(way);
  EXPECT_EQ(way->vlan, 900);
  EXPECT_EQ(way->routers.front().str(), "00:00:5e:00:01:0a");
  EXPECT_EQ(way->systems.at("ningbo").prefixes.at(1).str(), "2001:db8::/32");
  EXPECT_EQ(way->systems.at("ningbo").offers.at("permits"), (Service{Protocol::tcp, 443}));
  EXPECT_THAT(
      problems(head + R"(      vlan: 0
      routers: [router-1]
      systems: {ningbo: {prefixes: [203.0.113.1/24], offers: {permits: 443}}}
      gateway: 10.0.0.1
)"),
      ElementsAre(HasSubstr("13:"), HasSubstr("'router-1' is no MAC address"), HasSubstr("203.0.113.0/24"),
                  HasSubstr("'443' is no protocol with a port"), HasSubstr("gateway")));
}

TEST(DepartmentsFile, RefusesAVlanThatIsNone) {
  EXPECT_THAT(problems(R"(api: causeway/v1
kind: Departments
departments:
  a:
    title: A
    networks:
      low: {zone: z, subnet: 10.0.0.0/24, vlan: 0}
      high: {zone: z, subnet: 10.0.1.0/24, vlan: 4095}
)"),
              ElementsAre(HasSubstr("7:"), HasSubstr("8:")));
}

TEST(DepartmentsFile, RefusesASubnetWithHostBitsAndANetworkTwice) {
  EXPECT_THAT(
      problems(R"(api: causeway/v1
kind: Departments
departments:
  a: {title: A, networks: {web: {zone: z, subnet: 10.0.0.1/24}}}
  b: {title: B, networks: {web: {zone: z, subnet: 10.0.1.0/24}}}
)"),
      ElementsAre(
          HasSubstr("4:51: subnet: '10.0.0.1/24' is an address inside a subnet; the subnet is 10.0.0.0/24"),
          HasSubstr(
              "a has a network 'web' too, and a network is known by its name alone; call this one b-web")));
}

TEST(RoomsFile, ReadsServersAndRefusesOneTwice) {
  const std::string text =
      "api: causeway/v1\nkind: Rooms\nrooms:\n  b1: {department: d, servers: [S-1, S-2]}\n";
  EXPECT_EQ(read<Rooms>(text).rooms.at(RoomId("b1")).servers.size(), 2u);
  std::string twice = text;
  twice.replace(twice.find("S-2"), 3, "S-1");
  EXPECT_THAT(problems(twice),
              ElementsAre("f.yaml:4:38: 'S-1' stands in the list twice; keep one of the two"));
}

class Folder : public testing::Test {
 protected:
  Folder() {
    path_ = std::filesystem::temp_directory_path() / ("causeway-manifest-" + std::to_string(getpid()));
    std::filesystem::create_directories(path_);
  }
  ~Folder() override { std::filesystem::remove_all(path_); }
  std::string put(const std::string& name, const std::string& text) {
    std::ofstream(path_ / name) << text;
    return (path_ / name).string();
  }
  std::filesystem::path path_;
};

TEST_F(Folder, IsReadWithTheSiteFirstAndTheWavesByName) {
  put("a.yaml", wave_with("wave-2027-03", "second"));
  put("b.yaml", wave_with("wave-2027-03", "first"));
  put("z.yaml", kSite);
  put("notes.txt", "not read");
  const auto loaded = load_manifests({path_.string(), (path_ / "z.yaml").string()});
  EXPECT_THAT(loaded.problems, testing::IsEmpty());
  ASSERT_EQ(loaded.files.size(), 3u);
  EXPECT_TRUE(std::holds_alternative<Site>(loaded.files[0].manifest));
  EXPECT_EQ(std::get<Wave>(loaded.files[1].manifest).id, WaveId("first"));
}

TEST_F(Folder, ReportsTheProblemsOfAllFiles) {
  put("a.yaml", "kind: Wave\n");
  put("b.yaml", "a: [\n");
  const auto loaded = load_manifests({path_.string(), (path_ / "absent.yaml").string()});
  EXPECT_THAT(loaded.files, testing::IsEmpty());
  EXPECT_GE(loaded.problems.size(), 3u);
  EXPECT_EQ(loaded.problems.back().what, "no such file");
}

TEST_F(Folder, RefusesAFileOfHundredMebibytesWithoutReadingIt) {
  const auto file = put("huge.yaml", "");
  std::filesystem::resize_file(file, std::uintmax_t{100} << 20);
  const auto loaded = load_manifests({file});
  ASSERT_EQ(loaded.problems.size(), 1u);
  EXPECT_EQ(loaded.problems[0].what, "100 MiB is more than a file may have (8 MiB)");
}

TEST(Manifest, RulesAreAWordAMapOrAListAndReplaceThoseOfTheDefaults) {
  const auto read = read_manifest("wave.yaml", R"(api: causeway/v1
kind: Wave
name: wave-1
zone: extranet
defaults: {image: debian-12, vcpus: 2, memory: 4GiB, keep_apart: rack, keep_together: hall}
groups:
  exchange: {keep_apart: {by: rack, at_most: 2}}
applications:
  portal:
    department: civil-affairs
    mlps: 2
    workloads:
      web:
        keep_apart: [host, {by: hall, weight: 0.5}]
        groups: [exchange]
        huge_pages: true
        numa_nodes: 2
        pinned: true
      db: {}
)");
  ASSERT_TRUE(read) << to_string(read.error().front());
  const auto& wave = std::get<Wave>(read->manifest);
  const auto& entries = wave.applications.at("portal").workloads;
  const PlacementRule in_one_hall{PlacementRule::Kind::keep_together, Scope::hall, 1, 0};
  EXPECT_EQ(entries.at("web").demands,
            (Demands{.rules = {in_one_hall,
                               {PlacementRule::Kind::keep_apart, Scope::host, 1, 0},
                               {PlacementRule::Kind::keep_apart, Scope::hall, 1, 0.5}},
                     .groups = {GroupId("exchange")},
                     .huge_pages = true,
                     .numa_nodes = 2,
                     .pinned = true}));
  EXPECT_EQ(entries.at("db").demands.rules,
            (std::vector<PlacementRule>{{PlacementRule::Kind::keep_apart, Scope::rack, 1, 0}, in_one_hall}));
  EXPECT_EQ(wave.groups.at(GroupId("exchange")).rules,
            (std::vector<PlacementRule>{{PlacementRule::Kind::keep_apart, Scope::rack, 2, 0}}));
}

}  // namespace
}  // namespace causeway::config
