// SPDX-License-Identifier: Apache-2.0
// CURVE key pairs: the identity of every operator, agent and scheduler. The secret half lives in a file that
// only its owner may read; the public half stands beside it in FILE.pub and is what `causeway key allow` and
// `host add` take.
#pragma once

#include <filesystem>
#include <string>

#include "common/core/result.h"
#include "common/core/secret.h"

namespace causeway::transport {

struct KeyPair {
  std::string public_key;  // Z85, 40 characters
  Secret secret_key;       // Z85, 40 characters
};

Result<KeyPair> generate_keys();

// Writes the secret half (mode 0600) and FILE.pub. Refuses to overwrite either: a lost key can't be had back.
Result<> write_keys(const KeyPair& keys, const std::filesystem::path& file);

// Reads the secret half and derives the public one. Refuses a file that others may read.
Result<KeyPair> read_keys(const std::filesystem::path& file);

// "" or what is wrong with the text as a public key.
std::string public_key_problem(const std::string& key);

}  // namespace causeway::transport
