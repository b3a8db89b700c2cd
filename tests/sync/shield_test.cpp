#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/workers.hpp"

#include <leash/leash.hpp>

namespace {

using namespace leash;
using namespace std::chrono_literals;
using leash::testing::until;
using leash::testing::until_alone;
using leash::testing::virtual_time;

class Shield : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(Shield);
class Cleanup : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(Cleanup);

task<> nothing() { co_return; }

TEST_P(Shield, PassesOnWhatItsTaskGives) {
  run([]() -> task<> {
    EXPECT_EQ(co_await shield([]() -> task<int> { co_return 5; }()), 5);
    EXPECT_THROW(co_await shield([]() -> task<> {
                   throw std::runtime_error("out");
                   co_return;
                 }()),
                 std::runtime_error);
    co_await shield(shield(nothing()));
  });
}

TEST_P(Shield, HoldsACancelOffUntilTheNextSuspension) {
  run([]() -> task<> {
    for (int i = 0; i < 100; ++i) {
      const channel<int> in;
      std::atomic<bool> inside{false};
      std::atomic<int> got{0};
      std::atomic<bool> after{false};
      const cancelable_context owner = with_cancel(background());
      go(owner, [&]() -> task<> {
        inside = true;
        got = *co_await shield([](receive_channel<int> from) -> task<std::optional<int>> {
          co_return co_await from.receive();
        }(in));
        after = true;
        co_await channel<>().receive();
        ADD_FAILURE() << "a cancelled goroutine went on";
      });
      if (i % 2 == 0) co_await until([&] { return inside.load(); });
      owner.cancel();
      co_await until([&] { return inside.load(); });
      co_await in.send(8);
      co_await until_alone();
      EXPECT_EQ(got, 8);
      EXPECT_TRUE(after) << "nothing suspends between the shield and here";
    }
  });
}

TEST_P(Shield, KeepsTheCancelFromThoseItWaitsFor) {
  run([]() -> task<> {
    for (int i = 0; i < 50; ++i) {
      const channel<> gate;
      std::atomic<bool> inside{false};
      std::atomic<int> done{0};
      const cancelable_context owner = with_cancel(background());
      go(owner, [&]() -> task<> {
        const auto wait = [&]() -> task<> {
          inside = true;
          co_await gate.receive();
          ++done;
        };
        const auto all = [&]() -> task<> {
          co_await with_scope([&](scope& s) -> task<> {
            s.go([&]() -> task<> {
              co_await with_scope([&](scope& inner) -> task<> {
                inner.go(wait);
                co_return;
              });
            });
            co_await timeout(1h, wait());
          });
        };
        co_await shield(all());
      });
      co_await until([&] { return inside.load(); });
      owner.cancel();
      gate.close();
      co_await until_alone();
      EXPECT_EQ(done, 2);
    }
  });
}

TEST(ShieldedRace, StillUnwindsItsLosers) {
  run(
      []() -> task<> {
        bool raced = false;
        const cancelable_context owner = with_cancel(background());
        go(owner, [&]() -> task<> {
          const auto after = [](std::chrono::seconds d) -> task<int> {
            co_await sleep(d);
            co_return 1;
          };
          const auto race_them = [&]() -> task<> {
            co_await race(after(1s), after(100h));
            raced = true;
          };
          co_await shield(race_them());
        });
        co_await this_goroutine::yield();
        owner.cancel();
        co_await sleep(2s);
        EXPECT_TRUE(raced);
        EXPECT_EQ(num_goroutines(), 1u);
      },
      virtual_time);
}

// Whatever outlives main may not use main's frame.
TEST_P(Shield, KeepsRunWaiting) {
  std::atomic<int> inside{0};
  std::atomic<int> done{0};
  const auto slow = [&]() -> task<> {
    ++inside;
    co_await with_scope([&](scope& s) -> task<> {
      s.go([&]() -> task<> {
        co_await sleep(2ms);
        ++done;
      });
      co_return;
    });
    co_await sleep(2ms);
    ++done;
  };
  const auto shielded = [&]() -> task<> {
    co_await shield(slow());
    co_await channel<>().receive();
    ADD_FAILURE() << "it outlived the end of run()";
  };
  run([&]() -> task<> {
    for (int i = 0; i < 10; ++i) go([&shielded]() -> task<> { co_await shielded(); });
    co_await until([&] { return inside == 10; });
  });
  EXPECT_EQ(done, 20);
  EXPECT_EQ(num_goroutines(), 0u);
}

TEST(ShieldOnVirtualTime, KeepsRunWaiting) {
  for (const std::uint32_t processors : {1u, 2u, 8u}) {
    std::atomic<bool> inside{false};
    std::atomic<bool> done{false};
    const auto slow = [&]() -> task<> {
      inside = true;
      co_await sleep(24h);
      done = true;
    };
    leash::run(
        [&]() -> task<> {
          go([&slow]() -> task<> { co_await shield(slow()); });
          co_await until([&] { return inside.load(); });
        },
        {.processors = processors, .leaks = leak_policy::off, .virtual_time = true});
    EXPECT_TRUE(done);
  }
}

// What happens in which order is written down by those to whom it happens.
class diary {
 public:
  struct page {
    diary* owner;
    const char* text;
    ~page() { owner->text_ += text; }
  };
  page at_exit(const char* text) { return {this, text}; }
  void operator+=(const char* text) { text_ += text; }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

TEST_P(Cleanup, RunsWhenTheBodyReturns) {
  run([]() -> task<> {
    diary events;
    const int result = co_await with_cleanup(
        [&]() -> task<int> {
          const auto end = events.at_exit("body gone ");
          co_await this_goroutine::yield();
          co_return 4;
        },
        [&]() -> task<> {
          EXPECT_FALSE(unwinding());
          co_await this_goroutine::yield();
          events += "cleaned ";
        });
    EXPECT_EQ(result, 4);
    EXPECT_EQ(events.text(), "body gone cleaned ");
    co_await with_cleanup(nothing, nothing);
  });
}

TEST_P(Cleanup, RunsWhenTheBodyThrowsAndTheBodysErrorWins) {
  run([]() -> task<> {
    diary events;
    EXPECT_THROW(co_await with_cleanup(
                     [&]() -> task<> {
                       const auto end = events.at_exit("body gone ");
                       throw std::logic_error("body");
                       co_return;
                     },
                     [&]() -> task<> {
                       co_await this_goroutine::yield();
                       events += "cleaned ";
                       throw std::runtime_error("cleanup");
                     }),
                 std::logic_error);
    EXPECT_EQ(events.text(), "body gone cleaned ");
    EXPECT_THROW(co_await with_cleanup(nothing,
                                       []() -> task<> {
                                         throw std::runtime_error("cleanup");
                                         co_return;
                                       }),
                 std::runtime_error);
    const auto refuse = []() -> task<> { throw std::logic_error("no task"); };
    EXPECT_THROW(co_await with_cleanup(refuse, nothing), std::logic_error);
  });
}

TEST_P(Cleanup, RunsWhenTheBodyIsUnwound) {
  run([]() -> task<> {
    for (int i = 0; i < 100; ++i) {
      diary events;
      std::atomic<bool> inside{false};
      const channel<> gate;
      const cancelable_context owner = with_cancel(background());
      const auto id_in_body = std::make_shared<std::atomic<std::uint64_t>>(0);
      go(owner, [&]() -> task<> {
        const auto last = events.at_exit("all gone");
        const auto body = [&]() -> task<int> {
          const auto end = events.at_exit("body gone ");
          *id_in_body = this_goroutine::id();
          inside = true;
          co_await channel<>().receive();
          co_return 1;
        };
        const auto cleanup = [&]() -> task<> {
          const auto end = events.at_exit("clean-up gone ");
          EXPECT_TRUE(unwinding());
          EXPECT_EQ(this_goroutine::id(), *id_in_body);
          co_await gate.receive();
          co_await this_goroutine::yield();
          EXPECT_TRUE(unwinding());
          events += "cleaned ";
        };
        co_await with_cleanup(body, cleanup);
        ADD_FAILURE() << "an unwound goroutine went on";
      });
      if (i % 2 == 0) co_await until([&] { return inside.load(); });
      owner.cancel();
      co_await gate.send();
      co_await until_alone();
      EXPECT_EQ(events.text(), "body gone cleaned clean-up gone all gone");
    }
  });
}

TEST_P(Cleanup, NestedOnesRunFromTheInside) {
  run([]() -> task<> {
    diary events;
    std::atomic<bool> inside{false};
    const cancelable_context owner = with_cancel(background());
    const auto inner = [&]() -> task<> {
      inside = true;
      co_await with_scope([&](scope& s) -> task<> {
        s.go([&]() -> task<> {
          const auto end = events.at_exit("child gone ");
          co_await channel<>().receive();
        });
        co_await channel<>().receive();
      });
    };
    const auto middle = [&]() -> task<> {
      const auto end = events.at_exit("middle gone ");
      co_await with_cleanup(inner, [&]() -> task<> {
        co_await sleep(1ms);
        events += "inner cleaned ";
      });
    };
    go(owner, [&]() -> task<> {
      co_await with_cleanup(middle, [&]() -> task<> {
        // What is cleaned up with may be cleaned up too.
        co_await with_cleanup([&]() -> task<> { co_await sleep(1ms); },
                              [&]() -> task<> {
                                events += "the clean-up's clean-up ";
                                co_return;
                              });
        events += "outer cleaned";
      });
    });
    co_await until([&] { return inside.load(); });
    co_await this_goroutine::yield();
    owner.cancel();
    co_await until_alone();
    EXPECT_TRUE(
        events.text().ends_with("inner cleaned middle gone the clean-up's clean-up outer cleaned"))
        << events.text();
  });
}

TEST_P(Cleanup, CanUseScopesRacesAndTimeoutsWhileUnwinding) {
  run([]() -> task<> {
    std::atomic<int> done{0};
    std::atomic<bool> inside{false};
    const cancelable_context owner = with_cancel(background());
    go(owner, [&]() -> task<> {
      const auto body = [&]() -> task<> {
        inside = true;
        co_await channel<>().receive();
      };
      const auto cleanup = [&]() -> task<> {
        co_await with_scope([&](scope& s) -> task<> {
          s.go([&]() -> task<> {
            co_await this_goroutine::yield();
            ++done;
          });
          co_await this_goroutine::yield();
          ++done;
        });
        try {
          co_await timeout(1ms, []() -> task<> { co_await channel<>().receive(); }());
        } catch (const error& late) {
          done += late.code() == errc::timed_out;
        }
      };
      co_await with_cleanup(body, cleanup);
    });
    co_await until([&] { return inside.load(); });
    owner.cancel();
    co_await until_alone();
    EXPECT_EQ(done, 3);
  });
}

TEST_P(Cleanup, IsNotDisturbedByACancel) {
  run([]() -> task<> {
    for (int i = 0; i < 50; ++i) {
      std::atomic<bool> cleaning{false};
      std::atomic<bool> cleaned{false};
      const channel<> gate;
      const cancelable_context owner = with_cancel(background());
      go(owner, [&]() -> task<> {
        co_await with_cleanup(nothing, [&]() -> task<> {
          cleaning = true;
          co_await gate.receive();
          EXPECT_FALSE(unwinding());
          cleaned = true;
        });
        co_await channel<>().receive();
      });
      co_await until([&] { return cleaning.load(); });
      owner.cancel();
      owner.cancel();
      co_await gate.send();
      co_await until_alone();
      EXPECT_TRUE(cleaned);
    }
  });
}

TEST_P(Cleanup, RunsAtTheEndOfRun) {
  std::atomic<int> inside{0};
  std::atomic<int> cleaned{0};
  const auto body = [&]() -> task<> {
    ++inside;
    co_await channel<>().receive();
  };
  const auto cleanup = [&]() -> task<> {
    co_await sleep(1ms);
    co_await with_scope([&](scope& s) -> task<> {
      s.go([&]() -> task<> {
        co_await sleep(1ms);
        ++cleaned;
      });
      co_return;
    });
  };
  run([&]() -> task<> {
    for (int i = 0; i < 20; ++i) go([&] { return with_cleanup(body, cleanup); });
    co_await until([&] { return inside == 20; });
  });
  EXPECT_EQ(cleaned, 20);
  EXPECT_EQ(num_goroutines(), 0u);
}

// A goroutine that is nothing but a with_cleanup: its root frame is where unwinding stops.
TEST_P(Cleanup, CanBeAllOfAGoroutine) {
  run([]() -> task<> {
    std::atomic<int> cleaned{0};
    const cancelable_context owner = with_cancel(background());
    for (int i = 0; i < 100; ++i)
      go(owner, [&cleaned] {
        return with_cleanup([]() -> task<> { co_await channel<>().receive(); },
                            [&cleaned]() -> task<> {
                              co_await this_goroutine::yield();
                              ++cleaned;
                            });
      });
    co_await this_goroutine::yield();
    owner.cancel();
    co_await until_alone();
    EXPECT_EQ(cleaned, 100);
  });
}

// Cancels at every instant: the clean-up runs exactly once for every body that began.
TEST_P(Cleanup, RunsOnceWheneverTheCancelComes) {
  run([]() -> task<> {
    for (int i = 0; i < 1000; ++i) {
      std::atomic<int> begun{0};
      std::atomic<int> cleaned{0};
      const channel<> gate(1);
      const cancelable_context owner = with_cancel(background());
      go(owner, [&]() -> task<> {
        co_await with_cleanup(
            [&]() -> task<> {
              ++begun;
              co_await gate.receive();
              co_await this_goroutine::yield();
            },
            [&]() -> task<> {
              co_await this_goroutine::yield();
              ++cleaned;
            });
      });
      for (int pause = i % 4; pause > 0; --pause) co_await this_goroutine::yield();
      co_await gate.send();
      for (int pause = i % 5; pause > 0; --pause) co_await this_goroutine::yield();
      owner.cancel();
      co_await until_alone();
      EXPECT_EQ(begun, 1);
      EXPECT_EQ(cleaned, 1);
    }
  });
}

}  // namespace
