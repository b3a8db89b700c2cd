#pragma once

#include <cstddef>
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
  // The whole text, grouped; empty when nothing is leaked. For people.
  std::string text() const;
  // As `go tool pprof` reads it: a profile of the type goroutineleak.
  goroutine_profile profile() const;

 private:
  friend struct detail::leak_access;
  std::shared_ptr<const detail::proven_goroutines> proven_;
};

// Proves, and returns what can never run again, of all runtimes of the process but hidden ones. No goroutine is stopped; the
// calling thread is busy for as long as it takes, some 200 ns for each goroutine that waits. Any goroutine, any
// thread. Throws std::bad_alloc.
leak_report leaks();

}  // namespace leash
