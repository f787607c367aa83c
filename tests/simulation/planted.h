// SPDX-License-Identifier: Apache-2.0
// Bugs that are planted to see whether the simulator finds them: each breaks one thing that a shell owes its
// core, or that a core relies on. None is ever on but when a test or `causeway-simulate --plant NAME` asks.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace causeway::simulation {

enum class Bug {
  start_before_fence,      // a fence order is answered and nothing was done
  fence_forgotten,         // what is stored of a host loses that it is lost
  loss_forgotten,          // what is stored of a host loses what it had when it was fenced
  answer_before_commit,    // replies leave before their transaction
  commit_forgotten,        // a commit says that it is durable, and is not
  identity_by_claim,       // a message counts as from the host that it names
  gone_by_word,            // a host says that a workload is gone as soon as it is told to give it up
  reports_dropped,         // no report arrives, only heartbeats
  generations_skipped,     // of every third generation no assignment is ever sent
  old_assignment_renewed,  // an assignment that was overtaken comes again under the newest number
  epoch_forgotten,         // an agent that starts anew has forgotten the epoch that it obeyed
  state_not_saved,         // an agent keeps nothing over its restarts
  order_twice,             // what a driver did is done once more, some seconds later
  port_closed_at_start,    // a guest's ports are taken away before it starts
  blind_to_storage,        // looks at the storage never see a new sign of life
  no_fence_budget,         // any number of hosts may be taken for dead
  enforced_by_word,        // an agent says that rules are in place as soon as it was told them
  kept_part_for_whole,     // what an agent kept without understanding it all goes by the name of the whole
};

inline constexpr std::array kBugs{
    std::pair{"start-before-fence", Bug::start_before_fence},
    std::pair{"fence-forgotten", Bug::fence_forgotten},
    std::pair{"loss-forgotten", Bug::loss_forgotten},
    std::pair{"answer-before-commit", Bug::answer_before_commit},
    std::pair{"commit-forgotten", Bug::commit_forgotten},
    std::pair{"identity-by-claim", Bug::identity_by_claim},
    std::pair{"gone-by-word", Bug::gone_by_word},
    std::pair{"reports-dropped", Bug::reports_dropped},
    std::pair{"generations-skipped", Bug::generations_skipped},
    std::pair{"old-assignment-renewed", Bug::old_assignment_renewed},
    std::pair{"epoch-forgotten", Bug::epoch_forgotten},
    std::pair{"state-not-saved", Bug::state_not_saved},
    std::pair{"order-twice", Bug::order_twice},
    std::pair{"port-closed-at-start", Bug::port_closed_at_start},
    std::pair{"blind-to-storage", Bug::blind_to_storage},
    std::pair{"no-fence-budget", Bug::no_fence_budget},
    std::pair{"enforced-by-word", Bug::enforced_by_word},
    std::pair{"kept-part-for-whole", Bug::kept_part_for_whole},
};

inline std::optional<Bug> bug_named(std::string_view name) {
  for (const auto& [known, bug] : kBugs)
    if (known == name) return bug;
  return std::nullopt;
}

// Which one is planted; none: the world is as it ships.
using Planted = std::optional<Bug>;

}  // namespace causeway::simulation
