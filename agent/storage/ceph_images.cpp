// SPDX-License-Identifier: Apache-2.0
#include "agent/storage/ceph_images.h"

#include <endian.h>
#include <fmt/core.h>

#include <cerrno>
#include <list>
#include <map>
#include <rbd/librbd.hpp>
#include <utility>

#include "agent/storage/ceph_client.h"

namespace causeway::agent {
namespace {

constexpr const char* kBase = "base";
// Marks begin with this; read in one go, with some room for what somebody else may put between them.
constexpr const char* kMarks = "causeway.";
constexpr std::uint64_t kMarksMax = 16;
constexpr const char* kVolumeMark = "causeway.volume";
constexpr const char* kImageMark = "causeway.image";
constexpr const char* kChecksumMark = "causeway.sha256";
constexpr std::uint64_t kFeatures = RBD_FEATURE_LAYERING | RBD_FEATURE_EXCLUSIVE_LOCK |
                                    RBD_FEATURE_OBJECT_MAP | RBD_FEATURE_FAST_DIFF | RBD_FEATURE_DEEP_FLATTEN;

constexpr const char* kClaims =
    "causeway.claims";  // an object of the pool that carries the locks of ImportClaim
constexpr std::chrono::seconds kClaimLasts{60};
constexpr std::chrono::seconds kClaimRenewEvery{10};

// The error of an operation on an image, unless it went well.
Result<> done(int code, std::string_view doing, const std::string& name) {
  if (code >= 0) return {};
  return std::unexpected(ceph::error_of(code, fmt::format("{} image '{}'", doing, name)));
}

librbd::ImageOptions options() {
  librbd::ImageOptions result;
  result.set(RBD_IMAGE_OPTION_FORMAT, std::uint64_t{2});
  result.set(RBD_IMAGE_OPTION_FEATURES, kFeatures);
  return result;
}

// A clone comes with its parent's marks, so an empty one is taken away.
int set_mark(librbd::Image& image, const char* key, const std::string& value) {
  if (!value.empty()) return image.metadata_set(key, value);
  const int code = image.metadata_remove(key);
  return code == -ENOENT ? 0 : code;
}

int set_marks(librbd::Image& image, const ImageMarks& marks) {
  for (const auto& [key, value] :
       {std::pair{kVolumeMark, marks.volume.str()}, std::pair{kImageMark, marks.image.str()},
        std::pair{kChecksumMark, marks.sha256}})
    if (const int code = set_mark(image, key, value); code < 0) return code;
  return 0;
}

Result<std::optional<ImageFacts>> facts_of(int opened, librbd::Image& image, const std::string& what) {
  if (opened == -ENOENT) return std::nullopt;
  ImageFacts facts;
  CAUSEWAY_TRY(done(opened, "opening", what));
  CAUSEWAY_TRY(done(image.get_id(&facts.id), "reading", what));
  CAUSEWAY_TRY(done(image.size(&facts.bytes), "reading", what));
  std::map<std::string, librados::bufferlist> marks;
  CAUSEWAY_TRY(done(image.metadata_list(kMarks, kMarksMax, &marks), "reading the marks of", what));
  facts.marks = {.volume = VolumeId(marks[kVolumeMark].to_str()),
                 .image = ImageId(marks[kImageMark].to_str()),
                 .sha256 = marks[kChecksumMark].to_str()};
  return facts;
}

}  // namespace

Result<std::vector<NamedImage>> CephImages::list() {
  std::vector<librbd::image_spec_t> images;
  if (const int code = librbd::RBD().list2(io_, &images); code < 0)
    return std::unexpected(ceph::error_of(code, fmt::format("listing pool '{}'", io_.get_pool_name())));
  std::vector<NamedImage> result;
  result.reserve(images.size());
  for (auto& image : images) result.push_back({.id = std::move(image.id), .name = std::move(image.name)});
  return result;
}

Result<std::optional<ImageFacts>> CephImages::facts(const std::string& name) {
  librbd::Image image;
  return facts_of(librbd::RBD().open_read_only(io_, image, name.c_str(), nullptr), image, name);
}

Result<std::optional<ImageFacts>> CephImages::facts_by_id(const std::string& id) {
  librbd::Image image;
  return facts_of(librbd::RBD().open_by_id_read_only(io_, image, id.c_str(), nullptr), image, id);
}

Result<> CephImages::create(const std::string& name, std::uint64_t bytes, const ImageMarks& marks) {
  auto wanted = options();
  CAUSEWAY_TRY(done(librbd::RBD().create4(io_, name.c_str(), bytes, wanted), "creating", name));
  librbd::Image image;
  CAUSEWAY_TRY(done(librbd::RBD().open(io_, image, name.c_str()), "opening", name));
  return done(set_marks(image, marks), "marking", name);
}

Result<> CephImages::clone(const std::string& parent, const std::string& name, const ImageMarks& marks) {
  auto wanted = options();
  CAUSEWAY_TRY(
      done(librbd::RBD().clone3(io_, parent.c_str(), kBase, io_, name.c_str(), wanted), "cloning", parent));
  librbd::Image image;
  CAUSEWAY_TRY(done(librbd::RBD().open(io_, image, name.c_str()), "opening", name));
  return done(set_marks(image, marks), "marking", name);
}

Result<> CephImages::enlarge(const std::string& name, std::uint64_t bytes) {
  librbd::Image image;
  CAUSEWAY_TRY(done(librbd::RBD().open(io_, image, name.c_str()), "opening", name));
  return done(image.resize(bytes), "enlarging", name);
}

Result<> CephImages::freeze(const std::string& name) {
  librbd::Image image;
  CAUSEWAY_TRY(done(librbd::RBD().open(io_, image, name.c_str()), "opening", name));
  return done(image.snap_create(kBase), "making a snapshot of", name);
}

Result<> CephImages::protect(const std::string& name) {
  librbd::Image image;
  CAUSEWAY_TRY(done(librbd::RBD().open(io_, image, name.c_str()), "opening", name));
  return done(image.snap_protect(kBase), "protecting", name);
}

Result<> CephImages::rename(const std::string& name, const std::string& new_name) {
  const auto looked = facts(name);
  if (!looked) return std::unexpected(looked.error());
  const std::optional<ImageFacts>& before = *looked;
  if (!before) return std::unexpected(ceph::error_of(-ENOENT, fmt::format("image '{}'", name)));
  CAUSEWAY_TRY(done(librbd::RBD().rename(io_, name.c_str(), new_name.c_str()), "naming", new_name));
  // librbd takes "exists" for the echo of its own first try and calls it success, so look who has the name
  // now.
  const auto looked_again = facts(new_name);
  if (!looked_again) return std::unexpected(looked_again.error());
  const std::optional<ImageFacts>& after = *looked_again;
  if (!after || after->id != before->id)
    return std::unexpected(ceph::error_of(-EEXIST, fmt::format("naming image '{}'", new_name)));
  return {};
}

Result<> CephImages::end_rename(const std::string& id, const std::string& name, const std::string& new_name) {
  librados::bufferlist request;
  librados::bufferlist answer;
  for (const auto& argument : {name, new_name, id}) {  // as Ceph encodes strings: length and bytes
    const auto length = htole32(static_cast<std::uint32_t>(argument.size()));
    request.append(reinterpret_cast<const char*>(&length), sizeof length);
    request.append(argument);
  }
  const int code = io_.exec("rbd_directory", "rbd", "dir_rename_image", request, answer);
  if (code < 0 && code != -ENOENT && code != -ESTALE && code != -EEXIST)
    return done(code, "naming", new_name);
  const int removed = io_.remove("rbd_id." + name);
  return removed == -ENOENT ? Result<>{} : done(removed, "removing the old name of", new_name);
}

Result<> CephImages::discard(const std::string& name) {
  {
    librbd::Image image;
    const int code = librbd::RBD().open(io_, image, name.c_str());
    if (code == -ENOENT) return {};
    CAUSEWAY_TRY(done(code, "opening", name));
    std::vector<librbd::snap_info_t> snapshots;
    CAUSEWAY_TRY(done(image.snap_list(snapshots), "reading", name));
    for (const auto& snapshot : snapshots)
      CAUSEWAY_TRY(done(image.snap_remove(snapshot.name.c_str()), "removing a snapshot of", name));
  }
  const int code = librbd::RBD().remove(io_, name.c_str());
  return code == -ENOENT ? Result<>{} : done(code, "removing", name);
}

Result<std::vector<std::string>> CephImages::users(const std::string& name) {
  librbd::Image image;  // read-only, so that this client is no watcher itself
  const int code = librbd::RBD().open_read_only(io_, image, name.c_str(), nullptr);
  if (code == -ENOENT) return std::vector<std::string>{};
  CAUSEWAY_TRY(done(code, "opening", name));
  std::list<librbd::image_watcher_t> watchers;
  CAUSEWAY_TRY(done(image.list_watchers(watchers), "reading the users of", name));
  std::vector<std::string> addresses;
  for (const auto& watcher : watchers) addresses.push_back(watcher.addr);
  return addresses;
}

Result<> CephImages::move_to_trash(const std::string& name, std::chrono::seconds deferment) {
  const int code = librbd::RBD().trash_move(io_, name.c_str(), static_cast<std::uint64_t>(deferment.count()));
  return code == -ENOENT ? Result<>{} : done(code, "moving to the trash", name);
}

Result<std::vector<TrashedImage>> CephImages::trash() {
  std::vector<librbd::trash_image_info_t> entries;
  if (const int code = librbd::RBD().trash_list(io_, entries); code < 0)
    return std::unexpected(ceph::error_of(code, fmt::format("trash of pool '{}'", io_.get_pool_name())));
  std::vector<TrashedImage> result;
  result.reserve(entries.size());
  for (auto& entry : entries)
    result.push_back({.id = std::move(entry.id), .deferred_until = entry.deferment_end_time});
  return result;
}

Result<> CephImages::remove_from_trash(const std::string& id) {
  const int code = librbd::RBD().trash_remove(io_, id.c_str(), false);
  return code == -ENOENT ? Result<>{} : done(code, "removing from the trash", id);
}

Result<ImportClaim> ImportClaim::acquire(librados::IoCtx io, const std::string& name,
                                         const std::string& holder) {
  ImportClaim claim(std::move(io), name, holder);
  const int code = claim.lock();
  if (code >= 0) return claim;
  claim.held_ = false;
  if (code != -EBUSY && code != -EEXIST)
    return std::unexpected(ceph::error_of(code, fmt::format("claim on '{}'", name)));
  int exclusive = 0;
  std::string tag;
  std::list<librados::locker_t> lockers;
  claim.io_.list_lockers(kClaims, name, &exclusive, &tag, &lockers);
  return fail(Errc::busy,
              fmt::format("{} is importing it", lockers.empty() ? "another host" : lockers.front().cookie));
}

ImportClaim::ImportClaim(ImportClaim&& other) noexcept
    : io_(std::move(other.io_)),
      name_(std::move(other.name_)),
      holder_(std::move(other.holder_)),
      renewed_(other.renewed_),
      held_(std::exchange(other.held_, false)) {}

ImportClaim::~ImportClaim() {
  if (held_) io_.unlock(kClaims, name_, holder_);
}

int ImportClaim::lock() {
  timeval lasts{.tv_sec = kClaimLasts.count(), .tv_usec = 0};
  renewed_ = std::chrono::steady_clock::now();
  return io_.lock_exclusive(kClaims, name_, holder_, "import of a golden image", &lasts,
                            LIBRADOS_LOCK_FLAG_MAY_RENEW);
}

void ImportClaim::renew() {
  if (std::chrono::steady_clock::now() - renewed_ >= kClaimRenewEvery) lock();
}

}  // namespace causeway::agent
