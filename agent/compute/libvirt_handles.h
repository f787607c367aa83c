// SPDX-License-Identifier: Apache-2.0
// libvirt's C handles as C++ values that let go by themselves, and its errors as ours.
#pragma once

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include <memory>
#include <string>
#include <string_view>

#include "common/core/result.h"

namespace causeway::agent {

struct LibvirtRelease {
  void operator()(virDomain* domain) const { virDomainFree(domain); }
  void operator()(virSecret* secret) const { virSecretFree(secret); }
  void operator()(char* text) const { std::free(text); }
};

using DomainHandle = std::unique_ptr<virDomain, LibvirtRelease>;
using SecretHandle = std::unique_ptr<virSecret, LibvirtRelease>;
using LibvirtText = std::unique_ptr<char, LibvirtRelease>;

// The error that libvirt left on this thread, translated: "starting domain a.b.c: <libvirt's words>".
std::unexpected<Error> libvirt_failed(std::string_view doing);

// libvirt's own code of that error, for a caller that expects one.
int libvirt_code();

}  // namespace causeway::agent
