// SPDX-License-Identifier: Apache-2.0
#include "agent/compute/libvirt_state.h"

#include <algorithm>
#include <memory>
#include <string_view>

#include "agent/compute/libvirt_session.h"

namespace causeway::agent {
namespace {

struct FreeRecords {
  void operator()(virDomainStatsRecordPtr* records) const { virDomainStatsRecordListFree(records); }
};

DomainState paused_state(int reason) {
  switch (reason) {
    case VIR_DOMAIN_PAUSED_STARTING_UP: return {Power::running, "its process starts"};
    case VIR_DOMAIN_PAUSED_IOERROR:
      return {Power::paused, "I/O error: its storage did not take or give data"};
    case VIR_DOMAIN_PAUSED_USER: return {Power::paused, "paused by an operator"};
    case VIR_DOMAIN_PAUSED_WATCHDOG: return {Power::paused, "paused by its watchdog"};
    case VIR_DOMAIN_PAUSED_CRASHED: return {Power::paused, "the guest panicked"};
    case VIR_DOMAIN_PAUSED_MIGRATION:
    case VIR_DOMAIN_PAUSED_POSTCOPY: return {Power::paused, "on its way to another host"};
    default: return {Power::paused, "paused"};
  }
}

DomainState shutoff_state(int reason) {
  switch (reason) {
    case VIR_DOMAIN_SHUTOFF_CRASHED: return {Power::crashed, "its process ended, or the guest panicked"};
    case VIR_DOMAIN_SHUTOFF_FAILED: return {Power::stopped, "its last start failed"};
    default: return {Power::stopped, ""};
  }
}

int number_of(const virDomainStatsRecord& record, std::string_view name) {
  for (int i = 0; i < record.nparams; ++i) {
    if (name == record.params[i].field && record.params[i].type == VIR_TYPED_PARAM_INT)
      return record.params[i].value.i;
  }
  return 0;
}

std::int64_t run_of(virDomainPtr domain) {
  const unsigned id = virDomainGetID(domain);
  return id == static_cast<unsigned>(-1) ? 0 : static_cast<std::int64_t>(id);
}

}  // namespace

DomainState translated_state(int state, int reason) {
  switch (state) {
    case VIR_DOMAIN_RUNNING:
    case VIR_DOMAIN_BLOCKED:
    case VIR_DOMAIN_SHUTDOWN: return {Power::running, ""};
    case VIR_DOMAIN_PAUSED: return paused_state(reason);
    case VIR_DOMAIN_PMSUSPENDED: return {Power::paused, "suspended by the guest"};
    case VIR_DOMAIN_CRASHED: return {Power::crashed, "the guest panicked"};
    default: return shutoff_state(reason);
  }
}

Result<DomainState> read_state(virDomainPtr domain) {
  int state = 0;
  int reason = 0;
  if (virDomainGetState(domain, &state, &reason, 0) < 0) return libvirt_failed("reading a domain's state");
  return translated_state(state, reason);
}

Result<ComputeObservation> read_domains(LibvirtSession& session) {
  session.refresh();
  virDomainStatsRecordPtr* list = nullptr;
  const int count = virConnectGetAllDomainStats(session.get(), VIR_DOMAIN_STATS_STATE, &list, 0);
  if (count < 0) return libvirt_failed("listing the domains");
  const std::unique_ptr<virDomainStatsRecordPtr, FreeRecords> records(list);

  ComputeObservation seen;
  auto host = session.inventory();
  if (!host) return std::unexpected(host.error());
  seen.host = *std::move(host);
  for (int i = 0; i < count; ++i) {
    const virDomainStatsRecord& record = *list[i];
    const DomainState state =
        translated_state(number_of(record, "state.state"), number_of(record, "state.reason"));
    const std::int64_t run = run_of(record.dom);
    const DomainMarks marks = session.marks(record.dom, uuid_text(record.dom), run);
    const std::optional<Mark>& mark = marks.config ? marks.config : marks.current;
    if (!mark) {
      seen.foreign.push_back({virDomainGetName(record.dom), state.power});
      continue;
    }
    seen.workloads.push_back(
        {.id = mark->id,
         .zone = mark->zone,
         .defined = marks.config ? marks.config->generation : Generation{},
         .current = run != 0 && marks.current ? std::optional(marks.current->generation) : std::nullopt,
         .power = state.power,
         .why = state.why,
         .since = {},
         .run = run,
         .cpus = mark->cpus.own});
    std::ranges::sort(seen.workloads.back().cpus);
  }
  std::ranges::sort(seen.workloads, {}, &ObservedWorkload::id);
  std::ranges::sort(seen.foreign, {}, &ForeignDomain::name);
  return seen;
}

}  // namespace causeway::agent
