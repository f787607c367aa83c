// SPDX-License-Identifier: Apache-2.0
// The simulated twin of the libvirt driver: deterministic, without a thread or a file of its own. The time is
// that of a Clock, which in a simulation is the world's.
//
// SimulatedHypervisor is what survives when agents die: definitions, processes, consoles. The world that owns
// it lets guests crash, listen or not, and takes the hypervisor's daemon or the whole host away.
// SimulatedCompute is one agent's handle on it and dies with the agent.
//
// A guest runs as soon as it is started, is booted after `boot`, says so on its console ("GUEST-READY
// web-1"), and listens to the power button from then on, not before. It is gone `power_off` after the button
// was pressed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "agent/compute/compute.h"

namespace causeway::agent {

struct GuestTimes {
  Duration boot{3000};
  Duration power_off{2000};
};

class SimulatedHypervisor {
 public:
  // What a start needs from the rest of the host: an empty string, or what is missing ("tap cw01… is not
  // there").
  using StartCheck = std::function<std::string(const DomainSpec&)>;
  // A process began (true) or is gone (false) with this definition: its volumes are opened, or closed, here.
  using ProcessWatch = std::function<void(const DomainSpec&, bool running)>;

  SimulatedHypervisor();
  SimulatedHypervisor(const SimulatedHypervisor&) = delete;
  SimulatedHypervisor& operator=(const SimulatedHypervisor&) = delete;

  // Set before the first use; called while the hypervisor is locked, so they must not call it.
  void set_times(GuestTimes times);
  void set_inventory(Inventory inventory);
  void set_start_check(StartCheck check);
  void set_process_watch(ProcessWatch watch);

  // Lets time pass, never backwards: guests finish to boot and to power off. Each call of a handle does it
  // too.
  void advance(Instant now);
  // When advance() has something to do next; nothing if all guests are at rest.
  [[nodiscard]] std::optional<Instant> next_change() const;

  // What happens to guests by themselves. Of a guest that has no process: nothing happens.
  void crash(const WorkloadId& id);                          // the process is gone
  void power_off(const WorkloadId& id);                      // its own decision, done at once
  void pause(const WorkloadId& id, const std::string& why);  // "I/O error"
  void set_listens(const WorkloadId& id,
                   bool listens);  // to the power button; true at first, kept over starts
  void write_console(const WorkloadId& id, const std::string& text);

  // What happens to the host.
  void add_foreign(const std::string& name, Power power);
  void set_answering(bool answering);  // false: calls answer unavailable; guests go on
  void restart_daemon();               // guests go on; what the daemon kept in memory only (secrets) is gone
  void lose_power();                   // every process and every secret is gone; definitions stay

  // For a test to look at.
  [[nodiscard]] std::optional<DomainSpec> definition(const WorkloadId& id) const;
  [[nodiscard]] bool knows_secret(const std::string& uuid) const;
  [[nodiscard]] std::uint64_t writes() const;  // changes made so far through handles

 private:
  friend class SimulatedCompute;

  struct Process {
    DomainSpec spec;  // as it was started
    std::int64_t run = 0;
    std::optional<Instant> booted_at;  // none: it is booted
    std::optional<Instant> gone_at;    // none: nobody pressed the button
  };
  struct Domain {
    DomainSpec spec;
    std::optional<Process> process;
    Power power = Power::stopped;
    std::string why;
    Instant since{};
    bool listens = true;
    std::string console;
    std::vector<int> cpus;  // of a pinned one, of its definition
  };

  // All of these need the mutex.
  void advance_locked(Instant now);
  void end(Domain& domain, Power power, const std::string& why);
  [[nodiscard]] Process* process_of(const WorkloadId& id);
  [[nodiscard]] bool foreign_has(const WorkloadId& id) const;
  [[nodiscard]] Inventory host() const;  // the inventory, with the huge pages that no process has
  Result<> give_cpus(const DomainSpec& spec);

  void wake();  // without the mutex

  mutable std::mutex mutex_;
  GuestTimes times_;
  Inventory inventory_;  // large enough for anything, unless a test says otherwise
  StartCheck start_check_;
  ProcessWatch process_watch_;
  std::map<WorkloadId, Domain> domains_;
  std::map<std::string, Power> foreign_;
  std::set<std::string> secrets_;
  std::map<const void*, std::function<void()>> wakeups_;  // by handle
  Instant now_{};
  std::int64_t runs_ = 0;
  std::uint64_t daemon_starts_ = 1;
  std::uint64_t writes_ = 0;
  bool answering_ = true;
};

// What goes wrong, set by a test between calls. Counts go down as calls are hit.
struct ComputeFaults {
  int fail_next = 0;  // that many calls do nothing and answer fail_code
  Errc fail_code = Errc::unavailable;
  int lose_answers = 0;  // that many calls do their work and answer timeout
  bool hung = false;     // calls do nothing and answer timeout, as a stuck hypervisor does after the deadline
};

class SimulatedCompute final : public Compute {
 public:
  SimulatedCompute(std::shared_ptr<SimulatedHypervisor> hypervisor, std::shared_ptr<Clock> clock);
  ~SimulatedCompute() override;
  SimulatedCompute(const SimulatedCompute&) = delete;
  SimulatedCompute& operator=(const SimulatedCompute&) = delete;

  // Not for use while another thread calls.
  ComputeFaults& faults() { return faults_; }

  Result<ComputeObservation> observe() override;
  Result<> define(const DomainSpec& spec) override;
  Result<> start(const WorkloadId& id) override;
  Result<> stop(const WorkloadId& id) override;
  Result<> kill(const WorkloadId& id) override;
  Result<> undefine(const WorkloadId& id) override;
  Result<std::string> console(const WorkloadId& id, std::size_t bytes_max) override;
  Result<> set_secret(const ZoneId& zone, const std::string& secret_uuid, const Secret& key) override;
  Result<Inventory> inventory() override;
  void set_wakeup(std::function<void()> wakeup) override;

 private:
  // Runs the work under the hypervisor's mutex, at the clock's time, if no fault says otherwise; wakes who
  // waits if the work changed something.
  template <class Work>
  auto call(Work work) -> decltype(work());

  std::shared_ptr<SimulatedHypervisor> hypervisor_;
  std::shared_ptr<Clock> clock_;
  ComputeFaults faults_;
  std::map<ZoneId, std::string> given_;  // the secrets to hand over again after a restart of the daemon
  std::uint64_t daemon_seen_ = 0;
  std::optional<Instant> first_look_;
};

}  // namespace causeway::agent
