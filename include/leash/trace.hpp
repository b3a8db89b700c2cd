#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <source_location>
#include <span>
#include <string>

namespace leash {

class leak_report;

namespace detail {
struct proven_goroutines;
}

// running: on a thread, now. runnable: it could, and stands in a queue. waiting: for something.
enum class goroutine_state : std::uint8_t { running, runnable, waiting };

// What has been found out about a goroutine that waits, by leaks() or suspects().
enum class leak_state : std::uint8_t {
  unknown,
  suspect,
  proven,  // that it can never run again
};

// A goroutine as it stood at one moment.
struct goroutine_trace {
  std::uint64_t id = 0;       // within its runtime
  std::uint64_t creator = 0;  // the goroutine that started it; 0: a plain thread
  goroutine_state state = goroutine_state::running;
  const char* reason = "";  // "running", "runnable", or why it waits, in Go's words
  leak_state leak = leak_state::unknown;
  // By the clock of its runtime. Both may be too long by 17 ms, or by the last 60 turns of its worker.
  std::chrono::nanoseconds age{};    // since it was started
  std::chrono::nanoseconds since{};  // since it last got to run
  std::source_location created_at;
  // Where each of its tasks is suspended, innermost first; a task that has not begun is at its beginning. Of a goroutine
  // that runs on another thread: only where it was resumed.
  std::span<const std::source_location> stack;
  // Of a very deep stack the innermost and the outermost 64 are shown; so many are left out between them.
  std::size_t elided = 0;
};

// Goes through all goroutines of the process, of all runtimes but hidden ones. No goroutine and no thread is stopped: each trace is true
// of its own moment. Between two calls it holds nothing, so a reader may take its time; any number of readers can be under
// way at once. Any goroutine, any thread; one at a time.
class goroutine_cursor {
 public:
  static constexpr std::size_t batch = 256;

  goroutine_cursor();
  // Of all that the report names, those that wait still.
  explicit goroutine_cursor(const leak_report& leaked);
  goroutine_cursor(goroutine_cursor&& other) noexcept;
  goroutine_cursor& operator=(goroutine_cursor&& other) noexcept;
  ~goroutine_cursor();

  // The next ones, at most `batch`; none: that was all. Valid until the next call. A goroutine that starts or ends
  // meanwhile is shown or not; none is shown twice.
  std::span<const goroutine_trace> next();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

// The two shapes in which Go prints goroutines. `grouped`: how many stand alike, the most first (debug=1). `each`: one by
// one (debug=2).
enum class trace_form : std::uint8_t { grouped, each };

// The text of all goroutines in pieces, so that a million of them need little memory: `each` keeps nothing, `grouped` keeps
// every stack that differs once. The addresses of the grouped text stand for places in the source: a place has the
// same one as long as the process lives. Any goroutine, any thread; one at a time.
class goroutine_text {
 public:
  explicit goroutine_text(trace_form form);
  goroutine_text(trace_form form, const leak_report& leaked);
  goroutine_text(goroutine_text&& other) noexcept;
  goroutine_text& operator=(goroutine_text&& other) noexcept;
  ~goroutine_text();

  // Appends the next piece to `into`; false: that was all, and nothing was appended. A piece is small, and made in less
  // than a millisecond or so; of `grouped`, the first ones are empty: goroutines are being counted.
  bool next(std::string& into);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

// The whole text. Any goroutine, any thread.
std::string dump_goroutines(trace_form form = trace_form::each);

}  // namespace leash
