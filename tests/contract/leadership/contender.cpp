// SPDX-License-Identifier: Apache-2.0
// A contender as a process: words on standard input, answers on standard output.
//   leadership_contender CONF POOL NAMESPACE CLIENT KEYRING NAME
#include "tests/contract/leadership/contender.h"

#include <iostream>

#include "scheduler/leadership/ceph.h"

int main(int count, char** words) {
  using namespace causeway::leadership;
  if (count != 7) return 1;
  auto leadership = ceph_leadership({words[1], words[2], words[3], words[4], words[5]}, words[6]);
  if (!leadership) {
    std::cout << "error " << leadership.error().what << std::endl;
    return 1;
  }
  Contender contender(std::move(*leadership));
  std::cout << "ok" << std::endl;
  for (std::string line; std::getline(std::cin, line);) std::cout << contender.say(line) << std::endl;
  return 0;
}
