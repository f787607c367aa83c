// SPDX-License-Identifier: Apache-2.0
#include <fmt/ostream.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "common/core/text.h"
#include "scheduler/cli/session.h"
#include "scheduler/cli/wait.h"

namespace causeway::cli {
namespace {

constexpr std::array<std::string_view, 12> kNouns = {"hosts",  "departments", "zones",   "networks",
                                                     "images", "workloads",   "volumes", "applications",
                                                     "waves",  "rooms",       "events",  "keys"};
constexpr std::array<std::string_view, 6> kFilters = {"zone", "department",  "host",
                                                      "wave", "application", "room"};

struct Options {
  std::string noun;
  std::map<std::string, std::string> where;
  Format format = Format::table;
  bool watch = false;
};

void run(Session& session, const Options& options) {
  std::map<std::string, std::string> where;
  for (const auto& [key, value] : options.where)
    if (!value.empty()) where[key] = value;
  std::vector<std::vector<model::Value>> shown;
  const auto look = [&] {
    const auto listing = session.ask_for<model::Listing>(model::GetRequest{options.noun, where});
    if (!listing) return false;
    if (!options.watch || listing->rows != shown) print(session.out, *listing, options.format);
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
    return "'" + options->noun + "' is nothing that can be listed; " +
           (meant.empty() ? "there are " + all : "did you mean '" + meant + "'?");
  };
  verb.add_parsed("noun", choose, "One of: " + all).required().type_name("NOUN");
  for (const auto filter : kFilters)
    verb.add_option("--" + std::string(filter), options->where[std::string(filter)],
                    "Only of this " + std::string(filter))
        .type_name("NAME");
  add_format(verb, options->format);
  verb.add_flag("--watch", options->watch, "Show the list again whenever it changes, until Ctrl-C");
  verb.footer(
      "Examples:\n  causeway get workloads --department civil-affairs -o wide\n  causeway get rooms\n"
      "  causeway get hosts -o json | jq '.items[].name'");
  verb.callback([options, &session] { run(session, *options); });
}

}  // namespace causeway::cli
