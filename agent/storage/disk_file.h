// SPDX-License-Identifier: Apache-2.0
// A disk in a file of the images folder, opened with the distrust that a file from somebody's old machine
// room needs: its format is told from its content, and whatever would make a converter read another file (a
// backing file, an external data file, extents, a parent) is refused.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "common/core/result.h"

namespace causeway::agent {

enum class DiskFormat { qcow2, vmdk, raw };
std::string_view to_string(DiskFormat format);  // as qemu-img writes it

struct DiskHeader {
  DiskFormat format{};
  std::uint64_t disk_bytes = 0;  // of the disk inside, not of the file

  bool operator==(const DiskHeader&) const = default;
};

// How much of a file's beginning inspect() wants to see.
inline constexpr std::size_t kDiskHeadBytes = 65'536;

// Reads the beginning of a file. Pure. A file with no known beginning is taken for raw only if its name ends
// in .raw or .img. Failure: invalid, with what is wrong and what to do.
Result<DiskHeader> inspect(std::string_view head, std::uint64_t file_bytes, std::string_view file_name);

// Moveable, not copyable; the file is open as long as this lives.
class DiskFile {
 public:
  //   invalid      a name with a path, a format that is not accepted, no plain file, a link out of the folder
  //   not_found    no such file
  //   unavailable  it can't be read
  static Result<DiskFile> open(const std::string& folder, const std::string& name);

  DiskFile(DiskFile&& other) noexcept;
  DiskFile& operator=(DiskFile&&) = delete;
  DiskFile(const DiskFile&) = delete;
  DiskFile& operator=(const DiskFile&) = delete;
  ~DiskFile();

  [[nodiscard]] const DiskHeader& header() const { return header_; }
  // Under which a child process finds this very file, whatever happens to its name meanwhile.
  [[nodiscard]] std::string path() const;
  // Of the whole file, 64 lower-case digits. `go_on` is asked for every few MiB; busy if it says false.
  [[nodiscard]] Result<std::string> sha256(const std::function<bool()>& go_on) const;
  // corrupt if somebody wrote to the file since it was opened: what was read of it is worth nothing.
  [[nodiscard]] Result<> check_unchanged() const;

 private:
  struct Stamp {
    std::uint64_t bytes = 0;
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;

    bool operator==(const Stamp&) const = default;
  };
  DiskFile(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
  [[nodiscard]] Result<Stamp> stamp() const;

  int fd_;
  std::string name_;
  DiskHeader header_;
  Stamp stamp_;
};

}  // namespace causeway::agent
