// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "tests/bench/placement/benches.h"

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  std::vector<int> sizes = {1000, 10'000, 100'000};
  if (!args.empty()) sizes = {std::stoi(args[0])};
  causeway::bench::run_churn(sizes, args.size() > 1 ? std::stoi(args[1]) : 200'000);
}
