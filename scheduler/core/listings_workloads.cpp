// SPDX-License-Identifier: Apache-2.0
// Workloads, volumes, applications and waves.
#include <fmt/format.h>

#include "scheduler/core/access.h"
#include "scheduler/core/listings.h"
#include "scheduler/core/observed.h"
#include "scheduler/core/progress.h"
#include "scheduler/core/table.h"

namespace causeway::scheduler {
namespace {

bool listed(const model::Workload& workload, const Actor& actor, const Filters& filters) {
  const auto department = model::department_of(workload.id.str());
  const bool in_zone =
      passes(filters, "zone", workload.zone.str()) ||
      (!workload.exchange_gateway.empty() && passes(filters, "zone", workload.exchange_gateway.str()));
  return sees(actor, department) && in_zone && passes(filters, "department", department.str()) &&
         passes(filters, "host", location(workload).str()) && passes(filters, "wave", workload.wave.str()) &&
         passes(filters, "application", model::application_of(workload.id).str());
}

std::string addresses_of(const model::Workload& workload) {
  std::string text;
  for (const auto& port : workload.ports)
    for (const auto& address : port.addresses) text += (text.empty() ? "" : " ") + address.str();
  return text;
}

model::List address_list(const model::Workload& workload) {
  model::List list;
  for (const auto& port : workload.ports)
    for (const auto& address : port.addresses) list.emplace_back(address.str());
  return list;
}

struct WorkloadRow {
  const model::Workload& workload;
  Observation seen;
};

struct VolumeRow {
  const State& state;
  const model::Workload& workload;
  const model::Disk& disk;
};

struct ApplicationRow {
  const model::ApplicationRecord& record;
  Progress progress;
};

struct WaveRow {
  const model::WaveRecord& record;
  std::int64_t applications = 0;
  Progress progress;
};

std::string from_of(const model::Disk& disk) {
  if (!disk.image.empty()) return "image " + disk.image.str();
  return disk.import.empty() ? "" : "file " + disk.import;
}

std::string wave_state(const Progress& progress) {
  if (progress.failed > 0) return "failed";
  return progress.done() ? "settled" : progress.phase;
}

}  // namespace

model::Listing list_workloads(const State& state, const Actor& actor, const Filters& filters) {
  std::vector<WorkloadRow> rows;
  for (const auto& [id, workload] : state.tables.workloads())
    if (listed(workload, actor, filters)) rows.push_back({workload, observe(state, workload)});
  using Row = WorkloadRow;
  static const std::vector<TableColumn<Row>> kColumns{
      {plain("name", "NAME"), [](const Row& row) { return row.workload.id.str(); }},
      {plain("zone", "ZONE"), [](const Row& row) { return row.workload.zone.str(); }},
      {plain("host", "HOST"), [](const Row& row) { return location(row.workload).str(); }},
      {plain("phase", "PHASE"), [](const Row& row) { return std::string(to_string(row.seen.phase)); }},
      {right("percent", "%"), [](const Row& row) { return row.seen.percent; }},
      {right("vcpus", "VCPU"), [](const Row& row) { return row.workload.vcpus; }},
      {right("memory_mib", "MEMORY"), [](const Row& row) { return cell(row.workload.memory); }},
      {plain("addresses", "ADDRESSES"),
       [](const Row& row) { return cell(addresses_of(row.workload), address_list(row.workload)); }},
      {plain("waiting", "WAITING FOR"), [](const Row& row) { return row.seen.waiting; }},
      {wide("since", "SINCE"), [](const Row& row) { return cell(row.seen.since); }},
      {wide("wave", "WAVE"), [](const Row& row) { return row.workload.wave.str(); }},
      {wide("generation", "GENERATION"),
       [](const Row& row) { return static_cast<std::int64_t>(row.workload.generation.value); }},
      {hidden("settled"), [](const Row& row) { return row.seen.settled; }},
      {hidden("power"),
       [](const Row& row) { return row.workload.power == model::Power::running ? "running" : "stopped"; }},
      {hidden("moves_to"),
       [](const Row& row) { return row.workload.leaving.empty() ? std::string() : row.workload.host.str(); }},
      {hidden("deleting"), [](const Row& row) { return row.workload.deleting; }},
  };
  return list("workloads", kColumns, rows);
}

model::Listing list_volumes(const State& state, const Actor& actor, const Filters& filters) {
  std::vector<VolumeRow> rows;
  for (const auto& [id, workload] : state.tables.workloads())
    if (listed(workload, actor, filters))
      for (const auto& disk : workload.disks) rows.push_back({state, workload, disk});
  using Row = VolumeRow;
  static const std::vector<TableColumn<Row>> kColumns{
      {plain("name", "NAME"),
       [](const Row& row) { return model::volume_id(row.workload.id, row.disk.name).str(); }},
      {right("size_gib", "SIZE"), [](const Row& row) { return cell(row.disk.size); }},
      {plain("from", "FROM"), [](const Row& row) { return from_of(row.disk); }},
      {plain("pool", "POOL"),
       [](const Row& row) {
         const auto zone = row.state.tables.site().zones.find(row.workload.zone);
         return zone == row.state.tables.site().zones.end() ? std::string() : zone->second.pool;
       }},
      {plain("host", "HOST"), [](const Row& row) { return location(row.workload).str(); }},
      {wide("workload", "WORKLOAD"), [](const Row& row) { return row.workload.id.str(); }},
  };
  return list("volumes", kColumns, rows);
}

model::Listing list_applications(const State& state, const Actor& actor, const Filters& filters) {
  std::vector<ApplicationRow> rows;
  for (const auto& [id, record] : state.tables.applications()) {
    const auto& spec = record.spec;
    const std::string room = spec.from ? spec.from->room.str() : "";
    if (sees(actor, spec.department) && passes(filters, "zone", spec.zone.str()) &&
        passes(filters, "department", spec.department.str()) && passes(filters, "wave", record.wave.str()) &&
        passes(filters, "room", room))
      rows.push_back({record, progress_of(state, state.tables.of_application(id))});
  }
  using Row = ApplicationRow;
  static const std::vector<TableColumn<Row>> kColumns{
      {plain("name", "NAME"), [](const Row& row) { return row.record.id.str(); }},
      {plain("title", "TITLE"), [](const Row& row) { return row.record.spec.title; }},
      {plain("wave", "WAVE"), [](const Row& row) { return row.record.wave.str(); }},
      {plain("zone", "ZONE"), [](const Row& row) { return row.record.spec.zone.str(); }},
      {right("mlps", "LEVEL"), [](const Row& row) { return row.record.spec.mlps; }},
      {plain("phase", "PHASE"), [](const Row& row) { return row.progress.phase; }},
      {right("percent", "%"), [](const Row& row) { return row.progress.percent; }},
      {right("running", "RUNNING"),
       [](const Row& row) { return cell_used(row.progress.running, row.progress.workloads); }},
      {plain("waiting", "WAITING FOR"), [](const Row& row) { return row.progress.waiting; }},
      {wide("since", "SINCE"), [](const Row& row) { return cell(row.progress.since); }},
      {wide("room", "FROM ROOM"),
       [](const Row& row) {
         return row.record.spec.from ? row.record.spec.from->room.str() : std::string();
       }},
      {hidden("settled"), [](const Row& row) { return row.progress.done(); }},
  };
  return list("applications", kColumns, rows);
}

model::Listing list_waves(const State& state, const Actor& actor, const Filters&) {
  std::vector<WaveRow> rows;
  for (const auto& [id, record] : state.tables.waves()) {
    std::vector<const model::Workload*> workloads;
    std::int64_t applications = 0;
    for (const auto& [application, held] : state.tables.applications()) {
      if (held.wave != id || !sees(actor, held.spec.department)) continue;
      ++applications;
      const auto own = state.tables.of_application(application);
      workloads.insert(workloads.end(), own.begin(), own.end());
    }
    if (applications > 0 || sees_all(actor))
      rows.push_back({record, applications, progress_of(state, workloads)});
  }
  using Row = WaveRow;
  static const std::vector<TableColumn<Row>> kColumns{
      {plain("name", "NAME"), [](const Row& row) { return row.record.id.str(); }},
      {plain("title", "TITLE"), [](const Row& row) { return row.record.title; }},
      {right("applications", "APPLICATIONS"), [](const Row& row) { return row.applications; }},
      {right("running", "RUNNING"),
       [](const Row& row) { return cell_used(row.progress.running, row.progress.workloads); }},
      {right("percent", "%"), [](const Row& row) { return row.progress.percent; }},
      {plain("state", "STATE"), [](const Row& row) { return wave_state(row.progress); }},
      {plain("waiting", "WAITING FOR"), [](const Row& row) { return row.progress.waiting; }},
      {plain("applied", "APPLIED"), [](const Row& row) { return cell(row.record.applied); }},
      {wide("actor", "BY"), [](const Row& row) { return row.record.actor; }},
  };
  return list("waves", kColumns, rows);
}

}  // namespace causeway::scheduler
