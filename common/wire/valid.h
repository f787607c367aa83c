// SPDX-License-Identifier: Apache-2.0
// Which numbers of each generated enum are known, under one name, for fields.h.
#pragma once

#include "common/proto/api.pb.h"
#include "common/proto/assignment.pb.h"
#include "common/proto/model.pb.h"
#include "common/proto/records.pb.h"

namespace causeway::v1 {

inline bool valid(Classification value) { return Classification_IsValid(value); }
inline bool valid(Isolation value) { return Isolation_IsValid(value); }
inline bool valid(Scope value) { return Scope_IsValid(value); }
inline bool valid(PlacementRuleKind value) { return PlacementRuleKind_IsValid(value); }
inline bool valid(Reserve value) { return Reserve_IsValid(value); }
inline bool valid(Protocol value) { return Protocol_IsValid(value); }
inline bool valid(RuleProtocol value) { return RuleProtocol_IsValid(value); }
inline bool valid(Power value) { return Power_IsValid(value); }
inline bool valid(Outage value) { return Outage_IsValid(value); }
inline bool valid(Role value) { return Role_IsValid(value); }
inline bool valid(Phase value) { return Phase_IsValid(value); }
inline bool valid(PowerVerb value) { return PowerVerb_IsValid(value); }
inline bool valid(HaVerb value) { return HaVerb_IsValid(value); }
inline bool valid(HostVerb value) { return HostVerb_IsValid(value); }
inline bool valid(Errc value) { return Errc_IsValid(value); }

}  // namespace causeway::v1
