// SPDX-License-Identifier: Apache-2.0
#include "scheduler/store/memory_store.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "common/core/check.h"
#include "common/wire/codec.h"
#include "scheduler/store/sqlite_backup.h"

namespace causeway::store {
namespace {

const std::size_t kEventKind = model::Record(model::EventRecord{}).index();

}  // namespace

Result<std::vector<model::Record>> MemoryStore::load(std::size_t newest_events) {
  std::vector<model::Record> records;
  const auto add = [&](std::size_t kind, const std::string& bytes) -> Result<> {
    auto record = wire::decode_record(kind, bytes);
    if (!record) return while_doing(record.error(), "reading the state");
    records.push_back(std::move(*record));
    return {};
  };
  for (const auto& [key, bytes] : disk_->records) CAUSEWAY_TRY(add(key.kind, bytes));
  const auto& events = disk_->events;
  for (std::size_t i = events.size() - std::min(events.size(), newest_events); i < events.size(); ++i)
    CAUSEWAY_TRY(add(kEventKind, events[i].bytes));
  return records;
}

Result<> MemoryStore::commit(std::span<const model::Change> changes) {
  if (changes.empty()) return {};
  const auto fault = std::exchange(fault_, Fault::none);
  if (fault == Fault::fails) return fail(Errc::unavailable, "the simulated disk failed");
  CAUSEWAY_TRY(check_events(changes));
  for (const auto& change : changes) write(change);
  if (fault == Fault::durable_but_fails) return fail(Errc::unavailable, "the simulated disk did not answer");
  return {};
}

// What can be refused is refused before anything is written.
Result<> MemoryStore::check_events(std::span<const model::Change> changes) const {
  std::optional<std::uint64_t> last;
  if (!disk_->events.empty()) last = disk_->events.back().sequence;
  for (const auto& change : changes) {
    if (const auto* gone = std::get_if<model::RecordKey>(&change)) {
      if (gone->kind == kEventKind) return fail(Errc::invalid, "events are not deleted");
      continue;
    }
    const auto* event = std::get_if<model::EventRecord>(&std::get<model::Record>(change));
    if (event == nullptr) continue;
    if (last && event->sequence != *last + 1)
      return fail(Errc::invalid, fmt::format("event {} does not follow event {}", event->sequence, *last));
    last = event->sequence;
  }
  return {};
}

void MemoryStore::write(const model::Change& change) {
  if (const auto* gone = std::get_if<model::RecordKey>(&change)) {
    disk_->records.erase(*gone);
    return;
  }
  const auto& record = std::get<model::Record>(change);
  auto bytes = wire::encode_record(record);
  const auto* event = std::get_if<model::EventRecord>(&record);
  if (event == nullptr) {
    disk_->records.insert_or_assign(model::key_of(record), std::move(bytes));
    return;
  }
  const auto previous = disk_->events.empty() ? std::optional(Hash{}) : hash_from(disk_->events.back().hash);
  CAUSEWAY_CHECK(previous.has_value());
  const auto hash = next_hash(*previous, bytes);
  disk_->events.push_back({event->sequence, std::move(bytes), std::string(bytes_of(hash))});
}

Result<Chain> MemoryStore::verify_chain() {
  ChainCheck check;
  for (const auto& event : disk_->events) CAUSEWAY_TRY(check.add(event.sequence, event.bytes, event.hash));
  std::uint64_t next_event = 0;
  const auto state = disk_->records.find(model::key_of(model::StateRecord{}));
  if (state != disk_->records.end()) {
    const auto record = wire::decode_record(state->first.kind, state->second);
    if (!record) return std::unexpected(record.error());
    next_event = std::get<model::StateRecord>(*record).next_event;
  }
  return check.finish(next_event);
}

Result<std::unique_ptr<Backup>> MemoryStore::begin_backup() {
  const auto records = load(disk_->events.size());
  if (!records) return std::unexpected(records.error());
  return begin_sqlite_backup(*records);
}

}  // namespace causeway::store
