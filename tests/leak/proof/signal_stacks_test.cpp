// What a signal's handler leaves on the stack that handlers have to themselves, and what it uses there.
#include <gtest/gtest.h>

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <utility>

#include <leash/leash.hpp>

#include "leak/proof/prove_all.hpp"
#include "support/proven.hpp"

namespace leash {
namespace {

// The channel, as a handler is given it: not as a pointer, which a proof would follow.
std::atomic<std::uintptr_t> inverted{0};
std::atomic<bool> handler_stays{false};
std::atomic<bool> handler_is_there{false};

[[gnu::noinline]] void use(channel<int>* of) { asm volatile("" : : "r"(of) : "memory"); }

// Has room for what it uses deep in the stack, where the next handler's frame does not reach.
[[gnu::noinline]] void handle(int) {
  volatile std::byte room[4096];
  room[0] = std::byte{0};
  auto* const used = reinterpret_cast<channel<int>*>(~inverted.load());
  channel<int>* volatile kept = used;
  use(kept);
  handler_is_there = true;
  while (handler_stays) usleep(100);
  use(kept);
  room[1] = room[0];
}

class SignalStacks : public testing::ProvenOverWorkers {
 protected:
  void SetUp() override {
    ProvenOverWorkers::SetUp();
    struct sigaction action{};
    action.sa_handler = handle;
    action.sa_flags = SA_ONSTACK;
    sigaction(SIGUSR2, &action, &before_);
    handler_stays = handler_is_there = false;
  }
  void TearDown() override { sigaction(SIGUSR2, &before_, nullptr); }

 private:
  struct sigaction before_{};
};

// A goroutine waits on a channel that nobody else has; the handler is told where the channel's handle lies in its frame.
void leak_one() {
  go([]() -> task<> {
    channel<int> answers;
    inverted = ~reinterpret_cast<std::uintptr_t>(&answers);
    testing::what_is_proven::stays("loser");
    co_await answers.receive();
  });
}

TEST_P(SignalStacks, WhatAHandlerHasLeftThereIsNotUsed) {
  run([]() -> task<> {
    leak_one();
    co_await settled(1);
    raise(SIGUSR2);
    EXPECT_TRUE(handler_is_there);
    co_await prove(1);
  });
}

TEST_P(SignalStacks, WhatAHandlerUsesWhileItRunsIsUsed) {
  run([]() -> task<> {
    leak_one();
    co_await settled(1);
    handler_stays = true;
    std::atomic<bool> over{false};
    std::atomic<std::size_t> found{1};
    std::thread other([&] {
      while (!handler_is_there) std::this_thread::yield();
      found = detail::prove_all().size();
      handler_stays = false;
      over = true;
    });
    raise(SIGUSR2);
    co_await testing::until([&] { return over.load(); });
    other.join();
    EXPECT_EQ(found, 0u);
  });
}

LEASH_OVER_WORKERS(SignalStacks);

}  // namespace
}  // namespace leash
