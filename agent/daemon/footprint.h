// SPDX-License-Identifier: Apache-2.0
// Keeps a process with large libraries small.
#pragma once

namespace causeway::agent {

// Few arenas: the workers' threads allocate little, and each arena keeps what it once had. To be called
// before any thread is started.
void limit_arenas();

// Gives back what only the start needed: free heap, and the mapped code of libraries, most of which ran once
// (loading librbd, librados and libvirt touches some 20 MiB of it). Code that is needed again is mapped again
// from the page cache. Any thread, at any time.
void shed_startup_pages();

}  // namespace causeway::agent
