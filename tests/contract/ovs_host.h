// SPDX-License-Identifier: Apache-2.0
// A host of its own on this machine: a network namespace with an Open vSwitch of its own in it, all of whose
// files are in a temporary folder. Everything is gone with the object, also if the test's process is killed.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace causeway::agent {

class OvsHost {
 public:
  // Root, /dev/net/tun and the daemons are needed; else the reason why they can't be used.
  static std::string why_not();

  explicit OvsHost(std::string folder);
  OvsHost(const OvsHost&) = delete;
  OvsHost& operator=(const OvsHost&) = delete;
  ~OvsHost();

  // A wire between the hosts, whose two ends have that name.
  static void wire(const OvsHost& a, const OvsHost& b, const std::string& name);
  // Connects the underlays of two hosts by a wire; theirs are the addresses (with prefix lengths).
  static void connect(OvsHost& a, const std::vector<std::string>& a_addresses, OvsHost& b,
                      const std::vector<std::string>& b_addresses);

  [[nodiscard]] const std::string& run_dir() const { return folder_; }
  // Runs the call with this host's network as the calling thread's.
  void inside(const std::function<void()>& call) const;
  // Runs a program in the host and gives its standard output; the test fails if the program does.
  [[nodiscard]] std::string run(const std::vector<std::string>& command) const;
  std::string vsctl(std::vector<std::string> arguments) const;

  void start_switch();
  void stop_switch();  // as a crash does
  void start_database();
  void stop_database();  // as a crash does
  // Another takes the lock of ovs-vswitchd, which then carries out nothing more.
  void lock_database();

 private:
  pid_t spawn(const std::vector<std::string>& command, int output) const;
  void wait_for_answer(const std::string& control) const;
  void stop(std::string daemon);
  void start(const std::string& daemon, const std::vector<std::string>& arguments);

  std::string folder_;
  int network_ = -1;
  int starts_ = 0;
  std::map<std::string, pid_t> daemons_;
};

}  // namespace causeway::agent
