// SPDX-License-Identifier: Apache-2.0
// How expected failures travel: as values. A broken invariant is not an expected failure; for that, see
// check.h.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace causeway {

// Named by what the caller does next.
enum class Errc {
  invalid,      // the request is wrong: correct it, then ask again
  not_found,    // no such thing: look at the list of what there is
  conflict,     // the state moved or the name is taken: look again, then decide
  busy,         // a limit is reached: the same request works later
  timeout,      // no answer in time: what was asked may or may not have happened; observe
  denied,       // this key or role may not: ask somebody who may
  unavailable,  // a part is away: the same request works when it is back
  corrupt,      // what was read is not what was written: stop and call an operator
};

// The word used in messages and on the wire, such as "not-found".
std::string_view to_string(Errc code);

struct Error {
  Errc code{};
  std::string what;  // a sentence fragment without a full stop: "pool 'extranet': no such pool"

  bool operator==(const Error&) const = default;
};

template <class T = void>
using Result = std::expected<T, Error>;

// For `return fail(Errc::invalid, "…")` in a function that returns any Result.
[[nodiscard]] inline std::unexpected<Error> fail(Errc code, std::string what) {
  return std::unexpected(Error{code, std::move(what)});
}

// Adds what was being done, on the way up: "pool 'extranet': no such pool; while cloning volume a/b/c/root".
[[nodiscard]] std::unexpected<Error> while_doing(Error error, std::string_view activity);

}  // namespace causeway

// Returns the error of a Result<void> expression from the enclosing function.
#define CAUSEWAY_TRY(expression)                                       \
  do {                                                                 \
    if (auto causeway_try_result = (expression); !causeway_try_result) \
      return std::unexpected(std::move(causeway_try_result).error());  \
  } while (false)
