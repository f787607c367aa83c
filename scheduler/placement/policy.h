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

  [[nodiscard]] const Site::HostEntry& entry() const { return in.site.host(index); }
  [[nodiscard]] const Host& host() const { return entry().host; }
  [[nodiscard]] const Request& request() const { return *in.want.request; }
};

struct Gate {
  std::string_view name;
  bool (*admits)(const Case&);
  std::string (*why_not)(const Case&);  // only asked when it does not admit
};

struct Filter {
  std::string_view name;
  bool (*admits)(const Look&);
  std::string (*why_not)(const Look&);  // only asked when it does not admit
};

struct Scorer {
  std::string_view name;
  double weight;
  double (*score)(const Look&,
                  const Slot&);  // in [0, 1]; only asked where all filters admit and the slot fits
};

std::span<const Gate> gates();
std::span<const Filter> filters();
std::span<const Scorer> scorers();

// The scorers' parts, then one part for each soft rule of the request's groups.
std::vector<ScorePart> score_parts(const Look& look, const Slot& slot);

// The score as the engines compare it. Each part is rounded to a multiple of 2^-20, so that the sum is exact
// and does not depend on the order of addition.
double score(const Look& look, const Slot& slot);
double rounded_part(double weight, double value);

// The scorers of levels, which the fast engine tabulates: `left` is what the slot has above the demand.
double tightness(Levels::Pair left);
double balance(Levels::Pair left);

// Whether the rule is kept if the group's next member stands in that domain.
bool keeps(const Rule& rule, const Spread& spread, Index domain);

// "keep-apart rack, at most 2".
std::string to_string(const Rule& rule);

}  // namespace causeway::placement
