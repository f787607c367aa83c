// SPDX-License-Identifier: Apache-2.0
// One host's connection to one pool, and what stands in its files. A call on a stuck cluster comes back
// within a bound, because the connection gives every operation a deadline of its own.
//
// What the host's cephx user may do has to be no more than
//   mon  allow r, allow command "osd blocklist" with blocklistop=add addr regex
//   "^(v[12]:)?HOST_ADDRESS:0/[0-9]+$" osd  allow rwx pool=POOL
// The second right on the monitors lets librbd take over a lock that a dead QEMU of this same host left
// behind; it can't be used against a client at any other address. `profile rbd` would be too much: its holder
// can blocklist everybody.
#pragma once

#include <memory>
#include <rados/librados.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "common/ceph/cluster.h"
#include "common/core/result.h"
#include "common/core/secret.h"
#include "common/core/time.h"

namespace causeway::agent {

class CephConnection {
 public:
  // `answer_within` bounds connecting and each single operation after it.
  //   unavailable  the files can't be read, or no monitor answers
  //   denied       the cluster doesn't take the key
  //   not_found    no such pool
  static Result<std::shared_ptr<CephConnection>> open(const ceph::Access& access, const std::string& pool,
                                                      Duration answer_within);
  ~CephConnection();
  CephConnection(const CephConnection&) = delete;
  CephConnection& operator=(const CephConnection&) = delete;

  // As the cluster sees this client: "10.99.0.1:0/3891".
  [[nodiscard]] std::string address() const { return rados_.get_addrs(); }

  // For calls from any thread, as long as this lives.
  librados::IoCtx& io() { return io_; }

 private:
  CephConnection() = default;

  librados::Rados rados_;
  librados::IoCtx io_;
};

// The user's key in the keyring file. unavailable: it can't be read, or has no key of this user.
Result<Secret> read_key(const std::string& keyring, const std::string& user);
// Pure: the key under [client.USER] in a keyring's text, or "".
std::string_view find_key(std::string_view keyring_text, std::string_view user);

// The monitors that ceph.conf names, as AttachInfo wants them. unavailable: no such file, or it names none.
Result<std::vector<std::string>> read_monitors(const std::string& conf);
// Pure: of the option `mon host`, one address for each monitor; of several, the first.
std::vector<std::string> parse_monitors(std::string_view mon_host);

}  // namespace causeway::agent
