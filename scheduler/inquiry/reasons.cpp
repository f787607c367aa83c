// SPDX-License-Identifier: Apache-2.0
#include "scheduler/inquiry/reasons.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/core/text.h"
#include "scheduler/placement/policy.h"

namespace causeway::inquiry {
namespace {

using model::List;
using model::Object;

std::string key_of(const std::string& scorer) {
  std::string key = scorer;
  std::ranges::replace(key, '-', '_');
  std::ranges::replace(key, ' ', '_');
  return key;
}

// Three decimals in tables, whatever they are; json and yaml have all of them.
Object number(double value) { return {{"text", fmt::format("{:.3f}", value)}, {"value", value}}; }

// What a constraint asks for, from the table it stands in.
std::string says(const std::string& constraint) {
  for (const auto& gate : placement::gates())
    if (gate.name == constraint) return std::string(gate.says);
  for (const auto& filter : placement::filters())
    if (filter.name == constraint) return std::string(filter.says);
  return constraint == "reserve" ? "what one failure takes must find a place elsewhere" : "";
}

std::string worth(const std::string& scorer) {
  for (const auto& one : placement::scorers())
    if (one.name == scorer) return std::string(one.says);
  return "this wish is kept there";
}

Object candidate_of(const placement::Candidate& candidate) {
  Object row{{"host", candidate.host.str()}};
  if (!candidate.numa_nodes.empty()) {
    List nodes;
    for (const int node : candidate.numa_nodes) nodes.emplace_back(node);
    row.emplace_back("numa_nodes", std::move(nodes));
  }
  row.emplace_back("score", number(candidate.score));
  for (const auto& part : candidate.parts)
    row.emplace_back(key_of(part.scorer), number(part.weight * part.value));
  return row;
}

std::string finding_text(const Finding& finding) {
  const std::string text =
      finding.path.empty() ? finding.what : fmt::format("{}: {}", finding.path, finding.what);
  return finding.next.empty() ? text : fmt::format("{}; {}", text, finding.next);
}

}  // namespace

Object document_of(const placement::Refusal& refusal) {
  Object object{{"workload", refusal.workload.str()}};
  if (!refusal.findings.empty()) {
    List findings;
    for (const auto& finding : refusal.findings) findings.emplace_back(finding_text(finding));
    object.emplace_back("findings", std::move(findings));
    return object;
  }
  List constraints;
  for (const auto& exclusion : refusal.exclusions)
    constraints.emplace_back(Object{{"constraint", exclusion.constraint},
                                    {"excludes", exclusion.hosts},
                                    {"alone", exclusion.alone},
                                    {"asks", says(exclusion.constraint)},
                                    {"example", exclusion.example}});
  List nearest;
  for (const auto& near : refusal.nearest)
    nearest.emplace_back(Object{{"host", near.host.str()}, {"lacks", join(near.lacks, "; ")}});
  List changes;
  for (const auto& change : refusal.counterfactuals)
    changes.emplace_back(Object{{"fits", change.change}, {"on", change.host.str()}});
  object.emplace_back("hosts", refusal.hosts);
  object.emplace_back("constraints", std::move(constraints));
  object.emplace_back("nearest", std::move(nearest));
  object.emplace_back("would_fit", std::move(changes));
  if (refusal.conflicts.size() > 1) {
    List conflicts;
    for (const auto& id : refusal.conflicts) conflicts.emplace_back(id.str());
    object.emplace_back("cant_be_placed_together", std::move(conflicts));
  }
  return object;
}

std::vector<std::string> sentences_of(const placement::Refusal& refusal) {
  std::vector<std::string> lines;
  for (const auto& finding : refusal.findings) lines.push_back(finding_text(finding));
  if (!lines.empty()) return lines;
  lines.push_back(refusal.summary());
  for (const auto& exclusion : refusal.exclusions)
    lines.push_back(fmt::format("{} excludes {} of {} hosts: {}", exclusion.constraint, exclusion.hosts,
                                refusal.hosts, exclusion.example));
  for (const auto& near : refusal.nearest)
    lines.push_back(fmt::format("nearest is {}: {}", near.host, join(near.lacks, "; ")));
  for (const auto& change : refusal.counterfactuals)
    lines.push_back(fmt::format("it would fit on {} {}", change.host, change.change));
  if (refusal.conflicts.size() > 1) {
    std::string text = "these can't be placed together:";
    for (const auto& id : refusal.conflicts) text += " " + id.str();
    lines.push_back(std::move(text));
  }
  return lines;
}

List candidates_of(const placement::Placement& placement) {
  List rows;
  rows.emplace_back(candidate_of(placement.chosen));
  for (const auto& other : placement.runners_up) rows.emplace_back(candidate_of(other));
  return rows;
}

List scorers_of(const placement::Placement& placement) {
  List rows;
  for (const auto& part : placement.chosen.parts)
    rows.emplace_back(
        Object{{"scorer", part.scorer}, {"at_most", part.weight}, {"better_if", worth(part.scorer)}});
  return rows;
}

}  // namespace causeway::inquiry
