#include <thread>

#include "support/workers.hpp"

#include <leash/channel.hpp>

namespace {

using namespace leash;

class ForeignThread : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(ForeignThread);

// The sanitizers tell when the thread uses a scheduler that is gone.
TEST_P(ForeignThread, MayStillBeWakingMainWhenMainReturns) {
  for (int round = 0; round < 200; ++round) {
    std::thread sender;
    run([&sender]() -> task<> {
      channel<int> answer;
      sender = std::thread([answer] {
        while (answer.try_send(1) == op_status::would_block) std::this_thread::yield();
      });
      co_await answer.receive();
    });
    sender.join();
  }
}

}  // namespace
