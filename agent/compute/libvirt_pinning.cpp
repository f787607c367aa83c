// SPDX-License-Identifier: Apache-2.0
#include "agent/compute/libvirt_pinning.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace causeway::agent {
namespace {

struct OurDomain {
  DomainHandle domain;
  DomainMarks marks;

  [[nodiscard]] const Mark& mark() const { return marks.config ? *marks.config : *marks.current; }
  // Its process may go on with CPUs that its newest definition doesn't name.
  [[nodiscard]] bool process_differs() const {
    return marks.current && (!marks.config || marks.config->cpus.own != marks.current->cpus.own);
  }
};

Result<std::vector<OurDomain>> our_domains(LibvirtSession& session) {
  virDomainPtr* list = nullptr;
  const int count = virConnectListAllDomains(session.get(), &list, 0);
  if (count < 0) return libvirt_failed("listing the domains");
  std::vector<OurDomain> ours;
  for (int i = 0; i < count; ++i) {
    DomainHandle domain(list[i]);
    const unsigned id = virDomainGetID(domain.get());
    const auto run = id == static_cast<unsigned>(-1) ? 0 : static_cast<std::int64_t>(id);
    auto marks = session.marks(domain.get(), uuid_text(domain.get()), run);
    if (marks.config || marks.current) ours.push_back({std::move(domain), std::move(marks)});
  }
  std::free(list);
  return ours;
}

std::set<int> dedicated(const std::vector<OurDomain>& domains) {
  std::set<int> own;
  for (const auto& one : domains)
    for (const auto& mark : {one.marks.config, one.marks.current})
      if (mark) own.insert(mark->cpus.own.begin(), mark->cpus.own.end());
  return own;
}

// What a domain without CPUs of its own may use; and where the other threads of one with them run. Empty
// where all the host is open to it, so that most definitions say nothing.
std::set<int> shared_of(const Inventory& host, const std::vector<int>& nodes, const std::set<int>& own) {
  if (own.empty() && nodes.empty()) return {};
  return shared_cpus(host, nodes, own);
}

class CpuMap {
 public:
  CpuMap(const Inventory& host, const std::set<int>& cpus) {
    int last = 0;
    for (const auto& node : host.numa)
      for (const int cpu : node.cpus) last = std::max(last, cpu);
    bytes_.resize(static_cast<std::size_t>(VIR_CPU_MAPLEN(last + 1)));
    // libvirt's own VIR_USE_CPU narrows in a way that some builds refuse.
    for (const int cpu : cpus) {
      const auto bit = static_cast<std::size_t>(cpu);
      bytes_.at(bit / 8) = static_cast<unsigned char>(bytes_.at(bit / 8) | (1U << (bit % 8)));
    }
  }
  unsigned char* data() { return bytes_.data(); }
  [[nodiscard]] int size() const { return static_cast<int>(bytes_.size()); }

 private:
  std::vector<unsigned char> bytes_;
};

std::set<int> all_cpus(const Inventory& host) { return shared_cpus(host, {}, {}); }

Result<> move_process(virDomainPtr domain, const Inventory& host, Mark mark, const DomainCpus& cpus) {
  const int vcpus = virDomainGetVcpusFlags(domain, VIR_DOMAIN_AFFECT_LIVE);
  if (vcpus < 0) return libvirt_failed("reading a domain's vCPUs");
  CpuMap shared(host, cpus.shared.empty() ? all_cpus(host) : cpus.shared);
  for (int i = 0; i < vcpus; ++i) {
    const bool has_own = static_cast<std::size_t>(i) < cpus.own.size();
    CpuMap own(host, has_own ? std::set<int>{cpus.own[static_cast<std::size_t>(i)]} : std::set<int>{});
    CpuMap& map = has_own ? own : shared;
    if (virDomainPinVcpu(domain, static_cast<unsigned>(i), map.data(), map.size()) < 0)
      return libvirt_failed(fmt::format("moving workload {} to other CPUs", mark.id));
  }
  if (virDomainPinEmulator(domain, shared.data(), shared.size(), VIR_DOMAIN_AFFECT_CURRENT) < 0)
    return libvirt_failed(fmt::format("moving workload {} to other CPUs", mark.id));
  mark.cpus = cpus;
  if (virDomainSetMetadata(domain, VIR_DOMAIN_METADATA_ELEMENT, mark_xml(mark).c_str(), "causeway",
                           kMarkNamespace, VIR_DOMAIN_AFFECT_LIVE) < 0)
    return libvirt_failed(fmt::format("marking workload {}", mark.id));
  return {};
}

bool is_emulated(virDomainPtr domain) {
  const LibvirtText xml(virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_INACTIVE));
  return xml && std::string_view(xml.get()).starts_with("<domain type='qemu'");
}

Result<> give(LibvirtSession& session, const OurDomain& one, const Inventory& host, const DomainCpus& cpus) {
  if (one.marks.config && one.marks.config->cpus != cpus) {
    const LibvirtText xml(virDomainGetXMLDesc(one.domain.get(), VIR_DOMAIN_XML_INACTIVE));
    if (!xml) return libvirt_failed("reading a definition");
    auto changed = with_cpus(xml.get(), cpus);
    if (!changed) return std::unexpected(changed.error());
    const DomainHandle defined(virDomainDefineXMLFlags(session.get(), changed->c_str(), 0));
    if (!defined) return libvirt_failed(fmt::format("moving workload {} to other CPUs", one.mark().id));
    session.forget(uuid_text(one.domain.get()));
  }
  // A process of an older definition keeps what it was started with.
  if (!one.marks.current || one.process_differs() || one.marks.current->cpus == cpus) return {};
  if (is_emulated(one.domain.get())) return {};
  session.forget(uuid_text(one.domain.get()));
  return move_process(one.domain.get(), host, *one.marks.current, cpus);
}

}  // namespace

Result<DomainCpus> cpus_for(LibvirtSession& session, const Inventory& host, const DomainSpec& spec) {
  auto domains = our_domains(session);
  if (!domains) return std::unexpected(domains.error());
  const Binding& binding = spec.binding;
  if (!binding.pinned) return DomainCpus{{}, shared_of(host, binding.nodes, dedicated(*domains))};

  std::vector<PinnedWorkload> pinned;
  std::set<int> busy;
  PinnedWorkload wanted{spec.id, spec.vcpus, binding.nodes, {}, true};
  for (const auto& one : *domains) {
    const Mark& mark = one.mark();
    if (mark.id == spec.id) {
      wanted.cpus = mark.cpus.own;
      continue;
    }
    if (one.process_differs())
      busy.insert(one.marks.current->cpus.own.begin(), one.marks.current->cpus.own.end());
    if (!one.marks.config || mark.cpus.own.empty()) continue;
    const bool emulated_process = one.marks.current && is_emulated(one.domain.get());
    pinned.push_back({mark.id, static_cast<int>(mark.cpus.own.size()), mark.nodes, mark.cpus.own,
                      !one.process_differs() && !emulated_process});
  }
  // What waits for its old process to end has CPUs of its own coming: nobody else's busy ones are among them.
  for (const auto& one : pinned)
    if (!one.movable)
      for (const int cpu : one.cpus) busy.erase(cpu);
  pinned.push_back(wanted);
  auto shared_out = share_out(host, pinned, busy);
  if (!shared_out) return std::unexpected(shared_out.error());

  std::set<int> own;
  for (const auto& one : *shared_out) own.insert(one.cpus.begin(), one.cpus.end());
  DomainCpus given;
  for (const auto& one : *shared_out) {
    if (one.id == spec.id) given.own = one.cpus;
    const auto standing =
        std::ranges::find(*domains, one.id, [](const auto& each) { return each.mark().id; });
    if (one.id == spec.id || standing == domains->end() || standing->mark().cpus.own == one.cpus) continue;
    CAUSEWAY_TRY(give(session, *standing, host, {one.cpus, shared_of(host, one.nodes, own)}));
  }
  given.shared = shared_of(host, binding.nodes, own);
  return given;
}

Result<> settle_cpus(LibvirtSession& session, const Inventory& host) {
  auto domains = our_domains(session);
  if (!domains) return std::unexpected(domains.error());
  const auto own = dedicated(*domains);
  for (const auto& one : *domains) {
    const Mark& mark = one.mark();
    CAUSEWAY_TRY(give(session, one, host, {mark.cpus.own, shared_of(host, mark.nodes, own)}));
  }
  return {};
}

}  // namespace causeway::agent
