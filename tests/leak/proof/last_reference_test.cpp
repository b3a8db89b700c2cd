// Whom the last reference to something wakes: what it destroys has tokens, guards, contexts and senders in it. Also while a slow
// destructor runs. And operations that are kept, and awaited later. Nobody is ever leaked here.
#include <optional>
#include <thread>
#include <utility>

#include "support/under_proof.hpp"

namespace leash {
namespace {

// Dies before what was declared ahead of it, and takes its time.
class LastReference : public testing::UnderProof {
 protected:
  struct slow {
    explicit slow(const pause& look) noexcept : look_(&look) {}
    slow(slow&& other) noexcept : look_(std::exchange(other.look_, nullptr)) {}
    slow& operator=(slow&&) = delete;
    ~slow() {
      if (look_ != nullptr) look_->on_this_thread();
    }

   private:
    const pause* look_;
  };
  struct item {
    cancelable_context owner;
    slow first;
  };

  // Waits for the end of a context whose owner is in `item`.
  static item with_somebody_waiting(const pause& look) {
    cancelable_context owner = with_cancel(background());
    go([](context watched) -> task<> { co_await watched.done(); }, owner.context());
    return item{std::move(owner), slow(look)};
  }

  template <class T>
  static void die_on_a_thread(T&& dying) {
    std::thread([gone = std::optional(std::forward<T>(dying))]() mutable { gone.reset(); }).join();
  }
};

TEST_P(LastReference, ToAChannelWithAContextInItsBuffer) {
  nobody_leaks([](const pause& look) -> task<> {
    channel<item> items(1);
    co_await items.send(with_somebody_waiting(look));
    co_await this_goroutine::yield();
    die_on_a_thread(std::move(items));
  });
}

TEST_P(LastReference, ToAJoinWhoseValueNobodyHasTaken) {
  nobody_leaks([](const pause& look) -> task<> {
    auto joined = spawn([&look]() -> task<item> { co_return with_somebody_waiting(look); });
    co_await testing::until([&] { return joined.has_ended(); });
    die_on_a_thread(std::move(joined));
  });
}

TEST_P(LastReference, ToAFunctionThatWasNeverCalled) {
  nobody_leaks([](const pause& look) -> task<> {
    const mutex lock;
    auto held = co_await lock.lock();
    go([lock]() -> task<> { const auto later = co_await lock.lock(); });
    auto never =
        once_func([held = std::move(held), last = slow(look)]() mutable { held.unlock(); });
    co_await this_goroutine::yield();
    die_on_a_thread(std::move(never));
  });
}

TEST_P(LastReference, ToASelectorWithAValue) {
  nobody_leaks([](const pause& look) -> task<> {
    const channel<item> out;
    selector some;
    some.add(on_send(out, with_somebody_waiting(look)));
    co_await this_goroutine::yield();
    die_on_a_thread(std::move(some));
  });
}

TEST_P(LastReference, OfWhoeverCanOnlySend) {
  nobody_leaks([](const pause& look) -> task<> {
    const wait_group all;
    auto [sender, receiver] = make_channel<wait_group_token>(1);
    co_await sender.send(all.token());
    receiver = {};
    go([&look](send_channel<wait_group_token>) -> task<> { co_await look(); }, std::move(sender));
    co_await all.wait();
  });
}

TEST_P(LastReference, OfAPlainThreadToAQueue) {
  nobody_leaks([](const pause& look) -> task<> {
    const wait_group all;
    auto [sender, receiver] = make_channel<wait_group_token>(1);
    co_await sender.send(all.token());
    receiver = {};
    std::thread user([&look, sender = std::optional(std::move(sender))]() mutable {
      look.on_this_thread();
      sender.reset();
    });
    co_await all.wait();
    user.join();
  });
}

TEST_P(LastReference, ToAQueueOfRequestsThatNobodyServes) {
  nobody_leaks([](const pause& look) -> task<> {
    struct request {
      int n;
      reply_sender<int> reply;
    };
    auto [sender, receiver] = make_channel<request>(8);
    go(
        [](send_channel<request> queue) -> task<> {
          const reply_channel<int> replies(1);
          co_await queue.send(request{7, replies.sender()});
          queue = {};
          EXPECT_FALSE((co_await replies.receive()).has_value());
        },
        sender);
    co_await testing::until([&receiver] { return receiver.size() == 1; });
    receiver = {};
    co_await look();
    sender = {};
  });
}

TEST_P(LastReference, OfAWaitThatATimeoutEnds) {
  nobody_leaks([](const pause& look) -> task<> {
    const mutex lock;
    auto held = co_await lock.lock();
    go([lock]() -> task<> { const auto later = co_await lock.lock(); });
    go(
        [&look](mutex::guard guard) -> task<> {
          auto [sender, receiver] = make_channel<mutex::guard>(1);
          co_await sender.send(std::move(guard));
          receiver = {};
          mutex::guard none;
          co_await select(on_send(std::exchange(sender, {}), std::move(none)),
                          on_timeout(std::chrono::milliseconds(1)));
          co_await look();
        },
        std::move(held));
    co_await testing::until_alone();
  });
}

TEST_P(LastReference, OfAnOperationThatIsKept) {
  nobody_leaks([](const pause& look) -> task<> {
    auto [sender, receiver] = make_channel<int>();
    go(
        [&look](send_channel<int> out) -> task<> {
          auto kept = out.send(9);
          co_await look();
          co_await std::move(kept);
        },
        std::move(sender));
    EXPECT_EQ(co_await receiver.receive(), 9);
  });
}

TEST_P(LastReference, OfASelectCaseThatIsKept) {
  nobody_leaks([](const pause& look) -> task<> {
    auto [sender, receiver] = make_channel<int>();
    go(
        [&look](send_channel<int> out) -> task<> {
          const int nine = 9;
          auto kept = on_send(out, nine);
          out = {};
          co_await look();
          co_await select(std::move(kept));
        },
        std::move(sender));
    EXPECT_EQ(co_await receiver.receive(), 9);
  });
}

// Signals, and locks that are handed over: between any two instructions of it somebody may look.
TEST_P(LastReference, TheTextbooksBoundedQueue) {
  nobody_leaks([](const pause&) -> task<> {
    struct queue {
      mutex lock;
      cond not_empty{lock};
      cond not_full{lock};
      int items = 0;
    };
    constexpr int many = 200;
    queue shared;
    for (int p = 0; p < 2; ++p) {
      go([&shared]() -> task<> {
        for (int i = 0; i < many; ++i) {
          auto held = co_await shared.lock.lock();
          while (shared.items >= 2) co_await shared.not_full.wait(held);
          ++shared.items;
          shared.not_empty.signal();
        }
      });
      go([&shared]() -> task<> {
        for (int i = 0; i < many; ++i) {
          auto held = co_await shared.lock.lock();
          while (shared.items == 0) co_await shared.not_empty.wait(held);
          --shared.items;
          shared.not_full.signal();
        }
      });
    }
    co_await testing::until_alone();
  });
}

TEST_P(LastReference, ATimerThatIsSetAnew) {
  nobody_leaks([](const pause&) -> task<> {
    timer ticking(std::chrono::microseconds(1));
    for (int i = 0; i < 50; ++i) {
      co_await ticking.channel().receive();
      ticking.reset(std::chrono::nanoseconds(0));
    }
  });
}

LEASH_OVER_WORKERS(LastReference);

}  // namespace
}  // namespace leash
