// SPDX-License-Identifier: Apache-2.0
// The few things that leadership asks of Ceph. Calls block, for kAnswerWithin at most; any thread.
#pragma once

#include <memory>
#include <rados/librados.hpp>
#include <string>
#include <vector>

#include "common/core/result.h"
#include "scheduler/leadership/ceph.h"

namespace causeway::leadership {

inline constexpr Duration kAnswerWithin{std::chrono::seconds(3)};

struct Locker {
  std::string client;  // "client.4123"
  std::string cookie;
  std::string address;  // "10.99.0.1:0/123456", what is fenced
};

class CephSite {
 public:
  static Result<std::unique_ptr<CephSite>> connect(const CephPlace& place);

  // Who holds the lock of an object; nobody if there is no such object.
  Result<std::vector<Locker>> lockers(const std::string& object, const std::string& lock);
  // Conflict: another one has it.
  Result<> lock(const std::string& object, const std::string& lock, const std::string& cookie);
  Result<> unlock(const std::string& object, const std::string& lock, const std::string& cookie);
  Result<> break_lock(const std::string& object, const std::string& lock, const Locker& held);

  // Empty if there is no such object.
  Result<std::string> read(const std::string& object);
  Result<> write(const std::string& object, const std::string& content);

  // Nothing that this client of Ceph sends arrives from here on; read back from the monitors.
  Result<> fence(const std::string& address);

  // This client was not fenced when this was called: proven with the monitors' newest map, which the object's
  // OSD must have before it answers.
  Result<> prove_not_fenced(const std::string& object);

  [[nodiscard]] librados::config_t context() { return rados_.cct(); }

 private:
  CephSite() = default;
  Result<std::string> command(const std::string& json);

  librados::Rados rados_;
  librados::IoCtx io_;
};

}  // namespace causeway::leadership
