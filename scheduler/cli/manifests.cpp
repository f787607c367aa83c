// SPDX-License-Identifier: Apache-2.0
#include "scheduler/cli/manifests.h"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <sodium.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "common/wire/codec.h"
#include "scheduler/cli/printable.h"

namespace causeway::cli {
namespace {

constexpr int kBase64 = sodium_base64_VARIANT_ORIGINAL;

std::string to_base64(const std::string& bytes) {
  std::string text(sodium_base64_ENCODED_LEN(bytes.size(), kBase64), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), kBase64);
  text.pop_back();  // the terminator
  return text;
}

std::optional<std::string> from_base64(const std::string& text) {
  std::string bytes(text.size(), '\0');
  std::size_t length = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                        text.size(), nullptr, &length, nullptr, kBase64) != 0)
    return std::nullopt;
  bytes.resize(length);
  return bytes;
}

}  // namespace

std::optional<std::vector<config::ManifestFile>> read_manifests(Session& session,
                                                                const std::vector<std::string>& paths) {
  auto loaded = config::load_manifests(paths);
  if (!loaded.problems.empty()) {
    session.show(loaded.problems);
    return std::nullopt;
  }
  if (loaded.files.empty()) {
    session.show(
        Error{Errc::invalid, "there is no manifest in what was named; a folder's files end in .yaml"});
    return std::nullopt;
  }
  return std::move(loaded.files);
}

std::vector<model::Manifest> values_of(const std::vector<config::ManifestFile>& files) {
  std::vector<model::Manifest> manifests;
  for (const auto& file : files) manifests.push_back(file.manifest);
  return manifests;
}

std::vector<model::Wave> waves_in(const std::vector<config::ManifestFile>& files) {
  std::vector<model::Wave> waves;
  for (const auto& file : files)
    if (const auto* wave = std::get_if<model::Wave>(&file.manifest)) waves.push_back(*wave);
  return waves;
}

std::vector<WaveId> waves_of(const std::vector<model::Manifest>& manifests) {
  std::vector<WaveId> waves;
  for (const auto& manifest : manifests)
    if (const auto* wave = std::get_if<model::Wave>(&manifest)) waves.push_back(wave->id);
  return waves;
}

Result<> save_plan(const std::string& file, const SavedPlan& plan) {
  nlohmann::ordered_json json = {{"api", "causeway/v1"}, {"kind", "Plan"}, {"token", plan.token}};
  for (const auto& manifest : plan.manifests)
    json["manifests"].push_back(to_base64(wire::encode_manifest(manifest)));
  const std::string unfinished = file + ".tmp";
  std::ofstream stream(unfinished);
  stream << json.dump(2) << '\n';
  stream.close();
  if (!stream || std::rename(unfinished.c_str(), file.c_str()) != 0)
    return fail(Errc::unavailable, fmt::format("{}: the plan can't be written there", file));
  return {};
}

Result<SavedPlan> load_plan(const std::string& file) {
  const auto text = config::read_text(file);
  if (!text) return fail(Errc::not_found, config::to_string(text.error()));
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  const auto damaged = [&] {
    return fail(Errc::corrupt, fmt::format("{}: not a plan that `causeway plan --save` wrote", file));
  };
  if (!json.is_object() || json.value("kind", "") != "Plan" || !json.contains("manifests")) return damaged();
  SavedPlan plan{.token = json.value("token", ""), .manifests = {}};
  for (const auto& item : json["manifests"]) {
    const auto bytes = item.is_string() ? from_base64(item.get<std::string>()) : std::nullopt;
    if (!bytes) return damaged();
    auto manifest = wire::decode_manifest(*bytes);
    if (!manifest) return damaged();
    plan.manifests.push_back(std::move(*manifest));
  }
  return plan;
}

void print(Session& session, const model::PlanResponse& plan) {
  int added = 0;
  int changed = 0;
  int removed = 0;
  for (const auto& line : plan.lines) {
    added += line.sign == '+';
    changed += line.sign == '~';
    removed += line.sign == '-';
    fmt::print(session.out, "{} {}{}{}\n", line.sign, printable(line.subject), line.text.empty() ? "" : "  ",
               printable(line.text));
  }
  for (const auto& unplaced : plan.unplaced) {
    fmt::print(session.out, "! workload {} can't be placed:\n", unplaced.workload.str());
    for (const auto& reason : unplaced.reasons) fmt::print(session.out, "    {}\n", printable(reason));
  }
  fmt::print(session.out, "{}: {} to add, {} to change, {} to remove, {} unchanged{}\n",
             plan.applied ? "applied" : "plan", added, changed, removed, plan.unchanged,
             plan.unplaced.empty() ? "" : fmt::format(", {} can't be placed", plan.unplaced.size()));
}

}  // namespace causeway::cli
