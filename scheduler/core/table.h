// SPDX-License-Identifier: Apache-2.0
// How a listing is put together: columns and cells side by side, one function for each noun (listings_*.cpp).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/core/time.h"
#include "common/core/units.h"
#include "common/model/value.h"

namespace causeway::scheduler {

// A cell that shows one thing to people and gives another to programs.
model::Value cell(std::string text, model::Value value);
model::Value cell(MiB amount);
model::Value cell(GiB amount);
model::Value cell(Instant at);
// "12/100", and both numbers.
model::Value cell_used(std::int64_t used, std::int64_t of);

template <class Row>
struct TableColumn {
  model::Column column;
  std::function<model::Value(const Row&)> value;
};

// Where a column stands: "plain", "wide" (only with -o wide), "hidden" (only in json and yaml), "right".
inline model::Column plain(std::string key, std::string title) {
  return {std::move(key), std::move(title), false, false};
}
inline model::Column right(std::string key, std::string title) {
  return {std::move(key), std::move(title), false, true};
}
inline model::Column wide(std::string key, std::string title) {
  return {std::move(key), std::move(title), true, false};
}
inline model::Column hidden(std::string key) { return {std::move(key), "", false, false}; }

template <class Row>
model::Listing list(std::string noun, const std::vector<TableColumn<Row>>& columns,
                    const std::vector<Row>& rows) {
  model::Listing listing;
  listing.noun = std::move(noun);
  for (const auto& column : columns) listing.columns.push_back(column.column);
  for (const auto& row : rows) {
    auto& cells = listing.rows.emplace_back();
    for (const auto& column : columns) cells.push_back(column.value(row));
  }
  return listing;
}

}  // namespace causeway::scheduler
