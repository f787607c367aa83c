// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/targets.h"

#include <algorithm>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "agent/compute/capabilities.h"
#include "agent/daemon/state_file.h"
#include "agent/network/dhcp.h"
#include "agent/network/dhcp6.h"
#include "agent/network/ovs_conntrack.h"
#include "agent/network/ovs_trace.h"
#include "agent/storage/ceph_client.h"
#include "agent/storage/disk_file.h"
#include "common/config/daemon_config.h"
#include "common/config/manifest.h"
#include "common/core/check.h"
#include "common/wire/codec.h"
#include "scheduler/snapshot/snapshot_file.h"

namespace causeway::fuzz {
namespace {

// The first byte says what the rest is taken for.
struct Choice {
  std::size_t kind;
  std::string_view rest;
};

Choice choose(std::string_view bytes, std::size_t kinds) {
  if (bytes.empty()) return {0, bytes};
  return {static_cast<unsigned char>(bytes[0]) % kinds, bytes.substr(1)};
}

}  // namespace

void capabilities(std::string_view bytes) { static_cast<void>(agent::read_capabilities(std::string(bytes))); }

void config(std::string_view bytes) {
  static_cast<void>(config::parse_agent_config("agent.yaml", bytes));
  static_cast<void>(config::parse_scheduler_config("scheduler.yaml", bytes));
  static_cast<void>(config::parse_client_config("client.yaml", bytes));
}

void disk(std::string_view bytes) {
  const auto [kind, head] = choose(bytes, 3);
  constexpr std::array kNames = {"old.qcow2", "old.vmdk", "old.raw"};
  static_cast<void>(agent::inspect(head.substr(0, agent::kDiskHeadBytes), head.size(), kNames.at(kind)));
}

void guest(std::string_view bytes) {
  const model::Mac mac{{0x52, 0x54, 0, 0, 0, 1}};
  const std::span frame(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  const auto check = [&](const std::optional<std::vector<std::uint8_t>>& answer) {
    if (!answer) return;
    CAUSEWAY_CHECK(std::ranges::equal(std::span(*answer).first(6), mac.bytes));
    CAUSEWAY_CHECK(answer->size() <= bytes.size() + 512);
  };
  check(agent::answer_dhcp({mac, *model::IpAddress::parse("10.52.0.11"), 16, std::nullopt, 1400}, frame));
  check(agent::answer_ipv6({mac, *model::IpAddress::parse("fd00:52::11"), 64, true, 1400}, frame));
}

void keyring(std::string_view bytes) {
  const auto key = agent::find_key(bytes, "h1-extranet");
  CAUSEWAY_CHECK(key.size() <= bytes.size());
  for (const auto& monitor : agent::parse_monitors(bytes)) CAUSEWAY_CHECK(monitor.size() <= bytes.size());
}

void manifest(std::string_view bytes) {
  const auto read = config::read_manifest("fuzz.yaml", bytes);
  if (!read) {
    CAUSEWAY_CHECK(!read.error().empty());
    return;
  }
  const auto again = wire::decode_manifest(wire::encode_manifest(read->manifest));
  CAUSEWAY_CHECK(again && *again == read->manifest);
}

void snapshot(std::string_view bytes) {
  const auto read = snapshot::read(bytes);
  if (!read) {
    CAUSEWAY_CHECK(!read.error().empty());
    return;
  }
  const auto text = snapshot::write(*read);
  const auto again = snapshot::read(text);
  CAUSEWAY_CHECK(again && snapshot::write(*again) == text);
}

void state(std::string_view bytes) {
  const auto read = agent::saved_from_text(bytes);
  if (!read) return;
  const auto again = agent::saved_from_text(agent::to_text(*read));
  CAUSEWAY_CHECK(again && *again == *read);
}

void switch_text(std::string_view bytes) {
  const std::string text(bytes);
  const auto traced = agent::read_trace(text, 1);
  CAUSEWAY_CHECK(!traced.ports.contains(1));
  std::vector<agent::Connection> connections;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto before = connections.size();
    agent::read_connection(line, 77, connections);
    CAUSEWAY_CHECK(connections.size() <= before + 1);
  }
}

void wire(std::string_view bytes) {
  constexpr std::size_t kRecords = std::variant_size_v<model::Record>;
  const auto [kind, rest] = choose(bytes, kRecords + 2);
  if (kind == kRecords) {
    if (const auto message = wire::decode(rest)) {
      const auto again = wire::decode(wire::encode(*message));
      CAUSEWAY_CHECK(again && *again == *message);
    }
  } else if (kind == kRecords + 1) {
    if (const auto manifest = wire::decode_manifest(rest)) {
      const auto again = wire::decode_manifest(wire::encode_manifest(*manifest));
      CAUSEWAY_CHECK(again && *again == *manifest);
    }
  } else if (const auto record = wire::decode_record(kind, rest)) {
    const auto again = wire::decode_record(kind, wire::encode_record(*record));
    CAUSEWAY_CHECK(again && *again == *record);
  }
}

}  // namespace causeway::fuzz
