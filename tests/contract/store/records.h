// SPDX-License-Identifier: Apache-2.0
// What the store's tests put into it.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

#include "scheduler/store/store.h"

namespace causeway::store {

inline constexpr std::size_t kAll = 1'000'000;

// A folder that goes with the test.
class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "causeway-store-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::filesystem::path file() const { return path_ / "state.db"; }

 private:
  std::filesystem::path path_;
};

inline model::Change put(model::Record record) { return record; }

inline model::Workload workload(const std::string& id, int vcpus = 1) {
  model::Workload made;
  made.id = WorkloadId(id);
  made.host = HostId("h1");
  made.vcpus = vcpus;
  return made;
}

inline model::EventRecord event(std::uint64_t sequence, const std::string& text = "something happened") {
  model::EventRecord made;
  made.sequence = sequence;
  made.actor = "admin";
  made.text = text;
  return made;
}

inline model::GrantRecord a_grant(const std::string& application, const std::string& service) {
  model::GrantRecord made;
  made.application = ApplicationId(application);
  made.service = ServiceId(service);
  made.id = model::grant_id(made.application, made.service);
  return made;
}

inline model::StateRecord counted(std::uint64_t next_event) {
  model::StateRecord state;
  state.next_event = next_event;
  return state;
}

}  // namespace causeway::store
