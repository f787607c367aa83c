// SPDX-License-Identifier: Apache-2.0
// The ways out of zones: each by itself, and beside the networks that say they have one. Private to this
// folder.
#pragma once

#include "common/model/checks.h"
#include "common/model/validate.h"

namespace causeway::model {

void check_ways_out(const Site& site, Checks& checks);

// Against the networks of the zone that the site's file doesn't name.
void check_way_out_beside(const Path& path, const ZoneId& id, const WayOutSpec& way, const Catalog& catalog,
                          Checks& checks);

// A network that says it has one, and a network whose VLAN or addresses its zone's way out has already.
void check_way_out_of(const Path& path, const Network& network, const Catalog& catalog, Checks& checks);

}  // namespace causeway::model
