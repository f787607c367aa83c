// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/table.h"

#include <fmt/format.h>

namespace causeway::scheduler {

model::Value cell(std::string text, model::Value value) {
  return model::Object{{"text", std::move(text)}, {"value", std::move(value)}};
}

model::Value cell(MiB amount) { return cell(to_string(amount), amount.value); }
model::Value cell(GiB amount) { return cell(to_string(amount), amount.value); }
model::Value cell(Instant at) { return to_string(at); }

model::Value cell_used(std::int64_t used, std::int64_t of) {
  return cell(fmt::format("{}/{}", used, of), model::Object{{"used", used}, {"of", of}});
}

}  // namespace causeway::scheduler
