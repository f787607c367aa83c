// SPDX-License-Identifier: Apache-2.0
// The meters of a bridge. They are no part of a bundle: what flows need is made before, and what no flow
// needs any more goes after, because a switch takes a meter's flows along with it.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "agent/network/openflow.h"
#include "agent/network/openflow_codec.h"

extern "C" {
#include <openvswitch/ofp-meter.h>
#include <openvswitch/ofpbuf.h>
}

namespace causeway::agent {

using std::chrono::steady_clock;

namespace {

constexpr std::uint16_t kPackets = OFPMF13_PKTPS | OFPMF13_BURST;
constexpr std::uint16_t kKilobits = OFPMF13_KBPS | OFPMF13_BURST;

}  // namespace

Result<> OpenFlow::ask_meters(Deadline deadline) {
  return send(Message(ofputil_encode_meter_request(kVersion, OFPUTIL_METER_CONFIG, OFPM13_ALL)), deadline);
}

Result<std::vector<Meter>> OpenFlow::take_meters(Deadline deadline) {
  std::vector<Meter> meters;
  ofpbuf bands;
  ofpbuf_init(&bands, 256);
  const std::unique_ptr<ofpbuf, decltype(&ofpbuf_uninit)> free_bands(&bands, &ofpbuf_uninit);
  for (bool more = true; more;) {
    auto reply = receive(deadline);
    if (!reply) return std::unexpected(reply.error());
    const auto* header = static_cast<const ofp_header*>((*reply)->data);
    ofptype type{};
    if (ofptype_decode(&type, header) != 0 || type != OFPTYPE_METER_CONFIG_STATS_REPLY)
      return fail(Errc::corrupt,
                  fmt::format("OpenFlow at {}: an answer to something else than meters", name_));
    more = ofpmp_more(header);
    for (;;) {
      ofputil_meter_config config{};
      const int error = ofputil_decode_meter_config(reply->get(), &config, &bands);
      if (error == EOF) break;
      if (error != 0)
        return fail(Errc::corrupt, fmt::format("OpenFlow at {}: a meter that can't be read: {}", name_,
                                               ofperr_to_string(static_cast<ofperr>(error))));
      // One of another kind is none that was wanted, whatever its rate.
      const bool alike = (config.flags == kPackets || config.flags == kKilobits) && config.n_bands == 1 &&
                         config.bands[0].type == OFPMBT13_DROP;
      const auto counts = config.flags == kKilobits ? Meter::Counts::kilobits : Meter::Counts::packets;
      meters.push_back({config.meter_id, alike ? config.bands[0].rate : 0,
                        alike ? config.bands[0].burst_size : 0, counts});
    }
  }
  std::ranges::sort(meters);
  return meters;
}

OpenFlow::Message OpenFlow::meter_message(const Meter& meter, std::uint16_t command) {
  ofputil_meter_band band{};
  band.type = OFPMBT13_DROP;
  band.rate = meter.rate;
  band.burst_size = meter.burst;
  ofputil_meter_mod change{};
  change.command = command;
  change.meter.meter_id = meter.id;
  change.meter.flags = meter.counts == Meter::Counts::kilobits ? kKilobits : kPackets;
  change.meter.n_bands = 1;
  change.meter.bands = &band;
  return Message(ofputil_encode_meter_mod(kVersion, &change));
}

Result<> OpenFlow::make_meters_wanted(const std::vector<Meter>& there, const std::vector<Meter>& wanted) {
  const Deadline deadline = steady_clock::now() + within_;
  std::vector<Meter> missing;
  std::ranges::set_difference(wanted, there, std::back_inserter(missing));
  if (missing.empty()) return {};
  for (const Meter& meter : missing) {
    const bool known = std::ranges::find(there, meter.id, &Meter::id) != there.end();
    CAUSEWAY_TRY(send(meter_message(meter, known ? OFPMC13_MODIFY : OFPMC13_ADD), deadline));
  }
  return barrier(deadline);
}

Result<> OpenFlow::remove_meters_unwanted(const std::vector<Meter>& there, const std::vector<Meter>& wanted) {
  const Deadline deadline = steady_clock::now() + within_;
  bool removed = false;
  for (const Meter& meter : there) {
    if (std::ranges::find(wanted, meter.id, &Meter::id) != wanted.end()) continue;
    CAUSEWAY_TRY(send(meter_message(meter, OFPMC13_DELETE), deadline));
    removed = true;
  }
  return removed ? barrier(deadline) : Result<>{};
}

}  // namespace causeway::agent
