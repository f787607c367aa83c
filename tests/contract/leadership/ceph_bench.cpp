// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>

#include "tests/contract/ceph_cluster.h"
#include "tests/contract/leadership/bench.h"
#include "tests/folders.h"
#include "tests/support/wait_until.h"

namespace causeway::leadership {
namespace {

using agent::CephCluster;

constexpr const char* kPool = "state";
constexpr const char* kClient = "scheduler";

class Process final : public Rival {
 public:
  explicit Process(const std::vector<std::string>& arguments) {
    std::array<int, 2> to{};
    std::array<int, 2> from{};
    if (::pipe2(to.data(), O_CLOEXEC) != 0 || ::pipe2(from.data(), O_CLOEXEC) != 0) return;
    process_ = ::fork();
    if (process_ == 0) {
      ::dup2(to[0], STDIN_FILENO);
      ::dup2(from[1], STDOUT_FILENO);
      std::vector<char*> words;
      for (const auto& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
      words.push_back(nullptr);
      ::execv(words[0], words.data());
      ::_exit(127);
    }
    ::close(to[0]);
    ::close(from[1]);
    to_ = to[1];
    from_ = ::fdopen(from[0], "r");
    ready_ = answer();
  }
  ~Process() override {
    go_on();
    ::close(to_);
    // What hangs in Ceph's library is ended in the end.
    int status = 0;
    if (!wait_until([&] { return reaped_ || ::waitpid(process_, &status, WNOHANG) == process_; },
                    std::chrono::seconds(5)))
      kill();
    std::fclose(from_);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  std::string say(const std::string& line) override {
    if (ready_ != "ok") return ready_;
    const auto text = line + "\n";
    if (::write(to_, text.data(), text.size()) < 0) return "error: gone";
    return answer();
  }
  void stop() override {
    ::kill(process_, SIGSTOP);
    // Until the kernel has stopped all of its threads.
    int status = 0;
    ::waitpid(process_, &status, WUNTRACED);
  }
  void go_on() override {
    if (!reaped_) ::kill(process_, SIGCONT);
  }
  void kill() override {
    if (reaped_) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    reaped_ = true;
  }

 private:
  std::string answer() {
    std::array<char, 1024> line{};
    if (std::fgets(line.data(), line.size(), from_) == nullptr) return "error: gone";
    std::string text = line.data();
    if (text.ends_with('\n')) text.pop_back();
    return text;
  }

  pid_t process_ = -1;
  bool reaped_ = false;
  int to_ = -1;
  FILE* from_ = nullptr;
  std::string ready_;
};

class CephBench final : public LeadershipBench {
 public:
  CephBench() {
    static int benches = 0;
    if (benches++ == 0) CephCluster::shared().create_pool(kPool);
    namespace_ = fmt::format("site{}", benches);
    user_ = fmt::format("{}{}", kClient, benches);
    keyring_ = fmt::format("{}/{}.keyring", CephCluster::shared().folder(), user_);
    static_cast<void>(CephCluster::shared().run(
        fmt::format("ceph auth get-or-create client.{} mon 'profile simple-rados-client-with-blocklist' osd "
                    "'allow rwx pool={} namespace={}' -o {}",
                    user_, kPool, namespace_, keyring_)));
  }

  std::unique_ptr<Rival> rival(const std::string& name) override {
    return std::make_unique<Process>(std::vector<std::string>{CAUSEWAY_BINARY_DIR "/bin/leadership_contender",
                                                              CephCluster::shared().conf(), kPool, namespace_,
                                                              user_, keyring_, name});
  }
  void pass(Duration span) override {
    const auto end = now() + span;
    static_cast<void>(wait_until([&] { return now() >= end; }, span + std::chrono::seconds(5)));
  }
  Instant now() override {
    return Instant{std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch())};
  }

 private:
  std::string namespace_;
  std::string user_;
  std::string keyring_;
};

}  // namespace

std::unique_ptr<LeadershipBench> ceph_leadership_bench(std::string& why_not) {
  why_not = CephCluster::why_not();
  if (!why_not.empty()) return nullptr;
  return std::make_unique<CephBench>();
}

}  // namespace causeway::leadership
