// SPDX-License-Identifier: Apache-2.0
// Records in memory, for simulations and tests: what a disk holds outlives the stores that are opened on it,
// and commits can be made to fail in the two ways that a disk fails in.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "scheduler/store/chain.h"
#include "scheduler/store/store.h"

namespace causeway::store {

struct MemoryDisk {
  struct Event {
    std::uint64_t sequence = 0;
    std::string bytes;
    std::string hash;
  };
  std::map<model::RecordKey, std::string> records;  // without the events
  std::vector<Event> events;
};

enum class Fault {
  none,
  fails,             // the next commit fails, and nothing of it is durable
  durable_but_fails  // the next commit fails, and all of it is durable
};

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(std::shared_ptr<MemoryDisk> disk) : disk_(std::move(disk)) {}

  void inject(Fault fault) { fault_ = fault; }

  Result<std::vector<model::Record>> load(std::size_t newest_events) override;
  Result<> commit(std::span<const model::Change> changes) override;
  Result<Chain> verify_chain() override;
  // A SQLite file of the same records.
  Result<std::unique_ptr<Backup>> begin_backup() override;

 private:
  [[nodiscard]] Result<> check_events(std::span<const model::Change> changes) const;
  void write(const model::Change& change);

  std::shared_ptr<MemoryDisk> disk_;
  Fault fault_ = Fault::none;
};

}  // namespace causeway::store
