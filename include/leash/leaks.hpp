#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <leash/profile.hpp>
#include <leash/trace.hpp>

// Which goroutines can never run again.
//
//   if (const leash::leak_report found = leash::leaks(); !found.empty())
//     std::cerr << found.text();
//
// A goroutine is proven to be leaked when nothing that is left in the program can end its wait: what it means, what it
// rests on, and what leash does when a program breaks that, is in docs/leak-proof.md.

namespace leash {

namespace detail {
struct leak_access;
struct proven_goroutines;
}  // namespace detail

// What was proven at one moment. Cheap to copy. Any thread.
class leak_report {
 public:
  // Nothing is leaked.
  leak_report() noexcept = default;

  // How many goroutines were proven to be leaked.
  std::size_t size() const noexcept;
  bool empty() const noexcept { return size() == 0; }

  // Goes through those that wait still, as they were proven to for ever: all of them, unless they were unwound since.
  goroutine_cursor goroutines() const { return goroutine_cursor(*this); }
  // The whole text, for people: one of each place, how many stand there, and what to do about it. Empty when nothing is leaked.
  std::string text() const;
  // As `go tool pprof` reads it: a profile of the type goroutineleak.
  goroutine_profile profile() const;

 private:
  friend struct detail::leak_access;
  std::shared_ptr<const detail::proven_goroutines> proven_;
};

// Proves, and returns what can never run again, of all runtimes of the process but hidden ones. All threads of the process are
// stopped meanwhile: some 0.2 ms in a small program, 40 to 80 ns more for each goroutine that waits, and 75 ms for each GB of
// memory in use. Empty, with a sentence on stderr, where they cannot be (docs/leak-proof.md). Any goroutine, any thread.
// Throws std::bad_alloc.
leak_report leaks();

// Called with goroutines that were found to be leaked: each is told of once, by the patrol, or by the worker that has seen it.
// May not suspend, may not throw, may not block for long.
using leak_handler = void (*)(const leak_report& fresh) noexcept;

// Sets what is done about goroutines that are found to be leaked, and returns what was done before. Null, and at first: they are
// printed to stderr, one of each place that is new. Not called in a runtime whose policy is off. Any thread.
leak_handler set_leak_handler(leak_handler handler) noexcept;

// What has come of proofs since the program started.
struct leak_statistics {
  std::uint64_t announced = 0;  // goroutines that were found to be leaked, by the patrol or at once
  // Of them, those that ran all the same: the program has hidden a pointer, see docs/leak-proof.md, A1 to A3.
  std::uint64_t refuted = 0;
  std::uint64_t retracted = 0;  // the same, by its old name
  std::uint64_t unwound = 0;    // of them, those that the patrol unwound
  // Frames that are taken for live for as long as they exist, because
  std::uint64_t exposed_by_sending =
      0;                             // a value that was sent through a channel pointed into them
  std::uint64_t exposed_by_use = 0;  // somebody else used a handle in them
};
leak_statistics count_leaks() noexcept;

}  // namespace leash
