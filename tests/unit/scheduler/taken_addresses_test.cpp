// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/taken_addresses.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <set>

namespace causeway::scheduler {
namespace {

const NetworkId kNetwork{"civil-affairs-web"};

model::IpAddress address(int last) { return {false, {10, 0, 0, static_cast<std::uint8_t>(last)}}; }

model::Workload workload(int last) {
  model::Workload made;
  made.id = WorkloadId("civil-affairs/app/web-" + std::to_string(last));
  made.ports = {{"eth0", kNetwork, {{0, 0, 0, 0, 0, static_cast<std::uint8_t>(last)}}, {address(last)}}};
  return made;
}

RC_GTEST_PROP(TakenAddresses, TheNextFreeOneIsTheFirstThatNobodyHas, ()) {
  TakenAddresses taken;
  std::set<int> reference;
  for (int step = 0, steps = *rc::gen::inRange(1, 60); step < steps; ++step) {
    const int last = *rc::gen::inRange(0, 20);
    if (reference.contains(last) ? reference.erase(last) == 1 : !reference.insert(last).second)
      taken.remove(workload(last));
    else
      taken.add(workload(last));
    for (int from = 0; from < 20; ++from) {
      int next = from;
      while (reference.contains(next)) ++next;
      RC_ASSERT(taken.next_free(kNetwork, address(from)) == address(next));
      RC_ASSERT((taken.holder(kNetwork, address(from)) != nullptr) == reference.contains(from));
    }
    RC_ASSERT(taken.count(kNetwork) == reference.size());
  }
}

}  // namespace
}  // namespace causeway::scheduler
