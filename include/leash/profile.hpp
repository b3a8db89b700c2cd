#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <leash/trace.hpp>

// Goroutine profiles, as `go tool pprof` and its kin read them (perftools.profiles.Profile, not compressed):
//
//   std::ofstream("goroutines.pb") << goroutine_protobuf(profile_goroutines()).whole();
//
// A sample is a stack and how many goroutines have it. Its outermost frame says where they were started:
// "created by" and the function that did it. Its labels:
//   reason   "running", "runnable", or why they wait, in Go's words
//   age      seconds since they were started, rounded down to one of the steps 0, 1, 10, 60, 600, 3600 (an
//            hour), 21600, 86400 (a day), 604800 and 2592000, so that there are not as many groups as goroutines
//   waiting  likewise, since they last ran; not of those that run or can run
//   created  the file:line where they were started
//   leak     "proven" of those that can never run again, or "suspect", as far as that has been found out

namespace leash {

// Which labels the samples get.
enum class profile_labels : std::uint8_t {
  all,
  lasting,  // those that do not change by time alone, for the difference between two moments
};

// What the profile calls its samples; viewers name it by that.
enum class profile_type : std::uint8_t {
  goroutine,
  goroutineleak,  // those that can never run again
};

// How many goroutines stand where. The memory that it takes grows with the number of different samples, not
// with that of goroutines. For one thread at a time.
class goroutine_profile {
 public:
  explicit goroutine_profile(profile_labels labels = profile_labels::all,
                             profile_type type = profile_type::goroutine);
  goroutine_profile(goroutine_profile&&) noexcept;
  goroutine_profile& operator=(goroutine_profile&&) noexcept;
  ~goroutine_profile();

  // `count` is negative to take it away: of two moments, those of the first are, and what is left is what has
  // changed.
  void add(const goroutine_trace& seen, std::int64_t count = 1);
  // It is the difference between now and so long ago.
  void covers(std::chrono::nanoseconds duration);

  std::int64_t goroutines() const noexcept;  // the sum of all counts
  std::size_t groups() const noexcept;       // different samples, also those with a count of 0

 private:
  friend class goroutine_protobuf;
  struct state;
  std::unique_ptr<state> state_;
};

// All goroutines of this process as they stand now. Any thread.
goroutine_profile profile_goroutines();

// The bytes of a profile in pieces, so that they need not be in memory all at once.
class goroutine_protobuf {
 public:
  explicit goroutine_protobuf(goroutine_profile written);
  goroutine_protobuf(goroutine_protobuf&&) noexcept;
  goroutine_protobuf& operator=(goroutine_protobuf&&) noexcept;
  ~goroutine_protobuf();

  // Appends the next piece, some 16 KiB, to `into`; false: that was all.
  bool next(std::string& into);
  // The rest, as one string.
  std::string whole();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace leash
