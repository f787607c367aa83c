// SPDX-License-Identifier: Apache-2.0
// kind: Rooms
#include "common/config/kinds.h"

namespace causeway::config {
namespace {

std::optional<model::Room> room(const Cursor& cursor) {
  model::Room room;
  cursor.fields()
      .optional("title", room.title, text)
      .required("department", room.department, name<DepartmentId>)
      .optional("address", room.address, text)
      .required("servers", room.servers, set(text))
      .no_others();
  return room;
}

}  // namespace

model::Rooms read_rooms(const Cursor& root) {
  model::Rooms rooms;
  document_fields(root).required("rooms", rooms.rooms, map_of<RoomId>(room)).no_others();
  return rooms;
}

}  // namespace causeway::config
