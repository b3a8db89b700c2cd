#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>

#include <leash/asio.hpp>
#include <leash/leash.hpp>

#include "support/compute_until.hpp"

namespace {

using namespace leash;
using namespace std::chrono_literals;

// What an I/O handler made ready computes: the other worker must take over the poller, and with it the
// events and the timers.
TEST(AWorkerHeldByWhatAHandlerMadeReady, DoesNotKeepEventsFromTheOthers) {
  run(
      []() -> task<> {
        for (int i = 0; i < 50 && !::testing::Test::HasFailure(); ++i) {
          std::atomic<bool> fired{false};
          co_await with_scope([&](scope& s) -> task<> {
            s.go([&]() -> task<> {
              boost::asio::steady_timer timer(io_context(), 4ms);
              co_await timer.async_wait(use_goroutine);
              fired = true;
            });
            s.go([&]() -> task<> {
              boost::asio::steady_timer timer(io_context(), 2ms);
              co_await timer.async_wait(use_goroutine);
              EXPECT_TRUE(test::compute_until([&] { return fired.load(); })) << "round " << i;
            });
            co_return;
          });
        }
      },
      {.processors = 2, .leaks = leak_policy::off});
}

// What one look at the poller made ready is its worker's to run, but not when it takes long.
TEST(WhatHandlersMadeReadyAtOnce, RunsOnAllWorkers) {
  run(
      []() -> task<> {
        for (int i = 0; i < 50 && !::testing::Test::HasFailure(); ++i) {
          const auto at = std::chrono::steady_clock::now() + 2ms;
          std::atomic<int> computing{0};
          auto compute = [&]() -> task<> {
            boost::asio::steady_timer timer(io_context(), at);
            co_await timer.async_wait(use_goroutine);
            ++computing;
            EXPECT_TRUE(test::compute_until([&] { return computing == 2; })) << "round " << i;
          };
          co_await with_scope([&](scope& s) -> task<> {
            s.go(compute);
            s.go(compute);
            co_return;
          });
        }
      },
      {.processors = 2, .leaks = leak_policy::off});
}

struct endless_handler {
  boost::asio::io_context& context;
  std::atomic<bool>& over;
  std::atomic<bool>& stopped;

  void operator()() const {
    if (over)
      stopped = true;
    else
      boost::asio::post(context, *this);
  }
};

TEST(HandlersThatNeverRunOut, DoNotKeepWhatTheyMadeReady) {
  run(
      []() -> task<> {
        std::atomic<bool> over{false};
        std::atomic<bool> stopped{false};
        boost::asio::post(io_context(), endless_handler{io_context(), over, stopped});
        co_await boost::asio::post(io_context(), use_goroutine);
        over = true;
        while (!stopped) co_await this_goroutine::yield();
      },
      {.processors = 1, .leaks = leak_policy::off});
}

}  // namespace
