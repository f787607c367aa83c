// SPDX-License-Identifier: Apache-2.0
// A call that may hang, with an end. libvirt's calls have no timeout of their own: a daemon that is stopped,
// or a QEMU that waits for its storage, would hold the agent's worker for minutes.
#pragma once

#include <signal.h>

#include <future>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>

#include "common/core/result.h"
#include "common/core/time.h"

namespace causeway::agent {

// For a thread that talks to a daemon: a write to a connection whose other side is gone shall fail there, not
// end the process by SIGPIPE (libvirt blocks that signal only while it waits). Other signals are the main
// thread's.
inline void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

// Runs the work on a thread of its own and waits for its Result so long. After that: timeout, and the thread
// is left to itself until its call returns; its result is dropped. So the work must own, by shared pointers,
// what it uses.
template <class Work>
auto with_deadline(Duration deadline, std::string_view what, Work work) -> std::invoke_result_t<Work> {
  std::packaged_task<std::invoke_result_t<Work>()> task([work = std::move(work)]() mutable {
    block_signals();
    return work();
  });
  auto answer = task.get_future();
  std::thread thread(std::move(task));
  if (answer.wait_for(deadline) == std::future_status::ready) {
    thread.join();
    return answer.get();
  }
  thread.detach();
  return fail(Errc::timeout, std::string(what) + ": no answer after " + causeway::to_string(deadline));
}

}  // namespace causeway::agent
