// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/placement/traces.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>
#include <memory>

#include "common/core/text.h"

namespace causeway::bench {
namespace {

namespace fs = std::filesystem;

constexpr double kLongBefore = -1e5;  // days: who was there when a trace began came then at the earliest
constexpr double kAmountMax = 1e15;   // whole numbers up to there are exact

std::string contents(const fs::path& file) {
  const std::string program = file.extension() == ".gz" ? "gzip -dc" : "cat";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(
      popen(fmt::format("{} '{}'", program, file.string()).c_str(), "r"), pclose);
  std::string text;
  char buffer[1 << 16];
  while (const std::size_t got = std::fread(buffer, 1, sizeof buffer, pipe.get())) text.append(buffer, got);
  return text;
}

std::vector<std::string> cells(std::string line) {
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return split(line, ',');
}

void add_row(Table& table, std::vector<std::string> row, std::size_t columns) {
  if (row.size() != columns)
    throw BadTrace(
        fmt::format("{}, line {}: {} cells, and the first line names {}; mend the line, or take the "
                    "file away",
                    table.name, table.rows.size() + 2, row.size(), columns));
  table.rows.push_back(std::move(row));
}

// In seconds: bins of five minutes up to an hour, of an hour up to a day, of a day up to twenty.
double duration_of(int bin) {
  if (bin == 0) return 60;
  if (bin <= 12) return 300.0 * bin;
  if (bin <= 35) return 3600.0 * (bin - 12) + 1800;
  return 86400.0 * (bin - 35) + 43200;
}

}  // namespace

double Table::number(std::size_t row, const std::string& column, double least) const {
  const std::string& cell = text(row, column);
  if (cell.empty()) return 0;
  if (cell == "inf") return std::numeric_limits<double>::infinity();
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (error != std::errc{} || end != cell.data() + cell.size() || !(value >= least && value <= kAmountMax))
    throw BadTrace(
        fmt::format("{}, line {}, column {}: '{}' is no amount from {:.0f} to {:.0e}; mend the line, or "
                    "take the file away",
                    name, row + 2, column, cell, least, kAmountMax));
  return value;
}

std::vector<Table> tables_with(const fs::path& folder, const std::vector<std::string>& columns) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && (name.ends_with(".csv") || name.ends_with(".csv.gz")))
      files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<Table> tables;
  for (const auto& file : files) {
    const std::string text = contents(file);
    Table table{.name = file.filename().string(), .columns = {}, .rows = {}};
    const auto header = cells(text.substr(0, text.find('\n')));
    for (std::size_t i = 0; i < header.size(); ++i) table.columns[header[i]] = i;
    const bool known = std::all_of(columns.begin(), columns.end(),
                                   [&](const std::string& column) { return table.columns.contains(column); });
    if (!known) continue;
    auto lines = split(text, '\n');
    if (!lines.empty() && lines.back().empty()) lines.pop_back();
    for (std::size_t i = 1; i < lines.size(); ++i) add_row(table, cells(lines[i]), header.size());
    tables.push_back(std::move(table));
  }
  return tables;
}

std::vector<Trace> azure_2017(const fs::path& folder) {
  std::vector<Trace> traces;
  for (const Table& table : tables_with(folder, {"t", "batch", "cores", "mem_mib", "dur_bin", "censored"})) {
    Trace trace{table.name, {}};
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
      const double start = table.number(i, "t");
      const bool stays = table.text(i, "censored") == "1";
      trace.visits.push_back({.cpu = std::llround(table.number(i, "cores")),
                              .memory = std::llround(table.number(i, "mem_mib")),
                              .start = start,
                              .end = stays
                                         ? std::numeric_limits<double>::infinity()
                                         : start + duration_of(static_cast<int>(table.number(i, "dur_bin"))),
                              .tenant = std::llround(table.number(i, "batch"))});
    }
    traces.push_back(std::move(trace));
  }
  return traces;
}

std::vector<Trace> azure_2020(const fs::path& folder) {
  std::vector<Trace> traces;
  for (const Table& table :
       tables_with(folder, {"vmId", "tenantId", "cores", "ram", "starttime", "endtime"})) {
    Trace trace{table.name, {}};
    for (std::size_t i = 0; i < table.rows.size(); ++i)
      trace.visits.push_back({.cpu = std::llround(table.number(i, "cores")),
                              .memory = std::llround(table.number(i, "ram")),
                              .start = 86400 * table.number(i, "starttime", kLongBefore),
                              .end = 86400 * table.number(i, "endtime"),
                              .tenant = std::llround(table.number(i, "tenantId"))});
    std::stable_sort(trace.visits.begin(), trace.visits.end(),
                     [](const Visit& a, const Visit& b) { return a.start < b.start; });
    traces.push_back(std::move(trace));
  }
  return traces;
}

}  // namespace causeway::bench
