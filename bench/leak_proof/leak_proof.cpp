// How long it takes to prove which goroutines are leaked, and to read what all do: `leak_proof
// KIND NUMBER TIMES`.
//
// leaked: so many goroutines, each of which waits for what nobody sends it, are proven so many
// times. chain: so many, each of which has the channel that the next one waits for, and main
// that of the last: none is leaked. memory: one is leaked, and there are so many MB of other memory.
// grouped, each: so many are read so many times, in that form. Prints JSON, for each time: the
// seconds by the clock, those of this thread, those for which the world stood, and the goroutines
// that were proven, or read.

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>

#include <leash/leash.hpp>
#include <leash/trace.hpp>

#include "leak/proof/prove_all.hpp"

namespace {

using namespace std::chrono_literals;

std::atomic<std::size_t> begun{0};

leash::task<> leak() {
  const leash::channel<> mine;
  ++begun;
  co_await mine.receive();
}

leash::task<> wait_for(leash::channel<> mine, leash::channel<> /*another's*/) {
  ++begun;
  co_await mine.receive();
}

double seconds(clockid_t of) {
  timespec time{};
  clock_gettime(of, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

std::size_t prove() { return leash::leaks().size(); }

// The goroutines that the text is of, without this one; none when it is not of all.
std::size_t read(leash::trace_form form, std::size_t number) {
  std::size_t shown = 0;
  bool all = false;
  leash::goroutine_text text(form);
  for (std::string piece; text.next(piece); piece.clear()) {
    if (form == leash::trace_form::each)
      for (std::size_t at = 0; (at = piece.find("\n\n", at)) != std::string::npos; ++at) ++shown;
    else
      all |= piece == "goroutine profile: total " + std::to_string(number + 1) + "\n";
  }
  return form == leash::trace_form::each ? shown - 1 : all ? number : 0;
}

template <class What>
void measure_each(int times, What what) {
  for (int i = 0; i < times; ++i) {
    const double began = seconds(CLOCK_MONOTONIC);
    const double began_here = seconds(CLOCK_THREAD_CPUTIME_ID);
    const std::size_t found = what();
    const double took = seconds(CLOCK_MONOTONIC) - began;
    const double took_here = seconds(CLOCK_THREAD_CPUTIME_ID) - began_here;
    const auto stood = static_cast<double>(leash::detail::last_proof_effort().pause) / 1e9;
    std::printf(
        R"(%s{"seconds": %.6f, "thread_seconds": %.6f, "stood_seconds": %.6f, "found": %zu})",
        i == 0 ? "[" : ", ", took, took_here, stood, found);
  }
  std::puts("]");
}

leash::task<> measure(std::string_view kind, std::size_t number, int times) {
  leash::channel<> last;
  // Written to, so that it is there; no pointers.
  std::unique_ptr<unsigned char[]> memory;
  if (kind == "memory") {
    memory = std::make_unique_for_overwrite<unsigned char[]>(number << 20);
    std::memset(memory.get(), 1, number << 20);
    number = 1;
  }
  for (std::size_t i = 0; i < number; ++i) {
    if (kind == "chain") {
      const leash::channel<> mine;
      leash::go(wait_for, mine, last);
      last = mine;
    } else {
      leash::go(leak);
    }
  }
  while (begun != number) co_await leash::sleep(1ms);
  co_await leash::sleep(50ms);  // the last of them are about to wait
  if (kind == "grouped" || kind == "each") {
    const auto form = kind == "each" ? leash::trace_form::each : leash::trace_form::grouped;
    measure_each(times, [&] { return read(form, number); });
  } else {
    measure_each(times, prove);
  }
}

}  // namespace

int main(int count, char** arguments) {
  const std::string_view kind = count == 4 ? arguments[1] : "";
  if (kind != "leaked" && kind != "chain" && kind != "grouped" && kind != "each" &&
      kind != "memory") {
    std::fputs(
        "leak_proof: give leaked, chain, grouped or each and how many goroutines, or memory and "
        "how "
        "many MB; and how many times\n",
        stderr);
    return 2;
  }
  const auto number = static_cast<std::size_t>(std::atoll(arguments[2]));
  const int times = std::atoi(arguments[3]);
  leash::run([&] { return measure(kind, number, times); },
             {.processors = 1, .leaks = leash::leak_policy::off, .watchdog = 0ms});
  return 0;
}
