// SPDX-License-Identifier: Apache-2.0
#include "scheduler/cli/reach.h"

#include <fmt/format.h>

#include <algorithm>

#include "scheduler/cli/session.h"

namespace causeway::cli {
namespace {

struct Options {
  std::string from;
  std::string to;
  std::string what = "ping";
  Format format = Format::table;
};

void run(Session& session, const Options& options) {
  const auto listing = session.ask_for<model::Listing>(
      model::ReachRequest{WorkloadId(options.from), WorkloadId(options.to), options.what});
  if (!listing) return;
  print(session.out, *listing, options.format);
  if (verdict_of(*listing) != "agree") session.exit_code = kError;
}

}  // namespace

std::string verdict_of(const model::Listing& listing) { return text_in(listing, "verdict"); }

std::string text_in(const model::Listing& listing, std::string_view column) {
  const auto found = std::ranges::find(listing.columns, column, &model::Column::key);
  if (found == listing.columns.end() || listing.rows.empty()) return "";
  return cell_text(listing.rows.front().at(static_cast<std::size_t>(found - listing.columns.begin())));
}

void add_reach(Verb& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto verb = app.add_subcommand("reach",
                                 "Whether a workload reaches another one or what is outside, by the policy "
                                 "and by the switches of the hosts");
  verb.add_option("from", options->from,
                  "The workload that asks, or a system outside (outside/NAME), or an address or prefix there")
      .required()
      .type_name("WORKLOAD");
  verb.add_option("to", options->to, "The workload that is asked, or what is outside")
      .required()
      .type_name("WORKLOAD");
  verb.add_option("what", options->what, "ping, tcp/PORT, udp/PORT, icmp/TYPE or icmp6/TYPE; ping if absent")
      .type_name("WHAT");
  add_format(verb, options->format);
  verb.footer(
      "Example:\n  causeway reach housing/building-permits/web civil-affairs/marriage-registration/web-1 "
      "tcp/80");
  verb.callback([options, &session] { run(session, *options); });
}

}  // namespace causeway::cli
