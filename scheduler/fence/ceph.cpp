// SPDX-License-Identifier: Apache-2.0
#include "scheduler/fence/ceph.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <list>
#include <mutex>
#include <rados/librados.hpp>
#include <rbd/librbd.hpp>
#include <utility>

#include "common/ceph/cluster.h"
#include "common/core/sign_of_life.h"
#include "common/core/text.h"

namespace causeway::fence {
namespace {

// Ten years. A fence ends when it is lifted, not by itself.
constexpr const char* kForever = "315360000";
constexpr std::size_t kSignBytesMax = 4096;

// One address as a range, or nothing if it is no address: nothing else may get into a command.
std::string range_of(const std::string& address) {
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET, address.c_str(), bytes.data()) == 1) return address + "/32";
  if (inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1) return address + "/128";
  return "";
}

Result<> check(const std::set<std::string>& addresses) {
  if (addresses.empty()) return fail(Errc::invalid, "no address to fence");
  for (const auto& address : addresses)
    if (range_of(address).empty()) return fail(Errc::invalid, fmt::format("'{}' is no address", address));
  return {};
}

// One connection to the cluster. Dropped as a whole after a failure, because librados finds its way back only
// on behalf of operations that are older than our deadline.
class Session {
 public:
  static Result<std::shared_ptr<Session>> open(const CephOptions& options) {
    auto session = std::make_shared<Session>();
    CAUSEWAY_TRY(ceph::connect(
        session->rados_, options.access, options.answer_within,
        // The host is behind the fence already, and its single clients need no entries of their own.
        {{"rbd_blocklist_on_break_lock", "false"}}));
    return session;
  }

  ~Session() { rados_.shutdown(); }

  Result<librados::IoCtx> pool(const std::string& name) {
    librados::IoCtx io;
    if (const int done = rados_.ioctx_create(name.c_str(), io); done < 0)
      return std::unexpected(ceph::error_of(done, fmt::format("pool '{}'", name)));
    return io;
  }

  Result<std::string> command(const std::string& json) {
    librados::bufferlist input;
    librados::bufferlist output;
    std::string status;
    if (const int done = rados_.mon_command(json, input, &output, &status); done < 0)
      return std::unexpected(ceph::error_of(done, status.empty() ? "the monitors" : status));
    return output.to_str();
  }

  Result<> blocklist(const std::string& operation, const std::string& address) {
    const auto answer = command(fmt::format(
        R"({{"prefix":"osd blocklist","range":"range","blocklistop":"{}","addr":"{}"{}}})", operation,
        range_of(address), operation == "add" ? fmt::format(R"(,"expire":{}.0)", kForever) : ""));
    if (!answer && answer.error().code != Errc::not_found) return std::unexpected(answer.error());
    return {};
  }

  Result<std::set<std::string>> fenced() {
    const auto listing = command(R"({"prefix":"osd blocklist ls","format":"plain"})");
    if (!listing) return std::unexpected(listing.error());
    return fenced_addresses(*listing);
  }

  Result<> wait_for_map() {
    if (const int done = rados_.wait_for_latest_osdmap(); done < 0)
      return std::unexpected(ceph::error_of(done, "waiting for the newest map"));
    return {};
  }

 private:
  librados::Rados rados_;
};

// One host's sign in one pool, on its way. Destroyed only after it has arrived: librados writes into it.
class Reading {
 public:
  Reading(librados::IoCtx& io, HostId host)
      : host_(std::move(host)), completion_(librados::Rados::aio_create_completion()) {
    issued_ = io.aio_read(sign_object(host_), completion_, &text_, kSignBytesMax, 0);
  }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  ~Reading() {
    if (issued_ == 0) completion_->wait_for_complete();
    completion_->release();
  }

  [[nodiscard]] const HostId& host() const { return host_; }

  // Adds what was read. Each pool's count goes up by itself: their sum differs if any does.
  Result<> end(Sign& into) {
    if (issued_ == 0) completion_->wait_for_complete();
    const int done = issued_ == 0 ? completion_->get_return_value() : issued_;
    if (done == -ENOENT) return {};
    if (done < 0)
      return std::unexpected(ceph::error_of(done, fmt::format("object '{}'", sign_object(host_))));
    const auto sign = parse_sign(text_.to_str());
    if (!sign) return {};
    into.count += sign->count;
    if (auto address = host_of_client(sign->address); !range_of(address).empty())
      into.addresses.insert(std::move(address));
    return {};
  }

 private:
  const HostId host_;
  librados::bufferlist text_;
  librados::AioCompletion* completion_;
  int issued_ = 0;
};

Result<> break_locks_of(librados::IoCtx& io, const std::string& name,
                        const std::set<std::string>& addresses) {
  librbd::RBD rbd;
  librbd::Image image;
  const auto error = [&](int done) {
    return std::unexpected(ceph::error_of(done, fmt::format("image '{}'", name)));
  };
  if (const int done = rbd.open(io, image, name.c_str()); done < 0)
    return done == -ENOENT ? Result<>() : error(done);
  std::list<librbd::locker_t> lockers;
  bool exclusive = false;
  std::string tag;
  if (const int done = image.list_lockers(&lockers, &exclusive, &tag); done < 0)
    return done == -ENOENT ? Result<>() : error(done);
  for (const auto& locker : lockers) {
    if (!addresses.contains(host_of_client(locker.address))) continue;
    if (const int done = image.break_lock(locker.client, locker.cookie); done < 0 && done != -ENOENT)
      return error(done);
  }
  return {};
}

class CephFence final : public Fence {
 public:
  explicit CephFence(CephOptions options) : options_(std::move(options)) {}

  Result<Look> look(const Watched& hosts) override {
    return with([&](Session& session) -> Result<Look> {
      Look found;
      auto fenced = session.fenced();
      if (!fenced) return std::unexpected(fenced.error());
      found.fenced = std::move(*fenced);
      std::map<std::string, librados::IoCtx> pools;
      std::deque<Reading> readings;  // all at once: a site has thousands of hosts
      for (const auto& [host, names] : hosts) {
        for (const auto& name : names) {
          if (!pools.contains(name)) {
            auto pool = session.pool(name);
            if (!pool) return std::unexpected(pool.error());
            pools.emplace(name, std::move(*pool));
          }
          readings.emplace_back(pools.at(name), host);
        }
      }
      std::map<HostId, Sign> signs;
      for (auto& reading : readings) {
        auto sign = signs.try_emplace(reading.host(), Sign{reading.host(), 0, {}}).first;
        CAUSEWAY_TRY(reading.end(sign->second));
      }
      for (auto& [host, sign] : signs)
        if (!sign.addresses.empty()) found.signs.push_back(std::move(sign));
      return found;
    });
  }

  Result<> raise(const std::set<std::string>& addresses) override {
    CAUSEWAY_TRY(check(addresses));
    return with([&](Session& session) -> Result<> {
      for (const auto& address : addresses) CAUSEWAY_TRY(session.blocklist("add", address));
      return session.wait_for_map();
    });
  }

  Result<bool> stands(const std::set<std::string>& addresses) override {
    return with([&](Session& session) -> Result<bool> {
      const auto fenced = session.fenced();
      if (!fenced) return std::unexpected(fenced.error());
      return std::ranges::includes(*fenced, addresses);
    });
  }

  Result<> lift(const std::set<std::string>& addresses) override {
    CAUSEWAY_TRY(check(addresses));
    return with([&](Session& session) -> Result<> {
      for (const auto& address : addresses) CAUSEWAY_TRY(session.blocklist("rm", address));
      const auto fenced = session.fenced();
      if (!fenced) return std::unexpected(fenced.error());
      for (const auto& address : addresses)
        if (fenced->contains(address))
          return fail(Errc::unavailable, fmt::format("the fence against {} is still there", address));
      return {};
    });
  }

  Result<> break_locks(const std::vector<Image>& images, const std::set<std::string>& addresses) override {
    return with([&](Session& session) -> Result<> {
      for (const auto& [pool, name] : images) {
        auto io = session.pool(pool);
        if (!io) return std::unexpected(io.error());
        CAUSEWAY_TRY(break_locks_of(*io, name, addresses));
      }
      return {};
    });
  }

 private:
  template <class Work>
  auto with(Work work) -> decltype(work(std::declval<Session&>())) {
    std::shared_ptr<Session> session;
    {
      const std::lock_guard lock(mutex_);
      if (!session_) {
        auto opened = Session::open(options_);
        if (!opened) return std::unexpected(std::move(opened).error());
        session_ = std::move(*opened);
      }
      session = session_;
    }
    auto answer = work(*session);
    if (!answer && answer.error().code != Errc::invalid) {
      const std::lock_guard lock(mutex_);
      if (session_ == session) session_.reset();
    }
    return answer;
  }

  const CephOptions options_;
  std::mutex mutex_;
  std::shared_ptr<Session> session_;
};

}  // namespace

std::set<std::string> fenced_addresses(std::string_view listing) {
  std::set<std::string> found;
  for (const auto& line : split(listing, '\n')) {
    // "cidr:10.99.0.11:0/32 2036-11-20T00:00:00.000000+0000"
    if (!line.starts_with("cidr:")) continue;
    const auto range = std::string_view(line).substr(5, line.find(' ') - 5);
    const auto length = range.rfind('/');
    if (length == std::string_view::npos) continue;
    const bool one = range.starts_with('[') ? range.substr(length) == "/128" : range.substr(length) == "/32";
    if (one) found.insert(host_of_client(range));
  }
  return found;
}

std::unique_ptr<Fence> make_ceph_fence(CephOptions options) {
  return std::make_unique<CephFence>(std::move(options));
}

}  // namespace causeway::fence
