// SPDX-License-Identifier: Apache-2.0
#include "agent/storage/names.h"

#include <fmt/core.h>

#include <algorithm>

#include "common/core/digest.h"
#include "common/core/text.h"

namespace causeway::agent {
namespace {

constexpr std::size_t kNameLengthMax = 200;  // of an image in a pool; Ceph itself stops at 256

bool is_name(std::string_view text, std::string_view also) {
  return !text.empty() && text.size() <= kNameLengthMax && std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || also.contains(c);
  });
}

Result<> check_file_name(const std::string& file) {
  if (file.empty()) return fail(Errc::invalid, "no file is named");
  if (file.contains('/') || file.contains('\0') || file == "." || file == "..")
    return fail(Errc::invalid,
                fmt::format("file '{}': a plain name in the images folder is wanted, no path", file));
  return {};
}

Result<> check_image_id(const ImageId& image) {
  if (!is_name(image.str(), "-_."))
    return fail(Errc::invalid, fmt::format("image '{}': no valid name", image));
  return {};
}

Result<> check_size(GiB size) {
  if (size <= GiB{0})
    return fail(Errc::invalid, fmt::format("size {}GiB: at least 1GiB is wanted", size.value));
  return {};
}

}  // namespace

std::string image_name(const VolumeId& volume) { return join(split(volume.str(), '/'), "."); }

std::string image_name(const ImageId& image) { return "image." + image.str(); }

std::string temporary_name(const HostId& host, std::string_view token, std::string_view final_name) {
  return fmt::format("new~{}~{}~{}", host, token, final_name);
}

std::optional<TemporaryName> parse_temporary_name(std::string_view name) {
  const auto parts = split(name, '~');
  if (parts.size() != 4 || parts[0] != "new") return std::nullopt;
  return TemporaryName{HostId(parts[1]), parts[2], parts[3]};
}

Result<> check(const VolumeId& volume) {
  const auto parts = split(volume.str(), '/');
  const bool well_formed = parts.size() == 4 && volume.str().size() <= kNameLengthMax &&
                           std::ranges::all_of(parts, [](const auto& part) { return is_name(part, "-_"); });
  if (!well_formed)
    return fail(Errc::invalid,
                fmt::format("volume '{}': no name of the form department/application/workload/disk", volume));
  return {};
}

Result<> check(const ImageSpec& spec) {
  CAUSEWAY_TRY(check_image_id(spec.image));
  CAUSEWAY_TRY(check_file_name(spec.file));
  CAUSEWAY_TRY(check_size(spec.size));
  const bool is_checksum = spec.sha256.size() == 64 && std::ranges::all_of(spec.sha256, [](char c) {
                             return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                           });
  if (!is_checksum)
    return fail(Errc::invalid,
                fmt::format("image {}: sha256 '{}': 64 lower-case hexadecimal digits are wanted", spec.image,
                            spec.sha256));
  return {};
}

Result<> check(const VolumeSpec& spec) {
  CAUSEWAY_TRY(check(spec.volume));
  CAUSEWAY_TRY(check_size(spec.size));
  if (const auto* source = std::get_if<ImageSource>(&spec.source)) return check_image_id(source->image);
  if (const auto* source = std::get_if<FileSource>(&spec.source)) return check_file_name(source->file);
  return {};
}

std::string secret_uuid(std::string_view pool, std::string_view ceph_user) {
  return uuid_of(fmt::format("causeway ceph secret: user {} of pool {}", ceph_user, pool));
}

}  // namespace causeway::agent
