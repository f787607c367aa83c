// SPDX-License-Identifier: Apache-2.0
#include "common/transport/keys.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace causeway::transport {
namespace {

constexpr std::size_t kKeyLength = 40;  // of Z85 text
using KeyText = std::array<char, kKeyLength + 1>;

std::string errno_text() { return std::strerror(errno); }

class File {
 public:
  File(const std::string& name, int flags, mode_t mode)
      : descriptor_(::open(name.c_str(), flags | O_CLOEXEC, mode)) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }

 private:
  int descriptor_;
};

Result<> write_new(const std::string& name, mode_t mode, std::string_view text) {
  const File file(name, O_WRONLY | O_CREAT | O_EXCL, mode);
  if (!file.is_open()) {
    if (errno == EEXIST)
      return fail(Errc::conflict,
                  fmt::format("{} exists, and a key is never overwritten; choose another name", name));
    return fail(Errc::unavailable, fmt::format("{}: can't be created: {}", name, errno_text()));
  }
  if (::write(file.descriptor(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::fsync(file.descriptor()) != 0)
    return fail(Errc::unavailable, fmt::format("{}: can't be written: {}", name, errno_text()));
  return {};
}

}  // namespace

Result<KeyPair> generate_keys() {
  KeyText public_key{};
  KeyText secret_key{};
  if (zmq_curve_keypair(public_key.data(), secret_key.data()) != 0)
    return fail(Errc::unavailable, fmt::format("no key pair can be made: {}", zmq_strerror(zmq_errno())));
  KeyPair keys{std::string(public_key.data(), kKeyLength), Secret({secret_key.data(), kKeyLength})};
  sodium_memzero(secret_key.data(), secret_key.size());
  return keys;
}

Result<> write_keys(const KeyPair& keys, const std::filesystem::path& file) {
  const std::string public_file = file.string() + ".pub";
  if (std::error_code ignored; std::filesystem::exists(public_file, ignored))
    return fail(Errc::conflict,
                fmt::format("{} exists, and a key is never overwritten; choose another name", public_file));
  CAUSEWAY_TRY(write_new(file.string(), 0600, keys.secret_key.reveal()));
  return write_new(public_file, 0644, keys.public_key + "\n");
}

Result<KeyPair> read_keys(const std::filesystem::path& path) {
  const File file(path.string(), O_RDONLY, 0);
  if (!file.is_open())
    return fail(Errc::not_found, fmt::format("{}: {}; `causeway key new {}` makes a key", path.string(),
                                             errno_text(), path.string()));
  struct stat facts{};
  if (::fstat(file.descriptor(), &facts) != 0 || (facts.st_mode & 077) != 0)
    return fail(Errc::denied, fmt::format("{}: others may read this secret key; `chmod 600 {}`",
                                          path.string(), path.string()));
  std::array<char, kKeyLength + 2> text{};  // a newline behind it is fine
  const ssize_t length = ::read(file.descriptor(), text.data(), text.size() - 1);
  if (length < static_cast<ssize_t>(kKeyLength))
    return fail(Errc::corrupt,
                fmt::format("{}: not a secret key of {} characters", path.string(), kKeyLength));
  text[kKeyLength] = '\0';
  KeyText public_key{};
  const bool derived = zmq_curve_public(public_key.data(), text.data()) == 0;
  KeyPair keys{std::string(public_key.data(), kKeyLength), Secret({text.data(), kKeyLength})};
  sodium_memzero(text.data(), text.size());
  if (!derived) return fail(Errc::corrupt, fmt::format("{}: not a secret key", path.string()));
  return keys;
}

std::string public_key_problem(const std::string& key) {
  std::array<std::uint8_t, 32> bytes{};
  if (key.size() != kKeyLength || zmq_z85_decode(bytes.data(), key.c_str()) == nullptr)
    return fmt::format(
        "'{}' is no public key; it has {} characters and stands in the .pub file that `causeway key new` "
        "wrote",
        key, kKeyLength);
  return "";
}

}  // namespace causeway::transport
