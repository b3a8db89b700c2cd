#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <leash/detail/testing/explorations.hpp>
#include <leash/explore.hpp>

#include <leash/detail/base/block_vector.hpp>

#include "leak/proof/proven_goroutine.hpp"
#include "sched/worker.hpp"
#include "testing/explore/chooser.hpp"
#include "testing/explore/fiber.hpp"
#include "testing/explore/replay_chooser.hpp"
#include "testing/explore/what_happened.hpp"

// One schedule of an explored program: the scheduler's loop, with every choice made by a chooser.
//
// A step is what a goroutine does from one operation's end to the next one's. An operation that is awaited is followed by a
// suspension, as at the end of a time slice. In one that cannot suspend (a close, an unlock, a destructor) the goroutine is
// interrupted where it is: its stack stays, and the loop goes on on another (a fiber).
//
// Invariants
// - Exactly one fiber runs, and either in the loop or in the goroutine that `running_` names.
// - A goroutine that could take a step is in `ready_`, once; none that waits is. If it was interrupted, its actor says on which fiber it
//   goes on, and that fiber does nothing else meanwhile.
// - A fiber on which nobody runs or is interrupted is idle, but for the thread's own, on which the run began and ends.
// - When nobody can take a step, no goroutine is interrupted.
// - Names of goroutines, objects and timers are made of what led to them in their own goroutine, so that they are the same in
//   schedules that differ in what others did.

namespace leash::detail {

class explored_run;

// What stays from one run to the next.
struct explore_memory {
  fiber own;  // the thread's
  std::vector<std::unique_ptr<fiber>> fibers{};
  std::vector<fiber*> idle{};  // at the same place of their loop, all of them
  explored_run* running = nullptr;
  std::unordered_set<std::uint64_t> states{};  // in which all goroutines stood
  assertion_watch* assertions = nullptr;
};

// How a schedule is run, apart from who chooses.
struct run_settings {
  testing::timers timers = testing::timers::any;
  std::chrono::nanoseconds settle{};
  std::size_t max_steps = 0;
  bool count_states = false;
  bool look_closely = false;  // note what happens, and name what is waited for
  std::optional<cure_trial> cure{};
};

class explored_run final : public conductor, public end_of_main {
 public:
  explored_run(const run_settings& settings, chooser& chooses, explored_program& program,
               explore_memory& memory);
  explored_run(explored_run&&) = delete;
  ~explored_run();

  // Once.
  run_outcome run();

  // Of the goroutine that runs: it goes on when all others wait.
  void settle(goroutine& self) noexcept;
  void fail(const std::string& message);
  bool decides() const noexcept { return deciding_; }
  // Between the two, the first of all is chosen.
  void pause() noexcept { ++pauses_; }
  void go_on() noexcept { --pauses_; }
  static constexpr std::size_t most_states = std::size_t{1} << 20;  // that are counted

  void made(object& fresh) noexcept override;
  void locked(object& which) noexcept override;
  void touched(common_thing what, access how) noexcept override;
  std::size_t extra_capacity() noexcept override;
  void operation_over(const char* what, const object* on, effect came) noexcept override;
  void awaited(const char* what, const object* on, effect came) noexcept override;
  std::uint32_t choose(std::uint32_t count) noexcept override;
  bool uncaught(const uncaught_exception& what) noexcept override;
  void call_later(blocking_wait& function, goroutine& waiter, std::uint64_t word) noexcept override;
  void main_ended() noexcept override;

 private:
  using goroutine_id = std::size_t;

  // A goroutine, or nobody (0): what timers do.
  struct actor {
    goroutine* record = nullptr;
    std::uint64_t who = 0;
    std::uint32_t children = 0;
    std::uint32_t objects = 0;
    std::uint64_t polled_at = ~std::uint64_t{0};  // see is_polling(); as of this progress
    std::uint32_t fruitless = 0;                  // how many of its last steps have found nothing
    bool here = false;                            // it has not ended
    fiber* interrupted = nullptr;
    std::uint64_t state = 0;
  };
  struct pending_call {
    blocking_wait* function;
    goroutine* waiter;
    std::uint64_t word;
  };
  struct decision {
    // As wide as a word: a fiber keeps one on its stack, and has no hole there, see run_event.
    // NOLINTNEXTLINE(performance-enum-size)
    enum class what : std::uint64_t { nothing, step, fire, call } kind = what::nothing;
    goroutine_id id = 0;
    std::size_t index = 0;  // in timers_ or calls_
  };

  void work_on_own_fiber();
  static void loop_of_fiber(void* memory);
  fiber& work();
  void take_step(const decision& next);
  void begin_step(goroutine_id id) noexcept;
  void end_step();
  void interrupt(goroutine_id me, const decision& next) noexcept;
  fiber& spare_fiber(const fiber& but);
  void stop() noexcept;
  void watch_endless_loops() noexcept;
  void let_all_go();
  goroutine_id youngest();
  void let_go(goroutine_id id);

  // decide.cpp
  decision decide(goroutine_id goes_on);
  void gather_alternatives(goroutine_id goes_on);
  void add_timers(bool somebody_can);
  void add(const decision& could, const alternative& shown);
  bool polls(goroutine_id id) const noexcept { return actors_[id].polled_at == progress_; }
  void gather_ready();
  void enter(goroutine& item);

  // run_notes.cpp
  std::uint64_t name_of(const object& known) const;
  std::uint64_t name_of(const timer_entry& timer) const;
  std::uint64_t next_name() const noexcept;
  void tell_of_step(std::uint64_t who);
  void note_woken(const goroutine& item);
  std::uint64_t name_of(const pending_call& call) const;
  void note_leash(const goroutine& record) noexcept;
  bool is_polling(goroutine_id by, bool gave_way, bool had_nothing) noexcept;
  void note_progress(goroutine_id by, bool polled) noexcept;
  void note_state(actor& of, const char* at);
  void note(event_kind kind, goroutine_id id, const char* what, bool waits);

  // judge.cpp
  bool try_cure();
  void judge();
  static std::vector<proven_goroutine> prove_at_rest();
  seen_goroutine look_at(goroutine_id id);

  const run_settings& settings_;
  chooser& chooser_;
  explored_program& program_;
  explore_memory& memory_;
  const bool footprints_;
  const bool names_wanted_;
  scheduler home_;
  worker& worker_;

  own_vector<actor> actors_;
  std::vector<goroutine_id> ready_;
  std::vector<goroutine_id> settling_;
  own_vector<pending_call> calls_;
  std::vector<timer_entry> timers_;  // those that may fire next
  own_vector<alternative> alternatives_;
  own_vector<decision> decisions_;  // beside alternatives_
  fiber* current_ = nullptr;
  decision pending_;  // what the fiber that is switched to is to do
  goroutine_id running_ = 0;
  goroutine_id stepping_ = 0;     // as running_, until the step has been looked at
  std::uint64_t taken_by_ = 0;    // the name of what took a step that is no goroutine
  std::uint64_t armed_seen_ = 0;  // up to which of its timers the chooser knows
  const char* awaited_ =
      nullptr;  // the operation that the running goroutine has awaited in this step
  bool had_nothing_ = false;
  std::uint64_t progress_ = 0;  // changes when something may have happened that a poller waits for
  std::size_t fruitless_polls_ = 0;  // one after the other

  std::unordered_map<std::uint32_t, std::uint64_t> names_;  // of objects, by their indexes
  footprint used_;
  std::uint64_t state_ = 0;
  bool deciding_ = false;
  bool stopped_ = false;
  std::size_t pauses_ = 0;
  bool main_over_ = false;
  bool cure_tried_ = false;
  clock_time last_moment_ = clock_time::max();
  std::size_t operations_while_stopped_ = 0;
  run_outcome outcome_;
};

}  // namespace leash::detail
