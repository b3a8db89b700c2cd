#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <leash/leash.hpp>
#include <leash/testing.hpp>

#include "leak/trace/goroutine_reader.hpp"
#include "support/traces.hpp"
#include "support/waits.hpp"

// Snapshots without a pause, while goroutines start, wait, run, are unwound and end. Every stack that is shown must be a
// possible one: the functions know how far they are from the root.

namespace leash {
namespace {

using testing::all_traces;
using testing::record;
using testing::until;
using testing::until_alone;
using testing::until_waits;

constexpr int deepest = 7;

template <int Level>
task<> descend(channel<int> values) {
  co_await this_goroutine::yield();
  if constexpr (Level < deepest) {
    co_await descend<Level + 1>(values);
    co_await this_goroutine::yield();
  } else {
    for (int i = 0; i < 3; ++i) co_await values.receive();
  }
}

// The level of the function that stands there; -1: it is another one. clang names the function
// "descend(…) [Level = 3]", and GCC "descend(descend<3>(…)…)".
int level_of(const std::source_location& place) {
  const char* name = std::strstr(place.function_name(), "descend");
  if (name == nullptr) return -1;
  for (const char* before : {"Level = ", "descend<"})
    if (const char* found = std::strstr(name, before))
      return std::atoi(found + std::strlen(before));
  return -1;
}

// Whether one whose root is descend<0> can stand like that.
bool is_possible(const goroutine_trace& seen) {
  if (seen.state == goroutine_state::running)
    return seen.stack.size() == 1 && level_of(seen.stack[0]) >= 0;
  const int innermost = static_cast<int>(seen.stack.size()) - 1;
  if (innermost < 0 || innermost > deepest) return false;
  if (std::string(seen.reason) == "chan receive" && innermost != deepest) return false;
  for (int i = 0; i <= innermost; ++i)
    if (level_of(seen.stack[static_cast<std::size_t>(i)]) != innermost - i) return false;
  return true;
}

task<> stay(record& who, channel<> never) {
  who = testing::this_record();
  co_await never.receive();
}

struct watch {
  std::atomic<bool> over{false};
  std::atomic<std::uint64_t> snapshots{0};
  std::atomic<std::uint64_t> stacks{0};
  std::atomic<std::uint64_t> impossible{0};
  std::atomic<std::uint64_t> twice{0};
  std::atomic<std::uint64_t> missing{0};

  void look(std::uint64_t there_all_the_time) {
    std::set<std::uint64_t> ids;
    goroutine_cursor cursor;
    for (auto some = cursor.next(); !some.empty(); some = cursor.next())
      for (const goroutine_trace& each : some) {
        if (!ids.insert(each.id).second) ++twice;
        const bool descends = !each.stack.empty() && level_of(each.stack.back()) >= 0;
        if (!descends) continue;
        ++stacks;
        if (!is_possible(each)) ++impossible;
      }
    if (!ids.contains(there_all_the_time)) ++missing;
    ++snapshots;
  }
};

class TraceStress : public testing::OverWorkers {};
LEASH_OVER_WORKERS(TraceStress);

TEST_P(TraceStress, EveryStackIsAPossibleOne) {
  watch seen;
  run([&]() -> task<> {
    record lasting{};
    const channel<> never;
    go(stay, std::ref(lasting), never);
    co_await until_waits(lasting, detail::wait_reason::chan_receive);
    const std::uint64_t id = lasting.load()->id;
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i)
      readers.emplace_back([&, id] {
        while (!seen.over) seen.look(id);
      });
    for (int round = 0; round < 20; ++round) {
      const channel<int> values;
      const cancelable_context owner = with_cancel(background());
      for (int i = 0; i < 40; ++i) go(owner, descend<0>, values);
      // At least two snapshots are begun and ended meanwhile, however slow this machine is.
      const std::uint64_t before = seen.snapshots;
      for (int i = 0; i < 60 || seen.snapshots < before + 5; ++i) {
        const op_status sent = i < 60 ? values.try_send(i) : op_status::would_block;
        EXPECT_NE(sent, op_status::closed);
        co_await this_goroutine::yield();
      }
      // Some have ended, some are unwound wherever they stand.
      owner.cancel();
      co_await until([] { return num_goroutines() == 2; });
    }
    seen.over = true;
    for (std::thread& each : readers) each.join();
    never.close();
    co_await until_alone();
  });
  EXPECT_EQ(seen.impossible, 0u);
  EXPECT_EQ(seen.twice, 0u);
  EXPECT_EQ(seen.missing, 0u);
  EXPECT_GT(seen.stacks, 0u);
}

task<> body_of_scope(channel<> gate) { co_await gate.receive(); }
task<> nested(channel<> gate) {
  const auto body = [gate]() -> task<> {
    co_await with_scope([&](scope& s) -> task<> {
      s.go(body_of_scope, gate);
      co_await gate.receive();
    });
  };
  const auto cleanup = []() -> task<> {
    for (int i = 0; i < 3; ++i) co_await this_goroutine::yield();
  };
  co_await with_cleanup(body, cleanup);
}

TEST_P(TraceStress, ReadsWhatIsBeingUnwoundThroughScopesAndCleanups) {
  std::atomic<bool> over{false};
  std::atomic<std::uint64_t> snapshots{0};
  std::atomic<std::uint64_t> odd{0};
  std::thread reader([&] {
    while (!over) {
      for (const testing::kept_trace& each : all_traces()) {
        if (each.stack.empty() || each.stack.front().line() == 0) ++odd;
      }
      ++snapshots;
    }
  });
  run([&]() -> task<> {
    for (int round = 0; round < 40; ++round) {
      const channel<> gate;
      const cancelable_context owner = with_cancel(background());
      for (int i = 0; i < 20; ++i) go(owner, nested, gate);
      for (int i = 0; i < round % 5; ++i) co_await this_goroutine::yield();
      // Every other time a whole snapshot is taken of them as they wait, else they may be read at any moment.
      const std::uint64_t before = snapshots;
      if (round % 2 == 0) co_await until([&] { return snapshots >= before + 2; });
      owner.cancel();
      co_await until_alone();
    }
  });
  over = true;
  reader.join();
  EXPECT_EQ(odd, 0u);
}

TEST_P(TraceStress, AHundredReadersAtOnceHoldFewRecordsEach) {
  run([&]() -> task<> {
    const channel<int> values;
    const cancelable_context owner = with_cancel(background());
    for (int i = 0; i < 1000; ++i) go(owner, descend<0>, values);
    watch seen;
    std::vector<std::thread> readers;
    for (int i = 0; i < 100; ++i)
      readers.emplace_back([&, id = this_goroutine::id()] { seen.look(id); });
    co_await until([&] { return seen.snapshots == 100; });
    for (std::thread& each : readers) each.join();
    EXPECT_EQ(seen.impossible, 0u);
    EXPECT_EQ(seen.missing, 0u);
    EXPECT_LE(detail::count_reads().most_pinned, goroutine_cursor::batch);
    owner.cancel();
    co_await until_alone();
  });
}

}  // namespace
}  // namespace leash
