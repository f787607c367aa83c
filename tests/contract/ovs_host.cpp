// SPDX-License-Identifier: Apache-2.0
#include "tests/contract/ovs_host.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "tests/support/wait_until.h"

namespace causeway::agent {
namespace {

constexpr auto kOwnNetwork = "/proc/thread-self/ns/net";

int open_own_network() { return open(kOwnNetwork, O_RDONLY | O_CLOEXEC); }

bool listens(const std::string& path) {
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const bool answered = connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(descriptor);
  return answered;
}

}  // namespace

std::string OvsHost::why_not() {
  if (geteuid() != 0) return "network namespaces and Open vSwitch need root: run this test as root";
  if (access("/dev/net/tun", R_OK | W_OK) != 0) return "/dev/net/tun can't be opened";
  for (const char* program : {"/usr/sbin/ovs-vswitchd", "/usr/sbin/ovsdb-server", "/usr/bin/ovsdb-tool"})
    if (access(program, X_OK) != 0) return std::string(program) + " is missing: install openvswitch-switch";
  const int own = open_own_network();
  const bool separate = unshare(CLONE_NEWNET) == 0;
  if (separate) setns(own, CLONE_NEWNET);
  close(own);
  return separate ? "" : "this process may not make network namespaces";
}

OvsHost::OvsHost(std::string folder) : folder_(std::move(folder)) {
  std::filesystem::create_directories(folder_);
  const int own = open_own_network();
  if (unshare(CLONE_NEWNET) != 0) throw std::runtime_error("no new network namespace");
  network_ = open_own_network();
  setns(own, CLONE_NEWNET);
  close(own);
  static_cast<void>(run({"ip", "link", "set", "lo", "up"}));
  static_cast<void>(
      run({"ovsdb-tool", "create", folder_ + "/conf.db", "/usr/share/openvswitch/vswitch.ovsschema"}));
  start_database();
  vsctl({"--no-wait", "init"});
  start_switch();
}

OvsHost::~OvsHost() {
  while (!daemons_.empty()) stop(daemons_.rbegin()->first);
  close(network_);
}

void OvsHost::inside(const std::function<void()>& call) const {
  const int own = open_own_network();
  ASSERT_EQ(setns(network_, CLONE_NEWNET), 0);
  call();
  ASSERT_EQ(setns(own, CLONE_NEWNET), 0);
  close(own);
}

pid_t OvsHost::spawn(const std::vector<std::string>& command, int output) const {
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const pid_t child = fork();
  if (child != 0) return child;
  // The daemons of a test that is killed end with it.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setns(network_, CLONE_NEWNET);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  for (const char* variable : {"OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR"})
    setenv(variable, folder_.c_str(), 1);
  execvp(arguments[0], arguments.data());
  _exit(127);
}

std::string OvsHost::run(const std::vector<std::string>& command) const {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  const pid_t child = spawn(command, ends[1]);
  close(ends[1]);
  std::string output;
  char buffer[4096];
  for (ssize_t got = 0; (got = read(ends[0], buffer, sizeof buffer)) > 0;)
    output.append(buffer, static_cast<std::size_t>(got));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0) << testing::PrintToString(command) << "\n" << output;
  return output;
}

std::string OvsHost::vsctl(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), {"ovs-vsctl", "--timeout=10", "--db=unix:" + folder_ + "/db.sock"});
  return run(arguments);
}

void OvsHost::wait_for_answer(const std::string& control) const {
  if (!wait_until([&] { return listens(control); })) throw std::runtime_error(control + ": nobody listens");
}

void OvsHost::start(const std::string& daemon, const std::vector<std::string>& arguments) {
  const std::string base = folder_ + "/" + daemon;
  std::vector<std::string> command{"/usr/sbin/" + daemon};
  command.insert(command.end(), arguments.begin(), arguments.end());
  command.insert(command.end(), {"--pidfile=" + base + ".pid", "--log-file=" + base + ".log",
                                 "--unixctl=" + base + ".ctl", "--no-chdir", "-vconsole:off"});
  const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
  daemons_[daemon] = spawn(command, nowhere);
  close(nowhere);
  wait_for_answer(base + ".ctl");
}

// By value: a name out of the map would go with its entry.
void OvsHost::stop(std::string daemon) {  // NOLINT(performance-unnecessary-value-param)
  const pid_t process = daemons_.extract(daemon).mapped();
  kill(process, SIGKILL);
  waitpid(process, nullptr, 0);
  unlink((folder_ + "/" + daemon + ".ctl").c_str());
}

void OvsHost::start_switch() {
  start("ovs-vswitchd", {"unix:" + folder_ + "/db.sock"});
  // Answers when it has carried out what stands in its database.
  vsctl({"set", "open_vswitch", ".", "external_ids:starts=" + std::to_string(++starts_)});
}

void OvsHost::start_database() {
  start("ovsdb-server", {folder_ + "/conf.db", "--remote=punix:" + folder_ + "/db.sock"});
}

void OvsHost::lock_database() {
  const std::string said = folder_ + "/lock.out";
  const int output = open(said.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  daemons_["ovsdb-client"] =
      spawn({"ovsdb-client", "steal", "unix:" + folder_ + "/db.sock", "ovs_vswitchd"}, output);
  close(output);
  if (!wait_until([&] { return std::filesystem::file_size(said) > 0; }))
    throw std::runtime_error("the lock was not given");
}

void OvsHost::stop_database() { stop("ovsdb-server"); }

void OvsHost::stop_switch() { stop("ovs-vswitchd"); }

void OvsHost::wire(const OvsHost& a, const OvsHost& b, const std::string& name) {
  const std::string peer = std::to_string(b.daemons_.at("ovsdb-server"));
  static_cast<void>(a.run({"ip", "link", "add", name, "mtu", "1600", "type", "veth", "peer", "name", name,
                           "mtu", "1600", "netns", peer}));
  for (const auto* host : {&a, &b}) {
    // With a switch in user space the kernel hears this end too, and would say that the host's underlay
    // address is here, while it is at the bridge: who hears this last, sends its tunnel's packets where no
    // tunnel ends.
    host->inside([&] { std::ofstream("/proc/sys/net/ipv4/conf/" + name + "/arp_ignore") << 8; });
    static_cast<void>(host->run({"ip", "link", "set", name, "up"}));
  }
}

void OvsHost::connect(OvsHost& a, const std::vector<std::string>& a_addresses, OvsHost& b,
                      const std::vector<std::string>& b_addresses) {
  wire(a, b, "phy0");
  for (const auto& [host, addresses] : {std::pair{&a, &a_addresses}, std::pair{&b, &b_addresses}}) {
    // In the datapath in user space a tunnel starts from an internal port, and the wire is a port beside it.
    host->vsctl({"add-br", "br-phy", "--", "set", "bridge", "br-phy", "datapath_type=netdev", "--",
                 "add-port", "br-phy", "phy0", "--", "set", "interface", "br-phy", "mtu_request=1600"});
    for (const std::string& address : *addresses)
      static_cast<void>(host->run({"ip", "address", "add", address, "dev", "br-phy"}));
    static_cast<void>(host->run({"ip", "link", "set", "br-phy", "up"}));
  }
}

}  // namespace causeway::agent
