// SPDX-License-Identifier: Apache-2.0
#include "scheduler/cli/progress.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>

#include "common/core/text.h"
#include "scheduler/cli/printable.h"

namespace causeway::cli {
namespace {

std::string line_of(const model::ApplicationProgress& application) {
  std::string line = fmt::format("{}  {} {}%  {} of {} running", application.id.str(), application.phase,
                                 application.percent, application.running, application.workloads);
  if (!application.waiting.empty())
    line +=
        fmt::format("  waits: {} (since {})", printable(application.waiting), to_string(application.since));
  return line;
}

int percent_of(const model::StatusResponse& status) {
  int sum = 0;
  int workloads = 0;
  for (const auto& application : status.applications) {
    sum += application.percent * std::max(1, application.workloads);
    workloads += std::max(1, application.workloads);
  }
  return workloads == 0 ? 100 : sum / workloads;
}

// The application that is looked at next by somebody who wonders why it takes so long.
const model::ApplicationProgress* first_waiting(const model::StatusResponse& status) {
  const auto found =
      std::ranges::find_if(status.applications, [](const auto& each) { return !each.waiting.empty(); });
  return found == status.applications.end() ? nullptr : &*found;
}

model::Listing as_listing(const model::StatusResponse& status) {
  model::Listing listing;
  listing.noun = "applications";
  listing.revision = status.revision;
  listing.columns = {{.key = "application", .title = "APPLICATION"},
                     {.key = "title", .title = "TITLE"},
                     {.key = "phase", .title = "PHASE"},
                     {.key = "percent", .title = "%", .wide = false, .right = true},
                     {.key = "running", .title = "RUNNING", .wide = false, .right = true},
                     {.key = "waiting", .title = "WAITS FOR"},
                     {.key = "since", .title = "SINCE"}};
  for (const auto& each : status.applications) {
    const bool waits = !each.waiting.empty();
    listing.rows.push_back(
        {each.id.str(), each.title, each.phase, each.percent,
         model::Object{{"text", fmt::format("{}/{}", each.running, each.workloads)}, {"value", each.running}},
         waits ? model::Value(each.waiting) : model::Value(),
         waits ? model::Value(to_string(each.since)) : model::Value()});
  }
  return listing;
}

}  // namespace

void Progress::show(const model::StatusResponse& status, Duration elapsed) {
  if (!terminal_) {
    for (const auto& application : status.applications) {
      std::string line = line_of(application);
      auto& last = lines_[application.id];
      if (line != last) fmt::print(out_, "{}\n", line);
      last = std::move(line);
    }
    out_.flush();
    return;
  }
  const int percent = percent_of(status);
  if (percent_at_start_ < 0) percent_at_start_ = percent;
  int running = 0;
  int workloads = 0;
  for (const auto& application : status.applications) {
    running += application.running;
    workloads += application.workloads;
  }
  std::string line =
      fmt::format("{}: {}%  {} of {} workloads running", status.title, percent, running, workloads);
  const int gained = percent - percent_at_start_;
  if (gained > 0 && percent < 100 && elapsed.count() > 0) {
    line += fmt::format("  {:.1f} %/s, about {} left", gained * 1000.0 / static_cast<double>(elapsed.count()),
                        to_string(elapsed * (100 - percent) / gained));
  }
  if (const auto* waiting = first_waiting(status))
    line += fmt::format("  {}: {}", waiting->id.str(), printable(waiting->waiting));
  fmt::print(out_, "\r\x1b[K{}", line);
  out_.flush();
  drawn_ = true;
}

void Progress::finish() {
  if (drawn_) fmt::print(out_, "\n");
  drawn_ = false;
}

void print(std::ostream& out, const model::StatusResponse& status, Format format) {
  if (format == Format::json || format == Format::yaml) {
    model::List applications;
    for (const auto& each : status.applications)
      applications.emplace_back(model::Object{{"application", each.id.str()},
                                              {"title", each.title},
                                              {"phase", each.phase},
                                              {"percent", each.percent},
                                              {"running", each.running},
                                              {"workloads", each.workloads},
                                              {"waiting", each.waiting},
                                              {"since", to_string(each.since)}});
    model::Object document{{"title", status.title},
                           {"settled", status.settled},
                           {"failed", status.failed},
                           {"summary", status.summary},
                           {"applications", std::move(applications)}};
    if (!status.findings.empty())
      document.emplace_back("findings", model::List(status.findings.begin(), status.findings.end()));
    print(out, document, format);
    return;
  }
  const bool table = format == Format::table || format == Format::wide;
  if (!status.applications.empty() || !table) print(out, as_listing(status), format);
  if (table) {
    for (const auto& finding : status.findings) fmt::print(out, "finding: {}\n", finding);
    std::string counts;
    for (const auto& [key, value] : status.summary) {
      std::string words = key;
      std::ranges::replace(words, '_', ' ');
      counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", cell_text(value), words);
    }
    const char* verdict = status.failed    ? "something needs a person"
                          : status.settled ? "settled"
                                           : "on its way";
    fmt::print(out, "{}: {}{}{}\n", status.title, verdict, counts.empty() ? "" : "; ", counts);
  }
}

}  // namespace causeway::cli
