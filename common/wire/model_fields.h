// SPDX-License-Identifier: Apache-2.0
// The fields of what people write (common/model/site.h and wave.h), each listed once.
#pragma once

#include "common/model/site.h"
#include "common/model/wave.h"
#include "common/wire/fields.h"
#include "common/wire/valid.h"

namespace causeway::wire {

template <class Io>
void fields(Io& io, Value<Io, model::Subnet>& value, Proto<Io, v1::Subnet>& proto) {
  CAUSEWAY_SCALAR(first);
  CAUSEWAY_SCALAR(length);
  if constexpr (!Io::kWriting)
    if (value.length < 0 || value.length > value.first.bits()) io.reject("a subnet's length is out of range");
}

template <class Io>
void fields(Io& io, Value<Io, model::Service>& value, Proto<Io, v1::Service>& proto) {
  CAUSEWAY_ENUM(protocol);
  CAUSEWAY_SCALAR(first);
  // One that was written before there were ranges is of one port.
  if constexpr (!Io::kWriting) value.last = value.first;
  if (Io::kWriting || proto.last() != 0) CAUSEWAY_SCALAR(last);
}

template <class Io>
void fields(Io& io, Value<Io, model::OutsideSystemSpec>& value, Proto<Io, v1::OutsideSystem>& proto) {
  CAUSEWAY_SCALAR(title);
  CAUSEWAY_MANY(list, prefixes);
  CAUSEWAY_MANY(table, offers);
}

template <class Io>
void fields(Io& io, Value<Io, model::WayOutSpec>& value, Proto<Io, v1::ZoneWayOut>& proto) {
  CAUSEWAY_SCALAR(vlan);
  CAUSEWAY_MANY(words, routers);
  CAUSEWAY_MANY(table, systems);
}

template <class Io>
void fields(Io& io, Value<Io, model::Zone>& value, Proto<Io, v1::Zone>& proto) {
  CAUSEWAY_SCALAR(title);
  CAUSEWAY_ENUM(classification);
  CAUSEWAY_SCALAR(mlps);
  CAUSEWAY_ENUM(isolation);
  CAUSEWAY_SCALAR(pool);
  CAUSEWAY_SCALAR(capacity);
  // A zone that was written before there were reserves doesn't say it.
  if (Io::kWriting || proto.reserve() != v1::RESERVE_UNSPECIFIED) CAUSEWAY_ENUM(reserve);
  if (Io::kWriting || proto.underlay_mtu() != 0) CAUSEWAY_SCALAR(underlay_mtu);
  CAUSEWAY_MANY(words, exchange_with);
  CAUSEWAY_OPTIONAL_MESSAGE(way_out);
}

template <class Io>
void fields(Io& io, Value<Io, model::NumaNode>& value, Proto<Io, v1::NumaNode>& proto) {
  CAUSEWAY_SCALAR(cores);
  CAUSEWAY_SCALAR(memory);
  CAUSEWAY_SCALAR(huge_pages);
}

template <class Io>
void fields(Io& io, Value<Io, model::HostClass>& value, Proto<Io, v1::HostClass>& proto) {
  CAUSEWAY_SCALAR(vcpus);
  CAUSEWAY_SCALAR(memory);
  CAUSEWAY_SCALAR(overcommit);
  CAUSEWAY_MANY(list, numa);
  CAUSEWAY_MANY(words, traits);
  CAUSEWAY_SCALAR(huge_pages);
}

template <class Io>
void fields(Io& io, Value<Io, model::HostSpec>& value, Proto<Io, v1::HostSpec>& proto) {
  CAUSEWAY_SCALAR(hall);
  CAUSEWAY_SCALAR(rack);
  CAUSEWAY_MESSAGE(shape);
  CAUSEWAY_SCALAR(class_name);
  CAUSEWAY_MANY(words, zones);
  CAUSEWAY_OPTIONAL_SCALAR(dedicated);
  CAUSEWAY_SCALAR(exchange_host);
}

template <class Io>
void fields(Io& io, Value<Io, model::Image>& value, Proto<Io, v1::Image>& proto) {
  CAUSEWAY_SCALAR(title);
  CAUSEWAY_SCALAR(file);
  CAUSEWAY_SCALAR(sha256);
  CAUSEWAY_SCALAR(size);
}

template <class Io>
void fields(Io& io, Value<Io, model::Site>& value, Proto<Io, v1::Site>& proto) {
  CAUSEWAY_SCALAR(name);
  CAUSEWAY_SCALAR(title);
  CAUSEWAY_MANY(table, zones);
  CAUSEWAY_MANY(table, hosts);
  CAUSEWAY_MANY(table, images);
}

template <class Io>
void fields(Io& io, Value<Io, model::Quota>& value, Proto<Io, v1::Quota>& proto) {
  CAUSEWAY_SCALAR(vcpus);
  CAUSEWAY_SCALAR(memory);
  CAUSEWAY_SCALAR(volumes);
}

template <class Io>
void fields(Io& io, Value<Io, model::Network>& value, Proto<Io, v1::Network>& proto) {
  CAUSEWAY_SCALAR(department);
  CAUSEWAY_SCALAR(zone);
  CAUSEWAY_OPTIONAL_MESSAGE(subnet);
  CAUSEWAY_OPTIONAL_MESSAGE(subnet6);
  CAUSEWAY_OPTIONAL_SCALAR(gateway);
  CAUSEWAY_SCALAR(mtu);
  CAUSEWAY_OPTIONAL_SCALAR(vlan);
  CAUSEWAY_SCALAR(way_out);
}

template <class Io>
void fields(Io& io, Value<Io, model::Department>& value, Proto<Io, v1::Department>& proto) {
  CAUSEWAY_SCALAR(title);
  CAUSEWAY_SCALAR(english);
  CAUSEWAY_MANY(table, quotas);
  CAUSEWAY_MANY(table, networks);
}

template <class Io>
void fields(Io& io, Value<Io, model::Room>& value, Proto<Io, v1::Room>& proto) {
  CAUSEWAY_SCALAR(title);
  CAUSEWAY_SCALAR(department);
  CAUSEWAY_SCALAR(address);
  CAUSEWAY_MANY(words, servers);
}

template <class Io>
void fields(Io& io, Value<Io, model::DiskSpec>& value, Proto<Io, v1::DiskSpec>& proto) {
  CAUSEWAY_SCALAR(size);
  CAUSEWAY_SCALAR(import);
}

template <class Io>
void fields(Io& io, Value<Io, model::PortSpec>& value, Proto<Io, v1::PortSpec>& proto) {
  CAUSEWAY_SCALAR(network);
  CAUSEWAY_OPTIONAL_SCALAR(address);
  CAUSEWAY_SCALAR(bandwidth);
}

template <class Io>
void fields(Io& io, Value<Io, model::PlacementRule>& value, Proto<Io, v1::PlacementRule>& proto) {
  CAUSEWAY_ENUM(kind);
  CAUSEWAY_ENUM(scope);
  CAUSEWAY_SCALAR(at_most);
  CAUSEWAY_SCALAR(weight);
}

template <class Io>
void fields(Io& io, Value<Io, model::Group>& value, Proto<Io, v1::Group>& proto) {
  CAUSEWAY_MANY(list, rules);
}

template <class Io>
void fields(Io& io, Value<Io, model::Demands>& value, Proto<Io, v1::Demands>& proto) {
  CAUSEWAY_MANY(list, rules);
  CAUSEWAY_MANY(words, groups);
  CAUSEWAY_SCALAR(huge_pages);
  CAUSEWAY_SCALAR(numa_nodes);
  CAUSEWAY_SCALAR(pinned);
}

// The one rule that there was before there were demands.
template <class Io, class P>
void read_older_rule(Io& io, P& proto, auto& demands) {
  if constexpr (!Io::kWriting)
    if (proto.has_keep_apart()) from_wire(io, proto.keep_apart(), demands.rules.emplace_back().scope);
}

template <class Io>
void fields(Io& io, Value<Io, model::WorkloadSpec>& value, Proto<Io, v1::WorkloadSpec>& proto) {
  CAUSEWAY_OPTIONAL_SCALAR(count);
  CAUSEWAY_SCALAR(vcpus);
  CAUSEWAY_SCALAR(memory);
  CAUSEWAY_SCALAR(image);
  CAUSEWAY_SCALAR(is_protected);
  CAUSEWAY_MANY(table, disks);
  CAUSEWAY_MANY(table, ports);
  CAUSEWAY_MANY(table, offers);
  CAUSEWAY_MANY(words, traits);
  CAUSEWAY_MANY(words, ssh_keys);
  CAUSEWAY_SCALAR(exchange_gateway);
  CAUSEWAY_MESSAGE(demands);
  read_older_rule(io, proto, value.demands);
}

template <class Io>
void fields(Io& io, Value<Io, model::Origin>& value, Proto<Io, v1::Origin>& proto) {
  CAUSEWAY_SCALAR(room);
  CAUSEWAY_MANY(words, servers);
}

template <class Io>
void fields(Io& io, Value<Io, model::Application>& value, Proto<Io, v1::Application>& proto) {
  CAUSEWAY_SCALAR(title);
  CAUSEWAY_SCALAR(department);
  CAUSEWAY_SCALAR(zone);
  CAUSEWAY_SCALAR(mlps);
  CAUSEWAY_OPTIONAL_MESSAGE(from);
  CAUSEWAY_MANY(words, depends_on);
  CAUSEWAY_MANY(words, reaches);
  CAUSEWAY_MANY(table, workloads);
}

template <class Io>
void fields(Io& io, Value<Io, model::Wave>& value, Proto<Io, v1::Wave>& proto) {
  CAUSEWAY_SCALAR(id);
  CAUSEWAY_SCALAR(title);
  CAUSEWAY_MANY(table, applications);
  CAUSEWAY_MANY(table, groups);
}

}  // namespace causeway::wire
