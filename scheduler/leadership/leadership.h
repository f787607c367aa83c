// SPDX-License-Identifier: Apache-2.0
// Who leads, among schedulers that share one state. At most one can write: what makes that true is the fence,
// and no clock. Clocks only decide how soon a silent leader is taken for dead.
//
// A scheduler's life: look() until nobody leads or the one who does has been silent for too long (watch.h),
// depose() that one, lead(), and from then on stay() before each answer. The first error of stay() or of the
// store means that somebody else may lead: the process ends, and its next start stands by.
//
// One implementation is for Ceph (ceph.h), one for simulations and tests (simulated.h); both keep what the
// contract suite (tests/contract/leadership) says.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "common/core/result.h"
#include "common/core/time.h"
#include "scheduler/store/store.h"

namespace causeway::leadership {

// What a standby sees of the one who leads.
struct Sign {
  std::string holder;      // unique to a term: "s1, client.4123"; empty: nobody leads
  std::uint64_t beat = 0;  // another number than the time before: it lived in between

  bool operator==(const Sign&) const = default;
};

// A leader's sign of life comes once in kBeat. One whose sign has not changed for kSilent is deposed. A
// leader that could give none for kAlone stops answering, which is before anybody else begins to.
inline constexpr Duration kBeat{1000};
inline constexpr Duration kAlone{4000};
inline constexpr Duration kSilent{5000};

class Leadership {
 public:
  virtual ~Leadership() = default;

  // Unavailable: the shared storage does not answer; then nobody's silence is known either.
  virtual Result<Sign> look() = 0;

  // Fences the holder that was seen, reads the fence back, and then breaks its lock: from here on nothing
  // that it writes arrives, however late it wakes up. Conflict: another one leads by now. A holder that is
  // gone already is deposed.
  virtual Result<> depose(const Sign& seen) = 0;

  // Takes the lock and opens the state. Conflict: another one was quicker. The store must not outlive this.
  virtual Result<std::unique_ptr<store::Store>> lead() = 0;

  // Before each answer. Unavailable: the last sign of life that is known to have arrived is older than
  // kAlone, or this one was fenced.
  virtual Result<> stay() = 0;

  // Ends the term in good order, after the store was closed: a standby need not wait.
  virtual void leave() = 0;
};

}  // namespace causeway::leadership
