// SPDX-License-Identifier: Apache-2.0
#include "scheduler/cli/format.h"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "common/core/text.h"
#include "scheduler/cli/printable.h"

namespace causeway::cli {
namespace {

using model::Column;
using model::List;
using model::Listing;
using model::Member;
using model::Object;
using model::Value;
using Json = nlohmann::ordered_json;

const Value* member(const Object& object, std::string_view key) {
  const auto found = std::ranges::find(object, key, &Member::first);
  return found == object.end() ? nullptr : &found->second;
}

// A cell may carry what is shown beside what is meant (see Listing::rows). Both are parts of the caller's
// cell. NOLINTBEGIN(bugprone-return-const-ref-from-parameter)
const Value& shown(const Value& cell) {
  if (const auto* object = std::get_if<Object>(&cell))
    if (const Value* text = member(*object, "text")) return *text;
  return cell;
}
const Value& meant(const Value& cell) {
  if (const auto* object = std::get_if<Object>(&cell);
      object != nullptr && member(*object, "text") != nullptr)
    if (const Value* value = member(*object, "value")) return *value;
  return cell;
}
// NOLINTEND(bugprone-return-const-ref-from-parameter)

Json to_json(const Value& value) {
  return std::visit(
      [](const auto& alternative) -> Json {
        using T = std::decay_t<decltype(alternative)>;
        if constexpr (std::is_same_v<T, std::monostate>) {
          return nullptr;
        } else if constexpr (std::is_same_v<T, List>) {
          Json json = Json::array();
          for (const auto& item : alternative) json.push_back(to_json(item));
          return json;
        } else if constexpr (std::is_same_v<T, Object>) {
          Json json = Json::object();
          for (const auto& [key, item] : alternative) json[key] = to_json(meant(item));
          return json;
        } else {
          return alternative;
        }
      },
      static_cast<const Value::variant&>(value));
}

void emit(YAML::Emitter& yaml, const Value& value) {
  std::visit(
      [&](const auto& alternative) {
        using T = std::decay_t<decltype(alternative)>;
        if constexpr (std::is_same_v<T, std::monostate>) {
          yaml << YAML::Null;
        } else if constexpr (std::is_same_v<T, List>) {
          yaml << YAML::BeginSeq;
          for (const auto& item : alternative) emit(yaml, item);
          yaml << YAML::EndSeq;
        } else if constexpr (std::is_same_v<T, Object>) {
          yaml << YAML::BeginMap;
          for (const auto& [key, item] : alternative) {
            yaml << YAML::Key << key << YAML::Value;
            emit(yaml, meant(item));
          }
          yaml << YAML::EndMap;
        } else {
          yaml << alternative;
        }
      },
      static_cast<const Value::variant&>(value));
}

void print_tree(std::ostream& out, const Value& value, Format format) {
  if (format == Format::yaml) {
    YAML::Emitter yaml;
    emit(yaml, value);
    fmt::print(out, "{}\n", yaml.c_str());
  } else {
    fmt::print(out, "{}\n", to_json(value).dump(2));
  }
}

// A listing's rows as the objects that json and yaml show.
Value as_objects(const Listing& listing) {
  List items;
  for (const auto& row : listing.rows) {
    Object item;
    for (std::size_t i = 0; i < listing.columns.size() && i < row.size(); ++i)
      item.emplace_back(listing.columns[i].key, meant(row[i]));
    items.emplace_back(std::move(item));
  }
  return Object{{"kind", listing.noun},
                {"revision", static_cast<std::int64_t>(listing.revision)},
                {"items", std::move(items)}};
}

// Columns padded to the widest cell; no spaces behind the last one.
void print_grid(std::ostream& out, const std::vector<Column>& columns,
                const std::vector<std::vector<std::string>>& rows, std::string_view indent = "") {
  std::vector<std::size_t> widths;
  for (const auto& column : columns) widths.push_back(display_width(column.title));
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  const auto print_row = [&](const auto& cell_at) {
    std::string line(indent);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const std::string& text = cell_at(i);
      const bool last = i + 1 == columns.size();
      line += columns[i].right ? pad_left(text, widths[i]) : last ? text : pad_right(text, widths[i]);
      if (!last) line += "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    fmt::print(out, "{}\n", line);
  };
  print_row([&](std::size_t i) -> const std::string& { return columns[i].title; });
  for (const auto& row : rows) print_row([&](std::size_t i) -> const std::string& { return row[i]; });
}

void print_table(std::ostream& out, const Listing& listing, bool wide) {
  if (listing.rows.empty()) {
    fmt::print(out, "no {}\n", listing.noun);
    return;
  }
  std::vector<Column> columns;
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < listing.columns.size(); ++i) {
    const auto& column = listing.columns[i];
    if (column.title.empty() || (column.wide && !wide)) continue;
    columns.push_back(column);
    indices.push_back(i);
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& row : listing.rows) {
    auto& cells = rows.emplace_back();
    for (const std::size_t i : indices) cells.push_back(i < row.size() ? cell_text(row[i]) : "-");
  }
  print_grid(out, columns, rows);
}

std::string title_of(std::string key) {
  std::ranges::replace(key, '_', ' ');
  std::ranges::transform(key, key.begin(),
                         [](unsigned char letter) { return static_cast<char>(std::toupper(letter)); });
  return key;
}

// A row's first cell is its name; a thing that fills several rows is named once.
void print_names(std::ostream& out, const Listing& listing) {
  std::string last;
  for (const auto& row : listing.rows) {
    if (row.empty()) continue;
    std::string name = cell_text(meant(row.front()));
    if (name != last) fmt::print(out, "{}\n", name);
    last = std::move(name);
  }
}

bool is_table(const List& list) {
  return !list.empty() && std::ranges::all_of(list, [](const Value& item) {
    return std::holds_alternative<Object>(item) && &shown(item) == &item;
  });
}

void print_objects(std::ostream& out, const List& list, std::string_view indent) {
  std::vector<Column> columns;
  for (const auto& item : list) {
    for (const auto& [key, value] : std::get<Object>(item)) {
      const auto known = std::ranges::find(columns, key, &Column::key);
      const bool number =
          std::holds_alternative<std::int64_t>(meant(value)) || std::holds_alternative<double>(meant(value));
      if (known == columns.end())
        columns.push_back({.key = key, .title = title_of(key), .wide = false, .right = number});
    }
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& item : list) {
    auto& cells = rows.emplace_back();
    for (const auto& column : columns) {
      const Value* value = member(std::get<Object>(item), column.key);
      cells.push_back(value == nullptr ? "-" : cell_text(*value));
    }
  }
  print_grid(out, columns, rows, indent);
}

void print_outline(std::ostream& out, const Object& object, const std::string& indent) {
  std::size_t width = 0;
  for (const auto& [key, value] : object) width = std::max(width, display_width(key) + 1);
  for (const auto& [key, value] : object) {
    const Value& content = shown(value);
    if (const auto* inner = std::get_if<Object>(&content)) {
      fmt::print(out, "{}{}:\n", indent, key);
      print_outline(out, *inner, indent + "  ");
    } else if (const auto* list = std::get_if<List>(&content); list != nullptr && is_table(*list)) {
      fmt::print(out, "{}{}:\n", indent, key);
      print_objects(out, *list, indent + "  ");
    } else if (list != nullptr && list->size() > 1) {
      fmt::print(out, "{}{}:\n", indent, key);
      for (const auto& item : *list) fmt::print(out, "{}  {}\n", indent, cell_text(item));
    } else {
      fmt::print(out, "{}{} {}\n", indent, pad_right(key + ":", width), cell_text(content));
    }
  }
}

}  // namespace

void add_format(Verb& verb, Format& format) {
  static const std::map<std::string, Format> kFormats = {{"table", Format::table},
                                                         {"wide", Format::wide},
                                                         {"json", Format::json},
                                                         {"yaml", Format::yaml},
                                                         {"name", Format::name}};
  verb.add_choice("-o,--output", format, kFormats, "table, wide, json, yaml or name").type_name("FORMAT");
}

std::string cell_text(const Value& cell) {
  return std::visit(
      [](const auto& value) -> std::string {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, std::monostate>) {
          return "-";
        } else if constexpr (std::is_same_v<T, bool>) {
          return value ? "yes" : "no";
        } else if constexpr (std::is_same_v<T, std::int64_t>) {
          return fmt::format("{}", value);
        } else if constexpr (std::is_same_v<T, double>) {
          return fmt::format("{:.3g}", value);
        } else if constexpr (std::is_same_v<T, std::string>) {
          return value.empty() ? "-" : printable(value);
        } else if constexpr (std::is_same_v<T, List>) {
          std::string joined;
          for (const auto& item : value) joined += (joined.empty() ? "" : ", ") + cell_text(item);
          return joined.empty() ? "-" : joined;
        } else {
          std::string joined;
          for (const auto& [key, item] : value)
            joined += fmt::format("{}{}={}", joined.empty() ? "" : " ", key, cell_text(item));
          return joined.empty() ? "-" : joined;
        }
      },
      static_cast<const Value::variant&>(shown(cell)));
}

void print(std::ostream& out, const Listing& listing, Format format) {
  switch (format) {
    case Format::table: return print_table(out, listing, false);
    case Format::wide: return print_table(out, listing, true);
    case Format::json:
    case Format::yaml: return print_tree(out, as_objects(listing), format);
    case Format::name: print_names(out, listing);
  }
}

void print(std::ostream& out, const Object& document, Format format) {
  if (format == Format::json || format == Format::yaml)
    print_tree(out, document, format);
  else if (format == Format::name && !document.empty())
    fmt::print(out, "{}\n", cell_text(document.front().second));
  else
    print_outline(out, document, "");
}

}  // namespace causeway::cli
