// SPDX-License-Identifier: Apache-2.0
#include "agent/compute/libvirt.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sodium/utils.h>
#include <unistd.h>

#include <algorithm>
#include <pugixml.hpp>
#include <sstream>
#include <utility>

#include "agent/compute/deadline.h"
#include "agent/compute/files.h"
#include "agent/compute/libvirt_pinning.h"
#include "agent/compute/libvirt_session.h"
#include "agent/compute/libvirt_state.h"
#include "agent/compute/seed.h"

namespace causeway::agent {
namespace {

constexpr Duration kCloseDeadline{1'000};  // an agent that ends does not wait for a daemon that hangs

std::unexpected<Error> not_ours(const WorkloadId& id) {
  return fail(
      Errc::conflict,
      fmt::format("domain {} is on this host and is not one of ours; it is left alone", domain_name(id)));
}

// The domain of the workload; an empty handle if there is none; conflict if what has its name is not ours.
Result<DomainHandle> find_ours(const LibvirtSession& session, const WorkloadId& id) {
  auto domain = session.find(domain_name(id));
  if (!domain || !*domain) return domain;
  const DomainMarks marks = LibvirtSession::read_marks(domain->get());
  if (!marks.config && !marks.current) return not_ours(id);
  return domain;
}

Result<DomainHandle> find_defined(const LibvirtSession& session, const WorkloadId& id) {
  auto domain = find_ours(session, id);
  if (domain && !*domain)
    return fail(Errc::not_found, fmt::format("workload {}: not defined on this host", id));
  return domain;
}

bool has_process(virDomainPtr domain) { return virDomainIsActive(domain) == 1; }

// Why the host can't have the workload as it is bound, or not now.
Result<> check_binding(const Inventory& host, const DomainSpec& spec) {
  if (const auto why = impossible(host, spec.binding, spec.vcpus); !why.empty())
    return fail(Errc::invalid, fmt::format("workload {}: {}", spec.id, why));
  if (const auto why = lacking_pages(host, spec.binding, spec.memory, false); !why.empty())
    return fail(Errc::unavailable, fmt::format("workload {}: {}", spec.id, why));
  return {};
}

Result<> define_domain(LibvirtSession& session, const DomainSpec& spec, const DomainSettings& settings) {
  auto domain = find_ours(session, spec.id);
  if (!domain) return std::unexpected(domain.error());
  const auto seed = seed_path(settings.state_dir, spec.id);
  if (*domain) {
    const auto mark = LibvirtSession::read_marks(domain->get()).config;
    const bool seeded = !spec.seed || std::filesystem::exists(seed);
    if (mark && mark->generation == spec.generation && seeded) return {};
  }
  const auto host = spec.binding == Binding{} ? session.inventory() : session.read_inventory();
  if (!host) return std::unexpected(host.error());
  CAUSEWAY_TRY(check_binding(*host, spec));
  const auto cpus = cpus_for(session, *host, spec);
  if (!cpus) return std::unexpected(cpus.error());
  const auto xml = domain_xml(spec, settings, *host, *cpus);
  if (!xml) return std::unexpected(xml.error());
  if (spec.seed) CAUSEWAY_TRY(write_seed(seed, *spec.seed));
  CAUSEWAY_TRY(make_folder(console_path(settings.state_dir, spec.id).parent_path()));
  const DomainHandle defined(virDomainDefineXMLFlags(session.get(), xml->c_str(), 0));
  if (!defined && libvirt_code() == VIR_ERR_OPERATION_FAILED) return not_ours(spec.id);  // its uuid is taken
  if (!defined) return libvirt_failed(fmt::format("defining workload {}", spec.id));
  session.forget(uuid_text(defined.get()));
  return {};
}

// What a start needs of the host itself: huge pages that are free, and CPUs that nobody else is on.
Result<> make_ready(LibvirtSession& session, virDomainPtr domain, const WorkloadId& id) {
  const auto mark = LibvirtSession::read_marks(domain).config;
  const auto host = mark && mark->huge_pages ? session.read_inventory() : session.inventory();
  if (!host) return std::unexpected(host.error());
  const MiB memory{static_cast<std::int64_t>(virDomainGetMaxMemory(domain) / 1024)};
  const Binding binding{mark && mark->huge_pages, false, mark ? mark->nodes : std::vector<int>{}};
  if (auto why = impossible(*host, binding, 1); !why.empty())
    return fail(Errc::invalid, fmt::format("workload {}: {}", id, why));
  if (auto why = lacking_pages(*host, binding, memory, true); !why.empty())
    return fail(Errc::unavailable, fmt::format("workload {}: {}", id, why));
  return settle_cpus(session, *host);
}

// libvirt says that a tap is missing, and not which.
std::string with_taps(std::string what, virDomainPtr domain) {
  if (what.find("specified dev doesn't exist") == std::string::npos) return what;
  const LibvirtText xml(virDomainGetXMLDesc(domain, 0));
  pugi::xml_document document;
  if (!xml || !document.load_string(xml.get())) return what;
  what += "; its taps:";
  for (const auto& target : document.select_nodes("/domain/devices/interface/target/@dev"))
    what += fmt::format(" {}", target.attribute().value());
  return what;
}

Result<> start_domain(LibvirtSession& session, const WorkloadId& id) {
  auto domain = find_defined(session, id);
  if (!domain) return std::unexpected(domain.error());
  const auto state = read_state(domain->get());
  if (!state) return std::unexpected(state.error());
  if (state->power == Power::running) return {};
  if (state->power != Power::paused) CAUSEWAY_TRY(make_ready(session, domain->get(), id));
  const int done =
      state->power == Power::paused ? virDomainResume(domain->get()) : virDomainCreate(domain->get());
  if (done == 0) return {};
  auto failure = libvirt_failed(fmt::format("starting workload {}", id));
  // What a start lacks (a tap, a secret, the storage) can come: only a definition that can never run is
  // invalid.
  if (failure.error().code != Errc::invalid && failure.error().code != Errc::timeout)
    return fail(Errc::unavailable, with_taps(failure.error().what, domain->get()));
  return failure;
}

Result<> stop_domain(LibvirtSession& session, const WorkloadId& id) {
  auto domain = find_ours(session, id);
  if (!domain) return std::unexpected(domain.error());
  if (!*domain || !has_process(domain->get())) return {};
  if (virDomainShutdown(domain->get()) == 0 || !has_process(domain->get())) return {};
  return libvirt_failed(fmt::format("stopping workload {}", id));
}

Result<> kill_domain(LibvirtSession& session, const WorkloadId& id) {
  auto domain = find_ours(session, id);
  if (!domain) return std::unexpected(domain.error());
  if (!*domain || !has_process(domain->get())) return {};
  if (virDomainDestroy(domain->get()) == 0) return {};
  auto failure = libvirt_failed(fmt::format("killing workload {}", id));
  return has_process(domain->get()) ? Result<>(failure) : Result<>();
}

Result<> undefine_domain(LibvirtSession& session, const WorkloadId& id, const DomainSettings& settings) {
  auto domain = find_ours(session, id);
  if (!domain) return std::unexpected(domain.error());
  if (*domain) {
    if (has_process(domain->get()))
      return fail(Errc::busy, fmt::format("workload {} has a process; stop it first", id));
    if (virDomainUndefineFlags(domain->get(),
                               VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA) < 0)
      return libvirt_failed(fmt::format("undefining workload {}", id));
  }
  const auto host = session.inventory();
  if (!host) return std::unexpected(host.error());
  CAUSEWAY_TRY(settle_cpus(session, *host));
  CAUSEWAY_TRY(remove_file(seed_path(settings.state_dir, id)));
  return remove_file(console_path(settings.state_dir, id));
}

Result<> hand_over(LibvirtSession& session, const ZoneId& zone, const std::string& uuid, const Secret& key) {
  pugi::xml_document document;
  auto secret = document.append_child("secret");
  // In libvirtd's memory only, and never given back.
  secret.append_attribute("ephemeral").set_value("yes");
  secret.append_attribute("private").set_value("yes");
  secret.append_child("uuid").text().set(uuid.c_str());
  secret.append_child("description").text().set(fmt::format("causeway, zone {}", zone).c_str());
  auto usage = secret.append_child("usage");
  usage.append_attribute("type").set_value("ceph");
  usage.append_child("name").text().set(fmt::format("causeway {} {}", zone, uuid).c_str());
  std::ostringstream xml;
  document.save(xml);

  const std::string doing = fmt::format("handing over the key of zone {}", zone);
  const SecretHandle defined(virSecretDefineXML(session.get(), xml.str().c_str(), 0));
  if (!defined) return libvirt_failed(doing);
  std::vector<unsigned char> bytes(key.reveal().size());
  std::size_t size = 0;
  sodium_base642bin(bytes.data(), bytes.size(), key.reveal().data(), key.reveal().size(), nullptr, &size,
                    nullptr, sodium_base64_VARIANT_ORIGINAL);
  const int set = virSecretSetValue(defined.get(), bytes.data(), size, 0);
  sodium_memzero(bytes.data(), bytes.size());
  if (set < 0) return libvirt_failed(doing);
  return {};
}

}  // namespace

Virtualization automatic_virtualization() {
  const int fd = ::open("/dev/kvm", O_RDWR | O_CLOEXEC);
  if (fd < 0) return Virtualization::emulated;
  ::close(fd);
  return Virtualization::kvm;
}

LibvirtCompute::LibvirtCompute(LibvirtSettings settings, std::shared_ptr<Clock> clock)
    : settings_(std::move(settings)), clock_(std::move(clock)), news_(std::make_shared<LibvirtNews>()) {}

LibvirtCompute::~LibvirtCompute() {
  news_->set_wakeup({});
  close();
}

// Closing talks to libvirtd too, and would hang with it.
void LibvirtCompute::close() {
  if (!session_) return;
  auto done = with_deadline(kCloseDeadline, "closing",
                            [session = std::exchange(session_, nullptr)]() mutable -> Result<> {
                              session.reset();
                              return {};
                            });
  static_cast<void>(done);
}

Result<std::shared_ptr<LibvirtSession>> LibvirtCompute::session() {
  if (session_ && session_->alive()) return session_;
  close();
  auto opened =
      with_deadline(settings_.call_deadline, "connecting to libvirtd at " + settings_.uri,
                    [uri = settings_.uri, news = news_] { return LibvirtSession::open(uri, news); });
  if (!opened) return std::unexpected(opened.error());
  for (const auto& [uuid, given] : secrets_) CAUSEWAY_TRY(hand_over(**opened, given.zone, uuid, given.key));
  session_ = *opened;
  return session_;
}

template <class Work>
auto LibvirtCompute::call(Duration deadline, const std::string& doing, Work work)
    -> std::invoke_result_t<Work, LibvirtSession&> {
  auto connected = session();
  if (!connected) return while_doing(connected.error(), doing);
  auto answer = with_deadline(deadline, doing,
                              [session = *connected, work = std::move(work)] { return work(*session); });
  if (answer) return answer;
  const bool alive = session_->alive();
  if (alive && answer.error().code != Errc::timeout) return answer;
  // A connection with a call still under way is left to that call: libvirt 9.0 loses the wakeup of a second
  // thread that calls on the same connection, and both hang.
  connected->reset();
  close();
  if (alive) return answer;
  return fail(Errc::unavailable, fmt::format("libvirtd at {} went away; while {} ({})", settings_.uri, doing,
                                             answer.error().what));
}

Result<ComputeObservation> LibvirtCompute::observe() {
  auto seen = call(settings_.call_deadline, "observing",
                   [](LibvirtSession& session) { return read_domains(session); });
  if (!seen) return std::unexpected(seen.error());
  const Instant now = clock_->now();
  std::map<WorkloadId, Since> since;
  for (auto& workload : seen->workloads) {
    const auto known = since_.find(workload.id);
    const bool same =
        known != since_.end() && known->second.power == workload.power && known->second.run == workload.run;
    workload.since = same ? known->second.at : now;
    since[workload.id] = {workload.power, workload.run, workload.since};
  }
  since_ = std::move(since);
  return seen;
}

Result<> LibvirtCompute::define(const DomainSpec& spec) {
  CAUSEWAY_TRY(check(spec));
  return call(settings_.call_deadline, fmt::format("defining workload {}", spec.id),
              [spec, settings = settings_.domains](LibvirtSession& session) {
                return define_domain(session, spec, settings);
              });
}

Result<> LibvirtCompute::start(const WorkloadId& id) {
  return call(settings_.start_deadline, fmt::format("starting workload {}", id),
              [id](LibvirtSession& session) { return start_domain(session, id); });
}

Result<> LibvirtCompute::stop(const WorkloadId& id) {
  return call(settings_.call_deadline, fmt::format("stopping workload {}", id),
              [id](LibvirtSession& session) { return stop_domain(session, id); });
}

Result<> LibvirtCompute::kill(const WorkloadId& id) {
  return call(settings_.call_deadline, fmt::format("killing workload {}", id),
              [id](LibvirtSession& session) { return kill_domain(session, id); });
}

Result<> LibvirtCompute::undefine(const WorkloadId& id) {
  return call(settings_.call_deadline, fmt::format("undefining workload {}", id),
              [id, settings = settings_.domains](LibvirtSession& session) {
                return undefine_domain(session, id, settings);
              });
}

Result<std::string> LibvirtCompute::console(const WorkloadId& id, std::size_t bytes_max) {
  const Result<> defined =
      call(settings_.call_deadline, fmt::format("reading the console of workload {}", id),
           [id](LibvirtSession& session) -> Result<> {
             auto domain = find_defined(session, id);
             if (!domain) return std::unexpected(domain.error());
             return {};
           });
  if (!defined) return std::unexpected(defined.error());
  return read_tail(console_path(settings_.domains.state_dir, id), bytes_max);
}

Result<> LibvirtCompute::set_secret(const ZoneId& zone, const std::string& secret_uuid, const Secret& key) {
  CAUSEWAY_TRY(check_secret(secret_uuid, key));
  auto given = std::make_shared<GivenSecret>(GivenSecret{zone, Secret(key.reveal())});
  CAUSEWAY_TRY(call(settings_.call_deadline, fmt::format("handing over the key of zone {}", zone),
                    [given, secret_uuid](LibvirtSession& session) {
                      return hand_over(session, given->zone, secret_uuid, given->key);
                    }));
  secrets_[secret_uuid] = std::move(*given);
  return {};
}

Result<Inventory> LibvirtCompute::inventory() {
  return call(settings_.call_deadline, "reading what the host has",
              [](LibvirtSession& session) { return session.read_inventory(); });
}

void LibvirtCompute::set_wakeup(std::function<void()> wakeup) { news_->set_wakeup(std::move(wakeup)); }

}  // namespace causeway::agent
