// SPDX-License-Identifier: Apache-2.0
#include "agent/network/flow_watch.h"

#include <cerrno>
#include <utility>

#include "agent/network/openflow_codec.h"

extern "C" {
#include <openvswitch/ofp-monitor.h>
#include <openvswitch/ofp-util.h>
#include <openvswitch/ofpbuf.h>
#include <openvswitch/vconn.h>
}

namespace causeway::agent {

using std::chrono::steady_clock;

Result<FlowWatch> FlowWatch::start(const std::string& socket, Duration within) {
  auto flows = OpenFlow::connect(socket, within);
  if (!flows) return std::unexpected(flows.error());
  ofputil_flow_monitor_request request{};
  request.command = OFPFMC_ADD;
  // NOLINTNEXTLINE(clang-analyzer-optin.core.EnumCastOutOfRange): a set of flags
  request.flags = static_cast<ofp14_flow_monitor_flags>(OFPFMF_ADD | OFPFMF_REMOVED | OFPFMF_MODIFY);
  request.out_port = OFPP_ANY;
  request.out_group = OFPG_ANY;
  request.table_id = OFPTT_ALL;
  match_init_catchall(&request.match);
  OpenFlow::Message message(ofpbuf_new(0));
  ofputil_append_flow_monitor_request(&request, message.get(), kProtocol);
  CAUSEWAY_TRY(flows->send(std::move(message), steady_clock::now() + within));
  return FlowWatch(std::move(*flows));
}

Result<bool> FlowWatch::changed() {
  bool changed = false;
  for (;;) {
    vconn_run(flows_.connection_.get());
    ofpbuf* received = nullptr;
    const int error = vconn_recv(flows_.connection_.get(), &received);
    if (error == EAGAIN) return changed;
    if (error != 0) return flows_.away(error);
    const OpenFlow::Message message(received);
    const auto* header = static_cast<const ofp_header*>(message->data);
    ofptype type{};
    if (ofptype_decode(&type, header) != 0) continue;
    if (type == OFPTYPE_ECHO_REQUEST)
      CAUSEWAY_TRY(flows_.send(OpenFlow::Message(ofputil_encode_echo_reply(header)),
                               steady_clock::now() + flows_.within_));
    else
      changed = true;
  }
}

void FlowWatch::wait() const {
  vconn_run_wait(flows_.connection_.get());
  vconn_recv_wait(flows_.connection_.get());
}

}  // namespace causeway::agent
