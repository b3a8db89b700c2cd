#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <leash/leash.hpp>
#include <leash/suspects.hpp>
#include <leash/testing.hpp>
#include <leash/why.hpp>

#include "support/waits.hpp"

// Plain threads ask why and look for suspects all the time, while goroutines start, wait in every way, hand handles on, are
// cancelled and end.

namespace leash {
namespace {

using namespace std::chrono_literals;
using testing::record;
using testing::until;
using testing::until_alone;
using testing::until_waits;

task<> work(channel<int> values, channel<channel<int>> handed, mutex lock) {
  {
    const auto guard = co_await lock.lock();
    co_await this_goroutine::yield();
  }
  const channel<int> own;
  static_cast<void>(handed.try_send(channel<int>(own)));
  std::optional<int> got;
  co_await with_scope([&](scope& both) -> task<> {
    both.go([values, &own]() -> task<> {
      co_await select(on_send(own, 1), on_send(values, 2), on_timeout(1ms));
    });
    co_await sleep(100us);
    co_await select(on_receive(own, got), on_timeout(1ms));
  });
  for (int i = 0; i < 3; ++i)
    co_await select(on_receive(values, got), on_done(this_goroutine::context()), on_timeout(10ms));
}

task<> last(record& who, channel<> never) {
  who = testing::this_record();
  co_await never.receive();
}

struct text_watch {
  std::atomic<bool> over{false};
  std::atomic<std::uint64_t> texts{0};
  std::atomic<std::uint64_t> missing{0};

  void look(std::string_view lasting) {
    std::string text;
    why_text all;
    while (all.next(text)) continue;
    if (text.find(lasting) == std::string::npos) ++missing;
    static_cast<void>(suspects_text({.long_wait = 0ns, .long_life = 0ns}));
    ++texts;
  }
};

class WhyStress : public testing::OverWorkers {};
LEASH_OVER_WORKERS(WhyStress);

TEST_P(WhyStress, TellsOfThoseThatAreThereWhileOthersComeAndGo) {
  text_watch seen;
  run([&]() -> task<> {
    record lasting{};
    const channel<> never;
    go(last, std::ref(lasting), never);
    co_await until_waits(lasting, detail::wait_reason::chan_receive);
    std::vector<std::thread> readers;
    for (int i = 0; i < 2; ++i)
      readers.emplace_back([&] {
        while (!seen.over) seen.look("last: when somebody sends or closes");
      });
    for (int round = 0; round < 10; ++round) {
      const channel<int> values;
      const channel<channel<int>> handed(8);
      const mutex lock;
      const cancelable_context owner = with_timeout(background(), 1h);
      for (int i = 0; i < 40; ++i) go(owner, work, values, handed, lock);
      // At least one look is begun and ended meanwhile, however slow this machine is.
      const std::uint64_t before = seen.texts;
      for (int i = 0; i < 60 || seen.texts < before + 3; ++i) {
        static_cast<void>(values.try_send(i));
        co_await this_goroutine::yield();
      }
      owner.cancel();
      co_await until([] { return num_goroutines() == 2; });
    }
    seen.over = true;
    for (std::thread& each : readers) each.join();
    never.close();
    co_await until_alone();
  });
  EXPECT_EQ(seen.missing, 0u);
  EXPECT_GT(seen.texts, 0u);
}

}  // namespace
}  // namespace leash
