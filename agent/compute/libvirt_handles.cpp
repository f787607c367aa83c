// SPDX-License-Identifier: Apache-2.0
#include "agent/compute/libvirt_handles.h"

#include <fmt/core.h>

namespace causeway::agent {
namespace {

Errc translated(int code) {
  switch (code) {
    case VIR_ERR_NO_DOMAIN:
    case VIR_ERR_NO_SECRET: return Errc::not_found;
    case VIR_ERR_DOM_EXIST: return Errc::conflict;
    case VIR_ERR_OPERATION_TIMEOUT: return Errc::timeout;
    case VIR_ERR_RESOURCE_BUSY: return Errc::busy;
    case VIR_ERR_AUTH_FAILED:
    case VIR_ERR_AUTH_CANCELLED:
    case VIR_ERR_ACCESS_DENIED:
    case VIR_ERR_OPERATION_DENIED: return Errc::denied;
    case VIR_ERR_XML_ERROR:
    case VIR_ERR_XML_DETAIL:
    case VIR_ERR_XML_INVALID_SCHEMA:
    case VIR_ERR_CONFIG_UNSUPPORTED:
    case VIR_ERR_ARGUMENT_UNSUPPORTED:
    case VIR_ERR_INVALID_ARG:
    case VIR_ERR_NO_SUPPORT:
    case VIR_ERR_OS_TYPE: return Errc::invalid;
    default: return Errc::unavailable;
  }
}

}  // namespace

std::unexpected<Error> libvirt_failed(std::string_view doing) {
  const virError* error = virGetLastError();
  if (!error) return fail(Errc::unavailable, fmt::format("{}: libvirt failed without a reason", doing));
  return fail(translated(error->code),
              fmt::format("{}: {}", doing, error->message ? error->message : "no reason"));
}

int libvirt_code() { return virGetLastErrorCode(); }

}  // namespace causeway::agent
