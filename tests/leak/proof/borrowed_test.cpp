// Everyday C++: who waits is led to by references, captures, iterators, tasks and closures. Nobody is ever leaked here, and nobody
// is ever said to be.
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/under_proof.hpp"

namespace leash {
namespace {

class Borrowed : public testing::UnderProof {
 protected:
  struct by_reference {
    const channel<int>& out;
  };
};

TEST_P(Borrowed, AStructThatRefersOnIntoTheCallersFrame) {
  nobody_leaks([](const pause& look) -> task<> {
    const auto inner = [&look](const channel<int>& out) -> task<> {
      const by_reference here{out};
      auto sender = spawn([&here, &look]() -> task<> {
        co_await look();
        co_await here.out.send(1);
      });
      EXPECT_EQ(co_await out.receive(), 1);
      co_await std::move(sender).join();
    };
    const channel<int> out;
    co_await inner(out);
  });
}

TEST_P(Borrowed, ALambdaThatCapturesALambda) {
  nobody_leaks([](const pause& look) -> task<> {
    const channel<int> results;
    const auto gather = [&look](const channel<int>& to) -> task<int> {
      const auto work = [&](int n) -> task<> {
        co_await look();
        co_await to.send(n * n);
      };
      wait_group all;
      for (int i = 1; i <= 3; ++i) all.go([&work, i] { return work(i); });
      int sum = 0;
      for (int i = 1; i <= 3; ++i) sum += (co_await to.receive()).value();
      co_await all.wait();
      co_return sum;
    };
    EXPECT_EQ(co_await gather(results), 14);
  });
}

TEST_P(Borrowed, AServiceThatStartsItself) {
  nobody_leaks([](const pause& look) -> task<> {
    class service {
     public:
      service(const channel<int>& in, const channel<int>& out, const pause& look)
          : in_(in), out_(out), look_(look) {}
      void start() {
        go([this]() -> task<> {
          while (const auto got = co_await in_.receive()) {
            co_await look_();
            co_await out_.send(*got + 1);
          }
          co_await stopped_.send();
        });
      }
      task<int> ask(int n) {
        co_await in_.send(n);
        co_return (co_await out_.receive()).value();
      }
      task<> stop() {
        in_.close();
        co_await stopped_.receive();
      }

     private:
      const channel<int>& in_;
      const channel<int>& out_;
      const pause& look_;
      channel<> stopped_{1};
    };
    const channel<int> in;
    const channel<int> out;
    service one(in, out, look);
    one.start();
    EXPECT_EQ(co_await one.ask(1), 2);
    co_await one.stop();
  });
}

TEST_P(Borrowed, APoolThatIsSentTasks) {
  nobody_leaks([](const pause& look) -> task<> {
    const auto square = [&look](int n, const channel<int>& reply) -> task<> {
      co_await look();
      co_await reply.send(n * n);
    };
    auto [jobs, taken] = make_channel<task<>>();
    go(
        [](receive_channel<task<>> from) -> task<> {
          while (auto job = co_await from.receive()) co_await std::move(*job);
        },
        std::move(taken));
    const channel<int> reply;
    co_await jobs.send(square(7, reply));
    EXPECT_EQ(co_await reply.receive(), 49);
    jobs.close();
  });
}

TEST_P(Borrowed, ARequestThatIsSentByItsAddress) {
  nobody_leaks([](const pause& look) -> task<> {
    struct request {
      int n;
      const channel<int>& reply;
    };
    const channel<request*> requests;
    go([requests, &look]() -> task<> {
      while (const auto got = co_await requests.receive()) {
        co_await look();
        co_await (*got)->reply.send((*got)->n * 2);
      }
    });
    const channel<int> reply;
    const auto ask = [&](int n) -> task<int> {
      request mine{n, reply};
      co_await requests.send(&mine);
      co_return (co_await reply.receive()).value();
    };
    EXPECT_EQ(co_await ask(21), 42);
    requests.close();
  });
}

TEST_P(Borrowed, ATaskInAClosure) {
  nobody_leaks([](const pause& look) -> task<> {
    const auto work = [&look](const channel<int>& out) -> task<> {
      co_await look();
      co_await out.send(5);
    };
    const channel<int> out;
    go([later = work(out)]() mutable -> task<> { co_await std::move(later); });
    EXPECT_EQ(co_await out.receive(), 5);
  });
}

TEST_P(Borrowed, AFunctionWithThreeReferencesInAQueue) {
  nobody_leaks([](const pause& look) -> task<> {
    const channel<int> out;
    int a = 1;
    int b = 2;
    const channel<std::function<task<>()>> jobs(1);
    co_await jobs.send([&]() -> task<> {
      co_await look();
      co_await out.send(a + b);
    });
    go([jobs]() -> task<> {
      const auto job = co_await jobs.receive();
      co_await (*job)();
    });
    EXPECT_EQ(co_await out.receive(), 3);
  });
}

TEST_P(Borrowed, WhatOnceValueGives) {
  nobody_leaks([](const pause& look) -> task<> {
    const auto make = []() -> task<channel<int>> { co_return channel<int>(); };
    auto shared = once_value(make);
    const channel<int> go_on;
    go([&look, copy = shared, go_on]() -> task<> {
      const channel<int>& values = co_await copy();
      co_await go_on.send(1);
      co_await look();
      co_await values.send(3);
    });
    const channel<int>& values = co_await shared();
    co_await go_on.receive();
    EXPECT_EQ(co_await values.receive(), 3);
  });
}

TEST_P(Borrowed, APointerInAVariableOfMains) {
  nobody_leaks([](const pause& look) -> task<> {
    const channel<int>* shared = nullptr;
    const channel<> ready;
    go([&shared, ready]() -> task<> {
      const channel<int> mine;
      shared = &mine;
      co_await ready.send();
      EXPECT_EQ(co_await mine.receive(), 1);
    });
    co_await ready.receive();
    go([&shared, &look]() -> task<> {
      co_await look();
      co_await shared->send(1);
    });
    co_await testing::until_alone();
  });
}

TEST_P(Borrowed, IteratorsIntoContainers) {
  nobody_leaks([](const pause& look) -> task<> {
    std::map<int, channel<int>> by_number;
    by_number.emplace(1, channel<int>());
    by_number.emplace(2, channel<int>());
    go([it = by_number.begin(), &look]() mutable -> task<> {
      co_await look();
      ++it;
      co_await it->second.send(2);
    });
    EXPECT_EQ(co_await by_number.at(2).receive(), 2);
    std::vector<channel<int>, traced_allocator<channel<int>>> row(1);
    go([it = row.rbegin(), &look]() -> task<> {
      co_await look();
      co_await it->send(1);
    });
    EXPECT_EQ(co_await row[0].receive(), 1);
    std::list<channel<int>, traced_allocator<channel<int>>> chain;
    chain.emplace_back();
    go([it = chain.begin(), &look]() -> task<> {
      co_await look();
      co_await it->send(4);
    });
    EXPECT_EQ(co_await chain.front().receive(), 4);
  });
}

TEST_P(Borrowed, ASelectorsHandler) {
  nobody_leaks([](const pause& look) -> task<> {
    const channel<int> in;
    channel<int> reply(1);
    selector some;
    some.add(on_receive(in, [&reply](std::optional<int> got) { (void)reply.try_send(*got + 1); }));
    go([some = std::move(some)]() mutable -> task<> { co_await some.wait(); });
    go([in, &look]() -> task<> {
      co_await look();
      co_await in.send(1);
    });
    EXPECT_EQ(co_await reply.receive(), 2);
  });
}

TEST_P(Borrowed, WhatAPlainThreadHasOnItsStack) {
  nobody_leaks([](const pause& look) -> task<> {
    const channel<int> out;
    std::thread user([&] {
      const by_reference here{out};
      look.on_this_thread();
      here.out.send_blocking(6);
    });
    EXPECT_EQ(co_await out.receive(), 6);
    user.join();
  });
}

TEST_P(Borrowed, WhatTheHeapOfAThreadHas) {
  nobody_leaks([](const pause& look) -> task<> {
    std::thread user;
    {
      auto [sender, receiver] = make_channel<int>();
      auto kept = std::make_unique<send_channel<int>>(std::move(sender));
      user = std::thread([kept = std::move(kept), &look] {
        look.on_this_thread();
        kept->send_blocking(8);
      });
      EXPECT_EQ(co_await receiver.receive(), 8);
    }
    user.join();
  });
}

TEST_P(Borrowed, AnotherRuntimesGoroutine) {
  nobody_leaks([](const pause& look) -> task<> {
    runtime other({.processors = 1, .leaks = leak_policy::off});
    const channel<int> out;
    const by_reference here{out};
    other.go([&here, &look]() -> task<> {
      co_await look();
      co_await here.out.send(9);
    });
    EXPECT_EQ(co_await out.receive(), 9);
  });
}

TEST_P(Borrowed, WhatAGoroutineReturnsToWhoJoinsIt) {
  nobody_leaks([](const pause& look) -> task<> {
    const channel<int> answers;
    auto made = spawn([answers]() -> task<send_channel<int>> { co_return answers.sender(); });
    co_await testing::until([&] { return made.has_ended(); });
    go([made = std::move(made), &look]() mutable -> task<> {
      co_await look();
      const send_channel<int> to = co_await std::move(made).join();
      co_await to.send(1);
    });
    const receive_channel<int> from = answers.receiver();
    EXPECT_EQ(co_await from.receive(), 1);
  });
}

TEST_P(Borrowed, WhatASharedPointerLeadsTo) {
  nobody_leaks([](const pause& look) -> task<> {
    const auto shared = std::make_shared<channel<int>>();
    go([shared, &look]() -> task<> {
      co_await look();
      co_await shared->send(1);
    });
    EXPECT_EQ(co_await shared->receive(), 1);
  });
}

// Nobody has the channel's other end: time ends the wait.
TEST_P(Borrowed, NothingButTime) {
  nobody_leaks([](const pause& look) -> task<> {
    go([]() -> task<> {
      std::optional<int> got;
      co_await select(on_receive(channel<int>(), got), on_timeout(std::chrono::milliseconds(1)));
    });
    co_await look();
  });
}

LEASH_OVER_WORKERS(Borrowed);

}  // namespace
}  // namespace leash
