// SPDX-License-Identifier: Apache-2.0
// A scheduler's leadership and store as words: what a test says to a contender in this process or in another.
//   look            "HOLDER|BEAT", or "nobody"
//   depose          deposes the one that was looked at last
//   lead            takes the lead and reads the state
//   commit N        N more numbered hosts in one transaction each
//   count           the hosts that the state holds
//   stay
//   leave
// Each answers with one line: "ok", the value, or "error CODE TEXT".
#pragma once

#include <fmt/format.h>

#include <memory>
#include <sstream>
#include <string>

#include "scheduler/leadership/leadership.h"

namespace causeway::leadership {

class Contender {
 public:
  explicit Contender(std::unique_ptr<Leadership> leadership) : leadership_(std::move(leadership)) {}
  ~Contender() { store_.reset(); }
  Contender(const Contender&) = delete;
  Contender& operator=(const Contender&) = delete;

  std::string say(const std::string& line) {
    std::istringstream words(line);
    std::string verb;
    words >> verb;
    if (verb == "look") return look();
    if (verb == "depose") return shown(leadership_->depose(seen_));
    if (verb == "lead") return lead();
    if (verb == "stay") return shown(leadership_->stay());
    if (verb == "count") return count();
    if (verb == "leave") {
      store_.reset();
      leadership_->leave();
      return "ok";
    }
    int commits = 0;
    words >> commits;
    for (int i = 0; i < commits; ++i)
      if (const auto done = commit(); !done) return shown(done);
    return "ok";
  }

 private:
  static std::string shown(const Result<>& result) {
    return result ? "ok"
                  : fmt::format("error {} {}", static_cast<int>(result.error().code), result.error().what);
  }
  std::string look() {
    const auto sign = leadership_->look();
    if (!sign) return shown(std::unexpected(sign.error()));
    seen_ = *sign;
    return sign->holder.empty() ? "nobody" : fmt::format("{}|{}", sign->holder, sign->beat);
  }
  std::string lead() {
    auto store = leadership_->lead();
    if (!store) return shown(std::unexpected(store.error()));
    store_ = std::move(*store);
    const auto records = store_->load(0);
    if (!records) return shown(std::unexpected(records.error()));
    next_ = records->size();
    return "ok";
  }
  Result<> commit() {
    if (!store_) return fail(Errc::unavailable, "no state is open");
    model::HostRecord host;
    host.id = HostId("h" + std::to_string(next_++));
    return store_->commit(std::vector<model::Change>{model::Record(host)});
  }
  std::string count() {
    if (!store_) return "error: no state is open";
    const auto records = store_->load(0);
    return records ? std::to_string(records->size()) : shown(std::unexpected(records.error()));
  }

  std::unique_ptr<Leadership> leadership_;
  std::unique_ptr<store::Store> store_;
  Sign seen_;
  std::size_t next_ = 0;
};

}  // namespace causeway::leadership
