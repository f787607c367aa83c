// SPDX-License-Identifier: Apache-2.0
#include "agent/storage/ceph.h"

#include <fmt/core.h>
#include <sodium.h>

#include <algorithm>
#include <ctime>
#include <exception>
#include <optional>

#include "agent/storage/ceph_client.h"
#include "agent/storage/ceph_images.h"
#include "agent/storage/convert.h"
#include "agent/storage/disk_file.h"
#include "agent/storage/names.h"
#include "common/core/sign_of_life.h"

namespace causeway::agent {
namespace {

constexpr std::uint64_t bytes_of(GiB size) { return static_cast<std::uint64_t>(size.value) << 30; }
constexpr GiB whole_gib(std::uint64_t bytes) { return GiB{static_cast<std::int64_t>(bytes >> 30)}; }

std::string size_of(const DiskFile& file) {
  return fmt::format("{:.1f}GiB",
                     static_cast<double>(file.header().disk_bytes) / static_cast<double>(bytes_of(GiB{1})));
}

Result<> check_fits(const DiskFile& file, const std::string& name, GiB size) {
  if (file.header().disk_bytes <= bytes_of(size)) return {};
  return fail(
      Errc::invalid,
      fmt::format("file '{}': its disk of {} is larger than {}; make it at least {}GiB", name, size_of(file),
                  to_string(size), (file.header().disk_bytes + bytes_of(GiB{1}) - 1) / bytes_of(GiB{1})));
}

bool is_volume(const ImageFacts& facts, const std::string& name) {
  return !facts.marks.volume.empty() && image_name(facts.marks.volume) == name;
}

bool is_golden(const ImageFacts& facts, const std::string& name) {
  return !facts.marks.image.empty() && image_name(facts.marks.image) == name;
}

// Whether the image under this name is ours, complete or half made: its marks have to agree with its name.
bool is_ours(const ImageFacts& facts, const std::string& name) {
  const auto temporary = parse_temporary_name(name);
  const auto& final_name = temporary ? temporary->final_name : name;
  return is_volume(facts, final_name) || is_golden(facts, final_name);
}

// The image under a final name, if there is one. A rename that was cut short leaves an image that opens under
// its final name and is listed under its temporary one; here it is ended.
Result<std::optional<ImageFacts>> find(CephImages images, const std::string& name) {
  auto looked = images.facts(name);
  if (!looked || !*looked) return looked;
  const std::optional<ImageFacts>& facts = *looked;
  const auto listed = images.list();
  if (!listed) return std::unexpected(listed.error());
  const auto entry = std::ranges::find(*listed, facts->id, &NamedImage::id);
  const auto temporary = entry == listed->end() ? std::nullopt : parse_temporary_name(entry->name);
  if (temporary && temporary->final_name == name)
    CAUSEWAY_TRY(images.end_rename(facts->id, entry->name, name));
  return looked;
}

}  // namespace

struct CephStorage::Pool {
  explicit Pool(CephZone zone) : access(std::move(zone)) {}

  const CephZone access;
  std::mutex connection_mutex;  // also held while connecting, so that one thread does it for all
  std::shared_ptr<CephConnection> connection;
  std::mutex mutex;                   // of what follows
  std::set<std::string> in_progress;  // final names of what this process makes just now
  // What was read of an image, by its id in the pool. Marks never change under a final name, and sizes only
  // grow, so that a remembered size is never more than the truth; ensure_volume looks afresh.
  std::map<std::string, ImageFacts> known;
};

struct CephStorage::Session {
  Pool& pool;
  std::shared_ptr<CephConnection> connection;

  [[nodiscard]] CephImages images() const { return CephImages(connection->io()); }
};

// A thing that this process makes, once at a time: its temporary name, and what becomes of that if the work
// fails.
class CephStorage::Making {
 public:
  Making(Session& session, const HostId& host, const std::string& final_name)
      : session_(session), final_name_(final_name) {
    const std::lock_guard lock(session.pool.mutex);
    started_ = session.pool.in_progress.insert(final_name).second;
    name_ = temporary_name(host, fmt::format("{:08x}", randombytes_random()), final_name);
  }
  Making(const Making&) = delete;
  Making& operator=(const Making&) = delete;
  ~Making() {
    if (!started_) return;
    const std::lock_guard lock(session_.pool.mutex);
    session_.pool.in_progress.erase(final_name_);
  }

  [[nodiscard]] bool started() const { return started_; }
  [[nodiscard]] const std::string& name() const { return name_; }

  // Gives it its final name if it was made, and clears it away if not. A cluster that is away is not asked
  // for more: sweep() finds the rest. Somebody else was faster: conflict.
  [[nodiscard]] Result<> finish(Result<> made) {
    auto images = session_.images();
    if (made) made = images.rename(name_, final_name_);
    if (!made && made.error().code != Errc::unavailable) static_cast<void>(images.discard(name_));
    return made;
  }

 private:
  Session& session_;
  const std::string final_name_;
  std::string name_;
  bool started_ = false;
};

CephStorage::CephStorage(CephOptions options) : options_(std::move(options)) {
  for (const auto& [zone, access] : options_.zones) pools_.emplace(zone, std::make_unique<Pool>(access));
}

CephStorage::~CephStorage() = default;

Result<> CephStorage::connect(Session& session) {
  auto& pool = session.pool;
  const std::lock_guard lock(pool.connection_mutex);
  if (!pool.connection) {
    auto opened = CephConnection::open({options_.conf, pool.access.ceph_user, pool.access.keyring},
                                       pool.access.pool, options_.answer_within);
    if (!opened) return std::unexpected(std::move(opened).error());
    pool.connection = std::move(*opened);
  }
  session.connection = pool.connection;
  return {};
}

template <class Work>
auto CephStorage::with(const ZoneId& zone, Work work) -> decltype(work(std::declval<Session&>())) {
  const auto found = pools_.find(zone);
  if (found == pools_.end())
    return fail(Errc::not_found, fmt::format("zone '{}': not served by host {}", zone, options_.host));
  Session session{.pool = *found->second, .connection = nullptr};
  try {
    if (auto connected = connect(session); !connected) return std::unexpected(std::move(connected).error());
    auto answer = work(session);
    // A fenced client stays fenced. One whose operations time out may be looking for an OSD where it was
    // before its restart: librados asks for a new map only on behalf of operations older than our deadline.
    const bool worn =
        !answer && (answer.error().code == Errc::denied || answer.error().code == Errc::unavailable);
    if (worn) {
      const std::lock_guard lock(session.pool.connection_mutex);
      if (session.pool.connection == session.connection) session.pool.connection.reset();
    }
    return answer;
  } catch (const std::exception& thrown) {
    return fail(Errc::unavailable, fmt::format("pool '{}': {}", session.pool.access.pool, thrown.what()));
  }
}

Result<ObservedPool> CephStorage::observe(const ZoneId& zone) {
  return with(zone, [&](Session& session) -> Result<ObservedPool> {
    auto images = session.images();
    const auto listed = images.list();
    if (!listed) return std::unexpected(listed.error());
    std::map<std::string, ImageFacts> known;
    {
      const std::lock_guard lock(session.pool.mutex);
      known = session.pool.known;
    }
    std::map<VolumeId, ObservedVolume> volumes;
    std::map<std::string, ImageFacts> seen;
    ObservedPool observed;
    for (const auto& [id, name] : *listed) {
      auto entry = known.find(id);
      if (entry == known.end()) {
        const auto facts = images.facts_by_id(id);
        if (!facts && (facts.error().code == Errc::unavailable || facts.error().code == Errc::denied))
          return std::unexpected(facts.error());
        if (facts && !*facts) continue;  // gone since it was listed
        entry = known.emplace(id, facts ? **facts : ImageFacts{}).first;
      }
      const auto& facts = entry->second;
      const bool whole = !parse_temporary_name(name);
      if (whole) seen.insert(*entry);
      if (!is_ours(facts, name))
        observed.foreign.push_back(name);
      else if (whole && !facts.marks.volume.empty())
        volumes.insert_or_assign(
            facts.marks.volume,
            ObservedVolume{.volume = facts.marks.volume, .size = whole_gib(facts.bytes), .ready = true});
      else if (whole)
        observed.images.push_back({.image = facts.marks.image, .sha256 = facts.marks.sha256});
      else if (!facts.marks.volume.empty())
        volumes.try_emplace(facts.marks.volume,
                            ObservedVolume{.volume = facts.marks.volume, .size = GiB{0}, .ready = false});
    }
    for (auto& [id, volume] : volumes) observed.volumes.push_back(std::move(volume));
    std::ranges::sort(observed.images, {}, &ObservedImage::image);
    std::ranges::sort(observed.foreign);
    const std::lock_guard lock(session.pool.mutex);
    session.pool.known = std::move(seen);
    return observed;
  });
}

Result<> CephStorage::copy(Session& session, const DiskFile& file, const std::string& name,
                           const ProgressSink& sink) {
  CAUSEWAY_TRY(convert(file,
                       {.conf = options_.conf,
                        .keyring = session.pool.access.keyring,
                        .ceph_user = session.pool.access.ceph_user,
                        .pool = session.pool.access.pool,
                        .image_name = name},
                       sink));
  return file.check_unchanged();
}

Result<> CephStorage::import_image(Session& session, const ImageSpec& spec, const ProgressSink& sink) {
  const auto final_name = image_name(spec.image);
  auto file = DiskFile::open(options_.images_dir, spec.file);
  if (!file) return std::unexpected(std::move(file).error());
  CAUSEWAY_TRY(check_fits(*file, spec.file, spec.size));
  auto claim =
      ImportClaim::acquire(session.connection->io(), final_name, fmt::format("host {}", options_.host));
  if (!claim) return std::unexpected(std::move(claim).error());
  const ProgressSink renewing = [&](const Progress& progress) {
    claim->renew();
    return sink(progress);
  };
  const auto sha256 =
      file->sha256([&] { return renewing({.bytes_done = 0, .bytes_total = file->header().disk_bytes}); });
  if (!sha256) return std::unexpected(sha256.error());
  if (*sha256 != spec.sha256)
    return fail(Errc::corrupt,
                fmt::format("file '{}': its sha256 is {}, not {}", spec.file, *sha256, spec.sha256));

  Making making(session, options_.host, final_name);
  if (!making.started()) return fail(Errc::busy, "it is being imported");
  auto images = session.images();
  const auto make = [&]() -> Result<> {
    const ImageMarks marks{.volume = {}, .image = spec.image, .sha256 = spec.sha256};
    CAUSEWAY_TRY(images.create(making.name(), file->header().disk_bytes, marks));
    CAUSEWAY_TRY(copy(session, *file, making.name(), renewing));
    return images.freeze(making.name());
  };
  CAUSEWAY_TRY(making.finish(make()));
  return images.protect(final_name);
}

Result<> CephStorage::ensure_image(const ImageSpec& spec, const ProgressSink& sink) {
  CAUSEWAY_TRY(check(spec));
  auto answer = with(spec.zone, [&](Session& session) -> Result<> {
    const auto final_name = image_name(spec.image);
    for (bool again = false;; again = true) {
      const auto existing = find(session.images(), final_name);
      if (!existing) return std::unexpected(existing.error());
      if (*existing && !is_golden(**existing, final_name))
        return fail(Errc::conflict, "the name is taken by an image that is not ours");
      if (*existing && (*existing)->marks.sha256 != spec.sha256)
        return fail(Errc::conflict,
                    fmt::format("the pool has other content under this name (sha256 {}); give new "
                                "content a new name",
                                (*existing)->marks.sha256));
      if (*existing) return {};
      auto imported = import_image(session, spec, sink);
      if (imported || imported.error().code != Errc::conflict || again) return imported;
    }
  });
  if (!answer) return while_doing(std::move(answer).error(), fmt::format("providing image {}", spec.image));
  return answer;
}

Result<> CephStorage::fill(Session& session, const VolumeSpec& spec, const std::string& name,
                           const ProgressSink& sink) {
  auto images = session.images();
  const ImageMarks marks{.volume = spec.volume, .image = {}, .sha256 = {}};
  if (const auto* source = std::get_if<ImageSource>(&spec.source)) {
    const auto parent = image_name(source->image);
    const auto looked = images.facts(parent);
    if (!looked) return std::unexpected(looked.error());
    const std::optional<ImageFacts>& facts = *looked;
    if (!facts || !is_golden(*facts, parent))
      return fail(Errc::not_found,
                  fmt::format("image {}: not in pool '{}'", source->image, session.pool.access.pool));
    if (facts->bytes > bytes_of(spec.size))
      return fail(Errc::invalid,
                  fmt::format("image {}: its disk is larger than {}", source->image, to_string(spec.size)));
    CAUSEWAY_TRY(images.clone(parent, name, marks));
    return facts->bytes < bytes_of(spec.size) ? images.enlarge(name, bytes_of(spec.size)) : Result<>{};
  }
  if (const auto* source = std::get_if<FileSource>(&spec.source)) {
    const auto file = DiskFile::open(options_.images_dir, source->file);
    if (!file) return std::unexpected(file.error());
    CAUSEWAY_TRY(check_fits(*file, source->file, spec.size));
    CAUSEWAY_TRY(images.create(name, bytes_of(spec.size), marks));
    return copy(session, *file, name, sink);
  }
  return images.create(name, bytes_of(spec.size), marks);
}

Result<> CephStorage::make_volume(Session& session, const VolumeSpec& spec, const ProgressSink& sink) {
  Making making(session, options_.host, image_name(spec.volume));
  if (!making.started()) return fail(Errc::busy, "it is being made");
  return making.finish(fill(session, spec, making.name(), sink));
}

Result<> CephStorage::ensure_volume(const VolumeSpec& spec, const ProgressSink& sink) {
  CAUSEWAY_TRY(check(spec));
  auto answer = with(spec.zone, [&](Session& session) -> Result<> {
    const auto final_name = image_name(spec.volume);
    for (bool again = false;; again = true) {
      auto images = session.images();
      const auto existing = find(images, final_name);
      if (!existing) return std::unexpected(existing.error());
      if (!*existing) {
        auto made = make_volume(session, spec, sink);
        if (made || made.error().code != Errc::conflict || again) return made;
        continue;
      }
      if (!is_volume(**existing, final_name))
        return fail(Errc::conflict, "the name is taken by an image that is not ours");
      {
        const std::lock_guard lock(session.pool.mutex);
        std::erase_if(session.pool.known,
                      [&](const auto& entry) { return entry.second.marks.volume == spec.volume; });
      }
      const auto bytes = (*existing)->bytes;
      if (bytes > bytes_of(spec.size))
        return fail(Errc::conflict, fmt::format("it has {} and can't shrink to {}",
                                                to_string(whole_gib(bytes)), to_string(spec.size)));
      return bytes < bytes_of(spec.size) ? images.enlarge(final_name, bytes_of(spec.size)) : Result<>{};
    }
  });
  if (!answer) return while_doing(std::move(answer).error(), fmt::format("providing volume {}", spec.volume));
  return answer;
}

Result<> CephStorage::remove_volume(const ZoneId& zone, const VolumeId& volume) {
  CAUSEWAY_TRY(check(volume));
  auto answer = with(zone, [&](Session& session) -> Result<> {
    const auto name = image_name(volume);
    auto images = session.images();
    const auto facts = find(images, name);
    if (!facts) return std::unexpected(facts.error());
    if (!*facts) return {};
    if (!is_volume(**facts, name)) return fail(Errc::conflict, "the image of this name is not ours");
    const auto users = images.users(name);
    if (!users) return std::unexpected(users.error());
    if (!users->empty()) return fail(Errc::busy, fmt::format("client {} has it open", users->front()));
    return images.move_to_trash(name, options_.trash_deferment);
  });
  if (!answer) return while_doing(std::move(answer).error(), fmt::format("removing volume {}", volume));
  return answer;
}

Result<> CephStorage::leave_sign(const ZoneId& zone, std::uint64_t count) {
  return with(zone, [&](Session& session) -> Result<> {
    librados::bufferlist text;
    text.append(to_text({count, session.connection->address()}));
    const auto object = sign_object(options_.host);
    if (const int done = session.connection->io().write_full(object, text); done < 0)
      return std::unexpected(ceph::error_of(done, fmt::format("object '{}'", object)));
    return {};
  });
}

Result<> CephStorage::sweep(const ZoneId& zone) {
  return with(zone, [&](Session& session) -> Result<> {
    auto images = session.images();
    const auto listed = images.list();
    if (!listed) return std::unexpected(listed.error());
    for (const auto& [id, name] : *listed) {
      const auto temporary = parse_temporary_name(name);
      if (!temporary || temporary->host != options_.host) continue;
      {
        const std::lock_guard lock(session.pool.mutex);
        if (session.pool.in_progress.contains(temporary->final_name)) continue;
      }
      const auto facts = images.facts_by_id(id);
      if (!facts) return std::unexpected(facts.error());
      if (!*facts || !is_ours(**facts, name)) continue;
      const auto renamed = images.facts(temporary->final_name);
      if (!renamed) return std::unexpected(renamed.error());
      if (*renamed && (*renamed)->id == id) {
        CAUSEWAY_TRY(images.end_rename(id, name, temporary->final_name));
        continue;
      }
      // busy: a converter of this host's last life has it open until the cluster forgets that client
      if (auto discarded = images.discard(name); !discarded && discarded.error().code != Errc::busy)
        return discarded;
    }
    const auto trash = images.trash();
    if (!trash) return std::unexpected(trash.error());
    const auto now = std::time(nullptr);
    for (const auto& [id, deferred_until] : *trash) {
      if (deferred_until > now) continue;
      const auto facts = images.facts_by_id(id);
      if (!facts) return std::unexpected(facts.error());
      if (!*facts || (*facts)->marks.volume.empty()) continue;
      if (auto removed = images.remove_from_trash(id); !removed && removed.error().code != Errc::busy)
        return removed;
    }
    return {};
  });
}

Result<AttachInfo> CephStorage::attach_info(const ZoneId& zone, const VolumeId& volume) {
  CAUSEWAY_TRY(check(volume));
  const auto found = options_.zones.find(zone);
  if (found == options_.zones.end())
    return fail(Errc::not_found, fmt::format("zone '{}': not served by host {}", zone, options_.host));
  const auto& [pool, user, keyring] = found->second;
  const std::lock_guard lock(monitors_mutex_);
  if (monitors_.empty()) {
    auto monitors = read_monitors(options_.conf);
    if (!monitors) return std::unexpected(std::move(monitors).error());
    monitors_ = std::move(*monitors);
  }
  return AttachInfo{.pool = pool,
                    .image_name = image_name(volume),
                    .monitors = monitors_,
                    .ceph_user = user,
                    .secret_uuid = secret_uuid(pool, user)};
}

Result<AttachSecret> CephStorage::secret(const ZoneId& zone) {
  const auto found = options_.zones.find(zone);
  if (found == options_.zones.end())
    return fail(Errc::not_found, fmt::format("zone '{}': not served by host {}", zone, options_.host));
  const auto& [pool, user, keyring] = found->second;
  auto key = read_key(keyring, user);
  if (!key) return std::unexpected(std::move(key).error());
  return AttachSecret{.uuid = secret_uuid(pool, user), .key = std::move(*key)};
}

}  // namespace causeway::agent
