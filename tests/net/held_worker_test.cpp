#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <chrono>

#include <leash/asio.hpp>
#include <leash/leash.hpp>

namespace {

using namespace leash;
using namespace std::chrono_literals;

// What an I/O handler made ready computes: the other worker must take over the poller, and with it the
// events and the timers.
TEST(AWorkerHeldByWhatAHandlerMadeReady, DoesNotKeepEventsFromTheOthers) {
  run(
      []() -> task<> {
        for (int i = 0; i < 50 && !testing::Test::HasFailure(); ++i) {
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
              const auto give_up = std::chrono::steady_clock::now() + 3s;
              while (!fired && std::chrono::steady_clock::now() < give_up) {
              }
              EXPECT_TRUE(fired) << "round " << i;
            });
            co_return;
          });
        }
      },
      {.processors = 2, .leaks = leak_policy::off});
}

}  // namespace
