// SPDX-License-Identifier: Apache-2.0
// Carries out what the core orders, by calls of the three drivers. Blocks as long as the driver does.
#pragma once

#include "agent/compute/compute.h"
#include "agent/core/order.h"
#include "agent/network/network.h"
#include "agent/storage/storage.h"

namespace causeway::agent {

struct Drivers {
  Compute& compute;
  Switch& network;
  Storage& storage;
};

// The sink is told how far a long copy is, and ends it by returning false.
Became carry_out(const Work& work, const Drivers& drivers, const ProgressSink& sink);

}  // namespace causeway::agent
