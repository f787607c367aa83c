// SPDX-License-Identifier: Apache-2.0
// Where the scheduler's records are kept. One implementation is a SQLite file, one is memory for simulations;
// both keep what the contract suite (tests/contract/store) says.
//
// Events are a log that only grows. Each carries a hash over itself and the hash before it, so that a line
// that was changed, removed or put in between shows. Who can write the file can also compute the whole chain
// anew: the hash of the newest event, noted elsewhere, shows that too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/core/result.h"
#include "common/model/records.h"

namespace causeway::store {

// What verify_chain found to be whole.
struct Chain {
  std::uint64_t events = 0;
  std::string head;  // hash of the newest event, in hexadecimal; empty without events
};

// A copy of a store at one moment, as a SQLite file (scheduler/store/check.h reads it). It is made in small
// steps between commits, and what is committed meanwhile is in it; it goes with the object.
class Backup {
 public:
  struct Progress {
    bool whole = false;
    std::uint64_t done = 0;  // pages
    std::uint64_t total = 0;
  };

  virtual ~Backup() = default;

  // Goes on copying for a few milliseconds. An error is final.
  virtual Result<Progress> step() = 0;
  // Of a whole one: bytes from there on, at most that many; fewer only at the end.
  virtual Result<std::string> read(std::uint64_t offset, std::size_t bytes_max) = 0;
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  [[nodiscard]] virtual std::string sha256() const = 0;
};

class Store {
 public:
  virtual ~Store() = default;

  // All records; of the events, the newest that many, in their order. An empty store gives none. Corrupt if
  // what is there can't be read: then nothing may be written either.
  virtual Result<std::vector<model::Record>> load(std::size_t newest_events) = 0;

  // All changes or none, durable on return. Events must come with the numbers that follow the last one's. On
  // any error the caller does not know whether the changes are durable: it must not go on, but start anew
  // from load(). No changes are no transaction.
  virtual Result<> commit(std::span<const model::Change> changes) = 0;

  // Reads the whole log. Corrupt, and at which event, if the chain is broken or ends before the newest event.
  virtual Result<Chain> verify_chain() = 0;

  // The store must outlive the backup, and at most one stands at a time. The copy is put where temporary
  // files are.
  virtual Result<std::unique_ptr<Backup>> begin_backup() = 0;
};

}  // namespace causeway::store
