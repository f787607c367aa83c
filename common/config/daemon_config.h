// SPDX-License-Identifier: Apache-2.0
// What the three programs read at their start, once, into a value that never changes: agent.yaml,
// scheduler.yaml and client.yaml. The same strict YAML as the manifests; every key is below with its meaning.
// A relative path is taken from the folder of the file that it stands in. Nothing is opened or connected to
// here: a file is right or wrong by itself.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/config/manifest.h"
#include "common/core/ids.h"
#include "common/model/address.h"

namespace causeway::config {

// A scheduler as its clients and agents know it.
struct SchedulerEndpoint {
  std::string address;  // "tcp://10.99.0.254:7410", "ipc:///run/causeway/clients"
  std::string key;      // its public CURVE key (Z85, 40 characters)

  bool operator==(const SchedulerEndpoint&) const = default;
};

// kind: Agent
struct AgentConfig {
  enum class Drivers { real, simulated };
  enum class Virtualization { kvm, emulated, automatic };  // automatic: kvm if /dev/kvm opens

  struct Zone {
    model::IpAddress underlay;  // this host's end of the zone's tunnels
    std::uint16_t tunnel_port = 4789;
    std::string pool;         // of the zone's volumes
    std::string ceph_client;  // "h1-extranet"; empty with simulated drivers, as the keyring
    std::filesystem::path keyring;
    std::string uplink{};  // the device that leads to the zone's VLANs; empty: this host has none

    bool operator==(const Zone&) const = default;
  };
  struct OpenVSwitch {
    std::filesystem::path run_dir;  // with db.sock and BRIDGE.mgmt
    std::string datapath;           // "netdev" or "system"

    bool operator==(const OpenVSwitch&) const = default;
  };

  HostId host;
  std::map<std::string, SchedulerEndpoint> schedulers;
  std::filesystem::path key_file;   // the agent's secret CURVE key
  std::filesystem::path state_dir;  // its own small state, console logs, seeds
  Drivers drivers = Drivers::real;
  Virtualization virtualization = Virtualization::automatic;
  std::map<ZoneId, Zone> zones;
  bool exchange_host = false;  // it runs exchange gateways between its two zones and nothing else

  // Set if and only if the drivers are real.
  std::string libvirt_uri;
  OpenVSwitch openvswitch;
  std::filesystem::path ceph_conf;
  std::filesystem::path images_dir;  // golden images and files to import

  bool operator==(const AgentConfig&) const = default;
};

// kind: Scheduler
struct SchedulerConfig {
  // Where two or more schedulers share their state.
  struct Ceph {
    std::filesystem::path conf;
    std::string pool;
    std::string ns;      // `namespace` in the file
    std::string client;  // "scheduler", without "client."
    std::filesystem::path keyring;

    bool operator==(const Ceph&) const = default;
  };

  // How it fences lost hosts; without it no host is ever declared dead.
  struct Fencing {
    std::filesystem::path conf;
    std::string client;  // without "client."; no host has its rights
    std::filesystem::path keyring;

    bool operator==(const Fencing&) const = default;
  };

  // The BMC of a host, or of hosts that are alike, asked to switch off those that are lost.
  struct Bmc {
    enum class Proof { storage, power };  // what work waits for before it starts elsewhere

    std::string agent;    // of Debian's fence-agents: "fence_ipmilan"; or a path to such a program
    std::string address;  // "{host}" in it stands for the host's name
    std::string user;
    std::filesystem::path password_file;
    std::map<std::string, std::string> options;  // more of the agent's own
    Proof proof = Proof::storage;

    bool operator==(const Bmc&) const = default;
  };

  std::string name;
  std::string listen_clients;  // endpoints
  std::string listen_agents;
  std::filesystem::path key_file;
  std::filesystem::path state_file;  // of a scheduler that is alone; empty: the state is in Ceph
  std::optional<Ceph> state_ceph;
  std::optional<Fencing> fencing;  // `ceph` in the file
  std::map<std::string, Bmc> bmc;  // by the host's name or a pattern (common/core/host_pattern.h)
  std::map<std::string, std::string>
      operators;  // name to public key: the first operators, who allow the others

  bool operator==(const SchedulerConfig&) const = default;
};

// kind: Client
struct ClientConfig {
  std::map<std::string, SchedulerEndpoint> schedulers;
  std::filesystem::path key_file;

  bool operator==(const ClientConfig&) const = default;
};

// From a file's text; `file` names it in messages and gives its folder.
std::expected<AgentConfig, Diagnostics> parse_agent_config(const std::string& file, std::string_view text);
std::expected<SchedulerConfig, Diagnostics> parse_scheduler_config(const std::string& file,
                                                                   std::string_view text);
std::expected<ClientConfig, Diagnostics> parse_client_config(const std::string& file, std::string_view text);

// From a file.
std::expected<AgentConfig, Diagnostics> load_agent_config(const std::string& file);
std::expected<SchedulerConfig, Diagnostics> load_scheduler_config(const std::string& file);
std::expected<ClientConfig, Diagnostics> load_client_config(const std::string& file);

// Where `causeway` looks for its configuration: what --config says, else $CAUSEWAY_CONFIG, else the first
// that exists of ~/.config/causeway/client.yaml and /etc/causeway/client.yaml. Empty text and null count as
// not given. Nothing if none of the two exists.
std::optional<std::string> find_client_config(const std::string& option, const char* environment,
                                              const char* home);

}  // namespace causeway::config
