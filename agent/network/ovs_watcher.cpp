// SPDX-License-Identifier: Apache-2.0
#include "agent/network/ovs_watcher.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "agent/network/openflow.h"
#include "agent/network/ovs_database.h"
#include "common/core/check.h"

namespace causeway::agent {
namespace {

using namespace std::chrono_literals;

// How long it sleeps when nothing comes, and when a bridge that it shall hear doesn't answer.
constexpr Duration kQuietTick = 60s;
constexpr Duration kRetryTick = 250ms;

// Connections of its own, because a connection belongs to one thread.
class Ears {
 public:
  explicit Ears(std::string run_dir)
      : run_dir_(std::move(run_dir)),
        database_(ovs_database_open((run_dir_ + "/db.sock").c_str()), &ovs_database_close) {}

  // Whether anything has changed since the last call.
  bool changed() {
    char* why = nullptr;
    const bool answers = ovs_database_refresh(database_.get(), 0, &why) == 0;
    free(why);
    const unsigned change = ovs_database_change(database_.get());
    const bool news =
        std::exchange(answered_, answers) != answers || std::exchange(change_, change) != change;
    return (answers && flows_changed()) || news;
  }

  [[nodiscard]] bool listening() const {
    return answered_ &&
           std::ranges::all_of(watches_, [](const auto& watch) { return watch.second.has_value(); });
  }

  void wait(int stop) const {
    for (const auto& [bridge, watch] : watches_)
      if (watch) watch->wait_for_news();
    ovs_database_wait(database_.get(), stop,
                      static_cast<int>((listening() ? kQuietTick : kRetryTick).count()));
  }

 private:
  bool flows_changed() {
    std::vector<std::string> bridges;
    ovs_database_bridges(
        database_.get(),
        [](void* context, const ovs_bridge_view* view, const void* row) {
          if (ovs_bridge_external_id(row, kZoneMark) != nullptr)
            static_cast<std::vector<std::string>*>(context)->emplace_back(view->name);
        },
        &bridges);
    std::erase_if(watches_, [&](const auto& watch) {
      return std::ranges::find(bridges, watch.first) == bridges.end();
    });
    bool news = false;
    for (const std::string& bridge : bridges) {
      auto& watch = watches_[bridge];
      if (!watch) {
        auto started = OpenFlow::connect(run_dir_ + "/" + bridge + ".mgmt", kRetryTick);
        if (!started || !started->watch_others()) continue;
        watch.emplace(std::move(*started));
        news = true;
      }
      const auto changed = watch->others_changed();
      if (!changed) watch.reset();
      news = news || !changed || *changed;
    }
    return news;
  }

  std::string run_dir_;
  std::unique_ptr<ovs_database, decltype(&ovs_database_close)> database_;
  bool answered_ = true;
  unsigned change_ = 0;
  std::map<std::string, std::optional<OpenFlow>> watches_;  // empty: the bridge doesn't answer
};

}  // namespace

OvsWatcher::OvsWatcher(std::string run_dir, std::function<void()> wakeup)
    : run_dir_(std::move(run_dir)),
      wakeup_(std::move(wakeup)),
      stop_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  CAUSEWAY_CHECK(stop_ >= 0);
  thread_ = std::thread([this] { run(); });
}

OvsWatcher::~OvsWatcher() {
  eventfd_write(stop_, 1);
  thread_.join();
  close(stop_);
}

void OvsWatcher::run() {
  Ears ears(run_dir_);
  for (;;) {
    eventfd_t stopped = 0;
    if (eventfd_read(stop_, &stopped) == 0) return;
    const bool changed = ears.changed();
    if (changed) wakeup_();
    ears.wait(stop_);
  }
}

}  // namespace causeway::agent
