// SPDX-License-Identifier: Apache-2.0
#include "agent/compute/libvirt_session.h"

#include <fmt/core.h>

#include <array>
#include <thread>
#include <utility>

#include "agent/compute/capabilities.h"
#include "agent/compute/deadline.h"

namespace causeway::agent {
namespace {

constexpr int kKeepaliveSeconds = 5;
constexpr unsigned kKeepaliveCount = 4;
constexpr int kLooksBetweenRereads = 64;  // should an event be lost all the same

// libvirt has one event loop per process, to be there before the first connection. Its thread has no end:
// libvirt offers none that is safe while connections close behind it.
void ensure_event_loop() {
  static const bool started = [] {
    virSetErrorFunc(nullptr, [](void*, virErrorPtr) {});  // errors are returned, not printed
    virInitialize();
    virEventRegisterDefaultImpl();
    std::thread([] {
      block_signals();
      while (true) {
        if (virEventRunDefaultImpl() < 0) std::this_thread::yield();
      }
    }).detach();
    return true;
  }();
  static_cast<void>(started);
}

// What libvirt holds for a callback: freed by libvirt when it lets go of the callback.
struct Listener {
  std::shared_ptr<LibvirtNews> news;
  std::shared_ptr<std::atomic<bool>> closed;
};

Listener& listener(void* opaque) { return *static_cast<Listener*>(opaque); }
void free_listener(void* opaque) { delete static_cast<Listener*>(opaque); }

int on_lifecycle(virConnectPtr, virDomainPtr domain, int, int, void* opaque) {
  listener(opaque).news->arrived(uuid_text(domain));
  return 0;
}

void on_metadata(virConnectPtr, virDomainPtr domain, int, const char*, void* opaque) {
  listener(opaque).news->arrived(uuid_text(domain));
}

void on_io_error(virConnectPtr, virDomainPtr domain, const char*, const char*, int, void* opaque) {
  listener(opaque).news->arrived(uuid_text(domain));
}

void on_closed(virConnectPtr, int, void* opaque) {
  listener(opaque).closed->store(true);
  listener(opaque).news->arrived("");
}

std::optional<Mark> read_mark_of(virDomainPtr domain, unsigned flags) {
  const LibvirtText element(virDomainGetMetadata(domain, VIR_DOMAIN_METADATA_ELEMENT, kMarkNamespace, flags));
  if (!element) return std::nullopt;
  auto mark = read_mark(element.get());
  const bool fits =
      mark && virDomainGetName(domain) == domain_name(mark->id) && uuid_text(domain) == domain_uuid(mark->id);
  return fits ? mark : std::nullopt;
}

}  // namespace

std::string uuid_text(virDomainPtr domain) {
  std::array<char, VIR_UUID_STRING_BUFLEN> text{};
  return virDomainGetUUIDString(domain, text.data()) == 0 ? text.data() : "";
}

void LibvirtNews::set_wakeup(std::function<void()> wakeup) {
  const std::lock_guard lock(mutex_);
  wakeup_ = std::move(wakeup);
}

void LibvirtNews::arrived(const std::string& uuid) {
  // Called under the lock, so that after set_wakeup({}) nobody is woken any more.
  const std::lock_guard lock(mutex_);
  if (uuid.empty()) {
    all_ = true;
    domains_.clear();
  } else if (!all_) {
    domains_.push_back(uuid);
  }
  if (wakeup_) wakeup_();
}

std::optional<std::vector<std::string>> LibvirtNews::take() {
  const std::lock_guard lock(mutex_);
  auto domains = std::exchange(domains_, {});
  if (std::exchange(all_, false)) return std::nullopt;
  return domains;
}

Result<std::shared_ptr<LibvirtSession>> LibvirtSession::open(const std::string& uri,
                                                             std::shared_ptr<LibvirtNews> news) {
  ensure_event_loop();
  virConnectPtr connection = virConnectOpenAuth(uri.c_str(), nullptr, 0);
  if (!connection) {
    const auto why = libvirt_failed("connecting");
    const auto code = why.error().code == Errc::denied ? Errc::denied : Errc::unavailable;
    return fail(code,
                fmt::format("libvirtd does not answer at {}; start it with 'systemctl start libvirtd' ({})",
                            uri, why.error().what));
  }
  std::shared_ptr<LibvirtSession> session(new LibvirtSession(connection, std::move(news)));
  session->listen();
  return session;
}

LibvirtSession::LibvirtSession(virConnectPtr connection, std::shared_ptr<LibvirtNews> news)
    : connection_(connection), news_(std::move(news)) {}

LibvirtSession::~LibvirtSession() {
  for (const int callback : callbacks_) virConnectDomainEventDeregisterAny(connection_, callback);
  virConnectUnregisterCloseCallback(connection_, on_closed);
  virConnectClose(connection_);
}

void LibvirtSession::listen() {
  // A driver without one of these events (libvirt's test driver) refuses it; observation does without.
  const auto subscribe = [&](int event, auto function) {
    auto* held = new Listener{news_, closed_};
    const int id = virConnectDomainEventRegisterAny(connection_, nullptr, event,
                                                    VIR_DOMAIN_EVENT_CALLBACK(function), held, free_listener);
    if (id < 0)
      free_listener(held);
    else
      callbacks_.push_back(id);
  };
  subscribe(VIR_DOMAIN_EVENT_ID_LIFECYCLE, on_lifecycle);
  subscribe(VIR_DOMAIN_EVENT_ID_METADATA_CHANGE, on_metadata);
  subscribe(VIR_DOMAIN_EVENT_ID_IO_ERROR, on_io_error);
  // libvirt's test driver takes this one, forgets it, and frees nothing: so it stays ours.
  const auto close_listener = std::make_shared<Listener>(Listener{news_, closed_});
  virConnectRegisterCloseCallback(connection_, on_closed, close_listener.get(), nullptr);
  close_listener_ = close_listener;
  virConnectSetKeepAlive(connection_, kKeepaliveSeconds, kKeepaliveCount);
  news_->arrived("");
}

Result<DomainHandle> LibvirtSession::find(const std::string& name) const {
  DomainHandle domain(virDomainLookupByName(connection_, name.c_str()));
  if (!domain && libvirt_code() != VIR_ERR_NO_DOMAIN) return libvirt_failed("looking for domain " + name);
  return domain;
}

DomainMarks LibvirtSession::read_marks(virDomainPtr domain) {
  // A domain that was undefined while it runs has no definition; one that does not run has no process.
  const bool runs = virDomainIsActive(domain) == 1;
  const bool defined = virDomainIsPersistent(domain) == 1;
  return {.config = defined ? read_mark_of(domain, VIR_DOMAIN_AFFECT_CONFIG) : std::nullopt,
          .current = runs ? read_mark_of(domain, VIR_DOMAIN_AFFECT_LIVE) : std::nullopt};
}

DomainMarks LibvirtSession::marks(virDomainPtr domain, const std::string& uuid, std::int64_t run) {
  {
    const std::lock_guard lock(mutex_);
    const auto known = marks_.find(uuid);
    if (known != marks_.end() && known->second.run == run) return known->second.marks;
  }
  const DomainMarks read = read_marks(domain);
  const std::lock_guard lock(mutex_);
  marks_[uuid] = {run, read};
  return read;
}

namespace {

// Only a host that sets huge pages aside is asked for those that are free.
Result<> count_free_pages(virConnectPtr connection, Inventory& host) {
  for (auto& node : host.numa) {
    if (node.huge_pages == MiB{}) continue;
    auto size = static_cast<unsigned>(host.huge_page_kib);
    unsigned long long free_pages = 0;
    if (virNodeGetFreePages(connection, 1, &size, node.id, 1, &free_pages, 0) < 0)
      return libvirt_failed("asking for free huge pages");
    node.huge_pages_free = MiB{static_cast<std::int64_t>(free_pages) * host.huge_page_kib / 1024};
  }
  return {};
}

}  // namespace

Result<Inventory> LibvirtSession::read_inventory() {
  const LibvirtText capabilities(virConnectGetCapabilities(connection_));
  virNodeInfo node{};
  if (!capabilities || virNodeGetInfo(connection_, &node) < 0) return libvirt_failed("asking libvirt");
  auto read = read_capabilities(capabilities.get());
  if (!read) return read;
  read->vcpus = static_cast<int>(node.cpus);
  read->memory = MiB{static_cast<std::int64_t>(node.memory / 1024)};
  CAUSEWAY_TRY(count_free_pages(connection_, *read));
  const std::lock_guard lock(mutex_);
  inventory_ = *read;
  return read;
}

Result<Inventory> LibvirtSession::inventory() {
  std::optional<Inventory> known;
  {
    const std::lock_guard lock(mutex_);
    known = inventory_;
  }
  if (!known) return read_inventory();
  CAUSEWAY_TRY(count_free_pages(connection_, *known));
  return *known;
}

void LibvirtSession::refresh() {
  const auto changed = news_->take();
  const std::lock_guard lock(mutex_);
  if (!changed || ++looks_ % kLooksBetweenRereads == 0) {
    inventory_.reset();
    return marks_.clear();
  }
  for (const auto& uuid : *changed) marks_.erase(uuid);
}

void LibvirtSession::forget(const std::string& uuid) {
  const std::lock_guard lock(mutex_);
  marks_.erase(uuid);
}

}  // namespace causeway::agent
