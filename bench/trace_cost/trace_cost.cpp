#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string_view>

#include <leash/channel.hpp>
#include <leash/go.hpp>
#include <leash/runtime.hpp>

// trace_cost spawn|wait N: starts N goroutines that end at once, or has two goroutines wait N times. For
// bench/trace_cost.py, which counts the instructions.

namespace {

leash::task<> nothing() { co_return; }

leash::task<> spawn(std::uint64_t count) {
  constexpr std::uint64_t at_once = 256;
  for (std::uint64_t i = 0; i < count; ++i) {
    leash::go(nothing);
    if (i % at_once == 0) co_await leash::this_goroutine::yield();
  }
}

// Each receive and each send finds nobody, and waits for the other.
leash::task<> wait(std::uint64_t count) {
  const leash::channel<> there;
  const leash::channel<> back;
  leash::go(
      [](leash::channel<> in, leash::channel<> out) -> leash::task<> {
        while (co_await in.receive()) co_await out.send();
      },
      there, back);
  for (std::uint64_t i = 0; i < count; i += 2) {
    co_await there.send();
    co_await back.receive();
  }
  there.close();
}

}  // namespace

int main(int count, char** arguments) {
  std::uint64_t times = 0;
  if (count == 3) std::from_chars(arguments[2], arguments[2] + std::strlen(arguments[2]), times);
  const std::string_view what = times == 0 ? "" : arguments[1];
  if (what != "spawn" && what != "wait") {
    std::fputs("trace_cost spawn|wait NUMBER\n", stderr);
    return 2;
  }
  leash::run([&] { return what == "spawn" ? spawn(times) : wait(times); },
             {.processors = 1, .watchdog = std::chrono::milliseconds(0)});
}
