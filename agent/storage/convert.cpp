// SPDX-License-Identifier: Apache-2.0
#include "agent/storage/convert.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <chrono>

#include "common/process/run.h"

namespace causeway::agent {
namespace {

constexpr int kNiceness = 15;  // guests come first
constexpr int kAnswerWithinSeconds = 30;
constexpr std::string_view kParallel = "8";

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == ':' || c == '@' || c == '/' || c == '\\' || c == '=') result += '\\';
    result += c;
  }
  return result;
}

// qemu-img says in words whether the source or the target failed.
Errc blame(std::string_view errors) {
  for (const auto* word :
       {"error writing", "error while writing", "timed out", "rbd:", "No space left", "error connecting"})
    if (errors.contains(word)) return Errc::unavailable;
  return Errc::invalid;
}

}  // namespace

std::string rbd_address(const ConvertTarget& target) {
  return fmt::format("rbd:{}/{}:id={}:conf={}:keyring={}:rados_osd_op_timeout={}:client_mount_timeout={}",
                     escaped(target.pool), escaped(target.image_name), escaped(target.ceph_user),
                     escaped(target.conf), escaped(target.keyring), kAnswerWithinSeconds,
                     kAnswerWithinSeconds);
}

std::optional<double> parse_progress(std::string_view output) {
  constexpr std::string_view kAfter = "/100%)";
  const auto end = output.rfind(kAfter);
  if (end == std::string_view::npos) return std::nullopt;
  const auto begin = output.rfind('(', end);
  if (begin == std::string_view::npos) return std::nullopt;
  double percent = 0;
  const auto parsed = std::from_chars(output.data() + begin + 1, output.data() + end, percent);
  if (parsed.ec != std::errc{} || parsed.ptr != output.data() + end || percent < 0 || percent > 100)
    return std::nullopt;
  return percent / 100;
}

Result<> convert(const DiskFile& file, const ConvertTarget& target, const ProgressSink& sink) {
  const auto total = file.header().disk_bytes;
  Progress progress{.bytes_done = 0, .bytes_total = total};
  std::string tail;  // a progress mark may come in two pieces
  const auto read = [&](std::string_view piece) {
    tail += piece;
    if (tail.size() > 64) tail.erase(0, tail.size() - 64);
    if (const auto part = parse_progress(tail))
      progress.bytes_done =
          std::max(progress.bytes_done, static_cast<std::uint64_t>(*part * static_cast<double>(total)));
    return sink(progress);
  };
  // The target is new, so nothing has to be written where the source has zeros; it reads them anyway.
  const auto exit = process::run(
      {.argv = {"qemu-img", "convert", "-p", "-n", "--target-is-zero", "-W", "-m", std::string(kParallel),
                "-t", "writeback", "-f", std::string(to_string(file.header().format)), "-O", "raw",
                file.path(), rbd_address(target)},
       .niceness = kNiceness},
      std::chrono::seconds{1}, read);
  if (!exit) {
    if (exit.error().code == Errc::not_found) return fail(Errc::unavailable, exit.error().what);
    return std::unexpected(exit.error());
  }
  if (exit->status != 0)
    return fail(blame(exit->errors), fmt::format("qemu-img ended with {}: {}", exit->status, exit->errors));
  sink({.bytes_done = total, .bytes_total = total});
  return {};
}

}  // namespace causeway::agent
