// SPDX-License-Identifier: Apache-2.0
// One bridge's flows over OpenFlow 1.5: what stands there against what shall stand, and the change from one
// to the other as one atomic bundle. Flows are compared as the switch understands them, not as text.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/network/flow_set.h"
#include "common/core/result.h"
#include "common/core/time.h"

// Of libopenvswitch.
struct vconn;
struct ofpbuf;

struct ofp_header;

namespace causeway::agent {

struct SeenFlow;

// Which part of all flows a flow is in stands in its cookie, so that they can be read back part by part.
inline constexpr std::uint64_t kSlices = 64;
inline constexpr unsigned kSliceShift = 42;
inline constexpr std::uint64_t kSliceMask = (kSlices - 1) << kSliceShift;

// A connection to one bridge. Calls block until the switch answered or the time is over.
class OpenFlow {
 public:
  // `socket` is the path of the bridge's BRIDGE.mgmt; `within` is for the connection and then for each call.
  // unavailable: nobody answers there.
  static Result<OpenFlow> connect(const std::string& socket, Duration within);
  // For calls of more work than connecting is.
  void allow(Duration within) { within_ = within; }

  // From now on others_changed() tells when anybody but this connection adds, changes or removes a flow.
  Result<> watch_others();
  // Whether that has happened since the last call. Doesn't wait. unavailable: the switch is gone.
  Result<bool> others_changed();
  // Lets the thread's next poll_block() of Open vSwitch's library end when something has come.
  void wait_for_news() const;

  // How the bridge differs from what was wanted.
  struct Difference {
    std::vector<const Flow*> missing;  // of the set: absent, or with other actions
    std::vector<std::string> surplus;  // flows that nobody wants, as text
    bool hides_fragments = false;      // flows don't see the ports of first fragments
    bool meters_differ = false;
    [[nodiscard]] bool empty() const {
      return missing.empty() && surplus.empty() && !hides_fragments && !meters_differ;
    }
  };

  Result<Difference> compare(const FlowSet& wanted);
  // The same for one of the kSlices parts that all flows fall into, which takes that part of the time.
  Result<Difference> compare_slice(const FlowSet& wanted, std::uint64_t slice);

  // Makes the bridge have exactly the wanted flows and meters. Those that are there already are left
  // untouched, with their counters. Adds and deletes take effect together, or not at all. The cookie marks
  // what is written; its bits of kSliceMask are not the caller's. Returns how it differed before; no
  // difference: nothing is sent. corrupt: it differs still.
  Result<Difference> replace(const FlowSet& wanted, std::uint64_t cookie);

  // The same when it is known that exactly `before` stands there: only the patch is sent, and only what it
  // says is read back, meters if they change. The cookie is one that no flow has yet. corrupt: what is read
  // back shows that something else stood there.
  Result<> update(const FlowSet& before, const FlowPatch& patch, const std::vector<Meter>& meters,
                  std::uint64_t cookie);

  // Writes one of the flows again, which changes nothing and lets the switch look at its decisions anew.
  Result<> touch(const FlowSet& standing, std::uint64_t cookie);

  // Removes every flow that receives from the port or sends to it.
  Result<> forget_port(std::uint32_t number);

 private:
  friend class PacketWatch;  // of the same messages

  struct Close {
    void operator()(vconn* connection) const;
  };
  struct Delete {
    void operator()(ofpbuf* message) const;
  };
  using Message = std::unique_ptr<ofpbuf, Delete>;
  using Deadline = std::chrono::steady_clock::time_point;
  struct Comparison {
    Difference difference;
    std::vector<std::uint64_t> missing_rules;  // parallel to what is missing
    std::vector<Message> removals;             // of the surplus, ready to send
    std::vector<Meter> meters;                 // as they are
  };

  OpenFlow(vconn* connection, std::string name, Duration within);

  // The flows whose cookies agree with `slice` under the mask.
  Result<Comparison> look(const FlowSet& wanted, std::uint64_t slice, std::uint64_t mask);
  // What is asked is answered in that order. Several questions at once take no longer than one, because each
  // answer waits for a round of the switch's loop.
  Result<> ask_flows(std::uint64_t cookie, std::uint64_t mask, Deadline deadline);
  // Every flow of the answer is handed to `visit`.
  Result<> take_flows(const std::function<Result<>(const SeenFlow&)>& visit, Deadline deadline);
  // How many flows each table has.
  Result<> ask_counts(Deadline deadline);
  Result<std::map<std::uint8_t, std::size_t>> take_counts(Deadline deadline);
  // Whether what the patch adds stands there, and tables that it takes from have as many flows as they shall.
  Result<> ask_carried_out(const FlowPatch& patch, std::uint64_t cookie, Deadline deadline);
  Result<bool> take_carried_out(const FlowSet& before, const FlowPatch& patch, Deadline deadline);
  // Puts the meters right, around the patch. What stands there afterwards is asked.
  Result<> update_with_meters(const FlowPatch& patch, const std::vector<Meter>& meters, std::uint64_t cookie);
  // Whether flows see the ports of first fragments, as they shall; a bridge that was just made hides them.
  Result<> ask_fragments(Deadline deadline);
  Result<bool> take_fragments(Deadline deadline);
  Result<> show_fragments();
  Result<> ask_meters(Deadline deadline);
  Result<std::vector<Meter>> take_meters(Deadline deadline);  // sorted
  static Message meter_message(const Meter& meter, std::uint16_t command);
  Result<> make_meters_wanted(const std::vector<Meter>& there, const std::vector<Meter>& wanted);
  Result<> remove_meters_unwanted(const std::vector<Meter>& there, const std::vector<Meter>& wanted);
  static Result<Message> addition(const Flow& flow, std::uint64_t rule, const Additions& ready,
                                  std::uint64_t cookie);
  static Result<Message> removal(const Flow& flow);
  using Add = std::function<Result<>(Message change)>;
  static std::function<Result<>(const Add& add)> changes_of(const FlowPatch& patch, std::uint64_t cookie);
  // All that `changes` hands to its argument happens together. It is sent as it comes, so that the switch
  // reads while the next change is made. Questions that `behind` sends are answered after that, to the
  // caller; after a failure it isn't known which.
  Result<> apply_bundle(const std::function<Result<>(const Add& add)>& changes,
                        const std::function<Result<>(Deadline)>& behind = nullptr);
  Result<> send_bundle_control(std::uint16_t request, Deadline deadline);
  Result<> take_bundle_control(Deadline deadline);
  Result<> barrier(Deadline deadline);
  Result<> send(Message message, Deadline deadline);
  // The next answer. News that come before it are dealt with.
  Result<Message> receive(Deadline deadline);
  // What has come by now, one after the other, is handed to `visit`; news are dealt with.
  Result<> drain(const std::function<Result<>(const ofp_header&)>& visit);
  // Whether the message is one that came unasked, and has been dealt with.
  Result<bool> take_news(const ofp_header& message);
  [[nodiscard]] std::unexpected<Error> away(int error) const;

  std::unique_ptr<vconn, Close> connection_;
  std::string name_;
  Duration within_;
  bool others_changed_ = false;
};

}  // namespace causeway::agent
