// SPDX-License-Identifier: Apache-2.0
#include "scheduler/forecast/forecast.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "scheduler/core/core.h"
#include "scheduler/forecast/host.h"
#include "scheduler/forecast/records.h"

namespace causeway::forecast {
namespace {

using namespace std::chrono_literals;

constexpr Duration kStep = scheduler::kTickInterval;
constexpr Duration kWarmUp = 30s;  // longer than a lease: the scheduler has to know everybody
constexpr Duration kFenceTakes = 1s;
constexpr Duration kRestMost = 5min;  // after the hosts came back, until everything rests
constexpr Duration kCalm = 30s;       // so long nothing happened: it rests
const std::string kOperatorKey = "key of the operator";

bool hit_by(const placement::Domain& domain, const placement::Host& host,
            const std::map<RackId, HallId>& halls) {
  switch (domain.scope) {
    case placement::Scope::host: return host.id.str() == domain.name;
    case placement::Scope::rack: return host.rack.str() == domain.name;
    case placement::Scope::hall: return halls.at(host.rack).str() == domain.name;
  }
  return false;
}

// The core's words name points of a time that never was: said by how far they are from the loss.
std::string in_spans(std::string text, Instant loss) {
  constexpr std::size_t kLength = std::string_view("2027-01-01T00:00:00Z").size();
  for (auto end = text.find('Z'); end != std::string::npos; end = text.find('Z', end + 1)) {
    if (end + 1 < kLength) continue;
    const auto begin = end + 1 - kLength;
    const auto at = parse_instant(std::string_view(text).substr(begin, kLength));
    if (!at) continue;
    const auto span = *at < loss ? fmt::format("{} before the loss", to_string(loss - *at))
                                 : fmt::format("{} after the loss", to_string(*at - loss));
    text.replace(begin, kLength, span);
    end = begin + span.size() - 1;
  }
  return text;
}

class Run {
 public:
  Run(const placement::Snapshot& snapshot, const Question& question, std::vector<model::Record> records)
      : question_(question), core_(std::move(records), options()) {
    std::map<RackId, HallId> halls;
    for (const auto& rack : snapshot.racks) halls.emplace(rack.id, rack.hall);
    std::map<HostId, std::vector<WorkloadId>> runs;
    for (const auto& placed : snapshot.workloads) runs[placed.host].push_back(placed.request.workload);
    for (const auto& host : snapshot.hosts) {
      const auto begins = now_ + Duration{static_cast<std::int64_t>(hosts_.size() * 37 % 5000)};
      hosts_.emplace(host.id, ModelledHost(host.id, begins, runs[host.id],
                                           host.state == placement::HostState::isolated, host.uplinks));
      if (host.state == placement::HostState::down) {
        hosts_.at(host.id).lose_power();
        fenced_.insert(storage_address_of(host.id));
      }
      const bool hit =
          std::ranges::any_of(question.lost, [&](const auto& domain) { return hit_by(domain, host, halls); });
      if (hit) lost_.insert(host.id);
    }
    for (const auto& placed : snapshot.workloads)
      if (lost_.contains(placed.host) && hosts_.at(placed.host).up())
        affected_.push_back({placed.request.workload, placed.host, placed.host, {}, true, ""});
    std::ranges::sort(affected_, {}, &Affected::workload);
  }

  Forecast play() {
    until(now_ + kWarmUp);
    loss_ = now_;
    told_ = true;
    for (const auto& id : lost_) hosts_.at(id).lose_power();
    until(loss_ + question_.back_after);
    note_reasons();
    for (const auto& id : lost_) hosts_.at(id).return_power(now_);
    eventful_ = now_;
    const auto end = now_ + kRestMost;
    while (now_ < end && now_ - eventful_ < kCalm) until(now_ + kStep);
    note_reasons();
    Forecast made{std::move(lines_), std::move(affected_), {lost_.begin(), lost_.end()}};
    return made;
  }

 private:
  static scheduler::Options options() {
    scheduler::Options made;
    made.operators["operator"] = kOperatorKey;
    made.fences = true;
    return made;
  }

  void until(Instant end) {
    for (; now_ < end; now_ += kStep) {
      std::vector<scheduler::Input> inputs;
      for (auto& [id, host] : hosts_)
        if (auto said = host.turn(now_))
          inputs.emplace_back(scheduler::Message{key_of_host(id), id.str(), std::move(*said)});
      for (; !orders_.empty() && orders_.front().first <= now_; orders_.erase(orders_.begin()))
        inputs.emplace_back(carry_out(orders_.front().second));
      if (now_ >= next_look_) inputs.emplace_back(look());
      inputs.emplace_back(scheduler::Tick{});
      step(inputs);
      if (told_) watch();
    }
  }

  void step(const std::vector<scheduler::Input>& inputs) {
    auto outcome = core_.step(inputs, now_);
    for (const auto& change : outcome.changes) {
      const auto* record = std::get_if<model::Record>(&change);
      const auto* event = record == nullptr ? nullptr : std::get_if<model::EventRecord>(record);
      if (event == nullptr || !told_) continue;
      eventful_ = now_;
      lines_.push_back({now_ - loss_, event->verb, event->subject, in_spans(event->text, loss_)});
    }
    for (auto& order : outcome.fences) orders_.emplace_back(now_ + kFenceTakes, std::move(order));
    for (const auto& sent : outcome.messages) {
      hosts_.at(HostId(sent.route)).take(sent.message, now_);
      if (const auto* assignment = std::get_if<model::Assignment>(&sent.message)) note_told(*assignment);
    }
    for (auto& reply : outcome.replies) answer_ = std::move(reply.response.body);
  }

  scheduler::FenceDone carry_out(const scheduler::FenceOrder& order) {
    // No order is one to switch a host off: the snapshot names no BMC.
    for (const auto& address : order.addresses) {
      if (order.kind == scheduler::FenceOrder::Kind::raise)
        fenced_.insert(address);
      else
        fenced_.erase(address);
    }
    return {order.id, {}};
  }

  scheduler::StorageLook look() {
    next_look_ = now_ + scheduler::kLookInterval;
    fence::Look seen;
    for (const auto& [id, host] : hosts_) seen.signs.push_back({id, host.sign(), {storage_address_of(id)}});
    seen.fenced = fenced_;
    return {std::move(seen)};
  }

  void note_told(const model::Assignment& assignment) {
    for (const auto& workload : assignment.workloads) {
      const auto one = std::ranges::lower_bound(affected_, workload.id, {}, &Affected::workload);
      if (one != affected_.end() && one->workload == workload.id && !workload.shall_be_absent && one->down)
        one->to = assignment.host;
    }
  }

  // Who has a process again. Behind a fence a process is none: it can't write.
  void watch() {
    for (auto& one : affected_) {
      if (!one.down || fenced_.contains(storage_address_of(one.to))) continue;
      if (!hosts_.at(one.to).runs(one.workload, now_)) continue;
      one.down = false;
      one.away = now_ - loss_;
      if (one.to != one.from) one.why.clear();
      eventful_ = now_;
    }
  }

  // What the scheduler says that those wait for which still have no process.
  void note_reasons() {
    const bool any = std::ranges::any_of(affected_, &Affected::down);
    if (!any) return;
    step({scheduler::Message{kOperatorKey, "",
                             model::Request{++asked_, "", model::GetRequest{"workloads", {}}}}});
    const auto* listing = std::get_if<model::Listing>(&answer_);
    if (listing == nullptr) return;
    const auto column = [&](std::string_view key) {
      return static_cast<std::size_t>(std::ranges::find(listing->columns, key, &model::Column::key) -
                                      listing->columns.begin());
    };
    const auto name = column("name");
    const auto waiting = column("waiting");
    for (const auto& row : listing->rows) {
      const auto* id = std::get_if<std::string>(&row.at(name));
      const auto* why = std::get_if<std::string>(&row.at(waiting));
      if (id == nullptr || why == nullptr) continue;
      const auto one = std::ranges::lower_bound(affected_, WorkloadId(*id), {}, &Affected::workload);
      if (one != affected_.end() && one->workload.str() == *id && one->down) one->why = in_spans(*why, loss_);
    }
  }

  const Question& question_;
  Instant now_{std::chrono::hours(24 * 365 * 57)};
  Instant loss_;
  Instant eventful_;
  Instant next_look_;
  bool told_ = false;  // the loss has happened: what follows is shown
  std::uint64_t asked_ = 0;
  scheduler::Core core_;
  std::map<HostId, ModelledHost> hosts_;
  std::set<std::string> fenced_;
  std::vector<std::pair<Instant, scheduler::FenceOrder>> orders_;
  model::ResponseBody answer_;
  std::set<HostId> lost_;
  std::vector<Affected> affected_;
  std::vector<Line> lines_;
};

}  // namespace

std::expected<Forecast, Findings> forecast(const placement::Snapshot& snapshot, const Question& question) {
  auto records = records_of(snapshot);
  if (!records) return std::unexpected(std::move(records.error()));
  return Run(snapshot, question, std::move(*records)).play();
}

}  // namespace causeway::forecast
