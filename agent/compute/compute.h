// SPDX-License-Identifier: Apache-2.0
// What the agent asks of a hypervisor: workloads as virtual machines. Values go in, values come out; how a
// hypervisor is told (libvirt's XML, its handles, its events) stays behind this line. Two things stand behind
// it: LibvirtCompute (libvirt.h) and SimulatedCompute (simulated.h), and one contract suite holds both to
// what is written here.
//
// Every method is idempotent: it says what shall be true, and asking twice does no harm. Every method blocks
// until the hypervisor answered or a deadline passed, never for ever; all are called by one worker thread.
// Only the wakeup comes from another thread. What a method failed with tells what to do:
//   unavailable  the hypervisor does not answer; nothing runs worse for it, the same call works when it is
//   back timeout      no answer in time: it may or may not have happened, observe() tells conflict something
//   of that name is there that is not ours; it was left alone invalid      the hypervisor refuses what was
//   asked, for good: the request must change
// What is not ours (a domain that somebody defined by hand) is reported by observe() and touched by nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/compute/binding.h"
#include "agent/compute/inventory.h"
#include "common/core/ids.h"
#include "common/core/result.h"
#include "common/core/secret.h"
#include "common/core/time.h"
#include "common/core/units.h"

namespace causeway::agent {

// A volume as QEMU opens it by itself, described as storage does (AttachInfo). The hypervisor knows the key
// of `ceph_user` under `secret_uuid` (set_secret).
struct RbdImage {
  std::string pool;
  std::string image_name;             // department.application.workload.disk
  std::vector<std::string> monitors;  // "10.99.0.254:3300", "[fd00::1]:3300"; without a port: the usual ones
  std::string ceph_user;              // without "client.": "h1-extranet"
  std::string secret_uuid;            // empty: Ceph runs without authentication

  bool operator==(const RbdImage&) const = default;
};

// A raw image in a file of this host, for test guests and labs without Ceph. Not for protected workloads.
struct LocalFile {
  std::string path;

  bool operator==(const LocalFile&) const = default;
};

using DiskSource = std::variant<RbdImage, LocalFile>;

// The disks are seen by the guest in the order of the list (vda, vdb, …); the first one is booted from.
struct DiskAttachment {
  std::string name;  // as in the manifest: "root"; the guest finds it as /dev/disk/by-id/virtio-NAME
  DiskSource source;

  bool operator==(const DiskAttachment&) const = default;
};

// A tap that the network driver made and wired before. It stays the network driver's: here it is only opened.
struct PortAttachment {
  PortId port;
  std::string tap;
  std::string mac;  // "52:54:00:12:34:56"
  int mtu = 1500;

  bool operator==(const PortAttachment&) const = default;
};

// How the guest shall set up one of its interfaces, which it knows by the MAC.
struct GuestInterface {
  std::string name;                    // "eth0": the port's name, given to the interface
  std::string mac;                     // matches that of a PortAttachment
  std::vector<std::string> addresses;  // with prefix length, v4 and v6: "10.52.3.21/24", "fd00:52::21/64"
  std::vector<std::string> gateways;   // at most one of each family; none: no default route by this interface
  std::vector<std::string> dns;
  int mtu = 1500;

  bool operator==(const GuestInterface&) const = default;
};

// What the guest learns at its first boot, by cloud-init's NoCloud (seed.h), which stock cloud images read.
struct GuestSeed {
  // Kept for the life of the root disk: a guest that sees another takes itself for new.
  std::string instance_id;
  std::string hostname;
  std::vector<std::string> ssh_keys;  // as in authorized_keys, a line each
  std::string user_data;              // handed through as it is; empty: a "#cloud-config" with the keys
  std::vector<GuestInterface> interfaces;

  bool operator==(const GuestSeed&) const = default;
};

struct DomainSpec {
  WorkloadId id;
  Generation generation;
  ZoneId zone;
  int vcpus = 1;
  MiB memory;
  std::vector<DiskAttachment> disks;
  std::vector<PortAttachment> ports;
  std::optional<GuestSeed> seed;  // none: a guest that was imported and brings its own settings
  Binding binding{};

  bool operator==(const DomainSpec&) const = default;
};

enum class Power {
  stopped,  // no process: never started, or it ended as it was asked to, or by itself in good order
  running,  // from start() until the process is gone, also while the guest powers off
  paused,   // the process is there, the guest does not run (an I/O error, an operator): `why` says it
  crashed,  // no process, and it ended in no good order (killed from outside, failed, guest panic)
};

// "stopped", "running", "paused", "crashed".
std::string_view to_string(Power power);

struct ObservedWorkload {
  WorkloadId id;
  ZoneId zone;
  Generation defined;                 // what the next start will run; 0: it runs, and its definition is gone
  std::optional<Generation> current;  // what the process was started with; none when there is no process
  Power power = Power::stopped;
  std::string why;  // for people, when there is something to say, such as "I/O error"; else empty
  Instant since{};  // when `power` came to be, as far as this driver saw it: never before its own first look
  // Tells one process from the next: changes with every start, stays over restarts of the agent and of
  // libvirtd. 0 when there is no process.
  std::int64_t run = 0;
  std::vector<int> cpus{};  // of a pinned one: that its definition gives it alone, ascending

  bool operator==(const ObservedWorkload&) const = default;
};

// Not ours: shown to operators, never touched.
struct ForeignDomain {
  std::string name;
  Power power = Power::stopped;

  bool operator==(const ForeignDomain&) const = default;
};

struct ComputeObservation {
  std::vector<ObservedWorkload> workloads;  // by id
  std::vector<ForeignDomain> foreign;       // by name
  Inventory host{};                         // as inventory() has it

  bool operator==(const ComputeObservation&) const = default;
};

// The name by which the hypervisor and its tools know the workload: civil-affairs.portal.web-1.
[[nodiscard]] std::string domain_name(const WorkloadId& id);

// What every driver refuses with `invalid` before it does anything: no id, no processor, no memory, more
// disks than there are names for (25, and the seed).
[[nodiscard]] Result<> check(const DomainSpec& spec);
// The same for a secret: `uuid` must be a UUID, `key` base64. The message does not show the key.
[[nodiscard]] Result<> check_secret(const std::string& uuid, const Secret& key);

class Compute {
 public:
  virtual ~Compute() = default;

  // Everything that is defined or runs here, read from the hypervisor itself. Changes nothing, writes
  // nothing.
  [[nodiscard]] virtual Result<ComputeObservation> observe() = 0;

  // Makes the workload known with this generation, and writes its seed first. Starts nothing. A running
  // workload keeps running as it is: the definition holds from its next start. A pinned one gets its CPUs
  // here (share_out), and keeps them until undefine(). Already so (the generation is
  // defined and the seed is there): success, nothing is written. The generation is compared, not the rest:
  // who changes the rest gives it another generation. Fails with conflict if a domain of that name is here
  // and is not ours; with invalid if its binding is to what this host doesn't have; with unavailable if CPUs
  // or huge pages for it are lacking just now.
  [[nodiscard]] virtual Result<> define(const DomainSpec& spec) = 0;

  // Starts what is defined; a paused one goes on (after an I/O error, that is a new try). Its disks, ports
  // and secrets must be there. Success means that it runs: observe() shows it so until it ends. Already so
  // (running): success, nothing happens. Fails with not_found if it is not defined, with unavailable if
  // something that it needs is missing or did not answer (storage, a secret, a tap, free huge pages); then
  // it has no process. Before it starts, the others leave the CPUs of a pinned one, also those that run.
  [[nodiscard]] virtual Result<> start(const WorkloadId& id) = 0;

  // Asks the guest to power off (the ACPI button) and returns at once; that it did so is seen by observe(). A
  // guest may not listen, and one that still boots does not: who asks decides when to ask again, and when to
  // kill(). Already so (no process, or nothing of that name): success.
  [[nodiscard]] virtual Result<> stop(const WorkloadId& id) = 0;

  // Ends the process now, as pulling the plug does, and returns when it is gone: after success the workload's
  // volumes have no writer here.
  // Already so (no process, or nothing of that name): success.
  [[nodiscard]] virtual Result<> kill(const WorkloadId& id) = 0;

  // Forgets a stopped workload: its definition, its seed and its console log.
  // Already so (nothing of that name): success, and what a seed or log left is removed.
  // Fails with busy if it has a process: stop it first.
  [[nodiscard]] virtual Result<> undefine(const WorkloadId& id) = 0;

  // The last bytes, at most so many, of what the guest wrote on its serial line, over all its runs: as the
  // guest wrote them, in no certain encoding; the first line may be cut. Nothing written yet: an empty
  // string. Fails with not_found if it is not defined.
  [[nodiscard]] virtual Result<std::string> console(const WorkloadId& id, std::size_t bytes_max) = 0;

  // Gives the hypervisor the cephx key with which the zone's volumes are opened here, as it stands in a
  // keyring. It is kept in memory only, here and there, and appears in no file and no log; after a restart of
  // the hypervisor's daemon the driver hands it over again by itself. Already so: success; another key
  // replaces the first.
  [[nodiscard]] virtual Result<> set_secret(const ZoneId& zone, const std::string& secret_uuid,
                                            const Secret& key) = 0;

  // What the machine has, all of it: what is kept back for the host itself is somebody else's decision.
  [[nodiscard]] virtual Result<Inventory> inventory() = 0;

  // Is called, from a thread of the driver's own, when something may have changed: a guest ended, a
  // definition came, the hypervisor went or came back. It carries no news: observe() does. Calls may come in
  // bursts, for changes made through this driver too, and one may be missing: who relies on it also looks
  // from time to time. Set once, before the other methods; it must return quickly and not call the driver.
  virtual void set_wakeup(std::function<void()> wakeup) = 0;
};

}  // namespace causeway::agent
