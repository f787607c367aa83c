// SPDX-License-Identifier: Apache-2.0
#include "tests/contract/ceph_cluster.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "tests/folders.h"

namespace causeway::agent {
namespace {

std::string read_all(const std::string& command_line) {
  std::string output;
  std::array<char, 4096> piece{};
  FILE* pipe = ::popen(command_line.c_str(), "re");
  if (pipe == nullptr) return "popen failed";
  while (const auto length = std::fread(piece.data(), 1, piece.size(), pipe))
    output.append(piece.data(), length);
  ::pclose(pipe);
  return output;
}

}  // namespace

const std::string& CephCluster::why_not() {
  static const std::string reason = []() -> std::string {
    if (::geteuid() != 0) return "a real Ceph needs root, for a network namespace of its own";
    for (const auto* program : {"ceph-mon", "ceph-osd", "ceph", "rbd", "ip", "qemu-img"})
      if (std::system(fmt::format("command -v {} > /dev/null", program).c_str()) != 0)
        return fmt::format("{} is not installed", program);
    return shared().failed_;
  }();
  return reason;
}

CephCluster& CephCluster::shared() {
  static CephCluster cluster;
  return cluster;
}

CephCluster::CephCluster() {
  const auto in_memory = std::filesystem::path("/dev/shm");
  folder_ = ((std::filesystem::exists(in_memory) ? in_memory : std::filesystem::temp_directory_path()) /
             "cwst-XXXXXX")
                .string();
  if (::mkdtemp(folder_.data()) == nullptr) {
    failed_ = "no folder for the cluster";
    return;
  }
  failed_ = start();
}

std::string CephCluster::start() {
  if (::unshare(CLONE_NEWNET) != 0) return "no network namespace can be made here";
  if (std::system(fmt::format("ip link set lo up && ip addr add {}/24 dev lo", address()).c_str()) != 0)
    return "no address in the network namespace";
  std::array<int, 2> to{};
  std::array<int, 2> from{};
  if (::pipe2(to.data(), O_CLOEXEC) != 0 || ::pipe2(from.data(), O_CLOEXEC) != 0) return "no pipe";
  const auto script = std::string(CAUSEWAY_SOURCE_DIR) + "/tests/contract/ceph_cluster.sh";
  const auto address_text = address();
  script_ = ::fork();
  if (script_ == 0) {
    ::dup2(to[0], STDIN_FILENO);
    ::dup2(from[1], STDOUT_FILENO);
    ::execl(script.c_str(), script.c_str(), folder_.c_str(), address_text.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(to[0]);
  ::close(from[1]);
  keep_ = to[1];
  pollfd waiting{.fd = from[0], .events = POLLIN, .revents = 0};
  std::array<char, 16> line{};
  constexpr int kStartWithinMs = 60'000;
  const bool ready =
      ::poll(&waiting, 1, kStartWithinMs) == 1 && ::read(from[0], line.data(), line.size()) > 0;
  ::close(from[0]);
  if (!ready) return "the cluster did not start: " + read_all("tail -n 5 " + folder_ + "/run/setup.log");
  admin_.init2("client.admin", "ceph", 0);
  admin_.conf_read_file(conf().c_str());
  admin_.conf_set("client_mount_timeout", "20");
  return admin_.connect() == 0 ? "" : "the cluster does not answer";
}

CephCluster::~CephCluster() {
  admin_.shutdown();
  if (keep_ >= 0) ::close(keep_);
  if (script_ > 0) ::waitpid(script_, nullptr, 0);
}

std::string CephCluster::run(const std::string& command_line) const {
  return read_all(fmt::format("export CEPH_CONF={}; timeout 30 {} 2>&1 < /dev/null", conf(), command_line));
}

std::string CephCluster::run_as(const std::string& user, const std::string& keyring,
                                const std::string& command_line) const {
  return read_all(
      fmt::format("export CEPH_CONF={} CEPH_ARGS='--id {} --keyring {}'; "
                  "timeout 30 {} 2>&1 < /dev/null; echo exit $?",
                  conf(), user, keyring, command_line));
}

std::string CephCluster::command(const std::string& json) const {
  librados::bufferlist nothing;
  librados::bufferlist answer;
  std::string words;
  if (const int code = admin_.mon_command(std::string(json), nothing, &answer, &words); code < 0)
    throw std::runtime_error(fmt::format("{}: {} ({})", json, words, code));
  return answer.to_str();
}

void CephCluster::create_pool(const std::string& name) const {
  static_cast<void>(
      command(fmt::format(R"({{"prefix": "osd pool create", "pool": "{}", "pg_num": 1}})", name)));
  static_cast<void>(command(
      fmt::format(R"({{"prefix": "osd pool application enable", "pool": "{}", "app": "rbd"}})", name)));
}

std::string CephCluster::create_host_user(const std::string& user, const std::string& pool,
                                          const std::string& address_of_host) const {
  const auto keyring = fmt::format("{}/{}.keyring", folder_, user);
  const auto may_fence_itself = fmt::format(
      R"(allow r, allow command \"osd blocklist\" with blocklistop=add addr regex \"^(v[12]:)?{}:0/[0-9]+$\")",
      address_of_host);
  std::ofstream(keyring) << command(
      fmt::format(R"({{"prefix": "auth get-or-create", "entity": "client.{}", "caps": ["mon", "{}", "osd", )"
                  R"("allow rwx pool={}"]}})",
                  user, may_fence_itself, pool));
  return keyring;
}

void CephCluster::set_answering(bool answering) const {
  std::ifstream file(folder_ + "/osd.pid");
  pid_t osd = 0;
  file >> osd;
  if (osd > 0) ::kill(osd, answering ? SIGCONT : SIGSTOP);
}

}  // namespace causeway::agent
