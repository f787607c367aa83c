// SPDX-License-Identifier: Apache-2.0
#include "agent/compute/domain_xml.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <pugixml.hpp>
#include <sstream>
#include <string_view>
#include <utility>

#include "common/core/digest.h"

namespace causeway::agent {
namespace {

using pugi::xml_node;

// <name key="value" …/> appended to the parent.
xml_node add(xml_node parent, const char* name,
             std::initializer_list<std::pair<const char*, std::string>> attributes) {
  xml_node node = parent.append_child(name);
  for (const auto& [key, value] : attributes) node.append_attribute(key).set_value(value.c_str());
  return node;
}

void add_text(xml_node parent, const char* name, const std::string& text) {
  parent.append_child(name).text().set(text.c_str());
}

std::string domain_type(Virtualization virtualization) {
  switch (virtualization) {
    case Virtualization::kvm: return "kvm";
    case Virtualization::emulated: return "qemu";
    case Virtualization::test: return "test";
  }
  return {};
}

std::string target_name(std::size_t index) { return fmt::format("vd{}", static_cast<char>('a' + index)); }

void add_monitor(xml_node source, const std::string& monitor) {
  const auto colon = monitor.rfind(':');
  const bool bracketed = monitor.starts_with('[');
  const bool has_port = colon != std::string::npos && (!bracketed || colon > monitor.rfind(']'));
  std::string name = has_port ? monitor.substr(0, colon) : monitor;
  // libvirt wants an IPv6 address bare, and adds the brackets itself.
  if (bracketed) name = name.substr(1, name.size() - 2);
  xml_node host = add(source, "host", {{"name", name}});
  if (has_port) host.append_attribute("port").set_value(monitor.substr(colon + 1).c_str());
}

// Adds the disk's driver and source. An I/O error stops the guest rather than reaching its file system: when
// the storage is back, start() lets it go on where it was.
struct AddSource {
  xml_node disk;

  void operator()(const RbdImage& image) {
    disk.append_attribute("type").set_value("network");
    add_driver();
    if (!image.secret_uuid.empty()) {
      xml_node auth = add(disk, "auth", {{"username", image.ceph_user}});
      add(auth, "secret", {{"type", "ceph"}, {"uuid", image.secret_uuid}});
    }
    xml_node source = add(
        disk, "source", {{"protocol", "rbd"}, {"name", fmt::format("{}/{}", image.pool, image.image_name)}});
    for (const auto& monitor : image.monitors) add_monitor(source, monitor);
  }
  void operator()(const LocalFile& file) {
    disk.append_attribute("type").set_value("file");
    add_driver();
    add(disk, "source", {{"file", file.path}});
  }

 private:
  void add_driver() {
    add(disk, "driver",
        {{"name", "qemu"},
         {"type", "raw"},
         {"cache", "none"},
         {"error_policy", "stop"},
         {"rerror_policy", "stop"},
         {"discard", "unmap"}});
  }
};

void add_disks(xml_node devices, const DomainSpec& spec, const DomainSettings& settings) {
  std::size_t index = 0;
  for (const auto& attachment : spec.disks) {
    xml_node disk = add(devices, "disk", {{"device", "disk"}});
    std::visit(AddSource{disk}, attachment.source);
    add(disk, "target", {{"dev", target_name(index)}, {"bus", "virtio"}});
    add_text(disk, "serial", attachment.name);
    if (index == 0) add(disk, "boot", {{"order", "1"}});
    ++index;
  }
  if (spec.seed) {
    // A virtio disk like the others, not a CD drive: a guest that finds its root disk finds its seed.
    xml_node disk = add(devices, "disk", {{"type", "file"}, {"device", "disk"}});
    add(disk, "driver", {{"name", "qemu"}, {"type", "raw"}});
    add(disk, "source", {{"file", seed_path(settings.state_dir, spec.id).string()}});
    add(disk, "target", {{"dev", target_name(index)}, {"bus", "virtio"}});
    disk.append_child("readonly");
    add_text(disk, "serial", "cidata");
  }
}

void add_port(xml_node devices, const PortAttachment& port, const DomainSettings& settings) {
  xml_node interface = add(devices, "interface", {{"type", "ethernet"}});
  add(interface, "mac", {{"address", port.mac}});
  add(interface, "target", {{"dev", port.tap}, {"managed", "no"}});
  add(interface, "model", {{"type", "virtio"}});
  if (!settings.offloads) {
    xml_node driver = add(interface, "driver", {{"name", "qemu"}});
    add(driver, "host",
        {{"csum", "off"},
         {"gso", "off"},
         {"tso4", "off"},
         {"tso6", "off"},
         {"ecn", "off"},
         {"ufo", "off"},
         {"mrg_rxbuf", "off"}});
    add(driver, "guest", {{"csum", "off"}, {"tso4", "off"}, {"tso6", "off"}, {"ecn", "off"}, {"ufo", "off"}});
  }
  add(interface, "mtu", {{"size", std::to_string(port.mtu)}});
  add(interface, "rom", {{"enabled", "no"}});
}

void set(xml_node node, const char* name, const std::string& value) {
  auto attribute = node.attribute(name);
  if (!attribute) attribute = node.append_attribute(name);
  attribute.set_value(value.c_str());
}

void set_cpus(xml_node mark, const DomainCpus& cpus) {
  mark.remove_attribute("cpus");
  mark.remove_attribute("shared");
  if (!cpus.own.empty()) set(mark, "cpus", fmt::format("{}", fmt::join(cpus.own, " ")));
  if (!cpus.shared.empty()) set(mark, "shared", to_text(cpus.shared));
}

void set_mark(xml_node node, const Mark& mark) {
  set(node, "id", mark.id.str());
  set(node, "generation", std::to_string(mark.generation.value));
  set(node, "zone", mark.zone.str());
  if (!mark.nodes.empty()) set(node, "nodes", fmt::format("{}", fmt::join(mark.nodes, " ")));
  if (mark.huge_pages) set(node, "huge_pages", "yes");
  set_cpus(node, mark.cpus);
}

std::string text_of(const pugi::xml_document& document) {
  std::ostringstream text;
  document.save(text, "  ", pugi::format_default | pugi::format_no_declaration);
  return text.str();
}

// QEMU's interpreter runs vCPUs on threads that libvirt doesn't know one by one: there the process as a whole
// gets the CPUs. A workload's own CPUs are its own all the same.
void place_on_cpus(xml_node domain, const DomainCpus& cpus) {
  xml_node vcpu = domain.child("vcpu");
  vcpu.remove_attribute("cpuset");
  domain.remove_child("cputune");
  const std::set<int> all = cpus.own.empty() ? cpus.shared : std::set<int>(cpus.own.begin(), cpus.own.end());
  if (all.empty()) return;
  set(vcpu, "cpuset", to_text(all));
  if (cpus.own.empty() || std::string_view(domain.attribute("type").value()) == "qemu") return;
  xml_node tune = domain.insert_child_after("cputune", vcpu);
  for (std::size_t i = 0; i < cpus.own.size(); ++i)
    add(tune, "vcpupin", {{"vcpu", std::to_string(i)}, {"cpuset", std::to_string(cpus.own[i])}});
  if (!cpus.shared.empty()) add(tune, "emulatorpin", {{"cpuset", to_text(cpus.shared)}});
}

int node_id(const Inventory& host, int node) { return host.numa[static_cast<std::size_t>(node)].id; }

// Memory of the nodes and of no other: a workload that asked for them would rather wait than be slow
// unseen.
void add_memory_placement(xml_node domain, const DomainSpec& spec, const Inventory& host) {
  const Binding& binding = spec.binding;
  if (binding.huge_pages) {
    add(domain.append_child("memoryBacking").append_child("hugepages"), "page",
        {{"size", std::to_string(host.huge_page_kib)}, {"unit", "KiB"}});
  }
  if (binding.nodes.empty()) return;
  std::set<int> ids;
  for (const int node : binding.nodes) ids.insert(node_id(host, node));
  xml_node tune = domain.append_child("numatune");
  add(tune, "memory", {{"mode", "strict"}, {"nodeset", to_text(ids)}});
  if (binding.nodes.size() < 2) return;
  for (std::size_t cell = 0; cell < binding.nodes.size(); ++cell) {
    add(tune, "memnode",
        {{"cellid", std::to_string(cell)},
         {"mode", "strict"},
         {"nodeset", std::to_string(node_id(host, binding.nodes[cell]))}});
  }
}

// A guest on two nodes sees two, and can keep its own threads beside their memory.
void add_guest_nodes(xml_node cpu, const DomainSpec& spec) {
  xml_node numa = cpu.append_child("numa");
  const int cells = static_cast<int>(spec.binding.nodes.size());
  const int share = spec.vcpus / cells;
  for (int cell = 0; cell < cells; ++cell) {
    std::set<int> vcpus;
    for (int i = 0; i < share; ++i) vcpus.insert(cell * share + i);
    add(numa, "cell",
        {{"id", std::to_string(cell)},
         {"cpus", to_text(vcpus)},
         {"memory", std::to_string(spec.memory.value / cells)},
         {"unit", "MiB"}});
  }
}

void add_platform(xml_node domain, const DomainSpec& spec, Virtualization virtualization) {
  // The "pc" machine boots what comes out of the departments' rooms: disks with a BIOS boot loader.
  add(domain.append_child("os"), "type", {{"machine", "pc"}}).text().set("hvm");
  xml_node features = domain.append_child("features");
  features.append_child("acpi");
  features.append_child("apic");
  if (virtualization == Virtualization::emulated) {
    // QEMU takes a translation cache of up to 1 GiB by itself: too much beside a guest of 256 MiB.
    add(features.append_child("tcg"), "tb-cache", {{"unit", "MiB"}}).text().set("32");
  }
  const bool two_nodes = spec.binding.nodes.size() == 2;
  if (virtualization == Virtualization::kvm || two_nodes) {
    xml_node cpu = domain.append_child("cpu");
    if (virtualization == Virtualization::kvm) set(cpu, "mode", "host-model");
    if (two_nodes) add_guest_nodes(cpu, spec);
  }
  xml_node clock = add(domain, "clock", {{"offset", "utc"}});
  if (virtualization == Virtualization::kvm) {
    add(clock, "timer", {{"name", "rtc"}, {"tickpolicy", "catchup"}});
    add(clock, "timer", {{"name", "pit"}, {"tickpolicy", "delay"}});
    add(clock, "timer", {{"name", "hpet"}, {"present", "no"}});
  }
}

// "4 5 12": numbers whose order matters.
std::optional<std::vector<int>> list_in(std::string_view text) {
  std::vector<int> list;
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    const auto number = numbers_in(word);
    if (!number || number->size() != 1) return std::nullopt;
    list.push_back(*number->begin());
    text.remove_prefix(std::min(text.size(), word.size() + 1));
  }
  return list;
}

}  // namespace

std::string domain_uuid(const WorkloadId& id) { return uuid_of("workload " + id.str()); }

std::filesystem::path seed_path(const std::filesystem::path& state_dir, const WorkloadId& id) {
  return state_dir / "seed" / (domain_name(id) + ".iso");
}

std::filesystem::path console_path(const std::filesystem::path& state_dir, const WorkloadId& id) {
  return state_dir / "console" / (domain_name(id) + ".log");
}

std::string mark_xml(const Mark& mark) {
  pugi::xml_document document;
  set_mark(document.append_child("workload"), mark);
  return text_of(document);
}

Result<std::string> with_cpus(const std::string& xml, const DomainCpus& cpus) {
  pugi::xml_document document;
  if (!document.load_string(xml.c_str())) return fail(Errc::corrupt, "libvirt gave back no XML");
  xml_node domain = document.child("domain");
  xml_node mark = domain.child("metadata").find_child([](const xml_node& node) {
    return std::string_view(node.name()).ends_with("workload");
  });
  if (!mark || !domain.child("vcpu")) return fail(Errc::corrupt, "this is no definition of a workload");
  set_cpus(mark, cpus);
  place_on_cpus(domain, cpus);
  return text_of(document);
}

Result<std::string> domain_xml(const DomainSpec& spec, const DomainSettings& settings, const Inventory& host,
                               const DomainCpus& cpus) {
  CAUSEWAY_TRY(check(spec));
  pugi::xml_document document;
  xml_node domain = add(document, "domain", {{"type", domain_type(settings.virtualization)}});
  add_text(domain, "name", domain_name(spec.id));
  add_text(domain, "uuid", domain_uuid(spec.id));
  add_text(domain, "title", spec.id.str());
  set_mark(add(domain.append_child("metadata"), "causeway:workload", {{"xmlns:causeway", kMarkNamespace}}),
           Mark{spec.id, spec.generation, spec.zone, spec.binding.nodes, cpus, spec.binding.huge_pages});
  add(domain, "memory", {{"unit", "MiB"}}).text().set(std::to_string(spec.memory.value).c_str());
  add_text(domain, "vcpu", std::to_string(spec.vcpus));
  place_on_cpus(domain, cpus);
  add_memory_placement(domain, spec, host);
  add_platform(domain, spec, settings.virtualization);
  add_text(domain, "on_poweroff", "destroy");
  add_text(domain, "on_reboot", "restart");
  add_text(domain, "on_crash", "destroy");
  xml_node sleep = domain.append_child("pm");
  add(sleep, "suspend-to-mem", {{"enabled", "no"}});
  add(sleep, "suspend-to-disk", {{"enabled", "no"}});

  xml_node devices = domain.append_child("devices");
  add_disks(devices, spec, settings);
  for (const auto& port : spec.ports) add_port(devices, port, settings);
  // A pty, so that an operator can type into it, and a log that outlives the guest.
  xml_node serial = add(devices, "serial", {{"type", "pty"}});
  add(serial, "log", {{"file", console_path(settings.state_dir, spec.id).string()}, {"append", "on"}});
  add(serial, "target", {{"port", "0"}});
  xml_node rng = add(devices, "rng", {{"model", "virtio"}});
  add(rng, "backend", {{"model", "random"}}).text().set("/dev/urandom");
  // libvirt adds a USB controller and a memory balloon unless they are declined.
  add(devices, "controller", {{"type", "usb"}, {"model", "none"}});
  add(devices, "memballoon", {{"model", "none"}});
  // Tells a guest's panic from its power-off.
  add(devices, "panic", {{"model", "isa"}});

  return text_of(document);
}

std::optional<Mark> read_mark(const std::string& element) {
  pugi::xml_document document;
  if (!document.load_string(element.c_str())) return std::nullopt;
  const xml_node node = document.document_element();
  std::string_view name = node.name();
  if (const auto colon = name.find(':'); colon != std::string_view::npos) name.remove_prefix(colon + 1);
  const std::string_view generation = node.attribute("generation").value();
  Mark mark{WorkloadId{node.attribute("id").value()}, {}, ZoneId{node.attribute("zone").value()}};
  const auto [end, error] =
      std::from_chars(generation.data(), generation.data() + generation.size(), mark.generation.value);
  const bool numeric = error == std::errc{} && end == generation.data() + generation.size();
  const auto nodes = list_in(node.attribute("nodes").value());
  const auto own = list_in(node.attribute("cpus").value());
  const auto shared = numbers_in(node.attribute("shared").value());
  if (name != "workload" || mark.id.empty() || !numeric || !nodes || !own || !shared) return std::nullopt;
  mark.nodes = *nodes;
  mark.cpus = {*own, *shared};
  mark.huge_pages = std::string_view(node.attribute("huge_pages").value()) == "yes";
  return mark;
}

}  // namespace causeway::agent
