#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <stdexcept>
#include <string_view>

namespace leash::tool {

// What cannot be read as a goroutine profile. what() says why and what to do, for the end of a sentence.
class profile_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct profile_frame {
  std::string_view function;
  std::string_view file;
  std::int64_t line = 0;
};

// Goroutines that stand at the same place.
struct profile_sample {
  std::int64_t count = 0;
  std::span<const profile_frame>
      stack;                  // innermost first; of a very deep one the middle is left out
  std::string_view reason;    // as the program says it; empty: it does not
  std::string_view created;   // file:line; empty: not said
  std::string_view leak;      // "proven", "suspect", or it is not said
  std::int64_t waiting = -1;  // at least so many seconds; -1: not said
};

// Calls `each` with what a goroutine profile holds, in pprof's protobuf form, which may be gzipped; what it
// is given is valid in the call. Nothing larger than `limit` is unpacked. Throws profile_error.
void read_profile(std::string_view given, std::size_t limit,
                  const std::function<void(const profile_sample&)>& each);

}  // namespace leash::tool
