// SPDX-License-Identifier: Apache-2.0
// Compute by libvirt and QEMU. The definitions live in libvirt, marked as ours; the driver keeps nothing of
// its own but seeds and console logs in the host's state folder, so an agent that starts anew adopts what it
// finds.
//
// The connection is made at the first call, and made again when libvirtd went away; guests don't notice. A
// call that gets no answer is left to itself with its connection, and reported as a timeout: the worker goes
// on with another connection.
//
// Console logs grow until something rotates them: virtlogd does by default (2 MiB, 3 backups); with
// stdio_handler = "file" in qemu.conf, as in the lab, nothing does.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "agent/compute/compute.h"
#include "agent/compute/domain_xml.h"

namespace causeway::agent {

class LibvirtNews;
class LibvirtSession;

struct LibvirtSettings {
  std::string uri;  // "qemu:///system", "qemu:///system?socket=/run/h1/libvirt-sock"
  DomainSettings domains;
  Duration call_deadline{30'000};
  Duration start_deadline{30'000};  // a start that takes longer goes on, and observe() shows how it ended
};

// What "virtualization: auto" means: kvm if /dev/kvm opens, else emulated. That it opens proves nothing about
// whether a guest boots under it; only a guest does.
Virtualization automatic_virtualization();

class LibvirtCompute final : public Compute {
 public:
  // The clock gives ObservedWorkload::since.
  LibvirtCompute(LibvirtSettings settings, std::shared_ptr<Clock> clock);
  ~LibvirtCompute() override;
  LibvirtCompute(const LibvirtCompute&) = delete;
  LibvirtCompute& operator=(const LibvirtCompute&) = delete;

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
  struct GivenSecret {
    ZoneId zone;
    Secret key;
  };
  struct Since {
    Power power;
    std::int64_t run;
    Instant at;
  };

  // The open connection, or a new one that knows all secrets.
  Result<std::shared_ptr<LibvirtSession>> session();
  // Runs work(session) with a deadline, and gives the connection up if it died or hangs.
  template <class Work>
  auto call(Duration deadline, const std::string& doing, Work work)
      -> std::invoke_result_t<Work, LibvirtSession&>;
  void close();

  const LibvirtSettings settings_;
  const std::shared_ptr<Clock> clock_;
  const std::shared_ptr<LibvirtNews> news_;
  std::shared_ptr<LibvirtSession> session_;
  std::map<std::string, GivenSecret> secrets_;  // by uuid
  std::map<WorkloadId, Since> since_;
};

}  // namespace causeway::agent
