// SPDX-License-Identifier: Apache-2.0
// The public traces that the benches run on, recognized by the columns of a file, wherever it lies below the
// folder. The project holds none of them; a set that is not there is named in one line and its rows are left
// out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace causeway::bench {

struct Table {
  std::string name;  // the file's, without its folder
  std::map<std::string, std::size_t> columns;
  std::vector<std::vector<std::string>> rows;

  [[nodiscard]] const std::string& text(std::size_t row, const std::string& column) const {
    return rows[row][columns.at(column)];
  }
  // Of a file: "inf" is infinite, an empty cell is 0. Throws BadTrace for anything else that is no number,
  // and for one that is less than that or too large to be an amount of anything.
  [[nodiscard]] double number(std::size_t row, const std::string& column, double least = 0) const;
};

// What is wrong with a trace, where, and what to do. No row of a bench comes from such a file.
class BadTrace : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// All .csv and .csv.gz files with these columns, by name. Throws BadTrace for a line that has not as many
// cells as the first one.
std::vector<Table> tables_with(const std::filesystem::path& folder, const std::vector<std::string>& columns);

// A virtual machine that comes and goes. Units are the trace's; times in seconds.
struct Visit {
  std::int64_t cpu = 0;
  std::int64_t memory = 0;
  double start = 0;
  double end = 0;
  std::int64_t tenant = 0;
};

struct Trace {
  std::string name;
  std::vector<Visit> visits;  // by start
};

// Cores and MiB. The trace's duration bins are taken at their middle; who was still there at the end stays.
std::vector<Trace> azure_2017(const std::filesystem::path& folder);
// Hundredths of a core and eighths of a GiB.
std::vector<Trace> azure_2020(const std::filesystem::path& folder);

}  // namespace causeway::bench
