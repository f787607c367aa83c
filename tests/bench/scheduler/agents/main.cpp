// SPDX-License-Identifier: Apache-2.0
// Many agents on one scheduler, over TCP with CURVE: what the scheduler costs while nothing changes, how soon
// a change reaches its host, and how all come back after the scheduler was killed.
//   build/bench/bin/bench_agents FOLDER [AGENTS [WORKLOADS-PER-HOST]]    (10000 agents, 3 workloads)
// The scheduler is the program causeway-scheduler with its state in FOLDER, with synchronous=FULL; each
// thousand agents are a process of their own, so that CPU and memory are the scheduler's alone.
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>

#include "common/core/check.h"
#include "common/transport/transport.h"
#include "common/wire/codec.h"
#include "tests/bench/scheduler/agents/board.h"
#include "tests/bench/scheduler/agents/cloud.h"
#include "tests/bench/scheduler/agents/load.h"
#include "tests/support/wait_until.h"

extern char** environ;

namespace {

using namespace causeway;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr int kAgentsInProcess = 1000;
constexpr double kMeasured = 30;  // seconds of each row
constexpr Duration kBetweenChanges{50};

double seconds_since(std::int64_t start) {
  return static_cast<double>(bench::nanoseconds_now() - start) / 1e9;
}

void lift_limit_of_files() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

pid_t start(const std::string& program, const std::vector<std::string>& arguments, const fs::path& log) {
  std::vector<std::string> copy{program};
  copy.insert(copy.end(), arguments.begin(), arguments.end());
  std::vector<char*> raw;
  for (auto& argument : copy) raw.push_back(argument.data());
  raw.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  pid_t pid = 0;
  CAUSEWAY_CHECK(::posix_spawn(&pid, program.c_str(), &actions, nullptr, raw.data(), environ) == 0);
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

// Of a process, or of a thread of it.
double cpu_seconds_in(const std::string& folder) {
  std::ifstream in(folder + "/stat");
  std::string word;
  for (int i = 0; i < 13; ++i) in >> word;
  double user = 0;
  double system = 0;
  in >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double cpu_seconds(pid_t pid) { return cpu_seconds_in(fmt::format("/proc/{}", pid)); }

// Of its first thread, which is the scheduler's loop; the others are ZeroMQ's.
double loop_cpu_seconds(pid_t pid) { return cpu_seconds_in(fmt::format("/proc/{}/task/{}", pid, pid)); }

double resident_mib(pid_t pid, std::string_view field) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(field)) return std::stod(line.substr(field.size() + 1)) / 1024;
  return 0;
}

std::string load_now() {
  std::string load;
  std::ifstream("/proc/loadavg") >> load;
  return load;
}

class Bench {
 public:
  Bench(const fs::path& folder, int workloads_per_host)
      : cloud_(bench::read_cloud(folder)),
        board_(bench::open_board(folder)),
        on_(fmt::format("{} agents, {} workloads", cloud_.agents.size(),
                        cloud_.agents.size() * static_cast<std::size_t>(workloads_per_host))) {}

  ~Bench() {
    for (const auto pid : loads_) end(pid);
    end(scheduler_);
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  void run() {
    begin();
    row("scheduler while nothing changes", false, false);
    row("scheduler, each agent reporting all it runs every 5 s", true, false);
    row("the same, and changes", true, true);
    come_back();
  }

 private:
  [[nodiscard]] int agents() const { return static_cast<int>(cloud_.agents.size()); }

  static void end(pid_t pid) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }

  void start_scheduler() {
    scheduler_ = start(fs::read_symlink("/proc/self/exe").parent_path() / "causeway-scheduler",
                       {"--config", cloud_.config().string()}, cloud_.folder / "scheduler.log");
  }

  [[nodiscard]] double load_cpu_seconds() const {
    double sum = 0;
    for (const auto pid : loads_) sum += cpu_seconds(pid);
    return sum;
  }

  // Agents that have this epoch's assignment and reported about it that all of it runs.
  [[nodiscard]] int converged(std::uint64_t epoch) const {
    int count = 0;
    for (int i = 0; i < agents(); ++i)
      if (board_.agents[static_cast<std::size_t>(i)].epoch == epoch) ++count;
    return count;
  }

  void begin() {
    const auto begun = bench::nanoseconds_now();
    start_scheduler();
    for (int first = 0; first < agents(); first += kAgentsInProcess)
      loads_.push_back(start(fs::read_symlink("/proc/self/exe"),
                             {"--load", cloud_.folder.string(), std::to_string(first),
                              std::to_string(std::min(kAgentsInProcess, agents() - first))},
                             cloud_.folder / "load.log"));
    wait_until([&] { return converged(1) == agents(); }, 300s);
    show("all agents connect for the first time and make what they run",
         fmt::format("{} converged after {:.1f} s; {:.1f} s of CPU", converged(1), seconds_since(begun),
                     cpu_seconds(scheduler_)));
    connection_ =
        transport::connect({.keys = cloud_.admin.pair(),
                            .schedulers = {{"s1", {cloud_.clients_address, cloud_.scheduler.public_key}}}})
            .value();
  }

  void show(std::string_view what, const std::string& reached) const {
    fmt::print("| {}, load {} | {} | {} |\n", what, load_now(), on_, reached);
    std::fflush(stdout);
  }

  void row(std::string_view what, bool whole_reports, bool changes) {
    board_.whole_reports = whole_reports;
    const double cpu = cpu_seconds(scheduler_);
    const double load_cpu = load_cpu_seconds();
    const std::uint64_t reports = board_.reports;
    const std::uint64_t heartbeats = board_.heartbeats;
    const auto begun = bench::nanoseconds_now();
    waits_.clear();
    answers_.clear();
    while (seconds_since(begun) < kMeasured) {
      if (changes) change();
      connection_->poll(kBetweenChanges);
    }
    const double took = seconds_since(begun);
    board_.whole_reports = false;
    show(what,
         fmt::format("{:.3f} of a core, {:.0f} MiB resident ({:.0f} at most); {:.0f} reports and {:.0f} "
                     "heartbeats a second; the agents {:.2f} of a core{}",
                     (cpu_seconds(scheduler_) - cpu) / took, resident_mib(scheduler_, "VmRSS:"),
                     resident_mib(scheduler_, "VmHWM:"), static_cast<double>(board_.reports - reports) / took,
                     static_cast<double>(board_.heartbeats - heartbeats) / took,
                     (load_cpu_seconds() - load_cpu) / took, said_of_changes()));
  }

  // Asks until the scheduler answers.
  void ask(const model::RequestBody& body) {
    const model::Request request{static_cast<std::uint64_t>(bench::nanoseconds_now()), "bench", body};
    const auto bytes = wire::encode(request);
    while (true) {
      connection_->send(bytes);
      const auto sent = bench::nanoseconds_now();
      while (seconds_since(sent) < 0.25)
        for (const auto& message : connection_->poll(Duration{10}))
          if (const auto response = wire::decode_as<model::Response>(message);
              response && response->id == request.id) {
            const auto* plan = std::get_if<model::PlanResponse>(&response->body);
            const auto* error = std::get_if<model::ErrorResponse>(&response->body);
            if (error != nullptr) fmt::print(stderr, "{}\n", error->error.what);
            CAUSEWAY_CHECK(error == nullptr && (plan == nullptr || plan->applied));
            return;
          }
    }
  }

  // One workload more, from the request on until the agent of its host has heard of it.
  void change() {
    const auto begun = bench::nanoseconds_now();
    ask(bench::change(changes_));
    answers_.push_back(seconds_since(begun) * 1000);
    const auto& heard = board_.changes[static_cast<std::size_t>(changes_++)];
    wait_until([&] { return heard != 0; }, 10s);
    waits_.push_back(static_cast<double>((heard == 0 ? bench::nanoseconds_now() : heard.load()) - begun) /
                     1e6);
  }

  static std::string percentiles(std::vector<double>& waits) {
    std::ranges::sort(waits);
    return fmt::format("p50 {:.0f} ms, p99 {:.0f} ms, worst {:.0f} ms", waits[waits.size() / 2],
                       waits[waits.size() * 99 / 100], waits.back());
  }
  std::string said_of_changes() {
    if (waits_.empty()) return "";
    return fmt::format("; {} changes: answered {}; at the host {}", waits_.size(), percentiles(answers_),
                       percentiles(waits_));
  }

  // The most connections that were made within one second.
  [[nodiscard]] int busiest_second(std::int64_t begun) const {
    std::map<std::int64_t, int> seconds;
    int most = 0;
    for (int i = 0; i < agents(); ++i) {
      const std::int64_t at = board_.agents[static_cast<std::size_t>(i)].connected;
      if (at > begun) most = std::max(most, ++seconds[(at - begun) / 1'000'000'000]);
    }
    return most;
  }

  void come_back() {
    const std::uint64_t connects = board_.connects;
    const std::uint64_t reports = board_.reports;
    const std::uint64_t heartbeats = board_.heartbeats;
    const std::uint64_t assignments = board_.assignments;
    const double load_cpu = load_cpu_seconds();
    end(scheduler_);
    const auto begun = bench::nanoseconds_now();
    start_scheduler();
    ask(model::StatusRequest{});
    const double answers = seconds_since(begun);
    waits_.clear();
    answers_.clear();
    double all = 0;
    while (seconds_since(begun) < 60 && all == 0) {
      change();
      connection_->poll(kBetweenChanges);
      if (converged(2) == agents()) all = seconds_since(begun);
    }
    show("scheduler killed and started again",
         fmt::format(
             "answers after {:.1f} s; {} converged after {:.1f} s, by {} connections ({} in the busiest "
             "second), {} reports, {} heartbeats and {} assignments; {:.1f} s of CPU ({:.1f} s of it "
             "the loop), the agents {:.1f} s; {:.0f} MiB at most{}",
             answers, converged(2), all == 0 ? seconds_since(begun) : all, board_.connects - connects,
             busiest_second(begun), board_.reports - reports, board_.heartbeats - heartbeats,
             board_.assignments - assignments, cpu_seconds(scheduler_), loop_cpu_seconds(scheduler_),
             load_cpu_seconds() - load_cpu, resident_mib(scheduler_, "VmHWM:"), said_of_changes()));
  }

  const bench::Cloud cloud_;
  bench::Board& board_;
  const std::string on_;
  pid_t scheduler_ = 0;
  std::vector<pid_t> loads_;
  std::unique_ptr<transport::Connection> connection_;
  int changes_ = 0;
  std::vector<double> waits_;    // of each change until its host heard of it, in milliseconds
  std::vector<double> answers_;  // likewise, until it was acknowledged
};

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const auto number = [&](std::size_t i, int otherwise) {
    return arguments.size() > i ? std::stoi(arguments[i]) : otherwise;
  };
  lift_limit_of_files();
  if (arguments.size() == 4 && arguments[0] == "--load")
    return bench::run_agents(bench::read_cloud(arguments[1]), bench::open_board(arguments[1]), number(2, 0),
                             number(3, 0));
  std::string folder = (fs::path(arguments.empty() ? fs::temp_directory_path() : fs::path(arguments[0])) /
                        "causeway-agents-XXXXXX")
                           .string();
  if (::mkdtemp(folder.data()) == nullptr) {
    fmt::print(stderr, "{}: {}\n", folder, std::strerror(errno));
    return 1;
  }
  bench::make_cloud(folder, number(1, 10'000), number(2, 3));
  Bench(folder, number(2, 3)).run();
  fs::remove_all(folder);
  return 0;
}
