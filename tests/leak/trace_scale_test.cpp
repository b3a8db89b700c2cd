#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <string>

#include <leash/detail/base/sanitizer.hpp>
#include <leash/leash.hpp>
#include <leash/testing.hpp>
#include <leash/trace.hpp>

#include "leak/trace/goroutine_reader.hpp"

// A million goroutines, read in both forms: in pieces, in bounded memory, and each of them once.
// What is counted does not depend on the machine; the instructions that a goroutine costs are
// counted by bench/leak_proof.py.

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

task<> wait_at_the_gate(channel<> gate) { co_await gate.receive(); }
task<> wait_behind_it(channel<> gate) { co_await wait_at_the_gate(gate); }

// How many goroutines are suspended.
std::size_t waiting() {
  const auto& records = detail::goroutine_pool::instance();
  std::size_t found = 0;
  for (std::uint32_t i = 0; i < records.size(); ++i)
    found += detail::state_of(records[i].word.load()) == detail::wait_state::waiting;
  return found;
}

struct reading {
  std::size_t pieces = 0;
  std::size_t empty_pieces = 0;
  std::size_t bytes = 0;
  std::size_t longest = 0;  // piece
  std::size_t grown = 0;    // resident memory, at most
  std::uint64_t batches = 0;
  std::uint64_t visits = 0;        // of records
  std::uint64_t most_visited = 0;  // for one piece
  std::string beginning;
};

reading read_all(trace_form form) {
  reading result;
  const std::size_t before = resident_bytes();
  const auto note_memory = [&] {
    result.grown = std::max(result.grown, resident_bytes() - std::min(before, resident_bytes()));
  };
  const detail::reader_counts begin = detail::count_reads();
  std::uint64_t visited = begin.visits;
  goroutine_text text(form);
  for (std::string piece; text.next(piece); piece.clear()) {
    const std::uint64_t now_visited = detail::count_reads().visits;
    result.most_visited = std::max(result.most_visited, now_visited - visited);
    visited = now_visited;
    result.bytes += piece.size();
    result.longest = std::max(result.longest, piece.size());
    result.empty_pieces += piece.empty();
    if (result.beginning.size() < 200) result.beginning += piece.substr(0, 200);
    if (++result.pieces % 256 == 0) note_memory();
  }
  note_memory();
  const detail::reader_counts end = detail::count_reads();
  result.batches = end.batches - begin.batches;
  result.visits = end.visits - begin.visits;
  return result;
}

// What reading so many, and main, takes: each record is visited once, and a piece is made of a
// bounded number of them.
void expect_linear(trace_form form, const reading& all, std::size_t number) {
  constexpr std::size_t batch = goroutine_cursor::batch;
  const std::size_t records = detail::goroutine_pool::instance().size();
  // The batch that finds nothing is the last.
  const std::size_t full = (records + batch - 1) / batch + 1;
  EXPECT_GE(all.visits, number + 1);
  EXPECT_LE(all.visits, records);
  EXPECT_LE(all.batches, full);
  EXPECT_LE(all.pieces, full);
  EXPECT_GE(all.pieces, number / batch / 16);
  // Records of goroutines that have ended may lie among those that are shown.
  EXPECT_LE(all.most_visited, 16 * batch + (records - number));
  EXPECT_LT(all.longest, std::size_t{1} << 20);
  EXPECT_LT(all.grown, std::size_t{8} << 20);
  if (form == trace_form::grouped) {
    EXPECT_LT(all.bytes, 10'000u);
    EXPECT_LE(all.pieces - all.empty_pieces, 2u);  // the first line, and the groups
    EXPECT_TRUE(
        all.beginning.starts_with("goroutine profile: total " + std::to_string(number + 1) + "\n"));
  } else {
    EXPECT_GT(all.bytes, number * 100);
    EXPECT_EQ(all.empty_pieces, 0u);
  }
}

TEST(TraceScale, AMillionAreVisitedOnceEachAndNeedNoMoreMemoryThanATenthOfThem) {
  run(
      []() -> task<> {
        const channel<> gate;
        const auto have = [&](std::size_t wanted) -> task<> {
          for (std::size_t i = num_goroutines() - 1; i < wanted; ++i)
            go(i % 2 == 0 ? wait_at_the_gate : wait_behind_it, gate);
          co_await testing::until([&] { return waiting() == wanted; });
        };
        // By then all that is read has been touched, which is not the text's memory.
        const auto read_warm = [](trace_form form) {
          (void)read_all(form);
          return read_all(form);
        };
        co_await have(few);
        const reading few_grouped = read_warm(trace_form::grouped);
        const reading few_each = read_warm(trace_form::each);
        expect_linear(trace_form::grouped, few_grouped, few);
        expect_linear(trace_form::each, few_each, few);
        co_await have(many);
        const reading many_grouped = read_warm(trace_form::grouped);
        const reading many_each = read_warm(trace_form::each);
        expect_linear(trace_form::grouped, many_grouped, many);
        expect_linear(trace_form::each, many_each, many);
        // Longer numbers, and for how many minutes it has waited.
        EXPECT_LE(many_each.bytes / many, few_each.bytes / few + 32);
        EXPECT_LE(many_grouped.bytes, few_grouped.bytes + 16);
        gate.close();
        co_await testing::until_alone();
      },
      {.processors = 2, .watchdog = std::chrono::milliseconds(0)});
}

}  // namespace
}  // namespace leash
