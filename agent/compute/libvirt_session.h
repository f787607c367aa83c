// SPDX-License-Identifier: Apache-2.0
// One connection to libvirt, with its events. It is open or it is of no more use: who finds it closed opens
// another.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "agent/compute/domain_xml.h"
#include "agent/compute/libvirt_handles.h"
#include "common/core/result.h"

namespace causeway::agent {

// What the threads share: events come on libvirt's thread and end here.
class LibvirtNews {
 public:
  void set_wakeup(std::function<void()> wakeup);
  // Something happened to the domain; an empty uuid: to any, or to the connection.
  void arrived(const std::string& uuid);
  // Uuids that something happened to since the last call; nullopt: forget what you know about all of them.
  std::optional<std::vector<std::string>> take();

 private:
  std::mutex mutex_;
  std::function<void()> wakeup_;
  std::vector<std::string> domains_;
  bool all_ = true;
};

// The marks of one domain. They are read when something happened to it, not at each look.
struct DomainMarks {
  std::optional<Mark> config;   // of the definition
  std::optional<Mark> current;  // of the process
};

class LibvirtSession {
 public:
  // Blocks until libvirt answered or refused: 4 to 8 s at the very first connection, while it probes QEMU.
  // unavailable: nothing answers at the URI; the message says how to start it.
  static Result<std::shared_ptr<LibvirtSession>> open(const std::string& uri,
                                                      std::shared_ptr<LibvirtNews> news);
  ~LibvirtSession();
  LibvirtSession(const LibvirtSession&) = delete;
  LibvirtSession& operator=(const LibvirtSession&) = delete;

  [[nodiscard]] virConnectPtr get() const { return connection_; }
  // False when the other side went away, or did not answer the keepalive for 20 s.
  [[nodiscard]] bool alive() const { return !closed_->load() && virConnectIsAlive(connection_) == 1; }

  // The domain of that name, or an empty handle if there is none.
  Result<DomainHandle> find(const std::string& name) const;
  // Reads both marks from libvirt. Only marks that fit name and uuid count: a copy that somebody made of one
  // of our definitions is not ours.
  static DomainMarks read_marks(virDomainPtr domain);
  // The same, from memory where nothing happened to the domain since: no news of it came, and `run`, which
  // tells its process from others, is the one that was read. News come later than the look that follows a
  // start.
  DomainMarks marks(virDomainPtr domain, const std::string& uuid, std::int64_t run);
  // What the host has, as libvirt says it now; and the same from memory, which may be a few minutes old in
  // all but the huge pages that are free.
  Result<Inventory> read_inventory();
  Result<Inventory> inventory();
  // To be called at the begin of a look: drops what news made stale.
  void refresh();
  void forget(const std::string& uuid);

 private:
  struct KnownMarks {
    std::int64_t run = 0;
    DomainMarks marks;
  };

  LibvirtSession(virConnectPtr connection, std::shared_ptr<LibvirtNews> news);
  void listen();

  virConnectPtr connection_;
  std::shared_ptr<LibvirtNews> news_;
  std::shared_ptr<std::atomic<bool>> closed_ = std::make_shared<std::atomic<bool>>(false);
  std::vector<int> callbacks_;
  std::shared_ptr<void> close_listener_;
  std::mutex mutex_;
  std::map<std::string, KnownMarks> marks_;
  std::optional<Inventory> inventory_;
  int looks_ = 0;
};

std::string uuid_text(virDomainPtr domain);

}  // namespace causeway::agent
