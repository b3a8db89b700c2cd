#pragma once

#include <atomic>

#include "support/waits.hpp"

#include <leash/channel.hpp>

namespace leash::testing {

// What a goroutine does until a test lets it go on.
struct slow_body {
  record runner{nullptr};
  channel<> go_on;
  std::atomic<int> runs{0};

  task<> operator()() {
    ++runs;
    runner = this_record();
    co_await go_on.receive();
  }
};

}  // namespace leash::testing
