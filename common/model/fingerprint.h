// SPDX-License-Identifier: Apache-2.0
// A name for what an assignment says, so that two sides can find out that they hold the same one without
// sending it: equal contents have equal names on every machine, and nobody can find two contents of one name
// (BLAKE2b, 256 bits, over an unambiguous text of all fields).
//
// The epoch in which it was said is no part of it, nor is the name that it carries. Another version of this
// program may name the same content otherwise; then it is sent once more, which does no harm.
#pragma once

#include "common/model/assignment.h"

namespace causeway::model {

Fingerprint fingerprint(const Assignment& assignment);

}  // namespace causeway::model
