// SPDX-License-Identifier: Apache-2.0
// Asks the scheduler: one request, one response, repeated with the same id until it is answered, so that a
// message that is lost or a scheduler that restarts in between costs only time.
#pragma once

#include <memory>
#include <string>

#include "common/core/result.h"
#include "common/core/time.h"
#include "common/model/api.h"

namespace causeway::cli {

class Client {
 public:
  virtual ~Client() = default;

  // denied: this key may not connect. unavailable: no scheduler answers. timeout: a scheduler is connected
  // and did not answer in time; what was asked may have happened, and asking again with the same id does no
  // harm.
  virtual Result<model::Response> ask(const model::Request& request, Duration patience) = 0;
};

// Reads the client's settings (see config::find_client_config) and starts to connect.
Result<std::unique_ptr<Client>> open_client(const std::string& config_option);

}  // namespace causeway::cli
