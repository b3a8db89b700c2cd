#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <source_location>
#include <string>
#include <utility>
#include <vector>

#include <leash/detail/testing/explorations.hpp>
#include <leash/detail/testing/explored_program.hpp>
#include <leash/detail/testing/settle_operation.hpp>

// Finds what goes wrong in some schedules only, before production does: runs a piece of a program again and again, in a different
// order each time, on virtual time. Library leash::testing.
//
//   TEST(Racer, LeavesNobodyBehind) {
//     const auto result = leash::testing::explore({}, []() -> leash::task<> { co_await racer(); });
//     EXPECT_TRUE(result) << result;
//   }
//
// The code that runs is the one that is shipped: only who runs next, and the clock, are others. More in docs/explore.md.

namespace leash::testing {

// How schedules are chosen.
enum class strategy : std::uint8_t {
  // By chance; schedules differ in how inclined they are to stay with who runs.
  random,
  // By priorities that change a few times: a bug that needs d orderings is found with a probability that is known (Burckhardt and others, A
  // Randomized Scheduler with Probabilistic Guarantees of Finding Bugs, ASPLOS 2010).
  pct,
  // All of them, but for those that differ only in the order of steps that have nothing to do with each other (sleep sets:
  // Godefroid, Partial-Order Methods for the Verification of Concurrent Systems, 1996; dynamic partial-order reduction: Flanagan and Godefroid,
  // POPL 2005).
  exhaustive,
};

// When timers fire.
enum class timers : std::uint8_t {
  // At any moment, in the order of their times: to compute may take long, so a time-out has to be able to win.
  any,
  // When nobody can run.
  when_idle,
};

struct explore_options {
  // At most so many; of strategy exhaustive, 0: as many as there are.
  std::size_t schedules = 1000;
  // Of the first schedule; each next one has the next number. A schedule is the same whenever its number, the strategy and the program are.
  // LEASH_EXPLORE_SEED in the environment is taken instead.
  std::uint64_t seed = 1;
  testing::strategy strategy = testing::strategy::random;
  bool stop_at_first_failure = true;
  testing::timers timers = testing::timers::any;
  // How long, in virtual time, goroutines may go on when main has returned. Who is left then is left over.
  std::chrono::nanoseconds settle = std::chrono::seconds(10);
  // A schedule that is longer is ended, and counted in bound_hit.
  std::size_t max_steps = 20'000;
  // Of strategy pct: the number of orderings that a bug needs.
  std::uint32_t depth = 3;
  // Of strategy exhaustive: how often somebody is interrupted, at most, who could have gone on. Nothing: as often as can be.
  std::optional<std::uint32_t> preemptions{};
  // Of strategy exhaustive: whether schedules are left out at all; steps that touch different objects of leash count as
  // independent then. Not so when goroutines share
  // anything else that they change, such as an atomic: then false.
  bool reduction = true;
  // A failure's `choices`: runs that schedule, and no other. LEASH_EXPLORE_REPLAY in the environment is taken instead.
  std::string replay{};
  // Whether a schedule that fails is made as simple as it can be, and cures are tried on it.
  bool explain = true;
};

// What can be wrong with a schedule; of several things, the first of these.
enum class failure_kind : std::uint8_t {
  uncaught_exception,
  failed_assertion,
  deadlock,          // main waits, and nobody can run
  leak,              // a goroutine is proven unable to run again
  left_over,         // a goroutine is still there when main has returned and time has passed
  not_reproducible,  // the program did something else when the same schedule was run again
};
const char* text_of(failure_kind kind) noexcept;

// A goroutine that was left.
struct left_goroutine {
  std::uint64_t id = 0;
  std::source_location created_at;          // of main: where explore() was called
  std::string wait_reason;                  // in Go's words
  std::vector<std::source_location> stack;  // innermost first
  bool proven = false;                      // that it can never run again
};

struct failure {
  failure_kind kind = failure_kind::left_over;
  std::size_t schedule = 0;  // the first that failed so, from 1
  std::size_t times = 0;     // how many did
  std::uint64_t seed =
      0;  // of the first: explore with this seed, and the same strategy, begins with it
  std::string choices;  // replays it: as simple as it could be made
  std::vector<left_goroutine> goroutines{};
  std::string message;   // what happened and where, in a sentence or some
  std::string timeline;  // who did what, step by step
  std::vector<std::string>
      cures{};  // what was tried on this schedule, and ended the leak: "capacity 2"
};

// What has come of it. The same for the same options and program, but for `took`.
struct explore_result {
  std::size_t schedules = 0;  // that were run to their end
  bool complete = false;      // of strategy exhaustive: there are no others within the bounds
  std::size_t pruned = 0;  // of strategy exhaustive: begun, and found to be the same as one before
  std::size_t bound_hit = 0;  // were ended by max_steps
  std::size_t steps = 0;      // of all schedules together
  std::size_t states = 0;     // in which the goroutines stood, all different
  std::chrono::nanoseconds took{};
  std::vector<failure> failures{};  // one of each kind and place

  bool passed() const noexcept { return failures.empty() && bound_hit == 0; }
  explicit operator bool() const noexcept { return passed(); }
  // For people. The same for the same schedules.
  std::string text() const;
  // "1000 schedules, 81,204 steps, 2,113 states; 52,000 schedules a second"
  std::string summary() const;
};
std::ostream& operator<<(std::ostream& out, const explore_result& shown);
std::ostream& operator<<(std::ostream& out, failure_kind shown);

// Runs main() -> task<T> under many schedules, on virtual time, on this thread; each time main is copied. Every operation of
// leash is a point at which somebody else may go on; what a select chooses, who is woken and which timer is first are chosen too.
// A schedule fails when a goroutine is leaked or left over, main is deadlocked, an exception leaves main or another goroutine, or an assertion
// fails (see fail(), gtest.hpp). Throws errc::blocks_worker on a worker, and errc::bad_option for a `replay` that is none.
// What real time and the outside world have a part in is no part of a schedule: real I/O throws errc::not_explored, blocking(f)
// calls f in its turn. The program has to do the same again when its schedule is the same.
template <class F>
  requires detail::explored_main<F>
[[nodiscard]] explore_result explore(const explore_options& options, F main,
                                     std::source_location where = std::source_location::current());

// The same, with the options as they are by themselves.
template <class F>
  requires detail::explored_main<F>
[[nodiscard]] explore_result explore(F main,
                                     std::source_location where = std::source_location::current()) {
  return explore(explore_options{}, std::move(main), where);
}

// Runs main() -> task<T> once, on virtual time, which passes when nobody can run; returns what it returned, or rethrows. As Go's
// testing/synctest does it: when main has returned, the others run on, time included, until they have ended. Throws
// errc::goroutines_left, with a text that tells of them, when some never will, or main never would.
template <class F>
  requires detail::explored_main<F>
auto bubble(F main, std::source_location where = std::source_location::current());

// co_await settle(): waits until all other goroutines wait, for each other or for time to pass. In explore() and bubble() only;
// throws errc::not_explored elsewhere.
[[nodiscard]] detail::settle_operation settle();

// One of 0 … count - 1, which every schedule chooses for itself. On a goroutine of explore() or bubble() only, throws
// errc::not_explored elsewhere, and errc::bad_option for none to choose from.
std::size_t choose(std::size_t count);

// While it lives, nothing is chosen: who runs goes on, else who has waited longest does; the first of several. For a set-up that is
// not to be varied. In explore() and bubble() only; throws errc::not_explored elsewhere.
class unexplored {
 public:
  unexplored();
  unexplored(unexplored&&) = delete;
  ~unexplored();
};

// Whether the calling code runs in explore() or bubble().
bool exploring() noexcept;

// The schedule that runs has failed, with this to say; it goes on. Throws errc::not_explored elsewhere than in explore() or bubble().
// Assertions of GoogleTest are heard of by themselves, with gtest.hpp.
void fail(std::string message, std::source_location where = std::source_location::current());

// Implementation

template <class F>
  requires detail::explored_main<F>
explore_result explore(const explore_options& options, F main, std::source_location where) {
  detail::explored_copies<F> program(std::move(main), where);
  return detail::explore(options, program);
}

template <class F>
  requires detail::explored_main<F>
auto bubble(F main, std::source_location where) {
  detail::explored_copies<F> program(std::move(main), where);
  detail::run_in_bubble(program);
  return program.take();
}

}  // namespace leash::testing
