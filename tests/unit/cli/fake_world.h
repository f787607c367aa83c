// SPDX-License-Identifier: Apache-2.0
// The command line with a scheduler that answers from a list, on a clock that only sleeping moves.
#pragma once

#include <deque>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "scheduler/cli/command.h"

namespace causeway::cli::testing {

struct Asked {
  model::RequestBody body;
  std::string reason;
};

class FakeWorld {
 public:
  // What the next questions are answered with; the last answer is given again and again.
  FakeWorld& answers(model::ResponseBody body) {
    answers_.emplace_back(model::Response{0, std::move(body)});
    return *this;
  }
  FakeWorld& fails(Errc code, std::string what) {
    answers_.emplace_back(fail(code, std::move(what)));
    return *this;
  }

  int run(const std::vector<std::string>& arguments) {
    World world{.out = out_,
                .err = err_,
                .terminal = terminal,
                .connect = [this](const std::string&) -> Result<std::unique_ptr<Client>> {
                  return std::make_unique<FakeClient>(*this);
                },
                .now = [this] { return now_; },
                .sleep = [this](Duration span) { now_ += span; }};
    return cli::run(arguments, world);
  }

  [[nodiscard]] std::string out() const { return out_.str(); }
  [[nodiscard]] std::string err() const { return err_.str(); }
  [[nodiscard]] const std::vector<Asked>& asked() const { return asked_; }
  template <class Body>
  [[nodiscard]] const Body& asked_first() const {
    return std::get<Body>(asked_.at(0).body);
  }

  bool terminal = false;

 private:
  class FakeClient final : public Client {
   public:
    explicit FakeClient(FakeWorld& world) : world_(world) {}
    Result<model::Response> ask(const model::Request& request, Duration) override {
      world_.asked_.push_back({request.body, request.reason});
      if (world_.answers_.empty()) return fail(Errc::unavailable, "no scheduler answers");
      auto answer = world_.answers_.front();
      if (world_.answers_.size() > 1) world_.answers_.pop_front();
      return answer;
    }

   private:
    FakeWorld& world_;
  };

  std::ostringstream out_;
  std::ostringstream err_;
  std::deque<Result<model::Response>> answers_;
  std::vector<Asked> asked_;
  Instant now_{std::chrono::hours(500'000)};
};

}  // namespace causeway::cli::testing
