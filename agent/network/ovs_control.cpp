// SPDX-License-Identifier: Apache-2.0
#include "agent/network/ovs_control.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

namespace causeway::agent {
namespace {

using std::chrono::steady_clock;

std::string control_socket(const std::string& run_dir) {
  std::string fixed = run_dir + "/ovs-vswitchd.ctl";
  std::error_code ignored;
  if (std::filesystem::exists(fixed, ignored)) return fixed;
  std::ifstream file(run_dir + "/ovs-vswitchd.pid");
  std::string process;
  file >> process;
  return fmt::format("{}/ovs-vswitchd.{}.ctl", run_dir, process);
}

Result<std::string> text_of(const nlohmann::json& reply) {
  if (const auto error = reply.find("error"); error != reply.end() && error->is_string())
    return fail(Errc::invalid, fmt::format("ovs-vswitchd refused it: {}", error->get<std::string>()));
  return reply.value("result", "");
}

}  // namespace

class OvsQuestion::Connection {
 public:
  Connection(std::string path, Duration within)
      : path_(std::move(path)),
        deadline_(steady_clock::now() + within),
        socket_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { close(socket_); }

  Result<> open() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.size() >= sizeof address.sun_path) return failed(ENAMETOOLONG);
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    return connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 ? Result<>{}
                                                                                        : failed(errno);
  }

  [[nodiscard]] Result<> write(std::string_view text) const {
    while (!text.empty()) {
      CAUSEWAY_TRY(wait(POLLOUT));
      const ssize_t sent = send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent < 0) return failed(errno);
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return {};
  }

  [[nodiscard]] bool readable() const {
    pollfd wanted{socket_, POLLIN, 0};
    return poll(&wanted, 1, 0) != 0;
  }

  // A JSON value has no other end than its own; what has come is a whole one when it can be read.
  [[nodiscard]] Result<nlohmann::json> read() const {
    std::string text;
    std::array<char, 65536> buffer{};
    for (;;) {
      CAUSEWAY_TRY(wait(POLLIN));
      const ssize_t got = recv(socket_, buffer.data(), buffer.size(), 0);
      if (got < 0) return failed(errno);
      if (got == 0) return failed(ECONNRESET);
      text.append(buffer.data(), static_cast<std::size_t>(got));
      if (text.back() != '}') continue;
      nlohmann::json reply = nlohmann::json::parse(text, nullptr, false);
      if (!reply.is_discarded()) return reply;
    }
  }

 private:
  [[nodiscard]] std::unexpected<Error> failed(int error) const {
    return fail(error == ETIMEDOUT ? Errc::timeout : Errc::unavailable,
                fmt::format("ovs-vswitchd at {}: {}", path_, std::generic_category().message(error)));
  }

  [[nodiscard]] Result<> wait(short what) const {
    const auto left = std::chrono::ceil<Duration>(deadline_ - steady_clock::now()).count();
    pollfd wanted{socket_, what, 0};
    if (left <= 0 || poll(&wanted, 1, static_cast<int>(left)) == 0) return failed(ETIMEDOUT);
    return {};
  }

  std::string path_;
  steady_clock::time_point deadline_;
  int socket_;
};

OvsQuestion::OvsQuestion(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
OvsQuestion::OvsQuestion(OvsQuestion&&) noexcept = default;
OvsQuestion::~OvsQuestion() = default;

Result<OvsQuestion> OvsQuestion::ask(const std::string& run_dir, const std::string& command,
                                     const std::vector<std::string>& arguments, Duration within) {
  auto connection = std::make_unique<Connection>(control_socket(run_dir), within);
  CAUSEWAY_TRY(connection->open());
  const nlohmann::json request{{"method", command}, {"params", arguments}, {"id", 0}};
  CAUSEWAY_TRY(connection->write(request.dump()));
  return OvsQuestion(std::move(connection));
}

bool OvsQuestion::answered() const { return connection_->readable(); }

Result<std::string> OvsQuestion::answer() const {
  const auto reply = connection_->read();
  return reply ? text_of(*reply) : std::unexpected(reply.error());
}

Result<std::string> ask_ovs(const std::string& run_dir, const std::string& command,
                            const std::vector<std::string>& arguments, Duration within) {
  const auto question = OvsQuestion::ask(run_dir, command, arguments, within);
  const auto answer = question ? question->answer() : std::unexpected(question.error());
  return answer ? answer : while_doing(answer.error(), fmt::format("asking for '{}'", command));
}

}  // namespace causeway::agent
