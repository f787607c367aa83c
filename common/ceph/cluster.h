// SPDX-License-Identifier: Apache-2.0
// What every part that speaks to Ceph shares: the settings of a daemon's connection, whatever ceph.conf says
// (no files, no words on stderr, few threads, a deadline for each operation), and what a failure means.
#pragma once

#include <rados/librados.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/core/result.h"
#include "common/core/time.h"

namespace causeway::ceph {

struct Access {
  std::string conf;     // ceph.conf
  std::string user;     // without "client."
  std::string keyring;  // a file
};

// Options of librados or librbd by their names; the later of two wins.
using Settings = std::vector<std::pair<const char*, std::string>>;

// As the options want a span: whole seconds, rounded up.
std::string seconds_of(Duration span);

// `answer_within` bounds connecting and each single operation after it; two seconds at least, so that an
// operation which finds its OSD started again can still be sent to it. `more` is set after all else.
//   unavailable  ceph.conf can't be read, or no monitor answers
//   denied       the cluster doesn't take the key
Result<> connect(librados::Rados& rados, const Access& access, Duration answer_within,
                 const Settings& more = {});

// What a negative return value of librados or librbd means to a caller: "pool 'extranet': Connection timed
// out".
Error error_of(int code, std::string_view what);

}  // namespace causeway::ceph
