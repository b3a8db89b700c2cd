#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <source_location>
#include <span>

#include <leash/detail/base/hidden_pointer.hpp>
#include <leash/detail/base/object.hpp>
#include <leash/detail/sched/goroutine.hpp>
#include <leash/detail/sched/scheduler.hpp>

// What one goroutine waits for, copied at one moment, for people to be told of: a sleeper wakes now and then, so what
// is said of it has to be of one reading.
//
// Invariants
// - All of it is read while the goroutine is pinned and its word says that it waits (see goroutine_reader.cpp), and the word
//   is the same afterwards. So the objects were pinned by the wait when their generations were read.
// - Later an object is read by who compares its generation under its lock, or who can do with what is in a slot by then:
//   a list of handles.

namespace leash::detail {

struct seen_object {
  hidden_pointer<object> target;
  capability_set what = 0;  // that ends the wait
  std::uint32_t generation = 0;
};

// unwinding: its frames are being destroyed, or are about to be.
enum class standing : std::uint8_t { running, runnable, unwinding, waiting };

struct wait_view {
  static constexpr std::size_t most_targets = 64;
  static constexpr std::size_t most_places = 128;

  goroutine* record = nullptr;
  std::uint64_t word = 0;
  std::uint64_t id = 0;
  std::uint64_t creator = 0;
  const scheduler* home = nullptr;  // to be compared only
  std::source_location created_at;
  standing stands = standing::running;

  // Of one that waits.
  wait_reason reason = wait_reason::running;
  bool external = false;   // something without a handle ends it
  bool bound = false;      // to a context, which may not reach it, as under a shield
  bool on_leash = false;   // there is one that reaches it
  bool truncated = false;  // it waits for more than is here
  std::size_t target_count = 0;
  seen_object leash;
  clock_time present{};                     // by its runtime's clock
  clock_time deadline = clock_time::max();  // when time ends it
  std::chrono::nanoseconds age{};
  std::chrono::nanoseconds since{};
  // Of one that waits, and of the one that calls: innermost first.
  std::size_t depth = 0;
  bool elided = false;  // the outermost frames are not here
  std::array<seen_object, most_targets> all_targets;
  std::array<std::source_location, most_places> all_places;

  std::span<const seen_object> targets() const noexcept {
    return {all_targets.data(), target_count};
  }
  std::span<const std::source_location> stack() const noexcept {
    return {all_places.data(), depth};
  }
  const char* reason_text() const noexcept;
};

// False: there is no goroutine there that a program should see. Neither allocates nor throws. Any thread.
bool read_wait(goroutine& record, wait_view& into) noexcept;

// Whether it is the main goroutine of its runtime.
bool is_main(const wait_view& seen);

}  // namespace leash::detail
