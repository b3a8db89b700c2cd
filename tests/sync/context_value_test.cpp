#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "support/workers.hpp"

#include <leash/leash.hpp>

// What a context carries, and what of it is handed on.

namespace {

using namespace leash;
using namespace std::chrono_literals;
using leash::testing::until_alone;
using leash::testing::virtual_time;

struct user {
  using type = std::string;
};
struct other_text {
  using type = std::string;
};
struct shared {
  using type = std::shared_ptr<int>;
};

class ContextValue : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(ContextValue);

TEST_P(ContextValue, IsFoundByItsKeyInTheContextsBelow) {
  run([]() -> task<> {
    const context named = with_value<user>(background(), "ada");
    const cancelable_context below = with_cancel(named);
    const context both = with_value<other_text>(below, "x");
    EXPECT_EQ(*both.value<user>(), "ada");
    EXPECT_EQ(*both.value<other_text>(), "x");
    EXPECT_EQ(named.value<other_text>(), nullptr);
    EXPECT_EQ(background().value<user>(), nullptr);
    co_return;
  });
}

TEST_P(ContextValue, TheNearestOneIsMeant) {
  run([]() -> task<> {
    const context outer = with_value<user>(background(), "ada");
    const context inner = with_value<user>(outer, "grace");
    EXPECT_EQ(*inner.value<user>(), "grace");
    EXPECT_EQ(*outer.value<user>(), "ada");
    co_return;
  });
}

TEST_P(ContextValue, LivesAsLongAsAContextThatHoldsItOrOneBelow) {
  run([]() -> task<> {
    const auto counted = std::make_shared<int>(5);
    context last;
    {
      const context holding = with_value<shared>(background(), counted);
      last = without_cancel(with_value<user>(with_value<other_text>(holding, "between"), "ada"));
    }
    EXPECT_EQ(counted.use_count(), 2);
    EXPECT_EQ(**last.value<shared>(), 5);
    last = {};
    EXPECT_EQ(counted.use_count(), 1);
    co_return;
  });
}

TEST_P(ContextValue, IsSeenByGoroutinesOnTheLeash) {
  run([]() -> task<> {
    const channel<std::string> out(1);
    const context named = with_value<user>(background(), "ada");
    go(named, [out]() -> task<> { co_await out.send(*this_goroutine::context().value<user>()); });
    EXPECT_EQ(co_await out.receive(), "ada");
    co_await until_alone();
  });
}

TEST_P(ContextValue, EndsWithItsParent) {
  run([]() -> task<> {
    const cancelable_context parent = with_cancel(background());
    const context below = with_value<user>(parent, "ada");
    parent.cancel();
    co_await below.done();
    EXPECT_EQ(below.error(), errc::canceled);
    EXPECT_EQ(*below.value<user>(), "ada");
    EXPECT_TRUE(with_value<user>(below, "late").is_done());
  });
}

TEST_P(ContextValue, ContextsComeAndGoOnManyThreads) {
  run([]() -> task<> {
    const context root = with_value<user>(background(), "ada");
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([root] {
        for (int i = 0; i < 1000; ++i) {
          const context below = without_cancel(with_value<other_text>(root, "x"));
          EXPECT_EQ(*below.value<user>(), "ada");
        }
      });
    for (std::thread& each : threads) each.join();
    co_return;
  });
}

// Layers of every kind, in any order: values are found before and after the end of the innermost.
template <class End>
task<> through_many_layers(std::uint32_t seed, End end) {
  std::minstd_rand random(seed);
  std::vector<cancelable_context> owners;
  context innermost;
  int values = 0;
  for (int i = 0; i < 30 || owners.empty() || values == 0; ++i) switch (random() % 3) {
      case 0:
        ++values;
        innermost = with_value<shared>(innermost, std::make_shared<int>(values));
        break;
      case 1:
        owners.push_back(with_cancel(innermost));
        innermost = owners.back();
        break;
      default:
        owners.push_back(with_timeout(innermost, 200ms));
        innermost = owners.back();
    }
  EXPECT_FALSE(innermost.is_done());
  EXPECT_EQ(**innermost.value<shared>(), values);
  end(owners, random);
  co_await innermost.done();
  EXPECT_EQ(**innermost.value<shared>(), values) << seed;
}

TEST(ContextLayers, ACancelOfAnyOfThemEndsTheInnermost) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed)
    run(
        [seed] {
          return through_many_layers(seed, [](const auto& owners, auto& random) {
            owners[random() % owners.size()].cancel();
          });
        },
        virtual_time);
}

TEST(ContextLayers, ADeadlineOfAnyOfThemEndsTheInnermost) {
  for (std::uint32_t seed = 21; seed <= 40; ++seed)
    run(
        [seed]() -> task<> {
          const cancelable_context limited = with_timeout(background(), 1h);
          co_await through_many_layers(seed, [](const auto&, auto&) {});
        },
        virtual_time);
}

TEST(WithoutCancel, KeepsTheValuesAndDropsTheEndAndTheDeadline) {
  run(
      []() -> task<> {
        context kept;
        {
          const cancelable_context limited =
              with_timeout(with_value<user>(background(), "ada"), 10ms);
          kept = without_cancel(limited);
          EXPECT_EQ(kept.deadline(), std::nullopt);
          co_await limited.context().done();
        }
        EXPECT_FALSE(kept.is_done());
        EXPECT_EQ(kept.error(), std::error_code());
        EXPECT_EQ(kept.cause(), nullptr);
        EXPECT_EQ(*kept.value<user>(), "ada");
        const cancelable_context below = with_cancel(kept);
        below.cancel();
        EXPECT_TRUE(below.context().is_done());
        EXPECT_FALSE(kept.is_done());
      },
      virtual_time);
}

TEST(WithoutCancel, OfTheBackgroundIsOneThatIsNeverDone) {
  run(
      []() -> task<> {
        const context kept = without_cancel(background());
        EXPECT_FALSE(kept.is_done());
        EXPECT_EQ(kept.value<user>(), nullptr);
        EXPECT_EQ(co_await select(on_done(kept), otherwise()), 1u);
      },
      virtual_time);
}

}  // namespace
