// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon/state_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "common/core/digest.h"
#include "common/wire/codec.h"

namespace causeway::agent {
namespace {

constexpr std::string_view kFirstLine = "causeway-agent-state 1";

std::string sha256(std::string_view header, std::string_view body) {
  Sha256 sum;
  sum.add(header);
  sum.add(body);
  return sum.hex();
}

std::unexpected<Error> damaged(std::string_view why) {
  return fail(Errc::corrupt, fmt::format("the agent's saved state is damaged ({})", why));
}

std::unexpected<Error> failed(std::string_view doing, const std::filesystem::path& file) {
  const int error = errno;
  return fail(Errc::unavailable, fmt::format("{} {}: {}", doing, file.string(), std::strerror(error)));
}

// Takes "word " off the front, if it stands there.
bool take_word(std::string_view& line, std::string_view word) {
  if (!line.starts_with(word) || line.size() <= word.size() || line[word.size()] != ' ') return false;
  line.remove_prefix(word.size() + 1);
  return true;
}

std::optional<std::uint64_t> take_number(std::string_view& line) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
  if (error != std::errc()) return std::nullopt;
  line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  if (line.starts_with(' ')) line.remove_prefix(1);
  return value;
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

Result<> write_synced(const std::filesystem::path& file, std::string_view text) {
  const Descriptor out(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (out.number() < 0) return failed("writing", file);
  while (!text.empty()) {
    const auto written = ::write(out.number(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed("writing", file);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(out.number()) != 0) return failed("syncing", file);
  return {};
}

}  // namespace

std::string to_text(const Saved& saved) {
  const std::string body = saved.assignment ? wire::encode(model::ToAgent(*saved.assignment)) : "";
  std::string header = fmt::format("{}\nepoch {}\n", kFirstLine, saved.epoch.value);
  for (const auto& [id, count] : saved.restarts) header += fmt::format("restart {} {}\n", count, id.str());
  for (const auto& [id, generation] : saved.finished) {
    header += fmt::format("finished {} {}\n", generation.value, id.str());
  }
  if (saved.lease > Duration{}) header += fmt::format("lease {}\n", saved.lease.count());
  if (saved.lapsed) header += "lapsed 1\n";
  if (saved.assignment) header += fmt::format("assignment {}\n", body.size());
  return fmt::format("{}sha256 {}\n\n{}", header, sha256(header, body), body);
}

Result<Saved> saved_from_text(std::string_view text) {
  const auto end = text.find("\n\n");
  if (!text.starts_with(kFirstLine)) return damaged("another format or version");
  if (end == std::string_view::npos) return damaged("cut short");
  const auto body = text.substr(end + 2);
  const auto sum = text.rfind("sha256 ", end);
  if (sum == std::string_view::npos) return damaged("no checksum");
  const auto header = text.substr(0, sum);
  if (!header.ends_with('\n')) return damaged("a line before its checksum has no end");
  if (text.substr(sum + 7, end - sum - 7) != sha256(header, body)) return damaged("its checksum differs");

  Saved saved;
  std::optional<std::uint64_t> body_size;
  for (std::size_t at = kFirstLine.size() + 1; at < header.size();) {
    const auto line_end = header.find('\n', at);
    auto line = header.substr(at, line_end - at);
    at = line_end + 1;
    if (take_word(line, "epoch")) {
      saved.epoch = Epoch{take_number(line).value_or(0)};
    } else if (take_word(line, "restart")) {
      const auto count = take_number(line).value_or(0);
      saved.restarts.emplace(WorkloadId(std::string(line)), count);
    } else if (take_word(line, "lease")) {
      saved.lease = Duration{static_cast<std::int64_t>(take_number(line).value_or(0))};
    } else if (take_word(line, "lapsed")) {
      saved.lapsed = take_number(line) == 1;
    } else if (take_word(line, "finished")) {
      const auto generation = take_number(line).value_or(0);
      saved.finished.emplace(WorkloadId(std::string(line)), Generation{generation});
    } else if (take_word(line, "assignment")) {
      body_size = take_number(line);
    }
  }
  if (!body_size) return saved;
  auto message = wire::decode_as<model::ToAgent>(body);
  if (!message) return damaged(message.error().what);
  auto* assignment = std::get_if<model::Assignment>(&*message);
  if (!assignment || body.size() != *body_size) return damaged("no assignment where one was written");
  saved.assignment = std::move(*assignment);
  return saved;
}

Result<> save_state(const std::filesystem::path& file, const Saved& saved) {
  const auto beside = std::filesystem::path(file.string() + ".new");
  CAUSEWAY_TRY(write_synced(beside, to_text(saved)));
  if (::rename(beside.c_str(), file.c_str()) != 0) return failed("replacing", file);
  const Descriptor folder(::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.number() < 0 || ::fsync(folder.number()) != 0) return failed("syncing", file.parent_path());
  return {};
}

Result<Saved> load_state(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    if (error) return fail(Errc::unavailable, fmt::format("reading {}: {}", file.string(), error.message()));
    return Saved{};
  }
  std::ifstream in(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in) return failed("reading", file);
  auto saved = saved_from_text(text);
  if (!saved) return while_doing(std::move(saved).error(), fmt::format("reading {}", file.string()));
  return saved;
}

}  // namespace causeway::agent
