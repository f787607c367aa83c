// SPDX-License-Identifier: Apache-2.0
#include "agent/network/ovs_library.h"

#include <config.h>
#include <pthread.h>

#include "fatal-signal.h"
#include "openvswitch/vlog.h"

static void prepare(void) {
  vlog_set_levels(NULL, VLF_CONSOLE, VLL_OFF);
  fatal_signal_init();
}

void ovs_library_prepare(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, prepare);
}
