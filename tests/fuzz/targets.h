// SPDX-License-Identifier: Apache-2.0
// What reads bytes from outside, each as a function of those bytes. A target must come back whatever it is
// given, and checks what it can: what was understood survives being written and read again. libFuzzer looks
// for bytes that break one (preset fuzz); every input of tests/fuzz/corpus is replayed by the ordinary tests.
#pragma once

#include <array>
#include <string_view>

namespace causeway::fuzz {

void capabilities(std::string_view bytes);  // libvirt's XML about a host
void config(std::string_view bytes);        // the settings of the three programs
void disk(std::string_view bytes);          // the head of a disk file to import
void guest(std::string_view bytes);         // a frame of a guest that asks for its address
void keyring(std::string_view bytes);       // Ceph's keyring, and the monitors of its configuration
void manifest(std::string_view bytes);      // site, departments, rooms and wave files
void snapshot(std::string_view bytes);      // placement snapshots
void state(std::string_view bytes);         // what an agent keeps
void switch_text(std::string_view bytes);   // what ovs-vswitchd prints: a trace, and open connections
void wire(std::string_view bytes);          // messages, stored records, saved plans

struct Target {
  const char* name;  // of its folder in the corpus
  void (*run)(std::string_view bytes);
};

inline constexpr std::array kTargets = {
    Target{"capabilities", capabilities},
    Target{"config", config},
    Target{"disk", disk},
    Target{"guest", guest},
    Target{"keyring", keyring},
    Target{"manifest", manifest},
    Target{"snapshot", snapshot},
    Target{"state", state},
    Target{"switch_text", switch_text},
    Target{"wire", wire},
};

}  // namespace causeway::fuzz
