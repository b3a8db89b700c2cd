// Handlers that are always ready: sockets under load. What they make ready has its turn all the same.
#include <gtest/gtest.h>

#include <boost/asio/post.hpp>

#include <atomic>

#include <leash/asio.hpp>
#include <leash/go.hpp>
#include <leash/runtime.hpp>

namespace leash {
namespace {

namespace asio = boost::asio;

class BusyPoller : public ::testing::TestWithParam<std::uint32_t> {};
INSTANTIATE_TEST_SUITE_P(Workers, BusyPoller, ::testing::Values(1u, 2u));

// A handler that is ready again as soon as it has run, until it is told to stop.
class busy_handler {
 public:
  explicit busy_handler(const std::atomic<bool>& stop) : stop_(stop) {}
  void operator()() const {
    if (!stop_) asio::post(leash::io_context(), *this);
  }

 private:
  const std::atomic<bool>& stop_;
};

TEST_P(BusyPoller, LetsGoroutinesRunThatItsHandlersMakeReady) {
  std::atomic<bool> had_its_turn{false};  // outlives the last handler
  run(
      [&]() -> task<> {
        asio::post(leash::io_context(), busy_handler(had_its_turn));
        // Made ready by a handler, among the others.
        co_await asio::post(leash::io_context(), use_goroutine);
        had_its_turn = true;
      },
      {.processors = GetParam(), .leaks = leak_policy::off});
  EXPECT_TRUE(had_its_turn);
}

}  // namespace
}  // namespace leash
