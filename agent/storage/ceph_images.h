// SPDX-License-Identifier: Apache-2.0
// What the driver does to images in one pool, one step a call; which steps in which order is the driver's
// business. An image is ours if its marks, kept with the image by RBD, say so; its name alone says nothing.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <rados/librados.hpp>
#include <string>
#include <vector>

#include "common/core/ids.h"
#include "common/core/result.h"
#include "common/core/time.h"

namespace causeway::agent {

// Kept in an image's metadata; `rbd image-meta list` shows them.
struct ImageMarks {
  VolumeId volume;     // causeway.volume
  ImageId image;       // causeway.image
  std::string sha256;  // causeway.sha256, of the file that a golden image was made from

  bool operator==(const ImageMarks&) const = default;
};

struct ImageFacts {
  std::string id;
  std::uint64_t bytes = 0;
  ImageMarks marks;

  bool operator==(const ImageFacts&) const = default;
};

struct NamedImage {
  std::string id;  // of the pool's, never used again
  std::string name;
};

struct TrashedImage {
  std::string id;
  std::time_t deferred_until = 0;
};

class CephImages {
 public:
  explicit CephImages(librados::IoCtx io) : io_(std::move(io)) {}

  [[nodiscard]] Result<std::vector<NamedImage>> list();
  // Nothing: there is no such image.
  [[nodiscard]] Result<std::optional<ImageFacts>> facts(const std::string& name);
  [[nodiscard]] Result<std::optional<ImageFacts>> facts_by_id(const std::string& id);

  [[nodiscard]] Result<> create(const std::string& name, std::uint64_t bytes, const ImageMarks& marks);
  // Of the parent's frozen content. not_found: the parent is not there.
  [[nodiscard]] Result<> clone(const std::string& parent, const std::string& name, const ImageMarks& marks);
  // Larger only. A client that holds the image's lock does it on request, so it works under a running guest.
  [[nodiscard]] Result<> enlarge(const std::string& name, std::uint64_t bytes);
  // Makes the content one that can be cloned: a snapshot "base".
  [[nodiscard]] Result<> freeze(const std::string& name);
  // Keeps administrators from removing the frozen content by mistake; clones would survive it. A host can't
  // undo it, because for that Ceph wants to look into every pool.
  [[nodiscard]] Result<> protect(const std::string& name);
  // conflict: the new name is taken.
  [[nodiscard]] Result<> rename(const std::string& name, const std::string& new_name);
  // Does the rest of a rename that was cut short after its first step: the image opens under both names.
  // Already so, or somebody else does it at the same time: success.
  [[nodiscard]] Result<> end_rename(const std::string& id, const std::string& name,
                                    const std::string& new_name);
  // Removes an image that has no clones, with its snapshot. Already gone: success. busy: something has it
  // open.
  [[nodiscard]] Result<> discard(const std::string& name);

  // The addresses of the clients that have the image open to write, without this one's.
  [[nodiscard]] Result<std::vector<std::string>> users(const std::string& name);
  // Already gone: success.
  [[nodiscard]] Result<> move_to_trash(const std::string& name, std::chrono::seconds deferment);
  [[nodiscard]] Result<std::vector<TrashedImage>> trash();
  // Already gone: success.
  [[nodiscard]] Result<> remove_from_trash(const std::string& id);

 private:
  librados::IoCtx io_;
};

// The right to import one golden image while others wait: advisory, because the rename at the end is what
// decides. It ends by itself a minute after the last renewal, so that a dead host's claim is in nobody's way
// for long.
class ImportClaim {
 public:
  //   busy  another host has it; says which
  static Result<ImportClaim> acquire(librados::IoCtx io, const std::string& name, const std::string& holder);
  ImportClaim(ImportClaim&& other) noexcept;
  ImportClaim& operator=(ImportClaim&&) = delete;
  ImportClaim(const ImportClaim&) = delete;
  ImportClaim& operator=(const ImportClaim&) = delete;
  ~ImportClaim();  // gives it up

  // To be called again and again during the work; asks the cluster only every few seconds.
  void renew();

 private:
  ImportClaim(librados::IoCtx io, std::string name, std::string holder)
      : io_(std::move(io)), name_(std::move(name)), holder_(std::move(holder)) {}
  int lock();

  librados::IoCtx io_;
  std::string name_;
  std::string holder_;
  std::chrono::steady_clock::time_point renewed_{};
  bool held_ = true;
};

}  // namespace causeway::agent
