#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

// Whether a test leaves goroutines behind. For GoogleTest see gtest.hpp, for Catch2 catch2.hpp; what is here is for other
// frameworks, and for programs without one. Library leash::testing.
//
//   leash::testing::leak_check check;
//   body_of_the_test();
//   if (const std::string left = check.finish(); !left.empty()) fail(left);
//
// A test answers for the goroutines that it has started, that those have started, and so on, and for no others: tests may run
// at the same time on several threads of a process, each with a run() of its own or all in one runtime. More in
// docs/testing.md.

namespace leash::testing {

// Goroutines that a test may leave behind, and how long it has to wait for the others.
//
// A function is named as traces show it, `pump` or `server::pump`; its namespace and class may be left out, and a lambda
// in it is `pump::lambda`.
struct no_leaks_options {
  // How long it waits for goroutines that are still there, but may end yet. Those that are proven to be leaked are told of
  // at once; on virtual time nobody is waited for who waits for a moment to come.
  std::chrono::milliseconds patience = std::chrono::seconds(1);
  // Left out are goroutines that wait in one of these functions,
  std::vector<std::string> ignore_top_functions = {};
  // those with one of these functions anywhere in their stack,
  std::vector<std::string> ignore_functions = {};
  // and those that were started by one of these functions, or at one of these places: `pump.cpp`, `pump.cpp:31`. Of a file's
  // path any number of last parts is enough.
  std::vector<std::string> ignore_created_by = {};
};

// Goroutines that the calling thread starts while this lives, or that a run() on it starts, belong to it, with all that they
// start themselves. Checks nest: a goroutine belongs to the innermost.
class leak_check {
 public:
  // On a thread that is no worker of a runtime, so outside of what run() runs, or errc::blocks_worker is thrown.
  explicit leak_check(no_leaks_options options = {});
  leak_check(leak_check&&) = delete;
  // On the thread that made it; says nothing.
  ~leak_check();

  // What to say of goroutines that are left; empty: none are. Waits for those that may end yet, see no_leaks_options. What
  // was left when a run() returned, or a runtime was destroyed, is told of too, although it was unwound. Tells of each goroutine
  // once, and may be called again. Any thread that is no worker of a runtime, or errc::blocks_worker is thrown.
  [[nodiscard]] std::string finish();

  // While it lives, the thread that made it works for the check as well: for threads that a test starts. Not to outlive the
  // check.
  class thread {
   public:
    explicit thread(const leak_check& test) noexcept;
    thread(thread&&) = delete;
    ~thread();

   private:
    std::uint32_t outer_;
  };

 private:
  struct state;
  std::unique_ptr<state> state_;
};

// All goroutines but the calling one that the check of this thread, or of this goroutine, has to answer for now belong to no
// check from here on, and neither does what they start: for what a test sets up and others go on using. Any goroutine, any
// thread.
void ignore_current_goroutines() noexcept;

}  // namespace leash::testing
