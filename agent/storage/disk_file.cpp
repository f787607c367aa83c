// SPDX-License-Identifier: Apache-2.0
#include "agent/storage/disk_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "common/core/digest.h"

namespace causeway::agent {
namespace {

constexpr std::uint64_t kSectorBytes = 512;

// Unsigned numbers at an offset; 0 behind the end, which every caller refuses or takes for "none".
std::uint64_t big_endian(std::string_view bytes, std::size_t offset, std::size_t size) {
  std::uint64_t value = 0;
  if (offset + size > bytes.size()) return 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | static_cast<unsigned char>(bytes[offset + i]);
  return value;
}

std::uint64_t little_endian(std::string_view bytes, std::size_t offset, std::size_t size) {
  std::uint64_t value = 0;
  if (offset + size > bytes.size()) return 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[offset + i]);
  return value;
}

// docs/interop/qcow2.txt of QEMU.
Result<DiskHeader> inspect_qcow2(std::string_view head, std::string_view name) {
  constexpr std::uint64_t kCorrupt = 1U << 1;
  constexpr std::uint64_t kExternalData = 1U << 2;
  const auto version = big_endian(head, 4, 4);
  if (version != 2 && version != 3)
    return fail(Errc::invalid, fmt::format("file '{}': qcow2 version {} is not accepted", name, version));
  if (big_endian(head, 8, 8) != 0)
    return fail(Errc::invalid, fmt::format("file '{}': it rests on a backing file; flatten it with "
                                           "`qemu-img convert -O qcow2`",
                                           name));
  if (big_endian(head, 32, 4) != 0)
    return fail(Errc::invalid,
                fmt::format("file '{}': it is encrypted; convert it without encryption", name));
  const auto features = version == 3 ? big_endian(head, 72, 8) : 0;
  if ((features & kExternalData) != 0)
    return fail(Errc::invalid, fmt::format("file '{}': its data lies in another file; flatten it with "
                                           "`qemu-img convert -O qcow2`",
                                           name));
  if ((features & kCorrupt) != 0)
    return fail(Errc::invalid, fmt::format("file '{}': it is marked corrupt; see `qemu-img check`", name));
  return DiskHeader{.format = DiskFormat::qcow2, .disk_bytes = big_endian(head, 24, 8)};
}

// VMware's "Virtual Disk Format 5.0": a sparse extent with the descriptor embedded.
Result<DiskHeader> inspect_vmdk(std::string_view head, std::string_view name) {
  const auto capacity = little_endian(head, 12, 8);
  const auto descriptor_at = little_endian(head, 28, 8) * kSectorBytes;
  const auto descriptor_bytes = little_endian(head, 36, 8) * kSectorBytes;
  const auto refused = [&](std::string_view why) {
    return fail(Errc::invalid, fmt::format("file '{}': {}; make one file of it with "
                                           "`qemu-img convert -O qcow2`",
                                           name, why));
  };
  if (capacity == 0 || capacity > (std::uint64_t{1} << 54))
    return refused("a vmdk without content of its own");
  if (descriptor_at == 0 || descriptor_bytes == 0 || descriptor_at > head.size() ||
      descriptor_bytes > head.size() - descriptor_at)
    return refused("a vmdk whose descriptor is not at its beginning");
  const auto descriptor = head.substr(descriptor_at, descriptor_bytes);
  if (!descriptor.contains("createType=\"monolithicSparse\"") &&
      !descriptor.contains("createType=\"streamOptimized\""))
    return refused("a vmdk that is neither monolithicSparse nor streamOptimized");
  if (descriptor.contains("parentFileNameHint")) return refused("a vmdk that rests on a parent");
  return DiskHeader{.format = DiskFormat::vmdk, .disk_bytes = capacity * kSectorBytes};
}

// Formats that QEMU knows and this driver doesn't take; their names help more than "not raw".
std::string_view other_format(std::string_view head) {
  if (head.starts_with("conectix") || head.starts_with("vhdxfile")) return "a Hyper-V disk";
  if (head.starts_with("<<< ") && head.contains("VirtualBox")) return "a VirtualBox disk";
  if (head.starts_with("COWD") || head.starts_with("# Disk DescriptorFile")) return "a part of a split vmdk";
  if (head.starts_with("\x1f\x8b") || head.starts_with("PK\x03\x04") ||
      head.starts_with("\xfd"
                       "7zXZ"))
    return "a compressed file";
  return "";
}

}  // namespace

std::string_view to_string(DiskFormat format) {
  switch (format) {
    case DiskFormat::qcow2: return "qcow2";
    case DiskFormat::vmdk: return "vmdk";
    case DiskFormat::raw: return "raw";
  }
  return "";
}

Result<DiskHeader> inspect(std::string_view head, std::uint64_t file_bytes, std::string_view file_name) {
  auto header = [&]() -> Result<DiskHeader> {
    if (head.starts_with("QFI\xfb")) return inspect_qcow2(head, file_name);
    if (head.starts_with("KDMV")) return inspect_vmdk(head, file_name);
    if (const auto other = other_format(head); !other.empty())
      return fail(Errc::invalid, fmt::format("file '{}': {}; convert it to qcow2", file_name, other));
    if (file_name.ends_with(".raw") || file_name.ends_with(".img"))
      return DiskHeader{.format = DiskFormat::raw, .disk_bytes = file_bytes};
    return fail(
        Errc::invalid,
        fmt::format("file '{}': neither a qcow2 nor a vmdk by its content; the name of a raw disk ends in "
                    ".raw or .img",
                    file_name));
  }();
  if (header && header->disk_bytes == 0)
    return fail(Errc::invalid, fmt::format("file '{}': its disk is empty", file_name));
  return header;
}

Result<DiskFile> DiskFile::open(const std::string& folder, const std::string& name) {
  if (name.empty() || name.contains('/'))
    return fail(Errc::invalid,
                fmt::format("file '{}': a plain name in the images folder is wanted, no path", name));
  const int folder_fd = ::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder_fd < 0)
    return fail(Errc::unavailable, fmt::format("images folder '{}': {}", folder, std::strerror(errno)));
  open_how how{};
  // Without O_NONBLOCK, opening a named pipe would wait for a writer.
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const auto fd = static_cast<int>(::syscall(SYS_openat2, folder_fd, name.c_str(), &how, sizeof how));
  const int reason = errno;
  ::close(folder_fd);
  if (fd < 0) {
    if (reason == ENOENT)
      return fail(Errc::not_found,
                  fmt::format("file '{}': no such file in images folder '{}'", name, folder));
    if (reason == EXDEV || reason == ELOOP)
      return fail(Errc::invalid, fmt::format("file '{}': a link that leaves the images folder", name));
    return fail(Errc::unavailable, fmt::format("file '{}': {}", name, std::strerror(reason)));
  }
  DiskFile file(fd, name);
  struct stat facts{};
  if (::fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode))
    return fail(Errc::invalid, fmt::format("file '{}': no plain file", name));
  std::string head(kDiskHeadBytes, '\0');
  const auto length = ::pread(fd, head.data(), head.size(), 0);
  if (length < 0) return fail(Errc::unavailable, fmt::format("file '{}': {}", name, std::strerror(errno)));
  head.resize(static_cast<std::size_t>(length));
  auto header = inspect(head, static_cast<std::uint64_t>(facts.st_size), name);
  if (!header) return std::unexpected(std::move(header).error());
  auto stamp = file.stamp();
  if (!stamp) return std::unexpected(std::move(stamp).error());
  file.header_ = *header;
  file.stamp_ = *stamp;
  return file;
}

DiskFile::DiskFile(DiskFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      name_(std::move(other.name_)),
      header_(other.header_),
      stamp_(other.stamp_) {}

DiskFile::~DiskFile() {
  if (fd_ >= 0) ::close(fd_);
}

std::string DiskFile::path() const { return fmt::format("/proc/{}/fd/{}", ::getpid(), fd_); }

Result<std::string> DiskFile::sha256(const std::function<bool()>& go_on) const {
  Sha256 digest;
  std::vector<char> piece(4 << 20);
  for (off_t at = 0;;) {
    if (!go_on()) return fail(Errc::busy, fmt::format("file '{}': reading was stopped", name_));
    const auto length = ::pread(fd_, piece.data(), piece.size(), at);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return fail(Errc::unavailable, fmt::format("file '{}': {}", name_, std::strerror(errno)));
    if (length == 0) return digest.hex();
    digest.add({piece.data(), static_cast<std::size_t>(length)});
    at += length;
  }
}

Result<DiskFile::Stamp> DiskFile::stamp() const {
  struct stat facts{};
  if (::fstat(fd_, &facts) != 0)
    return fail(Errc::unavailable, fmt::format("file '{}': {}", name_, std::strerror(errno)));
  return Stamp{.bytes = static_cast<std::uint64_t>(facts.st_size),
               .seconds = facts.st_mtim.tv_sec,
               .nanoseconds = facts.st_mtim.tv_nsec};
}

Result<> DiskFile::check_unchanged() const {
  const auto now = stamp();
  if (!now) return std::unexpected(now.error());
  if (*now != stamp_)
    return fail(Errc::corrupt, fmt::format("file '{}': it was written to while it was read", name_));
  return {};
}

}  // namespace causeway::agent
