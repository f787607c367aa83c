// SPDX-License-Identifier: Apache-2.0
// What a host is, as its drivers saw it last. A part that could not be looked at holds the driver's error:
// nothing is concluded from it, and what depends on it waits.
#pragma once

#include <map>
#include <string_view>

#include "agent/compute/compute.h"
#include "agent/network/network.h"
#include "agent/reconcile/action.h"
#include "agent/storage/storage.h"
#include "common/core/result.h"

namespace causeway::agent {

struct Observed {
  Result<ComputeObservation> compute = fail(Errc::unavailable, "the hypervisor was not looked at yet");
  Result<SwitchState> network = fail(Errc::unavailable, "the switch was not looked at yet");
  std::map<ZoneId, Result<ObservedPool>> pools;  // a zone that is missing was not looked at yet

  // None: not there, or not known.
  [[nodiscard]] const ObservedWorkload* workload(const WorkloadId& id) const;
  [[nodiscard]] const BridgeState* bridge(const ZoneId& zone) const;
  [[nodiscard]] const PortState* port(const PortId& id) const;
};

// Within a pool: none if it isn't there.
const ObservedVolume* find_volume(const ObservedPool& pool, const VolumeId& id);
const ObservedImage* find_image(const ObservedPool& pool, const ImageId& id);

// Whether there is a process: running, or paused.
bool has_process(const ObservedWorkload* workload);

// Writes into the observation what an action that succeeded has made of the host, so that the next step
// follows at once and not after another look. The next look replaces it.
void assume(Observed& observed, const Action& done);

}  // namespace causeway::agent
