// SPDX-License-Identifier: Apache-2.0
#include "scheduler/fence/fence_agents.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <utility>

#include "common/core/host_pattern.h"
#include "common/core/text.h"
#include "common/process/run.h"

namespace causeway::fence {
namespace {

namespace fs = std::filesystem;

// How often the deadline of a program that says nothing is looked at.
constexpr Duration kTick{100};
constexpr std::string_view kHost = "{host}";
constexpr int kOff = 2;

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

Result<std::string> password_in(const fs::path& file) {
  struct stat found{};
  if (::stat(file.c_str(), &found) != 0)
    return fail(Errc::not_found, fmt::format("password file '{}': {}", file.string(), std::strerror(errno)));
  if ((found.st_mode & 077) != 0)
    return fail(Errc::denied,
                fmt::format("password file '{}' is open to others; say chmod 600", file.string()));
  std::ifstream stream(file);
  std::string line;
  if (!std::getline(stream, line) || line.empty())
    return fail(Errc::invalid, fmt::format("password file '{}' has no first line to read", file.string()));
  return line;
}

bool is_program(const std::string& name) {
  if (name.contains('/')) return ::access(name.c_str(), X_OK) == 0;
  const char* path = std::getenv("PATH");
  for (const auto& folder : split(path == nullptr ? "" : path, ':'))
    if (::access((fs::path(folder) / name).c_str(), X_OK) == 0) return true;
  return false;
}

// What a fence agent means is in its last line; before it are the interpreter's warnings. It begins with a
// time, of which the event has its own.
std::string complaint(const std::string& errors, const std::string& password) {
  std::string last;
  for (const auto& line : split(errors, '\n'))
    if (line.find_first_not_of(" \t\r") != std::string::npos) last = line;
  if (const auto level = last.find("ERROR: "); level != std::string::npos) last.erase(0, level + 7);
  if (const auto end = last.find_last_not_of(" \t\r"); end != std::string::npos) last.erase(end + 1);
  return replaced(std::move(last), password, "(password)");
}

bool refuses_credentials(std::string_view complaint) {
  return complaint.contains("Unable to connect/login") || complaint.contains("uthentication");
}

class AgentPower final : public Power {
 public:
  AgentPower(std::map<std::string, Bmc> bmcs, AgentLimits limits) : bmcs_(std::move(bmcs)), limits_(limits) {}

  Result<> switch_off(const HostId& host) override {
    const auto ended = ask(host, "off", limits_.off_within);
    if (!ended) return std::unexpected(ended.error());
    return {};
  }

  Result<bool> is_off(const HostId& host) override {
    const auto status = ask(host, "status", limits_.read_within);
    if (!status) return std::unexpected(status.error());
    return *status == kOff;
  }

 private:
  // The exit status, of those that mean something.
  Result<int> ask(const HostId& host, std::string_view action, Duration within) {
    const auto* bmc = entry_for(bmcs_, host);
    if (bmc == nullptr) return fail(Errc::not_found, fmt::format("host {} has no BMC here", host));
    const auto password = password_in(bmc->password_file);
    if (!password) return std::unexpected(Error{Errc::denied, password.error().what});
    const auto address = replaced(bmc->address, kHost, host.str());
    std::string input =
        fmt::format("action={}\nip={}\nusername={}\npassword={}\n", action, address, bmc->user, *password);
    for (const auto& [key, value] : bmc->options)
      input += fmt::format("{}={}\n", key, replaced(value, kHost, host.str()));

    const auto end = std::chrono::steady_clock::now() + within;
    const auto name =
        fmt::format("the BMC {} of {} ({})", address, host, fs::path(bmc->agent).filename().string());
    const auto exit = process::run({.argv = {bmc->agent}, .input = input}, kTick,
                                   [&](std::string_view) { return std::chrono::steady_clock::now() < end; });
    if (!exit && exit.error().code == Errc::busy)
      return fail(Errc::timeout, fmt::format("{} did not answer within {}", name, to_string(within)));
    if (!exit) return std::unexpected(exit.error());
    if (exit->status == 0 || (action == "status" && exit->status == kOff)) return exit->status;
    const auto why = complaint(exit->errors, *password);
    return fail(refuses_credentials(why) ? Errc::denied : Errc::unavailable,
                fmt::format("{}: {}", name,
                            why.empty() ? fmt::format("the program ended with {}", exit->status) : why));
  }

  const std::map<std::string, Bmc> bmcs_;
  const AgentLimits limits_;
};

}  // namespace

std::unique_ptr<Power> make_agent_power(std::map<std::string, Bmc> bmcs, AgentLimits limits) {
  return std::make_unique<AgentPower>(std::move(bmcs), limits);
}

std::vector<std::string> problems_of(const std::map<std::string, Bmc>& bmcs) {
  std::vector<std::string> problems;
  for (const auto& [hosts, bmc] : bmcs) {
    if (!is_program(bmc.agent))
      problems.push_back(
          fmt::format("bmc '{}': there is no program '{}'; install Debian's package fence-agents, "
                      "or correct its name",
                      hosts, bmc.agent));
    if (const auto password = password_in(bmc.password_file); !password)
      problems.push_back(fmt::format("bmc '{}': {}", hosts, password.error().what));
  }
  return problems;
}

}  // namespace causeway::fence
