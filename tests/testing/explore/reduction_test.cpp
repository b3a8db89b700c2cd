#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <leash/leash.hpp>
#include <leash/testing.hpp>

// Schedules that are left out have no outcome of their own: small random programs come to the same with and without the reduction,
// with timers at any moment.

namespace {

using namespace leash;
using namespace std::chrono_literals;
using leash::testing::explore;
using leash::testing::explore_options;
using leash::testing::explore_result;
using leash::testing::strategy;

enum class deed {
  send,
  receive,
  try_send,
  try_receive,
  close,
  sleep,
  select_or_time_out,
  select_two,
  lock_and_yield,
  cancel,
  await_done,
  look_at_done,
  send_on_leash,
};
constexpr int deeds = static_cast<int>(deed::send_on_leash) + 1;

// What the goroutines of a program share.
struct common {
  std::array<channel<int>, 2> chans{channel<int>(), channel<int>(1)};
  mutex lock;
  cancelable_context owner = with_cancel(background());
};

struct act {
  deed what;
  std::size_t object;
};

task<> send_it(channel<int> to, std::string* log) {
  co_await to.send(7);
  *log += "sent on a leash ";
}

// Only its own goroutine writes to a log: what is shared in other ways than by leash is not seen.
task<> perform(const common& on, act given, std::string* log, std::string* log_of_child) {
  const channel<int>& ch = on.chans[given.object];
  const channel<int>& other = on.chans[1 - given.object];
  switch (given.what) {
    case deed::send:
      co_await ch.send(1);
      *log += "sent ";
      break;
    case deed::receive: {
      const auto got = co_await ch.receive();
      *log += got ? "got " + std::to_string(*got) + " " : "closed ";
      break;
    }
    case deed::try_send:
      *log += ch.try_send(2) == op_status::success ? "sent " : "not sent ";
      break;
    case deed::try_receive: {
      std::optional<int> into;
      static_cast<void>(ch.try_receive(into));
      *log += into ? "got " + std::to_string(*into) + " " : "nothing ";
      break;
    }
    case deed::close:
      *log += other.try_close() ? "closed it " : "was closed ";
      break;
    case deed::sleep:
      co_await sleep(1ms);
      *log += "slept ";
      break;
    case deed::select_or_time_out:
      *log += std::to_string(co_await select(on_receive(ch), on_timeout(1ms))) + " ";
      break;
    case deed::select_two:
      *log += std::to_string(co_await select(on_receive(ch), on_send(other, 3))) + " ";
      break;
    case deed::lock_and_yield: {
      const auto held = co_await on.lock.lock();
      *log += "locked ";
      break;
    }
    case deed::cancel:
      on.owner.cancel();
      *log += "cancelled ";
      break;
    case deed::await_done:
      co_await on.owner.context().done();
      *log += "done ";
      break;
    case deed::look_at_done:
      *log += on.owner.context().is_done() ? "is done " : "not done ";
      break;
    case deed::send_on_leash:
      go(on.owner, send_it, ch, log_of_child);
      break;
  }
}

using program = std::vector<std::vector<act>>;

task<> run_acts(const common& on, std::vector<act> acts, std::string* log,
                std::string* log_of_children) {
  std::size_t children = 0;
  try {
    for (const act& each : acts) co_await perform(on, each, log, log_of_children + children++);
    *log += "end";
  } catch (const error&) {
    *log += "closed channel";
  }
}

task<> run_program(const program& given, std::set<std::string>& outcomes) {
  const common shared;
  constexpr std::size_t most_acts = 2;
  std::vector<std::string> logs((1 + most_acts) * given.size());
  const cancelable_context all = with_cancel(background());
  for (std::size_t i = 0; i < given.size(); ++i)
    go(all, run_acts, std::cref(shared), given[i], &logs[i], &logs[given.size() + most_acts * i]);
  co_await sleep(10ms);
  co_await leash::testing::settle();
  std::string outcome;
  for (const std::string& each : logs) outcome += each + "| ";
  outcomes.insert(outcome);
  const leash::testing::unexplored clean_up;
  all.cancel();
  shared.owner.cancel();
  co_await leash::testing::settle();
}

std::string text_of(const program& shown) {
  std::string text;
  for (const auto& acts : shown) {
    for (const act& each : acts)
      text += std::to_string(static_cast<int>(each.what)) + "/" + std::to_string(each.object) + " ";
    text += "| ";
  }
  return text;
}

class Reduction : public ::testing::TestWithParam<leash::testing::timers> {};
INSTANTIATE_TEST_SUITE_P(Over, Reduction,
                         ::testing::Values(leash::testing::timers::any,
                                           leash::testing::timers::when_idle),
                         [](const auto& given) {
                           return given.param == leash::testing::timers::any ? "AnyMoment"
                                                                             : "WhenIdle";
                         });

TEST_P(Reduction, LosesNoOutcome) {
  std::minstd_rand chance(1);
  const auto some_act = [&] { return act{static_cast<deed>(chance() % deeds), chance() % 2}; };
  std::size_t compared = 0;
  std::size_t all = 0;
  std::size_t fewer = 0;
  for (int tries = 0; compared < 150 && tries < 1000; ++tries) {
    program given(2);
    for (auto& each : given) each.assign(1 + chance() % 2, some_act());
    for (auto& each : given)
      for (act& one : each) one = some_act();
    explore_options options;
    options.strategy = strategy::exhaustive;
    options.timers = GetParam();
    options.schedules = 4000;
    options.explain = false;
    options.stop_at_first_failure = false;
    options.reduction = false;
    std::set<std::string> whole;
    const explore_result unreduced = explore(options, [&] { return run_program(given, whole); });
    if (!unreduced.complete) continue;
    options.reduction = true;
    std::set<std::string> reduced;
    const explore_result result = explore(options, [&] { return run_program(given, reduced); });
    EXPECT_TRUE(result.complete) << text_of(given);
    ASSERT_EQ(reduced, whole) << text_of(given);
    ++compared;
    all += unreduced.schedules;
    fewer += result.schedules + result.pruned;
  }
  EXPECT_EQ(compared, 150U);
  EXPECT_LT(5 * fewer, all) << fewer << " of " << all;
  RecordProperty("schedules", std::to_string(all));
  RecordProperty("reduced", std::to_string(fewer));
}

}  // namespace
