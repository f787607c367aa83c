// SPDX-License-Identifier: Apache-2.0
// A real Ceph cluster for the tests of one binary: brought up at the first use, in a network namespace that
// this process enters and shares with nobody, gone with the process however it ends.
#pragma once

#include <rados/librados.hpp>
#include <string>

namespace causeway::agent {

class CephCluster {
 public:
  // Empty: shared() can be used. Else why not.
  static const std::string& why_not();
  static CephCluster& shared();
  CephCluster(const CephCluster&) = delete;
  CephCluster& operator=(const CephCluster&) = delete;
  ~CephCluster();

  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] std::string conf() const { return folder_ + "/ceph.conf"; }
  // The address that clients in this process are seen under.
  [[nodiscard]] static std::string address() { return "10.99.77.254"; }

  // Runs a command line of ceph, rbd, … as the administrator, within 30 s; what it printed, on both outputs.
  [[nodiscard]] std::string run(const std::string& command_line) const;
  // As another user. The exit code is appended as "\nexit N".
  [[nodiscard]] std::string run_as(const std::string& user, const std::string& keyring,
                                   const std::string& command_line) const;

  void create_pool(const std::string& name) const;
  // A user with the rights that the agent and the hypervisor of a host at that address get for one pool; its
  // keyring.
  [[nodiscard]] std::string create_host_user(const std::string& user, const std::string& pool,
                                             const std::string& address_of_host) const;
  // Stops and resumes the OSD; while it is stopped no operation on a pool is answered.
  void set_answering(bool answering) const;

 private:
  CephCluster();
  std::string start();
  // A command to the monitors, as JSON; what they answered.
  [[nodiscard]] std::string command(const std::string& json) const;

  std::string folder_;
  std::string failed_;  // why the start failed
  int keep_ = -1;       // the script ends the cluster when this closes
  int script_ = -1;     // its process
  mutable librados::Rados admin_;
};

}  // namespace causeway::agent
