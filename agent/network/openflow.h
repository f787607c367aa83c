// SPDX-License-Identifier: Apache-2.0
// One bridge's flows over OpenFlow 1.5: what stands there against what shall stand, and the change from one
// to the other as one atomic bundle. Flows are compared as the switch understands them, not as text.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/network/flow_set.h"
#include "common/core/result.h"
#include "common/core/time.h"

// Of libopenvswitch.
struct vconn;
struct ofpbuf;
struct ofputil_flow_stats;

namespace causeway::agent {

// A connection to one bridge. Calls block until the switch answered or the time is over.
class OpenFlow {
 public:
  // `socket` is the path of the bridge's BRIDGE.mgmt. unavailable: nobody answers there.
  static Result<OpenFlow> connect(const std::string& socket, Duration within);

  // How the bridge differs from what was wanted.
  struct Difference {
    std::vector<std::size_t> missing;  // indexes into the set's flows: absent, or with other actions
    std::vector<std::string> surplus;  // flows that nobody wants, as text
    bool hides_fragments = false;      // flows don't see the ports of first fragments
    bool meters_differ = false;
    [[nodiscard]] bool empty() const {
      return missing.empty() && surplus.empty() && !hides_fragments && !meters_differ;
    }
  };

  Result<Difference> compare(const FlowSet& wanted);

  // Makes the bridge have exactly the wanted flows and meters. Those that are there already are left
  // untouched, with their counters. Adds and deletes take effect together, or not at all. The cookie marks
  // what is written. Returns how it differed before; no difference: nothing is sent. corrupt: it differs
  // still.
  Result<Difference> replace(const FlowSet& wanted, std::uint64_t cookie);

  // The same when it is known what stood there before: only the change is sent, and only it is read back,
  // with the number of all flows. If that shows that something else stood there, everything is compared and
  // replaced. The cookie is one that no flow has yet.
  Result<Difference> update(const FlowSet& before, const FlowSet& wanted, std::uint64_t cookie);

  // Removes every flow that receives from the port or sends to it.
  Result<> forget_port(std::uint32_t number);

 private:
  friend class FlowWatch;
  friend class PacketWatch;

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
    std::vector<Message> removals;  // of the surplus, ready to send
    std::vector<Meter> meters;      // as they are
  };

  OpenFlow(vconn* connection, std::string name, Duration within);

  Result<Comparison> look(const FlowSet& wanted);
  // Every flow with that cookie, under the mask, is handed to `visit`.
  Result<> dump(std::uint64_t cookie, std::uint64_t mask,
                const std::function<void(const ofputil_flow_stats&)>& visit);
  Result<std::size_t> count_flows();
  // Whether flows see the ports of first fragments, as they shall; a bridge that was just made hides them.
  Result<bool> shows_fragments();
  Result<> show_fragments();
  Result<std::vector<Meter>> read_meters();  // sorted
  static Message meter_message(const Meter& meter, std::uint16_t command);
  Result<> make_meters_wanted(const std::vector<Meter>& there, const std::vector<Meter>& wanted);
  Result<> remove_meters_unwanted(const std::vector<Meter>& there, const std::vector<Meter>& wanted);
  static Result<Message> encode(const Flow& flow, std::uint16_t command, std::uint64_t cookie);
  Result<> apply_bundle(std::vector<Message> messages);
  Result<> bundle_control(std::uint16_t request, Deadline deadline);
  Result<> barrier(Deadline deadline);
  Result<> send(Message message, Deadline deadline);
  Result<Message> receive(Deadline deadline);
  [[nodiscard]] std::unexpected<Error> away(int error) const;

  std::unique_ptr<vconn, Close> connection_;
  std::string name_;
  Duration within_;
};

}  // namespace causeway::agent
