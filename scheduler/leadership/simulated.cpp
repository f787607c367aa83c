// SPDX-License-Identifier: Apache-2.0
#include "scheduler/leadership/simulated.h"

#include <fmt/format.h>

namespace causeway::leadership {
namespace {

Error no_answer() { return {Errc::unavailable, "the simulated storage does not answer"}; }
Error fenced() { return {Errc::unavailable, "this scheduler was fenced: another one leads"}; }

// Writes as long as its term is the newest one.
class FencedStore final : public store::Store {
 public:
  FencedStore(std::shared_ptr<SimulatedSite> site, std::uint64_t term)
      : site_(std::move(site)), term_(term), inner_(site_->disk) {}

  Result<std::vector<model::Record>> load(std::size_t newest_events) override {
    CAUSEWAY_TRY(allowed());
    return inner_.load(newest_events);
  }
  Result<> commit(std::span<const model::Change> changes) override {
    CAUSEWAY_TRY(allowed());
    return inner_.commit(changes);
  }
  Result<store::Chain> verify_chain() override {
    CAUSEWAY_TRY(allowed());
    return inner_.verify_chain();
  }
  Result<std::unique_ptr<store::Backup>> begin_backup() override {
    CAUSEWAY_TRY(allowed());
    return inner_.begin_backup();
  }

 private:
  [[nodiscard]] Result<> allowed() const {
    if (!site_->answering) return std::unexpected(no_answer());
    if (site_->term != term_) return std::unexpected(fenced());
    return {};
  }

  std::shared_ptr<SimulatedSite> site_;
  std::uint64_t term_;
  store::MemoryStore inner_;
};

}  // namespace

void SimulatedLeadership::beat() {
  if (!leads() || !site_->answering) return;
  ++site_->sign.beat;
  beaten_ = clock_.now();
}

Result<Sign> SimulatedLeadership::look() {
  if (!site_->answering) return std::unexpected(no_answer());
  return site_->sign;
}

Result<> SimulatedLeadership::depose(const Sign& seen) {
  if (!site_->answering) return std::unexpected(no_answer());
  if (site_->sign.holder.empty()) return {};
  if (site_->sign.holder != seen.holder)
    return fail(Errc::conflict, fmt::format("{} leads by now", site_->sign.holder));
  ++site_->term;
  site_->sign.holder.clear();
  return {};
}

Result<std::unique_ptr<store::Store>> SimulatedLeadership::lead() {
  if (!site_->answering) return std::unexpected(no_answer());
  if (!site_->sign.holder.empty()) return fail(Errc::conflict, fmt::format("{} leads", site_->sign.holder));
  term_ = ++site_->term;
  site_->sign.holder = fmt::format("{}, term {}", name_, term_);
  beat();
  return std::make_unique<FencedStore>(site_, term_);
}

Result<> SimulatedLeadership::stay() {
  if (!leads()) return std::unexpected(fenced());
  if (clock_.now() - beaten_ > kAlone)
    return fail(Errc::unavailable, "no sign of life has arrived; another scheduler may lead by now");
  return {};
}

void SimulatedLeadership::leave() {
  if (leads()) site_->sign.holder.clear();
  term_ = 0;
}

}  // namespace causeway::leadership
