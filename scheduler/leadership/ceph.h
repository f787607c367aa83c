// SPDX-License-Identifier: Apache-2.0
// Leadership of a state that lives in Ceph, through SQLite's VFS of Ceph (libcephsqlite).
//
// In the pool's namespace, for a state named `state.db`: the database's objects, of which the first carries
// the VFS's own lock; and `state.db.leader`, whose lock is the leadership and whose content is the sign of
// life. A term has two clients of Ceph, one of the VFS and one for locks and signs; both are fenced.
//
// Needs caps: mon 'profile simple-rados-client-with-blocklist', osd 'allow rwx pool=POOL
// namespace=NAMESPACE'.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "scheduler/leadership/leadership.h"

namespace causeway::leadership {

struct CephPlace {
  std::filesystem::path conf;
  std::string pool;
  std::string ns;      // namespace in the pool
  std::string client;  // "scheduler", without "client."
  std::filesystem::path keyring;
};

// Connects. One in a process: the VFS is the process's. Unavailable: Ceph doesn't answer, or the VFS's
// package (libsqlite3-mod-ceph) is missing. Denied: the client may not.
Result<std::unique_ptr<Leadership>> ceph_leadership(const CephPlace& place, const std::string& name);

}  // namespace causeway::leadership
