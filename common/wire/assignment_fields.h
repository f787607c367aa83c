// SPDX-License-Identifier: Apache-2.0
// The fields of what a scheduler and an agent say to each other (common/model/assignment.h), each listed
// once.
#pragma once

#include "common/model/assignment.h"
#include "common/wire/record_fields.h"

namespace causeway::wire {

inline std::string to_wire(const model::Fingerprint& print) {
  return print.none() ? std::string() : std::string(print.bytes.begin(), print.bytes.end());
}
// One of another length is of another version: none that could be compared.
inline void from_wire(Reader&, const std::string& wire, model::Fingerprint& print) {
  print = {};
  if (wire.size() == print.bytes.size()) std::memcpy(print.bytes.data(), wire.data(), wire.size());
}

template <class Io>
void fields(Io& io, Value<Io, model::AssignedDisk>& value, Proto<Io, v1::AssignedDisk>& proto) {
  CAUSEWAY_SCALAR(name);
  CAUSEWAY_SCALAR(size);
  CAUSEWAY_OPTIONAL_MESSAGE(image);
  CAUSEWAY_SCALAR(image_id);
  CAUSEWAY_SCALAR(import);
}

template <class Io>
void fields(Io& io, Value<Io, model::AssignedPort>& value, Proto<Io, v1::AssignedPort>& proto) {
  CAUSEWAY_SCALAR(name);
  CAUSEWAY_SCALAR(network);
  CAUSEWAY_SCALAR(mac);
  CAUSEWAY_MANY(list, subnets);
  CAUSEWAY_MANY(words, addresses);
  CAUSEWAY_OPTIONAL_SCALAR(gateway);
  CAUSEWAY_SCALAR(guard);
  CAUSEWAY_SCALAR(bandwidth);
  if constexpr (!Io::kWriting) {
    if (value.bandwidth < MbitPerSecond{} || value.bandwidth > model::kBandwidthMax)
      io.reject("a port's bandwidth is out of range");
    if (value.subnets.size() != value.addresses.size())
      io.reject("a port's addresses and subnets don't match");
  }
}

template <class Io>
void fields(Io& io, Value<Io, model::AssignedWorkload>& value, Proto<Io, v1::AssignedWorkload>& proto) {
  CAUSEWAY_SCALAR(id);
  CAUSEWAY_SCALAR(generation);
  CAUSEWAY_SCALAR(restart);
  CAUSEWAY_SCALAR(zone);
  CAUSEWAY_ENUM(power);
  CAUSEWAY_SCALAR(shall_be_absent);
  CAUSEWAY_SCALAR(keep_volumes);
  CAUSEWAY_SCALAR(vcpus);
  CAUSEWAY_SCALAR(memory);
  CAUSEWAY_SCALAR(is_protected);
  CAUSEWAY_MANY(list, disks);
  CAUSEWAY_MANY(list, ports);
  CAUSEWAY_MANY(words, ssh_keys);
  CAUSEWAY_SCALAR(huge_pages);
  CAUSEWAY_SCALAR(pinned);
  CAUSEWAY_MANY(words, on_nodes);
  CAUSEWAY_SCALAR(exchange_gateway);
}

template <class Io>
void fields(Io& io, Value<Io, model::RemotePort>& value, Proto<Io, v1::RemotePort>& proto) {
  CAUSEWAY_SCALAR(mac);
  CAUSEWAY_MANY(words, addresses);
  CAUSEWAY_SCALAR(underlay);
  CAUSEWAY_SCALAR(guard);
}

template <class Io>
void fields(Io& io, Value<Io, model::AssignedNetwork>& value, Proto<Io, v1::AssignedNetwork>& proto) {
  CAUSEWAY_SCALAR(id);
  CAUSEWAY_SCALAR(zone);
  CAUSEWAY_SCALAR(department);
  CAUSEWAY_SCALAR(vni);
  CAUSEWAY_SCALAR(mtu);
  CAUSEWAY_MANY(list, remote_ports);
  CAUSEWAY_MANY(words, joined);
  CAUSEWAY_OPTIONAL_SCALAR(vlan);
  CAUSEWAY_SCALAR(way_out);
  if constexpr (!Io::kWriting)
    if (value.vlan && (*value.vlan < 1 || *value.vlan > model::kVlanMax)) io.reject("a VLAN is out of range");
}

template <class Io>
void fields(Io& io, Value<Io, model::OutsideSystem>& value, Proto<Io, v1::OutsidePrefixes>& proto) {
  CAUSEWAY_SCALAR(guard);
  CAUSEWAY_MANY(list, prefixes);
}

template <class Io>
void fields(Io& io, Value<Io, model::WayOut>& value, Proto<Io, v1::WayOut>& proto) {
  CAUSEWAY_SCALAR(zone);
  CAUSEWAY_SCALAR(vlan);
  CAUSEWAY_MANY(words, routers);
  CAUSEWAY_MANY(list, systems);
}

template <class Io>
void fields(Io& io, Value<Io, model::AddressSet>& value, Proto<Io, v1::AddressSet>& proto) {
  CAUSEWAY_SCALAR(id);
  CAUSEWAY_MANY(list, members);
}

template <class Io>
void fields(Io& io, Value<Io, model::Rule>& value, Proto<Io, v1::Rule>& proto) {
  CAUSEWAY_SCALAR(from);
  CAUSEWAY_ENUM(protocol);
  CAUSEWAY_SCALAR(first_port);
  CAUSEWAY_SCALAR(last_port);
  CAUSEWAY_OPTIONAL_SCALAR(icmp_type);
  CAUSEWAY_SCALAR(why);
  if constexpr (!Io::kWriting)
    if (value.first_port > value.last_port) io.reject("a rule's ports end before they begin");
}

template <class Io>
void fields(Io& io, Value<Io, model::Guard>& value, Proto<Io, v1::Guard>& proto) {
  CAUSEWAY_SCALAR(id);
  CAUSEWAY_MANY(list, rules);
}

template <class Io>
void fields(Io& io, Value<Io, model::Assignment>& value, Proto<Io, v1::Assignment>& proto) {
  CAUSEWAY_SCALAR(host);
  CAUSEWAY_SCALAR(epoch);
  CAUSEWAY_SCALAR(generation);
  CAUSEWAY_MANY(list, workloads);
  CAUSEWAY_MANY(list, networks);
  CAUSEWAY_MANY(list, guards);
  CAUSEWAY_MANY(list, address_sets);
  CAUSEWAY_MANY(list, ways_out);
  CAUSEWAY_SCALAR(print);
}

template <class Io>
void fields(Io& io, Value<Io, model::Ack>& value, Proto<Io, v1::Ack>& proto) {
  CAUSEWAY_SCALAR(epoch);
  CAUSEWAY_SCALAR(nonce);
  CAUSEWAY_SCALAR(want_report);
  CAUSEWAY_SCALAR(lease);
}

template <class Io>
void fields(Io& io, Value<Io, model::ConsoleRequest>& value, Proto<Io, v1::ConsoleRequest>& proto) {
  CAUSEWAY_SCALAR(request);
  CAUSEWAY_SCALAR(workload);
  CAUSEWAY_SCALAR(max_bytes);
}

template <class Io>
void fields(Io& io, Value<Io, model::ProbeEnd>& value, Proto<Io, v1::ProbeEnd>& proto) {
  CAUSEWAY_SCALAR(port);
  CAUSEWAY_SCALAR(network);
  CAUSEWAY_SCALAR(mac);
  CAUSEWAY_SCALAR(address);
  CAUSEWAY_SCALAR(underlay);
}

template <class Io>
void fields(Io& io, Value<Io, model::ProbeRequest>& value, Proto<Io, v1::ProbeRequest>& proto) {
  CAUSEWAY_SCALAR(request);
  CAUSEWAY_SCALAR(zone);
  CAUSEWAY_MESSAGE(from);
  CAUSEWAY_MESSAGE(to);
  CAUSEWAY_ENUM(protocol);
  CAUSEWAY_SCALAR(port);
  CAUSEWAY_SCALAR(arriving);
}

template <class Io>
void fields(Io& io, Value<Io, model::ProbeReply>& value, Proto<Io, v1::ProbeReply>& proto) {
  CAUSEWAY_SCALAR(request);
  CAUSEWAY_SCALAR(error);
  CAUSEWAY_SCALAR(passes);
  CAUSEWAY_SCALAR(says);
}

template <class Io>
void fields(Io& io, Value<Io, model::Waiting>& value, Proto<Io, v1::Waiting>& proto) {
  CAUSEWAY_SCALAR(on);
  CAUSEWAY_SCALAR(since);
}

template <class Io>
void fields(Io& io, Value<Io, model::WorkloadStatus>& value, Proto<Io, v1::WorkloadStatus>& proto) {
  CAUSEWAY_SCALAR(id);
  CAUSEWAY_SCALAR(generation);
  CAUSEWAY_SCALAR(restart);
  CAUSEWAY_ENUM(phase);
  CAUSEWAY_SCALAR(percent);
  CAUSEWAY_OPTIONAL_MESSAGE(waiting);
  CAUSEWAY_SCALAR(since);
  CAUSEWAY_MANY(words, cpus);
}

template <class Io>
void fields(Io& io, Value<Io, model::NodeFacts>& value, Proto<Io, v1::NodeFacts>& proto) {
  CAUSEWAY_SCALAR(vcpus);
  CAUSEWAY_SCALAR(memory);
  CAUSEWAY_SCALAR(huge_pages);
  CAUSEWAY_SCALAR(huge_pages_free);
}

template <class Io>
void fields(Io& io, Value<Io, model::ZoneFacts>& value, Proto<Io, v1::ZoneFacts>& proto) {
  CAUSEWAY_SCALAR(zone);
  CAUSEWAY_SCALAR(underlay);
  CAUSEWAY_SCALAR(tunnel_port);
  CAUSEWAY_SCALAR(uplink);
}

template <class Io>
void fields(Io& io, Value<Io, model::HostFacts>& value, Proto<Io, v1::HostFacts>& proto) {
  CAUSEWAY_SCALAR(version);
  CAUSEWAY_SCALAR(vcpus);
  CAUSEWAY_SCALAR(memory);
  CAUSEWAY_SCALAR(hypervisor);
  CAUSEWAY_MANY(list, zones);
  CAUSEWAY_MANY(list, nodes);
  CAUSEWAY_SCALAR(exchange_host);
}

template <class Io>
void fields(Io& io, Value<Io, model::Cut>& value, Proto<Io, v1::Cut>& proto) {
  CAUSEWAY_SCALAR(why);
  CAUSEWAY_SCALAR(generation);
  CAUSEWAY_SCALAR(connections);
}

template <class Io>
void fields(Io& io, Value<Io, model::Report>& value, Proto<Io, v1::Report>& proto) {
  CAUSEWAY_SCALAR(host);
  CAUSEWAY_SCALAR(nonce);
  CAUSEWAY_SCALAR(epoch);
  CAUSEWAY_SCALAR(applied);
  CAUSEWAY_SCALAR(revision);
  CAUSEWAY_MESSAGE(facts);
  CAUSEWAY_MANY(list, workloads);
  CAUSEWAY_MANY(words, foreign);
  CAUSEWAY_MANY(list, troubles);
  CAUSEWAY_SCALAR(enforced);
  CAUSEWAY_MANY(list, cuts);
  CAUSEWAY_SCALAR(holds);
}

template <class Io>
void fields(Io& io, Value<Io, model::Heartbeat>& value, Proto<Io, v1::Heartbeat>& proto) {
  CAUSEWAY_SCALAR(host);
  CAUSEWAY_SCALAR(nonce);
  CAUSEWAY_SCALAR(epoch);
  CAUSEWAY_SCALAR(applied);
  CAUSEWAY_SCALAR(revision);
  CAUSEWAY_SCALAR(holds);
}

template <class Io>
void fields(Io& io, Value<Io, model::ConsoleReply>& value, Proto<Io, v1::ConsoleReply>& proto) {
  CAUSEWAY_SCALAR(request);
  CAUSEWAY_SCALAR(error);
  CAUSEWAY_SCALAR(text);
}

}  // namespace causeway::wire
