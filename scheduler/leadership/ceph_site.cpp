// SPDX-License-Identifier: Apache-2.0
#include "scheduler/leadership/ceph_site.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <list>

#include "common/ceph/cluster.h"

namespace causeway::leadership {
namespace {

// Longer than any process sleeps.
constexpr std::uint32_t kFenceSeconds = 30 * 24 * 3600;
constexpr std::size_t kSignBytesMax = 256;

Error ceph_error(int code, const std::string& what) {
  const int number = -code;
  const auto text = fmt::format("{}: {}", what, std::strerror(number));
  switch (number) {
    case EBUSY:
    case EEXIST: return {Errc::conflict, text};
    case EPERM:
    case EACCES: return {Errc::denied, text + "; look at the caps of the scheduler's client"};
    case ENOENT: return {Errc::not_found, text};
    case ESHUTDOWN: return {Errc::unavailable, what + ": this scheduler was fenced: another one leads"};
    default: return {Errc::unavailable, text};
  }
}

// Locks name their holder as "v1:10.99.0.1:0/123". A client is fenced whichever protocol it speaks, and the
// monitors list it without one.
std::string without_protocol(const std::string& address) {
  const auto colon = address.find(':');
  const auto word = address.substr(0, colon);
  return word == "v1" || word == "v2" || word == "any" ? address.substr(colon + 1) : address;
}

}  // namespace

Result<std::unique_ptr<CephSite>> CephSite::connect(const CephPlace& place) {
  std::unique_ptr<CephSite> site(new CephSite);
  // To connect may take longer than an operation: there is nobody yet who waits for it.
  CAUSEWAY_TRY(ceph::connect(site->rados_, {place.conf.string(), place.client, place.keyring.string()},
                             kAnswerWithin, {{"client_mount_timeout", "10"}}));
  if (const int code = site->rados_.ioctx_create(place.pool.c_str(), site->io_); code < 0)
    return std::unexpected(ceph_error(code, fmt::format("pool {}", place.pool)));
  site->io_.set_namespace(place.ns);
  return site;
}

Result<std::vector<Locker>> CephSite::lockers(const std::string& object, const std::string& lock) {
  int exclusive = 0;
  std::string tag;
  std::list<librados::locker_t> found;
  const int code = io_.list_lockers(object, lock, &exclusive, &tag, &found);
  if (code == -ENOENT) return std::vector<Locker>{};
  if (code < 0) return std::unexpected(ceph_error(code, "who leads can't be read"));
  std::vector<Locker> lockers;
  for (const auto& one : found) lockers.push_back({one.client, one.cookie, without_protocol(one.address)});
  return lockers;
}

Result<> CephSite::lock(const std::string& object, const std::string& lock, const std::string& cookie) {
  const int code = io_.lock_exclusive(object, lock, cookie, "leads", nullptr, 0);
  if (code < 0) return std::unexpected(ceph_error(code, "the leadership is held"));
  return {};
}

Result<> CephSite::unlock(const std::string& object, const std::string& lock, const std::string& cookie) {
  const int code = io_.unlock(object, lock, cookie);
  if (code < 0) return std::unexpected(ceph_error(code, "the leadership can't be given back"));
  return {};
}

Result<> CephSite::break_lock(const std::string& object, const std::string& lock, const Locker& held) {
  const int code = io_.break_lock(object, lock, held.client, held.cookie);
  if (code < 0 && code != -ENOENT)
    return std::unexpected(ceph_error(code, fmt::format("the lock of {} can't be broken", held.client)));
  return {};
}

Result<std::string> CephSite::read(const std::string& object) {
  librados::bufferlist content;
  const int code = io_.read(object, content, kSignBytesMax, 0);
  if (code == -ENOENT) return std::string{};
  if (code < 0) return std::unexpected(ceph_error(code, "the leader's sign of life can't be read"));
  return content.to_str();
}

Result<> CephSite::write(const std::string& object, const std::string& content) {
  librados::bufferlist bytes;
  bytes.append(content);
  const int code = io_.write_full(object, bytes);
  if (code < 0) return std::unexpected(ceph_error(code, "no sign of life can be given"));
  return {};
}

Result<std::string> CephSite::command(const std::string& json) {
  librados::bufferlist nothing;
  librados::bufferlist answer;
  std::string words;
  const int code = rados_.mon_command(std::string(json), nothing, &answer, &words);
  if (code < 0) return std::unexpected(ceph_error(code, words));
  return answer.to_str();
}

Result<> CephSite::fence(const std::string& address) {
  if (const int code = rados_.blocklist_add(address, kFenceSeconds); code < 0)
    return std::unexpected(ceph_error(code, fmt::format("{} can't be fenced", address)));
  const auto fenced = command(R"({"prefix": "osd blocklist ls", "format": "json"})");
  if (!fenced) return while_doing(fenced.error(), fmt::format("reading back that {} is fenced", address));
  if (fenced->find(fmt::format("\"{}\"", address)) == std::string::npos)
    return fail(Errc::unavailable,
                fmt::format("{} was to be fenced, and the monitors don't say that it is", address));
  return {};
}

Result<> CephSite::prove_not_fenced(const std::string& object) {
  int code = rados_.wait_for_latest_osdmap();
  std::uint64_t size = 0;
  time_t changed = 0;
  if (code >= 0) code = io_.stat(object, &size, &changed);
  if (code < 0) return std::unexpected(ceph_error(code, "that this scheduler still leads can't be proven"));
  return {};
}

}  // namespace causeway::leadership
