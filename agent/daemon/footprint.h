// SPDX-License-Identifier: Apache-2.0
// Keeps a process with large libraries small.
#pragma once

namespace causeway::agent {

// Few arenas: the workers' threads allocate little, and each arena keeps what it once had. To be called
// before any thread is started.
void limit_arenas();

// Gives back what was used once: free heap, and the pages of libraries that only loading or starting them
// touched (librbd, librados and libvirt come to some 30 MiB). What is needed again is mapped again from the
// page cache, at the price of a minor fault a page. Any thread, at any time.
void shed_idle_pages();

}  // namespace causeway::agent
