// SPDX-License-Identifier: Apache-2.0
#include "agent/compute/domain_xml.h"

#include <fmt/core.h>

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

void add_mark(xml_node domain, const Mark& mark) {
  add(domain.append_child("metadata"), "causeway:workload",
      {{"xmlns:causeway", kMarkNamespace},
       {"id", mark.id.str()},
       {"generation", std::to_string(mark.generation.value)},
       {"zone", mark.zone.str()}});
}

void add_platform(xml_node domain, Virtualization virtualization) {
  // The "pc" machine boots what comes out of the departments' rooms: disks with a BIOS boot loader.
  add(domain.append_child("os"), "type", {{"machine", "pc"}}).text().set("hvm");
  xml_node features = domain.append_child("features");
  features.append_child("acpi");
  features.append_child("apic");
  if (virtualization == Virtualization::emulated) {
    // QEMU takes a translation cache of up to 1 GiB by itself: too much beside a guest of 256 MiB.
    add(features.append_child("tcg"), "tb-cache", {{"unit", "MiB"}}).text().set("32");
  }
  if (virtualization == Virtualization::kvm) add(domain, "cpu", {{"mode", "host-model"}});
  xml_node clock = add(domain, "clock", {{"offset", "utc"}});
  if (virtualization == Virtualization::kvm) {
    add(clock, "timer", {{"name", "rtc"}, {"tickpolicy", "catchup"}});
    add(clock, "timer", {{"name", "pit"}, {"tickpolicy", "delay"}});
    add(clock, "timer", {{"name", "hpet"}, {"present", "no"}});
  }
}

}  // namespace

std::string domain_uuid(const WorkloadId& id) { return uuid_of("workload " + id.str()); }

std::filesystem::path seed_path(const std::filesystem::path& state_dir, const WorkloadId& id) {
  return state_dir / "seed" / (domain_name(id) + ".iso");
}

std::filesystem::path console_path(const std::filesystem::path& state_dir, const WorkloadId& id) {
  return state_dir / "console" / (domain_name(id) + ".log");
}

Result<std::string> domain_xml(const DomainSpec& spec, const DomainSettings& settings) {
  CAUSEWAY_TRY(check(spec));
  pugi::xml_document document;
  xml_node domain = add(document, "domain", {{"type", domain_type(settings.virtualization)}});
  add_text(domain, "name", domain_name(spec.id));
  add_text(domain, "uuid", domain_uuid(spec.id));
  add_text(domain, "title", spec.id.str());
  add_mark(domain, Mark{spec.id, spec.generation, spec.zone});
  add(domain, "memory", {{"unit", "MiB"}}).text().set(std::to_string(spec.memory.value).c_str());
  add_text(domain, "vcpu", std::to_string(spec.vcpus));
  add_platform(domain, settings.virtualization);
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

  std::ostringstream text;
  document.save(text, "  ", pugi::format_default | pugi::format_no_declaration);
  return text.str();
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
  if (name != "workload" || mark.id.empty() || !numeric) return std::nullopt;
  return mark;
}

}  // namespace causeway::agent
