// SPDX-License-Identifier: Apache-2.0
// One reader per kind of manifest; the header (`api`, `kind`) has been read by the caller. Each returns what
// it could read; that something is wrong shows in the reading's problems.
#pragma once

#include "common/config/reader.h"
#include "common/model/api.h"

namespace causeway::config {

model::Site read_site(const Cursor& root);
model::Departments read_departments(const Cursor& root);
model::Rooms read_rooms(const Cursor& root);
model::Wave read_wave(const Cursor& root);

// The two keys of the header, which the kinds' own tables pass over.
inline Fields document_fields(const Cursor& root) { return root.fields().known("api").known("kind"); }

}  // namespace causeway::config
