// SPDX-License-Identifier: Apache-2.0
#include "agent/storage/ceph_client.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sodium.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace causeway::agent {
namespace {

constexpr std::size_t kKeyringBytesMax = 65'536;

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

std::vector<std::string_view> split_outside_brackets(std::string_view text) {
  std::vector<std::string_view> parts;
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : ',';
    if (c == '[') ++depth;
    if (c == ']') --depth;
    const bool separates = (depth <= 0 || i == text.size()) && std::string_view(", ;\t").contains(c);
    if (!separates) continue;
    if (i > begin) parts.push_back(text.substr(begin, i - begin));
    begin = i + 1;
  }
  return parts;
}

}  // namespace

Result<std::shared_ptr<CephConnection>> CephConnection::open(const ceph::Access& access,
                                                             const std::string& pool,
                                                             Duration answer_within) {
  // librados says the same thing, "invalid argument", of a missing keyring and of much else.
  if (const auto key = read_key(access.keyring, access.user); !key) return std::unexpected(key.error());
  std::shared_ptr<CephConnection> connection(new CephConnection);
  CAUSEWAY_TRY(ceph::connect(
      connection->rados_, access, answer_within,
      // Nothing is read twice. 61 are the features of an image that Ceph itself gives by default.
      {{"rbd_cache", "false"},
       {"rbd_default_features", "61"},
       {"rbd_request_timed_out_seconds", ceph::seconds_of(answer_within)}}));
  if (const int done = connection->rados_.ioctx_create(pool.c_str(), connection->io_); done < 0)
    return std::unexpected(ceph::error_of(done, fmt::format("pool '{}'", pool)));
  // A write to a full pool is answered and not held back: whoever waits for room has to see what for.
  connection->io_.set_pool_full_try();
  return connection;
}

CephConnection::~CephConnection() {
  io_.close();
  rados_.shutdown();
}

std::string_view find_key(std::string_view keyring_text, std::string_view user) {
  const auto wanted = fmt::format("[client.{}]", user);
  bool inside = false;
  while (!keyring_text.empty()) {
    const auto end = std::min(keyring_text.find('\n'), keyring_text.size());
    const auto line = trimmed(keyring_text.substr(0, end));
    keyring_text.remove_prefix(std::min(end + 1, keyring_text.size()));
    if (line.starts_with('[')) {
      inside = line == wanted;
      continue;
    }
    const auto equals = line.find('=');
    if (inside && equals != std::string_view::npos && trimmed(line.substr(0, equals)) == "key")
      return trimmed(line.substr(equals + 1));
  }
  return {};
}

Result<Secret> read_key(const std::string& keyring, const std::string& user) {
  const int fd = ::open(keyring.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(Errc::unavailable, fmt::format("keyring '{}': {}", keyring, std::strerror(errno)));
  std::array<char, kKeyringBytesMax> text{};
  const auto length = ::read(fd, text.data(), text.size());
  const int reason = errno;
  ::close(fd);
  if (length < 0)
    return fail(Errc::unavailable, fmt::format("keyring '{}': {}", keyring, std::strerror(reason)));
  Secret key(find_key({text.data(), static_cast<std::size_t>(length)}, user));
  sodium_memzero(text.data(), text.size());
  if (key.empty())
    return fail(Errc::unavailable, fmt::format("keyring '{}': no key of client.{} in it", keyring, user));
  return key;
}

std::vector<std::string> parse_monitors(std::string_view mon_host) {
  std::vector<std::string> monitors;
  for (auto monitor : split_outside_brackets(mon_host)) {
    if (monitor.starts_with("[v")) {  // all addresses of one: [v2:10.0.0.1:3300/0,v1:10.0.0.1:6789/0]
      monitor.remove_prefix(1);
      monitor = monitor.substr(0, std::min(monitor.find(','), monitor.size() - 1));
    }
    if (monitor.starts_with("v1:") || monitor.starts_with("v2:")) monitor.remove_prefix(3);
    monitors.emplace_back(monitor.substr(0, monitor.find('/')));
  }
  return monitors;
}

Result<std::vector<std::string>> read_monitors(const std::string& conf) {
  librados::Rados rados;
  if (const int done = rados.init(nullptr); done < 0)
    return std::unexpected(ceph::error_of(done, "librados"));
  if (const int done = rados.conf_read_file(conf.c_str()); done < 0)
    return fail(Errc::unavailable, fmt::format("ceph configuration '{}': {}", conf, std::strerror(-done)));
  std::string mon_host;
  if (const int done = rados.conf_get("mon_host", mon_host); done < 0)
    return std::unexpected(ceph::error_of(done, "mon host"));
  auto monitors = parse_monitors(mon_host);
  if (monitors.empty())
    return fail(Errc::unavailable, fmt::format("ceph configuration '{}': `mon host` names no monitor", conf));
  return monitors;
}

}  // namespace causeway::agent
