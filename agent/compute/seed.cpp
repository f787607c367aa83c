// SPDX-License-Identifier: Apache-2.0
#include "agent/compute/seed.h"

#include <yaml-cpp/yaml.h>

#include "agent/compute/files.h"

namespace causeway::agent {
namespace {

// Text is always quoted: a MAC of digits only would be read as a base-60 number by a YAML 1.1 parser.
struct Quoted {
  const std::string& text;
};

YAML::Emitter& operator<<(YAML::Emitter& out, const Quoted& quoted) {
  return out << YAML::DoubleQuoted << quoted.text;
}

void list(YAML::Emitter& out, const char* key, const std::vector<std::string>& items) {
  if (items.empty()) return;
  out << YAML::Key << key << YAML::Value << YAML::BeginSeq;
  for (const auto& item : items) out << Quoted{item};
  out << YAML::EndSeq;
}

void interface(YAML::Emitter& out, const GuestInterface& port) {
  out << YAML::Key << port.name << YAML::Value << YAML::BeginMap;
  out << YAML::Key << "match" << YAML::Value << YAML::BeginMap;
  out << YAML::Key << "macaddress" << YAML::Value << Quoted{port.mac} << YAML::EndMap;
  out << YAML::Key << "set-name" << YAML::Value << Quoted{port.name};
  out << YAML::Key << "mtu" << YAML::Value << port.mtu;
  list(out, "addresses", port.addresses);
  if (!port.gateways.empty()) {
    out << YAML::Key << "routes" << YAML::Value << YAML::BeginSeq;
    for (const auto& gateway : port.gateways) {
      const bool v6 = gateway.find(':') != std::string::npos;
      out << YAML::BeginMap << YAML::Key << "to" << YAML::Value << Quoted{v6 ? "::/0" : "0.0.0.0/0"};
      out << YAML::Key << "via" << YAML::Value << Quoted{gateway} << YAML::EndMap;
    }
    out << YAML::EndSeq;
  }
  if (!port.dns.empty()) {
    out << YAML::Key << "nameservers" << YAML::Value << YAML::BeginMap;
    list(out, "addresses", port.dns);
    out << YAML::EndMap;
  }
  out << YAML::EndMap;
}

std::string meta_data(const GuestSeed& seed) {
  YAML::Emitter out;
  out << YAML::BeginMap;
  out << YAML::Key << "instance-id" << YAML::Value << Quoted{seed.instance_id};
  out << YAML::Key << "local-hostname" << YAML::Value << Quoted{seed.hostname};
  list(out, "public-keys", seed.ssh_keys);
  out << YAML::EndMap << YAML::Newline;
  return out.c_str();
}

// The keys stand here too, beside meta-data: a guest without cloud-init reads the one or the other.
std::string default_user_data(const GuestSeed& seed) {
  YAML::Emitter out;
  out << YAML::BeginMap;
  list(out, "ssh_authorized_keys", seed.ssh_keys);
  out << YAML::EndMap << YAML::Newline;
  return std::string("#cloud-config\n") + out.c_str();
}

std::string network_config(const GuestSeed& seed) {
  YAML::Emitter out;
  out << YAML::BeginMap << YAML::Key << "version" << YAML::Value << 2;
  if (!seed.interfaces.empty()) {
    out << YAML::Key << "ethernets" << YAML::Value << YAML::BeginMap;
    for (const auto& port : seed.interfaces) interface(out, port);
    out << YAML::EndMap;
  }
  out << YAML::EndMap << YAML::Newline;
  return out.c_str();
}

}  // namespace

NoCloud no_cloud(const GuestSeed& seed) {
  return {.meta_data = meta_data(seed),
          .user_data = seed.user_data.empty() ? default_user_data(seed) : seed.user_data,
          .network_config = network_config(seed)};
}

Result<> write_seed(const std::filesystem::path& path, const GuestSeed& seed) {
  const std::string activity = "writing the seed of " + seed.hostname;
  auto image = seed_image(no_cloud(seed));
  if (!image) return while_doing(image.error(), activity);
  if (auto written = replace_file(path, *image); !written) return while_doing(written.error(), activity);
  return {};
}

}  // namespace causeway::agent
