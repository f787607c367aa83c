// SPDX-License-Identifier: Apache-2.0
// The policy, as three tables that can be read aloud: gates (is there an allowance for this at all?), filters
// (may it stand on this host?) and scorers (how good would it be there?). The reference engine walks the
// tables, `explain` prints them with their numbers, and the fast engine is held against them by tests.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/placement/levels.h"
#include "scheduler/placement/plan.h"
#include "scheduler/placement/site.h"
#include "scheduler/placement/usage.h"

namespace causeway::placement {

// One request in front of one site; nothing in it is owned.
struct Case {
  const Site& site;
  const Levels& levels;
  const Usage& usage;
  const Want& want;
};

// One request in front of one host.
struct Look {
  const Case& in;
  Index index;

  [[nodiscard]] const Host& host() const { return in.site.host(index); }
  [[nodiscard]] const Request& request() const { return *in.want.request; }
  [[nodiscard]] Amounts wanted() const { return in.want.total(host().overcommit_percent); }
  [[nodiscard]] Amounts free() const { return in.usage.free(index); }
};

struct Gate {
  std::string_view name;
  std::string_view says;  // what it asks for, in a sentence
  bool (*admits)(const Case&);
  std::string (*why_not)(const Case&);  // only asked when it does not admit
};

struct Filter {
  std::string_view name;
  std::string_view says;  // what it asks of a host
  bool (*admits)(const Look&);
  std::string (*why_not)(const Look&);  // only asked when it does not admit
};

struct Scorer {
  std::string_view name;
  std::string_view says;  // when a host is better
  double weight;
  double (*score)(const Look&,
                  const Slot&);  // in [0, 1]; only asked where all filters admit and the slot fits
};

std::span<const Gate> gates();
std::span<const Filter> filters();
std::span<const Scorer> scorers();

// The scorers' parts, then one part for each soft rule of the request's groups.
std::vector<ScorePart> score_parts(const Look& look, const Slot& slot);

// A score as the engines compare it: each part in whole steps of 2^-20, so that a sum is exact and does not
// depend on the order of addition.
using Points = std::int64_t;
inline constexpr Points kPointsPerUnit = 1 << 20;
Points points(double weight, double value);
Points score(const Look& look, const Slot& slot);

// Where an engine would put a request. More points are better, then the lesser host, then the lesser slot.
struct Choice {
  Index host = kNone;
  Slot slot;
  Points points = 0;

  bool operator==(const Choice&) const = default;
};

// The choice with its host's name and its score's parts.
Candidate candidate(const Case& in, const Choice& choice);

// What the levels that a slot has left above the demand are worth: the part of the score that the fast engine
// tabulates.
Points level_points(Levels::Pair left);

// What a host's own properties are worth to a request, whatever is free on it.
Points standing_points(const Host& host, const Request& request);

// Whether the rule is kept if the next member of its group stands on that host.
bool keeps(const Site& site, const Usage& usage, const BoundRule& bound, Index host);

// "keep-apart rack, at most 2".
std::string to_string(const Rule& rule);

}  // namespace causeway::placement
