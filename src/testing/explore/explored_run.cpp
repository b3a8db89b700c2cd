#include "testing/explore/explored_run.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>

#include <leash/detail/sched/promise.hpp>
#include <leash/detail/sync/blocking_core.hpp>
#include <leash/uncaught.hpp>

#include "base/exception_text.hpp"
#include "testing/explore/dice.hpp"

namespace leash::detail {

explored_run::explored_run(const run_settings& settings, chooser& chooses,
                           explored_program& program, explore_memory& memory)
    : settings_(settings),
      chooser_(chooses),
      program_(program),
      memory_(memory),
      footprints_(chooses.wants_footprints()),
      names_wanted_(footprints_ || settings.look_closely),
      home_(scheduler::explored{}),
      worker_(*home_.workers.front()),
      actors_(1) {
  actors_.front().who = mixed(0, 0);
}

explored_run::~explored_run() = default;

run_outcome explored_run::run() {
  const resting_place clean;
  const conducted here(*this);
  set_this_worker(&worker_);
  if (memory_.assertions != nullptr) memory_.assertions->begin();
  memory_.running = this;
  current_ = &memory_.own;
  deciding_ = true;
  program_.start(*this);
  work_on_own_fiber();
  deciding_ = false;
  if (!stopped_) judge();
  if (memory_.assertions != nullptr)
    if (const std::string failed = memory_.assertions->failures(); !failed.empty()) fail(failed);
  let_all_go();
  set_this_worker(nullptr);
  return std::move(outcome_);
}

void explored_run::work_on_own_fiber() {
  for (;;) {
    fiber& next = work();
    if (&next == &memory_.own) return;
    memory_.own.switch_to(next);
    current_ = &memory_.own;
  }
}

void explored_run::loop_of_fiber(void* memory) {
  auto& common = *static_cast<explore_memory*>(memory);
  for (;;) {
    explored_run& run = *common.running;
    fiber& here = *run.current_;
    fiber& next = run.work();
    common.idle.push_back(&here);
    run.current_ = &next;
    here.switch_to(next);
  }
}

// Takes steps, on this fiber, until there is something to be done on another, which is returned: to go on with who was interrupted
// there, or, when nobody can take a step, to end on the thread's own.
fiber& explored_run::work() {
  for (;;) {
    decision next = std::exchange(pending_, {});
    if (next.kind == decision::what::nothing) {
      gather_ready();
      next = decide(0);
    }
    if (next.kind == decision::what::nothing) return memory_.own;
    if (next.kind == decision::what::step)
      if (fiber* there = actors_[next.id].interrupted) {
        current_ = there;
        return *there;
      }
    take_step(next);
  }
}

void explored_run::take_step(const decision& next) {
  used_.clear();
  switch (next.kind) {
    case decision::what::nothing:
      return;
    case decision::what::fire: {
      const timer_entry due = timers_[next.index];
      worker_.timers.take(due);
      if (due.when > home_.now()) home_.set_time(due.when);
      touched(common_thing::clock, access::write);
      taken_by_ = name_of(due);
      stepping_ = 0;
      if (settings_.look_closely) note(event_kind::fired, 0, "timer", false);
      due.action(due.target.get(), due.stamp, due.detail);
      break;
    }
    case decision::what::call: {
      const pending_call call = calls_[next.index];
      calls_.erase(calls_.begin() + static_cast<std::ptrdiff_t>(next.index));
      used_.add_everything();
      taken_by_ = name_of(call);
      stepping_ = 0;
      if (settings_.look_closely) note(event_kind::called, 0, "blocking", false);
      call_blocking(*call.function);
      break;
    }
    case decision::what::step:
      begin_step(next.id);
      worker_.run(*actors_[next.id].record);
      break;
  }
  end_step();
}

void explored_run::begin_step(goroutine_id id) noexcept {
  running_ = id;
  stepping_ = id;
  used_.clear();
  awaited_ = nullptr;
  had_nothing_ = false;
}

// The goroutine that ran has suspended or ended, a timer has fired.
void explored_run::end_step() {
  const goroutine_id ran = std::exchange(running_, 0);
  worker_.begun.count = 0;
  bool polled = false;
  if (ran != 0) {
    const goroutine& record = *actors_[ran].record;
    const wait_state state = state_of(record.word.load(std::memory_order_relaxed));
    if (state == wait_state::dead || record.id.load(std::memory_order_relaxed) != ran) {
      actors_[ran].here = false;
      touched(common_thing::goroutine_count, access::add);
      note_state(actors_[ran], nullptr);
      if (settings_.look_closely) note(event_kind::ended, ran, "", false);
    } else {
      const bool waits = state == wait_state::waiting;
      polled = !waits && !record.unwind && is_polling(ran, awaited_ == nullptr, had_nothing_);
      note_leash(record);
      if (polled || record.unwind) used_.add_everything();
      note_state(actors_[ran], waits ? "waits" : "goes on");
      const char* const what =
          waits ? leash::detail::text_of(record.reason.load(std::memory_order_relaxed))
          : awaited_ != nullptr ? awaited_
                                : "yield";
      if (settings_.look_closely) note(event_kind::step, ran, what, waits);
    }
  }
  note_progress(ran, polled);
  gather_ready();
  if (deciding_ && footprints_) tell_of_step(ran == 0 ? taken_by_ : actors_[ran].who);
}

void explored_run::tell_of_step(std::uint64_t who) {
  armed_seen_ = worker_.timers.look_at_newer(
      armed_seen_, [this](const timer_entry& armed) { used_.wake(name_of(armed)); });
  chooser_.stepped(who, used_);
}

// Whether others go first after this step: it gave way on its own account, or has asked for what is not there again and again. Not when
// it has asked a few times: what it does next can come before what others do.
bool explored_run::is_polling(goroutine_id by, bool gave_way, bool had_nothing) noexcept {
  constexpr std::uint32_t a_few = 8;
  std::uint32_t& fruitless = actors_[by].fruitless;
  fruitless = had_nothing || gave_way ? fruitless + 1 : 0;
  return gave_way || fruitless > a_few;
}

void explored_run::note_progress(goroutine_id by, bool polled) noexcept {
  ++progress_;
  fruitless_polls_ = polled ? fruitless_polls_ + 1 : 0;
  if (polled) actors_[by].polled_at = progress_;
}

void explored_run::note_leash(const goroutine& record) noexcept {
  if (record.leash.load(std::memory_order_relaxed) != nullptr)
    touched(common_thing::contexts, access::read);
}

void explored_run::operation_over(const char* what, const object* on, effect came) noexcept {
  if (worker_.current == nullptr || running_ == 0) return;
  if (!deciding_) {
    watch_endless_loops();
    return;
  }
  const goroutine_id me = running_;
  note_leash(*actors_[me].record);
  if (on != nullptr && footprints_) used_.add(name_of(*on), access::write);
  const bool polled = is_polling(me, false, came == effect::nothing);
  note_progress(me, polled);
  if (polled) used_.add_everything();
  note_state(actors_[me], what);
  if (settings_.look_closely) note(event_kind::step, me, what, false);
  gather_ready();
  if (footprints_) tell_of_step(actors_[me].who);
  const decision next = decide(me);
  if (next.kind == decision::what::nothing ||
      (next.kind == decision::what::step && next.id == me)) {
    begin_step(me);
    return;
  }
  interrupt(me, next);
}

// Somebody else takes a step, while this goroutine stays where it is.
void explored_run::interrupt(goroutine_id me, const decision& next) noexcept {
  fiber& here = *current_;
  actors_[me].interrupted = &here;
  ready_.push_back(me);
  exception_trace trace = std::exchange(worker_.trace, {});
  goroutine* const record = std::exchange(worker_.current, nullptr);
  running_ = 0;
  fiber* there = next.kind == decision::what::step ? actors_[next.id].interrupted : nullptr;
  if (there == nullptr) {
    pending_ = next;
    there = &spare_fiber(here);
  }
  current_ = there;
  here.switch_to(*there);
  current_ = &here;
  worker_.trace = std::move(trace);
  worker_.current = record;
  actors_[me].interrupted = nullptr;
  std::erase(ready_, me);
  begin_step(me);
}

fiber& explored_run::spare_fiber(const fiber& but) {
  // The thread's own stack is as good as any while nobody is interrupted on it.
  const bool own_is_free =
      &but != &memory_.own && std::none_of(ready_.begin(), ready_.end(), [&](goroutine_id id) {
        return actors_[id].interrupted == &memory_.own;
      });
  if (own_is_free) return memory_.own;
  if (memory_.idle.empty()) {
    memory_.fibers.push_back(std::make_unique<fiber>(loop_of_fiber, &memory_));
    return *memory_.fibers.back();
  }
  fiber& taken = *memory_.idle.back();
  memory_.idle.pop_back();
  return taken;
}

// From here on nobody chooses; all that can still run gets to where it can be unwound.
void explored_run::stop() noexcept {
  deciding_ = false;
  stopped_ = true;
  home_.stopping.store(true, std::memory_order_seq_cst);
}

void explored_run::watch_endless_loops() noexcept {
  constexpr std::size_t too_many = 10'000'000;
  if (++operations_while_stopped_ < too_many) return;
  std::fputs(
      "leash: an explored goroutine goes round without ever suspending, so it cannot be ended.\n"
      "Let it co_await something in its loop: this_goroutine::yield() is enough.\n",
      stderr);
  std::abort();
}

// Unwinds all that are left, the youngest first: who was started by somebody may use what lies in the frames of that one.
void explored_run::let_all_go() {
  deciding_ = false;
  home_.stopping.store(true, std::memory_order_seq_cst);
  std::erase_if(calls_, [](const pending_call&) { return true; });
  for (goroutine_id id = youngest(); id != 0; id = youngest()) let_go(id);
}

explored_run::goroutine_id explored_run::youngest() {
  gather_ready();
  goroutine_id id = actors_.size() - 1;
  while (id != 0 && !actors_[id].here) --id;
  return id;
}

// Has it go on until it suspends, or ends it where it waits: nothing holds that off, as nobody is there to wait for it.
void explored_run::let_go(goroutine_id id) {
  watch_endless_loops();
  if (fiber* there = actors_[id].interrupted) {
    current_ = there;
    memory_.own.switch_to(*there);
    current_ = &memory_.own;
    work_on_own_fiber();
    return;
  }
  goroutine& record = *actors_[id].record;
  if (std::erase(ready_, id) == 0 && std::erase(settling_, id) == 0) {
    const std::uint64_t word = record.word.load(std::memory_order_relaxed);
    record.shields.store(0, std::memory_order_relaxed);
    record.sheltered.store(false, std::memory_order_relaxed);
    // One that was claimed, and not made ready, is lost by who claimed it.
    if (!claim(record, word) &&
        state_of(record.word.load(std::memory_order_relaxed)) != wait_state::claimed)
      return;
    record.unwind = true;
  }
  begin_step(id);
  worker_.run(record);
  end_step();
}

void explored_run::main_ended() noexcept {
  if (!deciding_) return;  // what comes after the schedule is no part of it
  main_over_ = true;
  touched(common_thing::clock, access::write);
  last_moment_ = in_future(home_, settings_.settle);
  if (program_.failure()) {
    outcome_.failed = testing::failure_kind::uncaught_exception;
    outcome_.said = "main threw: " + text_of(program_.failure());
  }
}

bool explored_run::uncaught(const uncaught_exception& what) noexcept {
  if (!deciding_) return true;
  outcome_.failed = testing::failure_kind::uncaught_exception;
  outcome_.said = text_of(what.error);
  outcome_.thrown = what.error;
  seen_goroutine thrower;
  thrower.shown.id = what.goroutine;
  thrower.shown.created_at = what.created_at;
  thrower.shown.wait_reason = "running";
  thrower.shown.stack.assign(what.stack.begin(), what.stack.end());
  outcome_.left.push_back(std::move(thrower));
  // As a panic ends a program.
  stop();
  return true;
}

void explored_run::fail(const std::string& message) {
  if (!outcome_.said.empty()) outcome_.said += '\n';
  outcome_.said += message;
  if (!outcome_.failed) outcome_.failed = testing::failure_kind::failed_assertion;
}

}  // namespace leash::detail
