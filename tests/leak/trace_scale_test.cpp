#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <string>

#include <leash/detail/base/sanitizer.hpp>
#include <leash/leash.hpp>
#include <leash/testing.hpp>
#include <leash/trace.hpp>

// A million goroutines, read in both forms: in pieces, in bounded memory, in time that grows with their number.

namespace leash {
namespace {

constexpr std::size_t many = LEASH_SANITIZED ? 20'000 : 1'000'000;
constexpr std::size_t few = many / 10;

std::size_t resident_bytes() {
  std::size_t pages = 0;
  std::ifstream statm("/proc/self/statm");
  statm >> pages >> pages;
  return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

task<> wait_here(channel<> gate) { co_await gate.receive(); }
task<> wait_there(channel<> gate) { co_await wait_here(gate); }

// What the calling thread has computed so far: others on the machine are not to count.
std::chrono::nanoseconds computed() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

struct reading {
  std::chrono::nanoseconds took;
  std::size_t bytes = 0;
  std::size_t longest = 0;  // piece
  std::size_t grown = 0;    // resident memory, at most
  std::string beginning;
};

reading read_all(trace_form form) {
  reading result{};
  const std::size_t before = resident_bytes();
  const auto begin = computed();
  goroutine_text text(form);
  int pieces = 0;
  for (std::string piece; text.next(piece); piece.clear()) {
    result.bytes += piece.size();
    result.longest = std::max(result.longest, piece.size());
    if (result.beginning.size() < 200) result.beginning += piece.substr(0, 200);
    if (++pieces % 256 == 0)
      result.grown = std::max(result.grown, resident_bytes() - std::min(before, resident_bytes()));
  }
  result.took = computed() - begin;
  result.grown = std::max(result.grown, resident_bytes() - std::min(before, resident_bytes()));
  return result;
}

// The mean of so many readings in a row.
reading read_in_a_row(trace_form form, std::size_t times) {
  reading last{};
  std::chrono::nanoseconds sum{0};
  for (std::size_t i = 0; i < times; ++i) {
    last = read_all(form);
    sum += last.took;
  }
  last.took = sum / static_cast<std::int64_t>(times);
  return last;
}

// The best of several rows, and the last one's memory: by then all that is read has been touched. Few goroutines are
// read as often in a row as makes it last as long as reading many does: a moment that is quiet enough for
// the one must not be too short for the other.
reading read_often(trace_form form, std::size_t times) {
  reading best = read_in_a_row(form, times);
  for (int i = 0; i < (form == trace_form::grouped ? 6 : 5); ++i) {
    const reading next = read_in_a_row(form, times);
    best = {std::min(best.took, next.took), next.bytes, next.longest, next.grown, next.beginning};
  }
  return best;
}

TEST(TraceScale, AMillionTakeTenTimesAsLongAsATenthOfThemAndNoMoreMemory) {
  run(
      []() -> task<> {
        const channel<> gate;
        const auto have = [&](std::size_t wanted) -> task<> {
          for (std::size_t i = num_goroutines() - 1; i < wanted; ++i)
            go(i % 2 == 0 ? wait_here : wait_there, gate);
          // Who is behind these in the queue runs after them.
          co_await this_goroutine::yield();
          co_await this_goroutine::yield();
        };
        for (const trace_form form : {trace_form::grouped, trace_form::each}) (void)read_all(form);
        co_await have(few);
        const reading few_grouped = read_often(trace_form::grouped, many / few);
        const reading few_each = read_often(trace_form::each, many / few);
        co_await have(many);
        const reading many_grouped = read_often(trace_form::grouped, 1);
        const reading many_each = read_often(trace_form::each, 1);

        EXPECT_TRUE(many_grouped.beginning.starts_with("goroutine profile: total " +
                                                       std::to_string(many + 1) + "\n"));
        EXPECT_GT(many_each.bytes, many * 100);
        EXPECT_LT(many_grouped.bytes, 10'000u);
        for (const reading& each : {many_grouped, many_each}) {
          EXPECT_LT(each.longest, std::size_t{1} << 20);
          EXPECT_LT(each.grown, std::size_t{8} << 20);
        }
        const auto ratio = [](const reading& large, const reading& small) {
          return static_cast<double>(large.took.count()) / static_cast<double>(small.took.count());
        };
        const auto ms = [](const reading& of) {
          return static_cast<double>(of.took.count()) / 1e6;
        };
        std::printf("  grouped: %.1f ms for %zu, %.1f for %zu: %.1f times\n", ms(many_grouped),
                    many, ms(few_grouped), few, ratio(many_grouped, few_grouped));
        std::printf("  each:    %.1f ms for %zu, %.1f for %zu: %.1f times, %zu MB\n", ms(many_each),
                    many, ms(few_each), few, ratio(many_each, few_each), many_each.bytes >> 20);
        if (!LEASH_SANITIZED) {
          EXPECT_LE(ratio(many_grouped, few_grouped), 13);
          EXPECT_LE(ratio(many_each, few_each), 13);
        }
        gate.close();
        co_await testing::until_alone();
      },
      {.processors = 2, .watchdog = std::chrono::milliseconds(0)});
}

}  // namespace
}  // namespace leash
