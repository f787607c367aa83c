// SPDX-License-Identifier: Apache-2.0
#include "common/config/daemon_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <system_error>

namespace causeway::config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kKeyCharacters = 40;
constexpr std::string_view kZ85 =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

std::optional<std::string> public_key(const Cursor& cursor) {
  auto written = cursor.scalar("a public key");
  if (!written) return std::nullopt;
  if (written->size() == kKeyCharacters && written->find_first_not_of(kZ85) == std::string::npos)
    return written;
  cursor.problem(fmt::format("{} is no public key (Z85, {} characters)", cursor.name(), kKeyCharacters),
                 "write, in quotes, the line of the file KEY.pub that `causeway key new KEY` made");
  return std::nullopt;
}

// "tcp://HOST:PORT" or "ipc://PATH".
bool is_endpoint(std::string_view text) {
  constexpr std::string_view kTcp = "tcp://";
  constexpr std::string_view kIpc = "ipc://";
  if (text.starts_with(kIpc)) return text.size() > kIpc.size();
  const auto colon = text.rfind(':');
  if (!text.starts_with(kTcp) || colon <= kTcp.size()) return false;
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return error == std::errc{} && end == digits.data() + digits.size() && port != 0;
}

std::optional<std::string> endpoint(const Cursor& cursor) {
  auto written = cursor.scalar("an endpoint such as tcp://10.99.0.254:7410");
  if (!written || is_endpoint(*written)) return written;
  cursor.problem(fmt::format("{}: '{}' is no endpoint", cursor.name(), *written),
                 "write tcp://ADDRESS:PORT or ipc:///PATH");
  return std::nullopt;
}

std::optional<SchedulerEndpoint> scheduler_endpoint(const Cursor& cursor) {
  SchedulerEndpoint scheduler;
  cursor.fields()
      .required("address", scheduler.address, endpoint)
      .required("key", scheduler.key, public_key)
      .no_others();
  return scheduler;
}

std::optional<std::map<std::string, SchedulerEndpoint>> scheduler_endpoints(const Cursor& cursor) {
  auto schedulers = map_of<std::string>(scheduler_endpoint)(cursor);
  if (schedulers && schedulers->empty() && cursor.node().entries.empty())
    cursor.problem("no scheduler is named", "write {main: {address: \"tcp://…\", key: \"…\"}}");
  return schedulers;
}

auto path_from(const std::string& file) {
  return [folder = fs::path(file).parent_path()](const Cursor& cursor) -> std::optional<fs::path> {
    const auto written = cursor.scalar("a path");
    if (!written) return std::nullopt;
    return (folder / *written).lexically_normal();
  };
}

Fields document(const Cursor& root) { return root.fields().known("api").known("kind"); }

void refuse_simulated(const Cursor& cursor, const std::string& key) {
  for (const auto& entry : cursor.node().entries)
    if (entry.key == key)
      cursor.problem(entry.at, fmt::format("'{}' has no meaning with simulated drivers", key), "remove it");
}

std::optional<std::string> device(const Cursor& cursor) {
  constexpr std::size_t kLongest = 15;  // IFNAMSIZ, with its end
  const auto written = cursor.scalar("a network device's name");
  if (!written) return std::nullopt;
  if (!written->empty() && written->size() <= kLongest &&
      written->find_first_of("/: \t") == std::string::npos)
    return written;
  cursor.problem(fmt::format("{}: '{}' is no network device's name", cursor.name(), *written),
                 fmt::format("write one of at most {} characters, such as eth1", kLongest));
  return std::nullopt;
}

std::optional<AgentConfig::Zone> agent_zone(const Cursor& cursor, const std::string& file, bool real) {
  AgentConfig::Zone zone;
  Fields fields = cursor.fields();
  fields.required("underlay", zone.underlay, address)
      .optional("tunnel_port", zone.tunnel_port,
                [](const Cursor& at) -> std::optional<std::uint16_t> {
                  const auto port = read_integer(at, 1, 65535);
                  if (!port) return std::nullopt;
                  return static_cast<std::uint16_t>(*port);
                })
      .optional("uplink", zone.uplink, device)
      .required("pool", zone.pool, text);
  if (real)
    fields.required("ceph_client", zone.ceph_client, text).required("keyring", zone.keyring, path_from(file));
  else
    for (const auto* key : {"ceph_client", "keyring"}) fields.known(key), refuse_simulated(cursor, key);
  fields.no_others();
  return zone;
}

// The keys that only real drivers have.
void read_drivers(Fields& fields, const Cursor& root, AgentConfig& agent, const std::string& file) {
  static const Words<std::string> kDatapaths = {{"netdev", "netdev"}, {"system", "system"}};
  const auto path = path_from(file);
  if (agent.drivers == AgentConfig::Drivers::simulated) {
    for (const auto* key : {"libvirt", "openvswitch", "ceph", "images_dir"})
      fields.known(key), refuse_simulated(root, key);
    return;
  }
  bool done = false;
  fields
      .required("libvirt", done,
                [&](const Cursor& at) -> std::optional<bool> {
                  at.fields().required("uri", agent.libvirt_uri, text).no_others();
                  return true;
                })
      .required("openvswitch", done,
                [&](const Cursor& at) -> std::optional<bool> {
                  at.fields()
                      .required("run_dir", agent.openvswitch.run_dir, path)
                      .required("datapath", agent.openvswitch.datapath, choice(kDatapaths))
                      .no_others();
                  return true;
                })
      .required("ceph", done,
                [&](const Cursor& at) -> std::optional<bool> {
                  at.fields().required("conf", agent.ceph_conf, path).no_others();
                  return true;
                })
      .required("images_dir", agent.images_dir, path);
}

// Two zones with one tunnel endpoint, one pool or one uplink would meet.
void refuse_shared(const Cursor& root, const AgentConfig& agent) {
  std::map<std::string, std::string> owners;
  for (const auto& [id, zone] : agent.zones) {
    const Path path = at("zones", id.str());
    const auto claim = [&, owner = id.str()](const std::string& thing, const char* key) {
      const auto [first, fresh] = owners.emplace(thing, owner);
      if (!fresh)
        root.problem(root.reading().source.find(at(path, key)),
                     fmt::format("{} serves zone {} too, and zones never meet", thing, first->second),
                     "give each zone its own");
    };
    claim(fmt::format("underlay {} port {}", zone.underlay.str(), zone.tunnel_port), "underlay");
    claim(fmt::format("pool {}", zone.pool), "pool");
    if (!zone.uplink.empty()) claim(fmt::format("uplink {}", zone.uplink), "uplink");
  }
}

std::optional<AgentConfig> read_agent(const Cursor& root, const std::string& file) {
  using Drivers = AgentConfig::Drivers;
  using Virtualization = AgentConfig::Virtualization;
  static const Words<Drivers> kDrivers = {{"real", Drivers::real}, {"simulated", Drivers::simulated}};
  static const Words<Virtualization> kVirtualizations = {{"auto", Virtualization::automatic},
                                                         {"kvm", Virtualization::kvm},
                                                         {"emulated", Virtualization::emulated}};
  AgentConfig agent;
  Fields fields = document(root);
  fields.required("host", agent.host, name<HostId>)
      .required("schedulers", agent.schedulers, scheduler_endpoints)
      .required("key_file", agent.key_file, path_from(file))
      .required("state_dir", agent.state_dir, path_from(file))
      .optional("drivers", agent.drivers, choice(kDrivers))
      .optional("virtualization", agent.virtualization, choice(kVirtualizations))
      .required("zones", agent.zones, map_of<ZoneId>([&](const Cursor& at) {
                  return agent_zone(at, file, agent.drivers == Drivers::real);
                }))
      .optional("exchange_host", agent.exchange_host, boolean);
  read_drivers(fields, root, agent, file);
  fields.no_others();
  refuse_shared(root, agent);
  if (agent.exchange_host && agent.zones.size() != 2)
    root.problem(root.reading().source.find("exchange_host"),
                 fmt::format("an exchange host serves two zones, and this one {}", agent.zones.size()),
                 "write the two zones that its exchange gateways stand between, or remove exchange_host");
  return agent;
}

std::optional<SchedulerConfig::Ceph> state_in_ceph(const Cursor& cursor, const std::string& file) {
  SchedulerConfig::Ceph ceph;
  cursor.fields()
      .required("conf", ceph.conf, path_from(file))
      .required("pool", ceph.pool, text)
      .required("namespace", ceph.ns, text)
      .required("client", ceph.client, text)
      .required("keyring", ceph.keyring, path_from(file))
      .no_others();
  return ceph;
}

void read_state(const Cursor& cursor, const std::string& file, SchedulerConfig& into) {
  cursor.fields()
      .optional("file", into.state_file, path_from(file))
      .optional("ceph", into.state_ceph, [&](const Cursor& at) { return state_in_ceph(at, file); })
      .no_others();
  const auto& entries = cursor.node().entries;
  const auto written = [&](const char* key) {
    return std::ranges::any_of(entries, [&](const auto& entry) { return entry.key == key; });
  };
  if (written("file") == written("ceph"))
    cursor.problem("the state is in a file or in Ceph, in one of the two",
                   "write {file: PATH} for one scheduler, or {ceph: {…}} for two or more");
}

// A value that becomes a line of its own for another program.
std::optional<std::string> one_line(const Cursor& cursor) {
  auto written = text(cursor);
  if (!written || written->find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos) return written;
  cursor.problem(fmt::format("{} has more than one line", cursor.name()), "write it in one line");
  return std::nullopt;
}

std::optional<std::string> fence_agent(const Cursor& cursor) {
  auto written = one_line(cursor);
  if (!written || written->starts_with("fence_") || written->starts_with('/')) return written;
  cursor.problem(
      fmt::format("{}: '{}' is no fence agent", cursor.name(), *written),
      "write the name of a program of Debian's package fence-agents: fence_ipmilan, fence_redfish, …");
  return std::nullopt;
}

// What an agent is told by other keys, or by the scheduler. fence-agents have older names for most.
std::optional<std::map<std::string, std::string>> agent_options(const Cursor& cursor) {
  static const std::set<std::string_view> kOurs = {"action",          "option",       "ip",       "ipaddr",
                                                   "username",        "login",        "password", "passwd",
                                                   "password_script", "passwd_script"};
  auto options = map_of<std::string>(one_line)(cursor);
  for (const auto& entry : cursor.node().entries) {
    if (kOurs.contains(entry.key))
      cursor.problem(entry.at, fmt::format("option '{}' has a place of its own", entry.key),
                     "use address, user and password_file; the scheduler says what is to be done");
    else if (entry.key.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") != std::string::npos)
      cursor.problem(entry.at, fmt::format("'{}' is no option of a fence agent", entry.key),
                     "write it as in the agent's own manual page, in its section on standard input");
  }
  return options;
}

std::optional<SchedulerConfig::Bmc> bmc(const Cursor& cursor, const std::string& file) {
  using Proof = SchedulerConfig::Bmc::Proof;
  static const Words<Proof> kProofs = {{"storage", Proof::storage}, {"power", Proof::power}};
  SchedulerConfig::Bmc bmc;
  cursor.fields()
      .required("agent", bmc.agent, fence_agent)
      .required("address", bmc.address, one_line)
      .required("user", bmc.user, one_line)
      .required("password_file", bmc.password_file, path_from(file))
      .optional("options", bmc.options, agent_options)
      .optional("proof", bmc.proof, choice(kProofs))
      .no_others();
  return bmc;
}

// A BMC is asked about hosts that the storage's fence stands against, so there is none without the other.
std::optional<std::map<std::string, SchedulerConfig::Bmc>> bmcs(const Cursor& cursor,
                                                                const std::string& file) {
  auto found = map_of<std::string>([&](const Cursor& at) { return bmc(at, file); })(cursor);
  for (const auto& entry : cursor.node().entries)
    if (const auto star = entry.key.find('*'); star != std::string::npos && star + 1 != entry.key.size())
      cursor.problem(entry.at, fmt::format("'{}' is no host and no pattern", entry.key),
                     "write a host's name, or how names begin and one '*' at the end");
  return found;
}

std::optional<SchedulerConfig> read_scheduler(const Cursor& root, const std::string& file) {
  SchedulerConfig scheduler;
  bool done = false;
  document(root)
      .required("name", scheduler.name, text)
      .required("listen", done,
                [&](const Cursor& at) -> std::optional<bool> {
                  at.fields()
                      .required("clients", scheduler.listen_clients, endpoint)
                      .required("agents", scheduler.listen_agents, endpoint)
                      .no_others();
                  return true;
                })
      .required("key_file", scheduler.key_file, path_from(file))
      .required("state", done,
                [&](const Cursor& at) -> std::optional<bool> {
                  read_state(at, file, scheduler);
                  return true;
                })
      .optional("ceph", done,
                [&](const Cursor& at) -> std::optional<bool> {
                  auto& ceph = scheduler.fencing.emplace();
                  at.fields()
                      .required("conf", ceph.conf, path_from(file))
                      .required("client", ceph.client, text)
                      .required("keyring", ceph.keyring, path_from(file))
                      .no_others();
                  return true;
                })
      .optional("bmc", scheduler.bmc, [&](const Cursor& at) { return bmcs(at, file); })
      .required("operators", scheduler.operators, map_of<std::string>(public_key))
      .no_others();
  if (!scheduler.bmc.empty() && !scheduler.fencing)
    root.problem(root.reading().source.find("bmc"), "bmc without ceph: no host is ever taken for lost",
                 "add ceph: {conf: …, client: …, keyring: …}, which shows the hosts' signs of life");
  return scheduler;
}

std::optional<ClientConfig> read_client(const Cursor& root, const std::string& file) {
  ClientConfig client;
  document(root)
      .required("schedulers", client.schedulers, scheduler_endpoints)
      .required("key_file", client.key_file, path_from(file))
      .no_others();
  return client;
}

template <class Config, class Read>
std::expected<Config, Diagnostics> parse(const std::string& file, std::string_view text, const char* kind,
                                         Read read) {
  auto document = read_document<Config>(file, text, [&](const Cursor& root) -> std::optional<Config> {
    if (!read_header(root, {{kind, {}}})) return std::nullopt;
    return read(root, file);
  });
  if (!document) return std::unexpected(std::move(document.error()));
  return std::move(document->first);
}

template <class Parse>
auto load(const std::string& file, Parse parse_text) -> decltype(parse_text(file, std::string_view{})) {
  const auto text = read_text(file);
  if (!text) return std::unexpected(Diagnostics{text.error()});
  return parse_text(file, *text);
}

}  // namespace

std::expected<AgentConfig, Diagnostics> parse_agent_config(const std::string& file, std::string_view text) {
  return parse<AgentConfig>(file, text, "Agent", read_agent);
}
std::expected<SchedulerConfig, Diagnostics> parse_scheduler_config(const std::string& file,
                                                                   std::string_view text) {
  return parse<SchedulerConfig>(file, text, "Scheduler", read_scheduler);
}
std::expected<ClientConfig, Diagnostics> parse_client_config(const std::string& file, std::string_view text) {
  return parse<ClientConfig>(file, text, "Client", read_client);
}

std::expected<AgentConfig, Diagnostics> load_agent_config(const std::string& file) {
  return load(file, parse_agent_config);
}
std::expected<SchedulerConfig, Diagnostics> load_scheduler_config(const std::string& file) {
  return load(file, parse_scheduler_config);
}
std::expected<ClientConfig, Diagnostics> load_client_config(const std::string& file) {
  return load(file, parse_client_config);
}

std::optional<std::string> find_client_config(const std::string& option, const char* environment,
                                              const char* home) {
  if (!option.empty()) return option;
  if (environment != nullptr && *environment != '\0') return environment;
  std::vector<fs::path> places;
  if (home != nullptr && *home != '\0') places.push_back(fs::path(home) / ".config/causeway/client.yaml");
  places.emplace_back("/etc/causeway/client.yaml");
  for (const auto& place : places) {
    std::error_code error;
    if (fs::exists(place, error)) return place.string();
  }
  return std::nullopt;
}

}  // namespace causeway::config
