// SPDX-License-Identifier: Apache-2.0
// The library of Open vSwitch before its first use in a process.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

// To be called before anything else of the library, by whoever may be the first; from any thread, as often as
// one likes. Its set-up of signals is not made for threads (the second one to wait would wait for descriptor
// 0 and abort), so it is done here, once. The library is silent then: what goes wrong is returned and told by
// the caller, and a second voice on stderr would only confuse.
void ovs_library_prepare(void);

#ifdef __cplusplus
}
#endif
