// SPDX-License-Identifier: Apache-2.0
#include <fmt/ostream.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "common/core/text.h"
#include "scheduler/cli/session.h"
#include "scheduler/cli/wait.h"

namespace causeway::cli {
namespace {

constexpr std::array<std::string_view, 13> kNouns = {
    "hosts",        "departments", "zones", "networks", "images", "workloads", "volumes",
    "applications", "waves",       "rooms", "events",   "grants", "keys"};
constexpr std::array<std::string_view, 6> kFilters = {"zone", "department",  "host",
                                                      "wave", "application", "room"};

struct Options {
  std::string noun;
  std::map<std::string, std::string> where;
  Format format = Format::table;
  bool watch = false;
};

using Rows = std::vector<std::vector<model::Value>>;

// On a terminal a watch draws over what it showed before.
void print_anew(Session& session, const model::Listing& listing, const Options& options) {
  if (options.watch && session.terminal) fmt::print(session.out, "{}", kClearScreen);
  print(session.out, listing, options.format);
}

// In a log: the rows that are new or differ, and the names of those that are gone.
void print_changes(Session& session, const Rows& before, const model::Listing& listing, Format format) {
  model::Listing changed = listing;
  std::erase_if(changed.rows,
                [&](const auto& row) { return std::ranges::find(before, row) != before.end(); });
  if (!changed.rows.empty()) print(session.out, changed, format);
  for (const auto& row : before) {
    const auto same_name = [&](const auto& other) { return other.front() == row.front(); };
    if (!row.empty() && std::ranges::none_of(listing.rows, same_name))
      fmt::print(session.out, "gone: {}\n", cell_text(row.front()));
  }
}

void run(Session& session, const Options& options) {
  std::map<std::string, std::string> where;
  for (const auto& [key, value] : options.where)
    if (!value.empty()) where[key] = value;
  std::optional<Rows> shown;
  const auto look = [&] {
    const auto listing = session.ask_for<model::Listing>(model::GetRequest{options.noun, where});
    if (!listing) return false;
    if (!shown || session.terminal || options.format == Format::json || options.format == Format::yaml) {
      if (shown != listing->rows) print_anew(session, *listing, options);
    } else {
      print_changes(session, *shown, *listing, options.format);
    }
    shown = listing->rows;
    session.out.flush();
    return options.watch;
  };
  watch(session, look);
}

}  // namespace

void add_get(Verb& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto verb = app.add_subcommand("get", "List hosts, workloads, volumes and whatever else there is");
  std::vector<std::string> nouns(kNouns.begin(), kNouns.end());
  const std::string all = join(nouns, ", ");
  const auto choose = [options, nouns, all](const std::string& written) -> std::string {
    options->noun = written.ends_with('s') ? written : written + "s";
    if (std::ranges::find(nouns, options->noun) != nouns.end()) return "";
    const std::string meant = nearest_name(options->noun, nouns);
    return "'" + written + "' is nothing that can be listed; " +
           (meant.empty() ? "there are " + all : "did you mean '" + meant + "'?");
  };
  verb.add_parsed("noun", choose, "One of: " + all).required().type_name("NOUN");
  for (const auto filter : kFilters)
    verb.add_option("--" + std::string(filter), options->where[std::string(filter)],
                    "Only of this " + std::string(filter))
        .type_name("NAME");
  add_format(verb, options->format);
  verb.add_flag("--watch", options->watch,
                "Show what changes, until Ctrl-C: the list anew on a terminal, the changed rows in a log");
  verb.footer(
      "Examples:\n  causeway get workloads --department civil-affairs -o wide\n  causeway get rooms\n"
      "  causeway get hosts -o json | jq '.items[].name'");
  verb.callback([options, &session] { run(session, *options); });
}

}  // namespace causeway::cli
