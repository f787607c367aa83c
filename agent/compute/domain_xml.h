// SPDX-License-Identifier: Apache-2.0
// A workload in libvirt's words, and how one of ours is recognized again. Pure: text out of values, no
// libvirt.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/compute/compute.h"

namespace causeway::agent {

enum class Virtualization {
  kvm,       // by the processor
  emulated,  // by QEMU's own interpreter (TCG): slow, and works everywhere
  test,      // libvirt's test driver, which runs nothing
};

// What is the same for every workload of a host.
struct DomainSettings {
  Virtualization virtualization = Virtualization::kvm;
  // The taps lead into a userspace datapath, which leaves checksums and segments as they come: the guest must
  // not hand over unfinished ones. With the offloads on, ping works and TCP times out.
  bool offloads = true;
  std::filesystem::path state_dir;  // absolute; console/ and seed/ are in it
};

// The same on every host and for ever, so that a guest keeps its identity (SMBIOS shows it) when it moves.
std::string domain_uuid(const WorkloadId& id);

std::filesystem::path seed_path(const std::filesystem::path& state_dir, const WorkloadId& id);
std::filesystem::path console_path(const std::filesystem::path& state_dir, const WorkloadId& id);

// Which CPUs a domain's threads have: of its own, one for each vCPU, or shared ones. Its emulator's threads
// run on the shared ones in any case.
struct DomainCpus {
  std::vector<int> own;
  std::set<int> shared;  // empty: all

  bool operator==(const DomainCpus&) const = default;
};

// The whole definition, the mark in its <metadata>. The binding must be possible on the host (binding.h).
// Fails as check() does.
Result<std::string> domain_xml(const DomainSpec& spec, const DomainSettings& settings, const Inventory& host,
                               const DomainCpus& cpus);

// The same definition, as libvirt gave it back, with other CPUs in it. corrupt: it is no definition of ours.
Result<std::string> with_cpus(const std::string& xml, const DomainCpus& cpus);

// What makes a domain ours: <causeway:workload xmlns:causeway="urn:causeway:1" id="…" generation="…"
// zone="…"/>. It also holds where it is bound to, in our words: nodes="0 1" cpus="4 5" shared="0-3"
// huge_pages="yes", each where it applies.
struct Mark {
  WorkloadId id;
  Generation generation;
  ZoneId zone;
  std::vector<int> nodes{};  // as in Binding
  DomainCpus cpus{};
  bool huge_pages = false;

  bool operator==(const Mark&) const = default;
};

inline constexpr const char* kMarkNamespace = "urn:causeway:1";

// As libvirt wants it for a domain that is there: it adds prefix and namespace itself.
std::string mark_xml(const Mark& mark);

// Reads the element as libvirt returns it (which drops the prefix). Nothing if it is not a mark that we could
// have written: then the domain is not ours.
std::optional<Mark> read_mark(const std::string& element);

}  // namespace causeway::agent
