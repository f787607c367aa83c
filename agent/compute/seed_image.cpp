// SPDX-License-Identifier: Apache-2.0
// The seed's ISO 9660 image by libisofs, which writes it into memory.
// clang-format off: libisofs.h uses the integer types without including them.
#include <cstdint>
#include <libburn/libburn.h>
#include <libisofs/libisofs.h>
// clang-format on

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

#include "agent/compute/seed.h"

namespace causeway::agent {
namespace {

// libisofs.h only announces the structure that libburn.h defines, and for C++ libburn.h puts it into a
// namespace.
burn::burn_source* defined(::burn_source* source) { return reinterpret_cast<burn::burn_source*>(source); }

struct Release {
  void operator()(IsoImage* image) const { iso_image_unref(image); }
  void operator()(IsoWriteOpts* options) const { iso_write_opts_free(options); }
  void operator()(burn::burn_source* source) const {
    source->free_data(source);
    std::free(source);
  }
};
template <class T>
using Owned = std::unique_ptr<T, Release>;

Result<> checked(int code) {
  if (code >= 0) return {};
  const char* message = iso_error_to_msg(code);
  return fail(Errc::unavailable, std::string("libisofs: ") + (message ? message : "unknown error"));
}

// Errors come back as codes; nothing is printed.
int start_library() {
  std::array<char, 6> never{"NEVER"};
  std::array<char, 1> prefix{""};
  const int code = iso_init();
  iso_set_msgs_severities(never.data(), never.data(), prefix.data());
  return code;
}

Result<> add_file(IsoImage* image, const char* name, const std::string& content) {
  auto* copy = static_cast<unsigned char*>(std::malloc(content.size() + 1));
  if (!copy) return fail(Errc::unavailable, "out of memory");
  std::ranges::copy(content, copy);
  IsoStream* stream = nullptr;
  if (auto made = checked(iso_memory_stream_new(copy, content.size(), &stream)); !made) {
    std::free(copy);
    return made;
  }
  // NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the stream owns the copy and frees it
  IsoFile* file = nullptr;
  if (auto added = checked(iso_tree_add_new_file(iso_image_get_root(image), name, stream, &file)); !added) {
    iso_stream_unref(stream);
    return added;
  }
  return {};
}

Result<std::string> read_all(burn::burn_source* source) {
  std::string bytes;
  std::array<unsigned char, 2048> block{};
  while (true) {
    const int got = source->read ? source->read(source, block.data(), block.size())
                                 : source->read_xt(source, block.data(), block.size());
    if (got < 0) return fail(Errc::unavailable, "libisofs: the image broke off");
    if (got == 0) return bytes;
    bytes.append(reinterpret_cast<const char*>(block.data()), static_cast<std::size_t>(got));
  }
}

}  // namespace

Result<std::string> seed_image(const NoCloud& files) {
  static const int started = start_library();
  CAUSEWAY_TRY(checked(started));

  IsoImage* new_image = nullptr;
  CAUSEWAY_TRY(checked(iso_image_new("cidata", &new_image)));
  const Owned<IsoImage> image(new_image);
  CAUSEWAY_TRY(add_file(image.get(), "meta-data", files.meta_data));
  CAUSEWAY_TRY(add_file(image.get(), "user-data", files.user_data));
  CAUSEWAY_TRY(add_file(image.get(), "network-config", files.network_config));

  IsoWriteOpts* new_options = nullptr;
  CAUSEWAY_TRY(checked(iso_write_opts_new(&new_options, 0)));
  const Owned<IsoWriteOpts> options(new_options);
  // Rock Ridge and Joliet carry the names as they are; the label is lower case, which ISO 9660 alone does not
  // know.
  CAUSEWAY_TRY(checked(iso_write_opts_set_rockridge(options.get(), 1)));
  CAUSEWAY_TRY(checked(iso_write_opts_set_joliet(options.get(), 1)));
  CAUSEWAY_TRY(checked(iso_write_opts_set_relaxed_vol_atts(options.get(), 1)));

  ::burn_source* new_source = nullptr;
  CAUSEWAY_TRY(checked(iso_image_create_burn_source(image.get(), options.get(), &new_source)));
  const Owned<burn::burn_source> source(defined(new_source));
  return read_all(source.get());
}

}  // namespace causeway::agent
