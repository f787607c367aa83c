// SPDX-License-Identifier: Apache-2.0
#include "common/process/run.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <utility>

namespace causeway::process {
namespace {

class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept { return std::swap(fd_, other.fd_), *this; }
  ~Fd() { close(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

struct Pipe {
  Fd read;
  Fd write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return fail(Errc::unavailable, fmt::format("no pipe: {}", std::strerror(errno)));
  return Pipe{.read = Fd(ends[0]), .write = Fd(ends[1])};
}

// What is written before anybody reads: it fits into the pipe.
Result<Fd> filled(std::string_view input) {
  static_assert(kInputMax <= PIPE_BUF);
  auto pipe = make_pipe();
  if (!pipe) return std::unexpected(pipe.error());
  if (!input.empty() &&
      ::write(pipe->write.get(), input.data(), input.size()) != static_cast<ssize_t>(input.size()))
    return fail(Errc::unavailable, fmt::format("no input: {}", std::strerror(errno)));
  return std::move(pipe->read);
}

// In the child of a process with threads: only calls that are safe in a signal handler until exec.
[[noreturn]] void become(char* const* argv, pid_t parent, int input, int output, int errors, int failed,
                         int niceness) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // it died before the line above
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::setpgid(0, 0);  // so that what it starts can be ended with it
  ::dup2(input, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  if (niceness != 0) ::setpriority(PRIO_PROCESS, 0, niceness);
  ::execvp(argv[0], argv);
  const int reason = errno;
  [[maybe_unused]] const auto written = ::write(failed, &reason, sizeof reason);
  ::_exit(127);
}

// One reading; closes the end at end of file.
std::string_view read_some(Fd& fd, std::array<char, 4096>& buffer) {
  const auto length = ::read(fd.get(), buffer.data(), buffer.size());
  if (length > 0) return {buffer.data(), static_cast<std::size_t>(length)};
  if (length == 0 || errno != EINTR) fd.close();
  return {};
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Passes what comes on, until both ends are closed. False: the sink wants no more.
bool drain(Pipe& output, Pipe& errors, Duration tick, const OutputSink& sink, std::string& last_errors) {
  std::array<char, 4096> buffer{};
  while (output.read.is_open() || errors.read.is_open()) {
    // poll leaves a negative descriptor out.
    std::array<pollfd, 2> waiting{pollfd{.fd = output.read.get(), .events = POLLIN, .revents = 0},
                                  pollfd{.fd = errors.read.get(), .events = POLLIN, .revents = 0}};
    const int ready = ::poll(waiting.data(), waiting.size(), static_cast<int>(tick.count()));
    if (ready < 0 && errno != EINTR) return true;
    if (ready == 0 && !sink({})) return false;
    if (waiting[0].revents != 0)
      if (const auto piece = read_some(output.read, buffer); !piece.empty() && !sink(piece)) return false;
    if (waiting[1].revents != 0) {
      last_errors += read_some(errors.read, buffer);
      if (last_errors.size() > kErrorsMax) last_errors.erase(0, last_errors.size() - kErrorsMax);
    }
  }
  return true;
}

}  // namespace

Result<Exit> run(const Command& command, Duration tick, const OutputSink& sink) {
  if (command.argv.empty()) return fail(Errc::invalid, "no program to run");
  if (command.input.size() > kInputMax) return fail(Errc::invalid, "too much input");
  auto input = filled(command.input);
  if (!input) return std::unexpected(input.error());
  auto output = make_pipe();
  auto errors = make_pipe();
  auto failed = make_pipe();
  for (const auto* pipe : {&output, &errors, &failed})
    if (!*pipe) return std::unexpected(pipe->error());
  std::vector<char*> argv;
  argv.reserve(command.argv.size() + 1);
  for (const auto& argument : command.argv) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);

  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0)
    return fail(Errc::unavailable,
                fmt::format("no process for {}: {}", command.argv[0], std::strerror(errno)));
  if (child == 0)
    become(argv.data(), parent, input->get(), output->write.get(), errors->write.get(), failed->write.get(),
           command.niceness);
  input->close();
  for (auto* pipe : {&output, &errors, &failed}) (*pipe)->write.close();

  int reason = 0;
  if (::read(failed->read.get(), &reason, sizeof reason) == sizeof reason) {
    wait_for(child);
    return fail(reason == ENOENT ? Errc::not_found : Errc::unavailable,
                fmt::format("{}: {}", command.argv[0], std::strerror(reason)));
  }
  Exit exit;
  const bool wanted = drain(*output, *errors, tick, sink, exit.errors);
  if (!wanted) ::kill(-child, SIGKILL);
  exit.status = wait_for(child);
  if (!wanted) return fail(Errc::busy, fmt::format("{} was stopped", command.argv[0]));
  while (exit.errors.ends_with('\n')) exit.errors.pop_back();
  return exit;
}

}  // namespace causeway::process
