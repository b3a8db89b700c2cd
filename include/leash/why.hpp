#pragma once

#include <cstdint>
#include <memory>
#include <string>

// The golden rule, asked of a program that runs: never start a goroutine without knowing how it will exit.
//
//   std::cerr << leash::why(7);
//
//   goroutine 7 [chan receive] at racer.cpp:31 in fetch: when somebody sends or closes
//     able: goroutine 1 (main) at racer.cpp:40; handles outside: in a global, on the heap or on a plain thread
//     or when its context ends: in 3.2 s (deadline); able to cancel it: goroutine 1 (main) at racer.cpp:40

namespace leash {

// The condition on which the goroutine with this number will go on or end, and who can see to it, for people: one line or
// a few. Empty: there is no such goroutine, or there is none any more. Numbers count within a runtime: of several runtimes each
// that has it is told of. Nothing is stopped; it takes as long as leaks() does, for what can never happen is proven.
// Any goroutine, any thread. Throws std::bad_alloc.
std::string why(std::uint64_t id);

// The same of all goroutines of the process but those of hidden runtimes: those together that stand alike and wait for
// the same kind of thing, the most first. One of them is told of. Any goroutine, any thread; one at a time.
class why_text {
 public:
  why_text();
  why_text(why_text&& other) noexcept;
  why_text& operator=(why_text&& other) noexcept;
  ~why_text();

  // Appends the next piece to `into`; false: that was all, and nothing was appended. A piece is small. The first call proves,
  // as leaks() does; the next ones append nothing: goroutines are being counted. Throws std::bad_alloc.
  bool next(std::string& into);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace leash
