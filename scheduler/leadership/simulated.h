// SPDX-License-Identifier: Apache-2.0
// Leadership of a state in memory, on a clock that the caller moves: for simulations and tests.
#pragma once

#include <memory>
#include <string>

#include "scheduler/leadership/leadership.h"
#include "scheduler/store/memory_store.h"

namespace causeway::leadership {

// What the schedulers of one site share.
struct SimulatedSite {
  std::shared_ptr<store::MemoryDisk> disk = std::make_shared<store::MemoryDisk>();
  Sign sign;
  std::uint64_t term = 0;  // of the newest leader; whoever has an older one is fenced
  bool answering = true;   // the shared storage
};

class SimulatedLeadership final : public Leadership {
 public:
  SimulatedLeadership(std::shared_ptr<SimulatedSite> site, Clock& clock, std::string name)
      : site_(std::move(site)), clock_(clock), name_(std::move(name)) {}

  // What a real leader does by itself once in kBeat.
  void beat();

  Result<Sign> look() override;
  Result<> depose(const Sign& seen) override;
  Result<std::unique_ptr<store::Store>> lead() override;
  Result<> stay() override;
  void leave() override;

 private:
  [[nodiscard]] bool leads() const { return term_ != 0 && site_->term == term_; }

  std::shared_ptr<SimulatedSite> site_;
  Clock& clock_;
  std::string name_;
  std::uint64_t term_ = 0;  // 0: none
  Instant beaten_;
};

}  // namespace causeway::leadership
