// SPDX-License-Identifier: Apache-2.0
// A workload in libvirt's words, and how one of ours is recognized again. Pure: text out of values, no
// libvirt.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

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

// civil-affairs/portal/web-1 -> civil-affairs.portal.web-1
std::string domain_name(const WorkloadId& id);

// The same on every host and for ever (version 5 in the URL namespace), so that a guest keeps its SMBIOS
// identity when it moves: uuidgen --sha1 --namespace @url --name
// urn:causeway:workload:civil-affairs/portal/web-1
std::string domain_uuid(const WorkloadId& id);

std::filesystem::path seed_path(const std::filesystem::path& state_dir, const WorkloadId& id);
std::filesystem::path console_path(const std::filesystem::path& state_dir, const WorkloadId& id);

// The whole definition, the mark in its <metadata>. invalid: memory or processors below one, more disks than
// there are names for (25, and the seed).
Result<std::string> domain_xml(const DomainSpec& spec, const DomainSettings& settings);

// What makes a domain ours: <causeway:workload xmlns:causeway="urn:causeway:1" id="…" generation="…"
// zone="…"/>.
struct Mark {
  WorkloadId id;
  Generation generation;
  ZoneId zone;

  bool operator==(const Mark&) const = default;
};

inline constexpr const char* kMarkNamespace = "urn:causeway:1";

// Reads the element as libvirt returns it (which drops the prefix). Nothing if it is not a mark that we could
// have written: then the domain is not ours.
std::optional<Mark> read_mark(const std::string& element);

}  // namespace causeway::agent
