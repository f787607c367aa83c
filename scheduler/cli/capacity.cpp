// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "common/config/reader.h"
#include "scheduler/cli/manifests.h"
#include "scheduler/cli/snapshots.h"
#include "scheduler/inquiry/capacity_answer.h"
#include "scheduler/inquiry/wave_requests.h"

namespace causeway::cli {
namespace {

constexpr std::int64_t kMost = 10'000;

struct Options {
  std::string snapshot;
  std::vector<std::string> files;
  std::string workload;
  std::optional<std::int64_t> vcpus;
  std::optional<MiB> memory;
  std::optional<GiB> volumes;
  std::string zone;
  std::string department;
  std::int64_t mlps = 1;
  std::vector<std::string> traits;
  std::int64_t numa_nodes = 0;
  bool huge_pages = false;
  bool pinned = false;
  std::optional<placement::Scope> keep_apart;
  std::optional<placement::Reserve> reserve;
  std::int64_t most = kMost;
  Format format = Format::table;
};

// The amount as files have it; what is wrong with it is said in the same words.
template <class Amount, class Read>
auto amount_of(std::optional<Amount>& into, const std::string& name, Read read) {
  return [&into, name, read](const std::string& written) -> std::string {
    const config::YamlNode node{.at = {}, .kind = config::YamlNode::Kind::scalar, .text = written};
    config::Reading reading;
    if (const auto amount = read(config::Cursor(node, name, reading))) {
      into = *amount;
      return "";
    }
    const auto& problem = reading.problems.front();
    return fmt::format("{}; {}", problem.what, problem.next);
  };
}

// The shape of a workload that a wave asks for, or that stands in the snapshot already.
std::optional<inquiry::Shape> shape_of(Session& session, const Options& options,
                                       const placement::Snapshot& snapshot) {
  placement::Batch batch;
  if (options.files.empty()) {
    batch.groups = snapshot.groups;
    for (const auto& placed : snapshot.workloads) batch.requests.push_back(placed.request);
  } else {
    const auto files = read_manifests(session, options.files);
    if (!files) return std::nullopt;
    batch = inquiry::batch_of(waves_in(*files), placement::Snapshot{});
  }
  const auto found = std::ranges::find_if(batch.requests, [&](const placement::Request& request) {
    const auto& id = request.workload.str();
    return id == options.workload || id == options.workload + "-1";
  });
  if (found == batch.requests.end()) {
    session.show(
        Error{Errc::not_found,
              fmt::format("no workload '{}' {}; write department/application/workload", options.workload,
                          options.files.empty() ? "in the snapshot" : "in what --file names")});
    return std::nullopt;
  }
  inquiry::Shape shape;
  shape.request = *found;
  for (const auto& group : batch.groups)
    if (!options.files.empty() && found->groups.contains(group.id)) shape.groups.push_back(group);
  if (!options.zone.empty()) shape.request.zone = ZoneId(options.zone);
  return shape;
}

inquiry::Shape shape_of(const Options& options) {
  inquiry::Shape shape;
  auto& request = shape.request;
  request.vcpus = options.vcpus.value_or(0);
  request.memory = options.memory.value_or(MiB{});
  request.volumes = options.volumes.value_or(GiB{});
  request.zone = ZoneId(options.zone);
  request.department = DepartmentId(options.department);
  request.mlps = static_cast<int>(options.mlps);
  request.traits.insert(options.traits.begin(), options.traits.end());
  request.numa_nodes = static_cast<int>(options.numa_nodes);
  request.huge_pages = options.huge_pages;
  request.pinned = options.pinned;
  if (options.keep_apart) {
    const placement::GroupId group("(these)");
    placement::Rule rule;
    rule.scope = *options.keep_apart;
    shape.groups.push_back({group, {rule}});
    request.groups.insert(group);
  }
  return shape;
}

void run(Session& session, const Options& options) {
  const bool by_flags = options.vcpus || options.memory;
  if (by_flags == !options.workload.empty() || (by_flags && (!options.vcpus || !options.memory)))
    return session.show(Error{
        Errc::invalid,
        "say what shall be counted: --vcpus 4 --memory 8GiB, or --workload NAME with its wave's --file"});
  const auto snapshot = take_snapshot(session, options.snapshot);
  if (!snapshot) return;
  auto shape = by_flags ? shape_of(options) : shape_of(session, options, *snapshot);
  if (!shape) return;
  shape->request.workload = WorkloadId("(one more)");
  shape->reserve = options.reserve;
  shape->most = options.most;
  const auto answer = inquiry::capacity_answer(*snapshot, *shape);
  if (!answer) {
    for (const auto& finding : answer.error())
      session.show(
          Error{Errc::invalid, finding.next.empty()
                                   ? fmt::format("{}: {}", finding.path, finding.what)
                                   : fmt::format("{}: {}; {}", finding.path, finding.what, finding.next)});
    return;
  }
  print(session.out, *answer, options.format);
}

}  // namespace

void add_capacity(Verb& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto verb = app.add_subcommand(
      "capacity", "Count how many more of one shape fit, by zone, with and without the reserve for failures");
  add_snapshot_option(verb, options->snapshot);
  verb.add_parsed(
          "--vcpus",
          [options](const std::string& written) -> std::string {
            if (written.empty() || written.size() > 5 ||
                written.find_first_not_of("0123456789") != std::string::npos || std::stoi(written) == 0)
              return fmt::format("'{}' is no number of vCPUs; write one from 1", written);
            options->vcpus = std::stoi(written);
            return "";
          },
          "vCPUs of one")
      .type_name("N");
  verb.add_parsed("--memory", amount_of(options->memory, "memory", config::memory), "Memory of one: 8GiB")
      .type_name("AMOUNT");
  verb.add_parsed("--volumes", amount_of(options->volumes, "volumes", config::capacity),
                  "Volumes of one, all together: 40GiB")
      .type_name("AMOUNT");
  verb.add_option("--workload", options->workload,
                  "As large as this workload, with all that it asks for: one of a wave (--file), or one that "
                  "stands already")
      .type_name("NAME");
  verb.add_option("-f,--file", options->files, "The wave that --workload is of").type_name("PATH");
  verb.add_option("--zone", options->zone, "Only this zone").type_name("ZONE");
  verb.add_option("--department", options->department,
                  "Whose: with its quota and the hosts that are dedicated to it; none: nobody's")
      .type_name("NAME");
  verb.add_number("--mlps", options->mlps, 1, 4, "Its MLPS level; 1 if absent");
  verb.add_option("--trait", options->traits, "A trait that its host must have").type_name("TRAIT");
  verb.add_number("--numa-nodes", options->numa_nodes, 0, 2, "Bound to so many NUMA nodes of its host");
  verb.add_flag("--huge-pages", options->huge_pages, "Its memory is huge pages");
  verb.add_flag("--pinned", options->pinned, "A core of its own for each vCPU");
  static const std::map<std::string, std::optional<placement::Scope>> kScopes = {
      {"host", placement::Scope::host}, {"rack", placement::Scope::rack}, {"hall", placement::Scope::hall}};
  verb.add_choice("--keep-apart", options->keep_apart, kScopes, "No two of them on one host, rack or hall")
      .type_name("SCOPE");
  static const std::map<std::string, std::optional<placement::Reserve>> kReserves = {
      {"none", placement::Reserve::none},
      {"host", placement::Reserve::host},
      {"rack", placement::Reserve::rack}};
  verb.add_choice("--reserve", options->reserve, kReserves,
                  "Count as if each zone kept this reserve (none, host, rack); absent: its own")
      .type_name("RESERVE");
  verb.add_number("--most", options->most, 1, 1'000'000, "Stop counting at so many; 10000 if absent");
  add_format(verb, options->format);
  verb.footer(
      "Examples:\n  causeway capacity --vcpus 4 --memory 8GiB\n"
      "  causeway capacity --vcpus 16 --memory 64GiB --zone extranet --keep-apart rack --reserve host\n"
      "  causeway capacity --workload civil-affairs/portal/web -f wave-1.yaml --snapshot site.json");
  verb.callback([options, &session] { run(session, *options); });
}

}  // namespace causeway::cli
