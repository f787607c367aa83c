// SPDX-License-Identifier: Apache-2.0
#include "common/ceph/cluster.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace causeway::ceph {

Error error_of(int code, std::string_view what) {
  const int reason = code < 0 ? -code : code;
  const auto errc = [&] {
    switch (reason) {
      case ENOENT: return Errc::not_found;
      case EEXIST: return Errc::conflict;
      case EBUSY:
      case EROFS:  // librbd's word for a lock that somebody else keeps
      case EAGAIN:
      case ENOSPC:
      case EDQUOT: return Errc::busy;
      case EPERM:
      case EACCES:
      case ESHUTDOWN: return Errc::denied;
      case EILSEQ:
      case EBADMSG: return Errc::corrupt;
      default: return Errc::unavailable;
    }
  }();
  const auto words = [&]() -> std::string {
    switch (reason) {
      case ESHUTDOWN: return "this client is fenced";
      case ENOSPC:
      case EDQUOT: return "the storage is full; add OSDs, or delete what is not needed any more";
      default: return std::generic_category().message(reason);
    }
  }();
  return {.code = errc, .what = fmt::format("{}: {}", what, words)};
}

std::string seconds_of(Duration span) {
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(span).count());
}

Result<> connect(librados::Rados& rados, const Access& access, Duration answer_within, const Settings& more) {
  if (const int done = rados.init2(("client." + access.user).c_str(), "ceph", 0); done < 0)
    return std::unexpected(error_of(done, "librados"));
  if (const int done = rados.conf_read_file(access.conf.c_str()); done < 0)
    return fail(Errc::unavailable,
                fmt::format("ceph configuration '{}': {}", access.conf, std::strerror(-done)));
  Settings settings{{"keyring", access.keyring},
                    {"admin_socket", ""},
                    {"log_file", ""},
                    {"log_to_stderr", "false"},
                    {"err_to_stderr", "false"},
                    {"log_to_syslog", "false"},
                    {"ms_async_op_threads", "1"},
                    // What waits longer asks for a newer map. Unasked, a client never learns where an OSD is
                    // that was started again, because no operation waits as long as the default says.
                    {"objecter_tick_interval", "0.5"},
                    {"objecter_timeout", "1"},
                    {"client_mount_timeout", seconds_of(answer_within)},
                    {"rados_mon_op_timeout", seconds_of(answer_within)},
                    {"rados_osd_op_timeout", seconds_of(answer_within)}};
  settings.insert(settings.end(), more.begin(), more.end());
  for (const auto& [name, value] : settings)
    if (const int done = rados.conf_set(name, value.c_str()); done < 0)
      return std::unexpected(error_of(done, fmt::format("ceph option {}", name)));
  if (const int done = rados.connect(); done < 0)
    return std::unexpected(error_of(done, fmt::format("connecting to Ceph as client.{}", access.user)));
  return {};
}

}  // namespace causeway::ceph
