// SPDX-License-Identifier: Apache-2.0
#include "agent/compute/files.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace causeway::agent {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

std::unexpected<Error> refused(const std::filesystem::path& path, int error) {
  return fail(Errc::unavailable,
              fmt::format("{}: {}", path.string(), std::generic_category().message(error)));
}

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

Result<> replace_file(const std::filesystem::path& path, std::string_view content) {
  const std::filesystem::path folder = path.parent_path();
  CAUSEWAY_TRY(make_folder(folder));
  // One worker writes here, so one name for what is not finished is enough; what a crash left is overwritten.
  const std::filesystem::path unfinished = path.string() + ".new";
  if (::unlink(unfinished.c_str()) != 0 && errno != ENOENT) return refused(unfinished, errno);
  {
    const Descriptor file(::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file) return refused(unfinished, errno);
    if (!write_all(file.get(), content) || ::fsync(file.get()) != 0) return refused(unfinished, errno);
  }
  if (::rename(unfinished.c_str(), path.c_str()) != 0) return refused(path, errno);
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || ::fsync(directory.get()) != 0) return refused(folder, errno);
  return {};
}

Result<> make_folder(const std::filesystem::path& path) {
  if (::mkdir(path.c_str(), 0711) != 0 && errno != EEXIST) return refused(path, errno);
  return {};
}

Result<> remove_file(const std::filesystem::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return refused(path, errno);
  return {};
}

Result<std::string> read_tail(const std::filesystem::path& path, std::size_t bytes_max) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file && errno == ENOENT) return std::string();
  if (!file) return refused(path, errno);
  const off_t end = ::lseek(file.get(), 0, SEEK_END);
  if (end < 0) return refused(path, errno);
  std::string tail(std::min(bytes_max, static_cast<std::size_t>(end)), '\0');
  std::size_t filled = 0;
  const off_t begin = end - static_cast<off_t>(tail.size());
  while (filled < tail.size()) {
    const ssize_t got =
        ::pread(file.get(), tail.data() + filled, tail.size() - filled, begin + static_cast<off_t>(filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refused(path, errno);
    if (got == 0) break;  // cut shorter meanwhile
    filled += static_cast<std::size_t>(got);
  }
  tail.resize(filled);
  return tail;
}

}  // namespace causeway::agent
