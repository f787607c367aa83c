// SPDX-License-Identifier: Apache-2.0
// The simulated twin of the way to hosts' power: BMCs that do what they are asked, say so without doing it,
// or don't answer.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <utility>

#include "scheduler/fence/power.h"

namespace causeway::test {

class SimulatedPower final : public fence::Power {
 public:
  enum class Mood { works, lies, silent, refuses };

  // A host that is not in here has no BMC.
  std::map<HostId, Mood> moods;
  std::set<HostId> off;
  std::function<void(const HostId&)> on_switched_off = [](const HostId&) {};

  Result<> switch_off(const HostId& host) override {
    CAUSEWAY_TRY(reach(host));
    if (moods.at(host) != Mood::lies && off.insert(host).second) on_switched_off(host);
    return {};
  }

  Result<bool> is_off(const HostId& host) override {
    if (auto answers = reach(host); !answers) return std::unexpected(answers.error());
    return off.contains(host);
  }

 private:
  Result<> reach(const HostId& host) const {
    const auto mood = moods.find(host);
    if (mood == moods.end()) return fail(Errc::not_found, "no BMC");
    if (mood->second == Mood::silent) return fail(Errc::timeout, "the BMC did not answer");
    if (mood->second == Mood::refuses) return fail(Errc::denied, "the BMC wants another password");
    return {};
  }
};

}  // namespace causeway::test
