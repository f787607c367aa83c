// SPDX-License-Identifier: Apache-2.0
// A libvirtd with QEMU for one test: in mount, network and UTS namespaces of its own, everything that it
// writes in a temporary folder, guests as root under emulation. Only QEMU's capabilities are kept between
// tests, in the build tree, because libvirt takes seconds to probe them. Needs root.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

namespace causeway::agent {

class Libvirtd {
 public:
  // Why it can't be had on this machine: "not root", "no libvirtd"; empty: it can.
  static std::string why_not();

  Libvirtd();   // starts it, and returns when it listens
  ~Libvirtd();  // ends it and every guest
  Libvirtd(const Libvirtd&) = delete;
  Libvirtd& operator=(const Libvirtd&) = delete;

  [[nodiscard]] std::string uri() const;
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

  void start();
  void stop();                    // guests go on
  void kill();                    // the same by SIGKILL
  void signal(int number) const;  // to the daemon
  // The process of a guest, or 0.
  [[nodiscard]] pid_t guest(const std::string& domain_name) const;

 private:
  void end_daemon(int signal);

  std::filesystem::path folder_;
  pid_t holder_ = 0;  // keeps the namespaces
  pid_t daemon_ = 0;
};

// A raw disk whose boot sector writes "GUEST-READY" on the serial line and then powers off when the power
// button is pressed: a guest of 512 bytes that is up half a second after its firmware started.
void write_tiny_guest(const std::filesystem::path& disk);

}  // namespace causeway::agent
