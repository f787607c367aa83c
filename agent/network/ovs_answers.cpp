// SPDX-License-Identifier: Apache-2.0
#include "agent/network/ovs_answers.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "agent/network/openflow_codec.h"
#include "agent/network/ovs_library.h"
#include "common/core/check.h"

extern "C" {
#include <openvswitch/poll-loop.h>
#include <openvswitch/util.h>
}

namespace causeway::agent {
namespace {

using namespace std::chrono_literals;

// How long it sleeps when a bridge doesn't answer, and when all do.
constexpr Duration kRetryTick = 250ms;
constexpr Duration kQuietTick = 60s;
// Well before kGatewaySeconds is over, also if some are lost.
constexpr Duration kAdvertiseEvery = 600s;

std::vector<std::uint8_t> answer_guest(const GuestLeases& leases, std::span<const std::uint8_t> frame) {
  auto said = leases.v4 ? answer_dhcp(*leases.v4, frame) : std::nullopt;
  if (!said && leases.v6) said = answer_ipv6(*leases.v6, frame);
  return said.value_or(std::vector<std::uint8_t>{});
}

}  // namespace

OvsAnswers::OvsAnswers(std::string run_dir)
    : run_dir_(std::move(run_dir)),
      stop_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      news_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  CAUSEWAY_CHECK(stop_ >= 0 && news_ >= 0);
  ovs_library_prepare();
  thread_ = std::thread([this] { run(); });
}

OvsAnswers::~OvsAnswers() {
  eventfd_write(stop_, 1);
  thread_.join();
  close(stop_);
  close(news_);
}

void OvsAnswers::set(const std::string& bridge, Leases leases) {
  {
    const std::lock_guard lock(mutex_);
    if (leases.empty())
      leases_.erase(bridge);
    else
      leases_[bridge] = std::move(leases);
  }
  eventfd_write(news_, 1);
}

bool OvsAnswers::advertise(PacketWatch& watch, const Leases& leases, const Leases& told) {
  return std::ranges::all_of(leases, [&](const auto& guest) {
    const auto before = told.find(guest.first);
    const bool knows = before != told.end() && before->second.v6 == guest.second.v6;
    return !guest.second.v6 || knows || watch.send_out(guest.first, advertisement(*guest.second.v6));
  });
}

void OvsAnswers::run() {
  std::map<std::string, std::optional<PacketWatch>> watches;
  std::map<std::string, Leases> told;  // that were advertised
  auto next = std::chrono::steady_clock::now() + kAdvertiseEvery;
  for (;;) {
    eventfd_t ignored = 0;
    if (eventfd_read(stop_, &ignored) == 0) return;
    eventfd_read(news_, &ignored);
    std::map<std::string, Leases> leases;
    {
      const std::lock_guard lock(mutex_);
      leases = leases_;
    }
    if (const auto now = std::chrono::steady_clock::now(); now >= next) {
      told.clear();
      next = now + kAdvertiseEvery;
    }
    std::erase_if(watches, [&](const auto& watch) { return !leases.contains(watch.first); });
    bool all = true;
    for (const auto& [bridge, known] : leases) {
      auto& watch = watches[bridge];
      if (!watch) {
        auto started = PacketWatch::start(run_dir_ + "/" + bridge + ".mgmt", kRetryTick);
        if (started) watch.emplace(std::move(*started));
      }
      const auto answer = [&](std::uint32_t port, std::span<const std::uint8_t> frame) {
        const auto guest = known.find(port);
        return guest == known.end() ? std::vector<std::uint8_t>{} : answer_guest(guest->second, frame);
      };
      if (watch && !watch->answer(answer)) watch.reset();
      // A gateway or an MTU that changed is told at once, and all of it from time to time.
      if (watch && told[bridge] != known) {
        if (advertise(*watch, known, told[bridge]))
          told[bridge] = known;
        else
          watch.reset();
      }
      if (watch) watch->wait();
      all = all && watch.has_value();
    }
    poll_fd_wait(stop_, POLLIN);
    poll_fd_wait(news_, POLLIN);
    poll_timer_wait((all ? kQuietTick : kRetryTick).count());
    poll_block();
  }
}

}  // namespace causeway::agent
