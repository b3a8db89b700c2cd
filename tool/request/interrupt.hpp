#pragma once

#include <boost/asio/signal_set.hpp>

#include <csignal>

#include <leash/asio.hpp>
#include <leash/task.hpp>

namespace leash::tool {

// Ctrl-C: heard from the moment that this is made on a goroutine until it goes; then it ends the process
// again.
class interrupt {
 public:
  static constexpr int exit_code = 130;

  // Suspends until it comes; what the process is to exit with.
  task<int> happens() {
    co_await signals_.async_wait(use_goroutine);
    co_return exit_code;
  }

 private:
  boost::asio::signal_set signals_{leash::io_context(), SIGINT};
};

}  // namespace leash::tool
