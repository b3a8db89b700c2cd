#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "support/expect_error.hpp"
#include "support/waits.hpp"
#include "support/workers.hpp"

#include <leash/leash.hpp>

namespace {

using namespace leash;
using namespace std::chrono_literals;
using leash::testing::expect_error;
using leash::testing::record;
using leash::testing::this_record;
using leash::testing::until;
using leash::testing::until_alone;
using leash::testing::until_waits;
using leash::testing::virtual_time;

class Selector : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(Selector);

TEST_P(Selector, WaitsForAnyNumberOfCasesAgainAndAgain) {
  run([]() -> task<> {
    constexpr int channels = 50;
    std::vector<channel<int>> inputs(channels);
    selector any;
    std::optional<int> value;
    for (int i = 0; i < channels; ++i)
      EXPECT_EQ(any.add(on_receive(inputs[static_cast<std::size_t>(i)], value)),
                static_cast<std::size_t>(i));
    EXPECT_EQ(any.size(), std::size_t{channels});
    for (int i = 0; i < channels; ++i)
      go([](int number, channel<int> out) -> task<> { co_await out.send(number); }, i,
         inputs[static_cast<std::size_t>(i)]);
    std::set<std::size_t> happened;
    for (int i = 0; i < channels; ++i) {
      const std::size_t chosen = co_await any.wait();
      EXPECT_EQ(*value, static_cast<int>(chosen));
      happened.insert(chosen);
    }
    EXPECT_EQ(happened.size(), std::size_t{channels});
    co_await until_alone();
  });
}

TEST(SelectorCases, AreThoseOfASelect) {
  leash::run(
      []() -> task<> {
        const channel<int> silent;
        const cancelable_context owner = with_timeout(background(), 5ms);
        selector any;
        any.add(on_receive(silent));
        any.add(on_receive(channel<int>::nil()));
        any.add(on_done(owner));
        any.add(on_timeout(1ms));
        const auto began = now();
        EXPECT_EQ(co_await any.wait(), 3u);
        EXPECT_EQ(co_await any.wait(), 3u) << "every wait has the whole time";
        EXPECT_EQ(now() - began, 2ms);
        any.set(3, on_timeout(1h));
        EXPECT_EQ(co_await any.wait(), 2u);
        EXPECT_EQ(now() - began, 5ms);
        any.set(2, on_done(background()));
        any.set(3, otherwise());
        EXPECT_EQ(co_await any.wait(), 3u);
        EXPECT_EQ(now() - began, 5ms);
      },
      virtual_time);
}

TEST(SelectorCases, MayHaveHandlersOrNone) {
  leash::run(
      []() -> task<> {
        const channel<std::string> words(1);
        const channel<> signals(1);
        selector any;
        std::string seen;
        bool open = false;
        any.add(on_receive(words, [&](std::optional<std::string> word) -> task<> {
          co_await sleep(1ms);
          seen = *word;
        }));
        any.add(on_receive(signals, open));
        any.add(otherwise([&] { seen = "nothing"; }));
        EXPECT_EQ(co_await any.wait(), 2u);
        EXPECT_EQ(seen, "nothing");
        co_await words.send("word");
        EXPECT_EQ(co_await any.wait(), 0u);
        EXPECT_EQ(seen, "word");
        co_await signals.send();
        EXPECT_EQ(co_await any.wait(), 1u);
        EXPECT_TRUE(open);
        signals.close();
        EXPECT_EQ(co_await any.wait(), 1u);
        EXPECT_FALSE(open);
      },
      virtual_time);
}

TEST(SelectorCases, MayBeSetByTheirOwnHandlers) {
  leash::run(
      []() -> task<> {
        const channel<int> out(3);
        selector any;
        int next = 1;
        struct again {
          selector* any;
          channel<int> out;
          int* next;
          void operator()() const {
            const again kept = *this;
            kept.any->set(0, on_send(kept.out, ++*kept.next, kept));
          }
        };
        any.add(on_send(out, next, again{&any, out, &next}));
        for (int i = 0; i < 3; ++i) co_await any.wait();
        for (int i = 1; i <= 3; ++i) EXPECT_EQ(co_await out.receive(), i);
        EXPECT_EQ(any.take<int>(0), 4);
      },
      virtual_time);
}

TEST_P(Selector, OwnsWhatItSendsAndGivesBackWhatItDidNot) {
  run([]() -> task<> {
    const channel<std::unique_ptr<int>> busy;
    const channel<std::unique_ptr<int>> open(2);
    selector any;
    any.add(on_send(busy, std::make_unique<int>(1)));
    any.add(on_send(open, std::make_unique<int>(2)));
    EXPECT_EQ(co_await any.wait(), 1u);
    EXPECT_EQ(**co_await open.receive(), 2);
    any.add(otherwise());
    EXPECT_EQ(co_await any.wait(), 2u) << "what was sent is not sent again";
    EXPECT_EQ(open.size(), 0u);
    EXPECT_EQ(any.take<std::unique_ptr<int>>(1), std::nullopt);
    EXPECT_EQ(**any.take<std::unique_ptr<int>>(0), 1);
    EXPECT_EQ(any.take<std::unique_ptr<int>>(0), std::nullopt);
    any.set(1, on_send(open, std::make_unique<int>(3)));
    EXPECT_EQ(co_await any.wait(), 1u);
    EXPECT_EQ(**co_await open.receive(), 3);
  });
}

TEST(SelectorSend, OnAClosedChannelThrowsAndKeepsTheValue) {
  leash::run(
      []() -> task<> {
        const channel<std::string> closed;
        closed.close();
        selector any;
        any.add(on_send(closed, "kept"));
        EXPECT_THROW(co_await any.wait(), error);
        EXPECT_EQ(any.take<std::string>(0), "kept");
        const channel<std::string> closing;
        any.set(0, on_send(closing, "kept too"));
        go([closing]() -> task<> {
          closing.close();
          co_return;
        });
        EXPECT_THROW(co_await any.wait(), error);
        EXPECT_EQ(any.take<std::string>(0), "kept too");
      },
      virtual_time);
}

TEST(SelectorSend, OfAVoidChannelHappensAgain) {
  leash::run(
      []() -> task<> {
        const channel<> signals(2);
        selector any;
        any.add(on_send(signals));
        co_await any.wait();
        co_await any.wait();
        EXPECT_EQ(signals.size(), 2u);
      },
      virtual_time);
}

TEST_P(Selector, WithoutCasesWaitsForEver) {
  run([]() -> task<> {
    record who;
    const cancelable_context owner = with_cancel(background());
    go(owner, [&who]() -> task<> {
      who = this_record();
      selector none;
      co_await none.wait();
    });
    co_await until_waits(who, detail::wait_reason::select_no_cases);
    owner.cancel();
    co_await until_alone();
  });
}

// Its handles keep the channels, can do what its cases do, and are to be found in a block of its own.
TEST_P(Selector, KeepsItsChannelsAndIsSeenByAProof) {
  run([]() -> task<> {
    record who;
    selector any;
    detail::object* in = nullptr;
    {
      const auto [tx, rx] = make_channel<int>();
      in = detail::channel_access::target(rx);
      any.add(on_receive(rx));
      go(
          [&who](send_channel<int> to) -> task<> {
            who = this_record();
            co_await to.send(1);
          },
          tx);
    }
    co_await until_waits(who, detail::wait_reason::chan_send);
    const auto receivers = leash::testing::able(*in, detail::capability::receive);
    EXPECT_EQ(receivers.size(), 1u) << "only the selector can receive";
    EXPECT_NE(receivers.front(), nullptr);
    in->handle_lock.lock();
    for (const auto* each = detail::handle::first_of(*in); each != nullptr; each = each->next())
      if (each->capabilities() == detail::set_of(detail::capability::receive)) {
        EXPECT_EQ(detail::find_block(each)->kind.load(), detail::block_kind::traced);
      }
    in->handle_lock.unlock();
    EXPECT_EQ(co_await any.wait(), 0u);
    co_await until_alone();
  });
}

TEST_P(Selector, PublishesEveryCase) {
  run([]() -> task<> {
    constexpr std::size_t cases = 40;
    record who;
    std::vector<channel<int>> inputs(cases);
    const cancelable_context owner = with_cancel(background());
    go(owner, [&]() -> task<> {
      who = this_record();
      selector any;
      for (const auto& each : inputs) any.add(on_receive(each));
      co_await any.wait();
    });
    co_await until_waits(who, detail::wait_reason::select);
    const detail::goroutine& waiting = *who.load();
    EXPECT_EQ(waiting.target_count, cases);
    std::set<const detail::object*> published;
    for (const auto& each : waiting.targets) published.insert(each.target.load());
    for (const auto* more = waiting.more.load(); more != nullptr; more = more->next.load())
      for (const auto& each : more->targets)
        if (each.target.load() != nullptr) published.insert(each.target.load());
    for (const auto& each : inputs)
      EXPECT_TRUE(published.contains(detail::channel_access::target(each)));
    owner.cancel();
    co_await until_alone();
  });
}

TEST(SelectorUse, IsRefusedWhereItMakesNoSense) {
  leash::run(
      []() -> task<> {
        selector any;
        any.add(otherwise());
        any.add(on_timeout(1ms));
        expect_error(errc::bad_option, [&] { any.add(otherwise()); });
        expect_error(errc::bad_option, [&] { any.add(on_timeout(2ms)); });
        any.set(1, on_timeout(2ms));
        expect_error(errc::bad_option, [&] { any.set(2, on_timeout(2ms)); });
        expect_error(errc::bad_option, [&] { static_cast<void>(any.take<int>(0)); });
        const selector moved = std::move(any);
        // NOLINTBEGIN(bugprone-use-after-move)
        EXPECT_TRUE(any.is_nil());
        expect_error(errc::nil_handle, [&] { any.add(otherwise()); });
        expect_error(errc::nil_handle, [&] { static_cast<void>(any.wait()); });
        // NOLINTEND(bugprone-use-after-move)
        co_return;
      },
      virtual_time);
}

TEST_P(Selector, IsForOneGoroutineAtATime) {
  run([]() -> task<> {
    record who;
    const channel<int> in;
    selector any;
    any.add(on_receive(in));
    const cancelable_context owner = with_cancel(background());
    go(owner, [&]() -> task<> {
      who = this_record();
      co_await any.wait();
    });
    co_await until_waits(who, detail::wait_reason::chan_receive);
    expect_error(errc::selector_in_use, [&] { any.add(otherwise()); });
    expect_error(errc::selector_in_use, [&] { static_cast<void>(any.wait()); });
    // What a cancelled wait leaves is as good as new.
    owner.cancel();
    co_await until_alone();
    any.add(otherwise());
    EXPECT_EQ(co_await any.wait(), 1u);
  });
}

TEST_P(Selector, ADoomedWaitTakesNothing) {
  run([]() -> task<> {
    const channel<int> full(1);
    co_await full.send(1);
    selector any;
    any.add(on_receive(full));
    const cancelable_context owner = with_cancel(background());
    go(owner, [&]() -> task<> {
      owner.cancel();
      co_await any.wait();
      ADD_FAILURE() << "a doomed goroutine went on";
    });
    co_await until_alone();
    EXPECT_EQ(full.size(), 1u);
  });
}

// Cancels at every instant, from a goroutine and from a thread: a value is sent and received, or stays.
TEST_P(Selector, ACancelledWaitLosesNothing) {
  run([]() -> task<> {
    for (int i = 0; i < 500; ++i) {
      const channel<std::unique_ptr<int>> meet;
      selector any;
      any.add(on_send(meet, std::make_unique<int>(i)));
      any.add(on_receive(channel<int>()));
      std::atomic<int> received{0};
      const cancelable_context owner = with_cancel(background());
      const cancelable_context other = with_cancel(background());
      go(owner, [&any]() -> task<> { co_await any.wait(); });
      go(other, [&]() -> task<> { received += **co_await meet.receive() == i; });
      for (int pause = i % 4; pause > 0; --pause) co_await this_goroutine::yield();
      if (i % 10 == 0)
        std::thread([&] { owner.cancel(); }).join();
      else
        owner.cancel();
      for (int pause = i % 3; pause > 0; --pause) co_await this_goroutine::yield();
      other.cancel();
      other.cancel();
      co_await until_alone();
      EXPECT_EQ(received + any.take<std::unique_ptr<int>>(0).has_value(), 1);
    }
  });
}

}  // namespace
