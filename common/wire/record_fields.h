// SPDX-License-Identifier: Apache-2.0
// The fields of the durable records (common/model/records.h), each listed once.
#pragma once

#include "common/model/records.h"
#include "common/wire/model_fields.h"

namespace causeway::wire {

template <class Io>
void fields(Io& io, Value<Io, model::Disk>& value, Proto<Io, v1::Disk>& proto) {
  CAUSEWAY_SCALAR(name);
  CAUSEWAY_SCALAR(size);
  CAUSEWAY_SCALAR(image);
  CAUSEWAY_SCALAR(import);
}

template <class Io>
void fields(Io& io, Value<Io, model::Port>& value, Proto<Io, v1::Port>& proto) {
  CAUSEWAY_SCALAR(name);
  CAUSEWAY_SCALAR(network);
  CAUSEWAY_SCALAR(mac);
  CAUSEWAY_MANY(words, addresses);
  CAUSEWAY_SCALAR(bandwidth);
}

template <class Io>
void fields(Io& io, Value<Io, model::Workload>& value, Proto<Io, v1::Workload>& proto) {
  CAUSEWAY_SCALAR(id);
  CAUSEWAY_SCALAR(entry);
  CAUSEWAY_SCALAR(wave);
  CAUSEWAY_SCALAR(zone);
  CAUSEWAY_SCALAR(mlps);
  CAUSEWAY_SCALAR(host);
  CAUSEWAY_ENUM(power);
  CAUSEWAY_SCALAR(vcpus);
  CAUSEWAY_SCALAR(memory);
  CAUSEWAY_SCALAR(is_protected);
  CAUSEWAY_MANY(words, traits);
  CAUSEWAY_MANY(list, disks);
  CAUSEWAY_MANY(list, ports);
  CAUSEWAY_MANY(words, ssh_keys);
  CAUSEWAY_SCALAR(generation);
  CAUSEWAY_SCALAR(restart);
  CAUSEWAY_SCALAR(deleting);
  CAUSEWAY_SCALAR(created);
  CAUSEWAY_SCALAR(changed);
  CAUSEWAY_SCALAR(leaving);
  CAUSEWAY_SCALAR(held);
  CAUSEWAY_MESSAGE(demands);
  CAUSEWAY_MANY(words, on_nodes);
  CAUSEWAY_SCALAR(exchange_gateway);
  read_older_rule(io, proto, value.demands);
}

template <class Io>
void fields(Io& io, Value<Io, model::LostWorkload>& value, Proto<Io, v1::LostWorkload>& proto) {
  CAUSEWAY_SCALAR(zone);
  CAUSEWAY_SCALAR(generation);
}

template <class Io>
void fields(Io& io, Value<Io, model::HostRecord>& value, Proto<Io, v1::HostRecord>& proto) {
  CAUSEWAY_SCALAR(id);
  CAUSEWAY_SCALAR(key);
  CAUSEWAY_SCALAR(cordoned);
  CAUSEWAY_SCALAR(draining);
  CAUSEWAY_SCALAR(reason);
  CAUSEWAY_SCALAR(generation);
  CAUSEWAY_MANY(entries, underlays);
  CAUSEWAY_OPTIONAL_ENUM(outage);
  CAUSEWAY_SCALAR(outage_since);
  CAUSEWAY_MANY(table, lost);
  CAUSEWAY_MANY(words, storage_addresses);
  CAUSEWAY_SCALAR(told);
  CAUSEWAY_MANY(words, uplinks);
}

template <class Io>
void fields(Io& io, Value<Io, model::DepartmentRecord>& value, Proto<Io, v1::DepartmentRecord>& proto) {
  CAUSEWAY_SCALAR(id);
  CAUSEWAY_MESSAGE(spec);
}

template <class Io>
void fields(Io& io, Value<Io, model::RoomRecord>& value, Proto<Io, v1::RoomRecord>& proto) {
  CAUSEWAY_SCALAR(id);
  CAUSEWAY_MESSAGE(spec);
}

template <class Io>
void fields(Io& io, Value<Io, model::NetworkRecord>& value, Proto<Io, v1::NetworkRecord>& proto) {
  CAUSEWAY_SCALAR(id);
  CAUSEWAY_MESSAGE(spec);
  CAUSEWAY_SCALAR(vni);
}

template <class Io>
void fields(Io& io, Value<Io, model::ApplicationRecord>& value, Proto<Io, v1::ApplicationRecord>& proto) {
  CAUSEWAY_SCALAR(id);
  CAUSEWAY_SCALAR(wave);
  CAUSEWAY_MESSAGE(spec);
}

template <class Io>
void fields(Io& io, Value<Io, model::WaveRecord>& value, Proto<Io, v1::WaveRecord>& proto) {
  CAUSEWAY_SCALAR(id);
  CAUSEWAY_SCALAR(title);
  CAUSEWAY_SCALAR(applied);
  CAUSEWAY_SCALAR(actor);
  CAUSEWAY_MANY(table, groups);
}

template <class Io>
void fields(Io& io, Value<Io, model::KeyRecord>& value, Proto<Io, v1::KeyRecord>& proto) {
  CAUSEWAY_SCALAR(name);
  CAUSEWAY_SCALAR(key);
  CAUSEWAY_ENUM(role);
  CAUSEWAY_SCALAR(department);
  CAUSEWAY_SCALAR(revoked);
}

template <class Io>
void fields(Io& io, Value<Io, model::EventRecord>& value, Proto<Io, v1::EventRecord>& proto) {
  CAUSEWAY_SCALAR(sequence);
  CAUSEWAY_SCALAR(at);
  CAUSEWAY_SCALAR(actor);
  CAUSEWAY_SCALAR(verb);
  CAUSEWAY_SCALAR(subject);
  CAUSEWAY_SCALAR(reason);
  CAUSEWAY_SCALAR(text);
}

template <class Io>
void fields(Io& io, Value<Io, model::AnswerRecord>& value, Proto<Io, v1::AnswerRecord>& proto) {
  CAUSEWAY_SCALAR(sequence);
  CAUSEWAY_SCALAR(key);
  CAUSEWAY_SCALAR(request);
  CAUSEWAY_SCALAR(applied);
  CAUSEWAY_SCALAR(unchanged);
  CAUSEWAY_SCALAR(token);
  CAUSEWAY_MANY(words, messages);
}

template <class Io>
void fields(Io& io, Value<Io, model::GrantRecord>& value, Proto<Io, v1::GrantRecord>& proto) {
  CAUSEWAY_SCALAR(id);
  CAUSEWAY_SCALAR(application);
  CAUSEWAY_SCALAR(service);
  CAUSEWAY_SCALAR(until);
  CAUSEWAY_SCALAR(reason);
  CAUSEWAY_SCALAR(actor);
  CAUSEWAY_SCALAR(granted);
  CAUSEWAY_SCALAR(closing);
  CAUSEWAY_MANY(entries, open_on);
  CAUSEWAY_SCALAR(cut);
}

template <class Io>
void fields(Io& io, Value<Io, model::StateRecord>& value, Proto<Io, v1::StateRecord>& proto) {
  CAUSEWAY_SCALAR(epoch);
  CAUSEWAY_SCALAR(revision);
  CAUSEWAY_SCALAR(next_vni);
  CAUSEWAY_SCALAR(next_event);
  CAUSEWAY_SCALAR(basis);
  CAUSEWAY_SCALAR(disarmed_until);
  CAUSEWAY_SCALAR(disarmed_reason);
}

}  // namespace causeway::wire
