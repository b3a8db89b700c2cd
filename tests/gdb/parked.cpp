// What gdb is let loose on: goroutines that stand at known places. Says so, and waits to be killed.
#include <cstdio>
#include <functional>

#include <leash/leash.hpp>

#include "support/waits.hpp"

namespace {

using leash::task;

struct records {
  leash::testing::record sender{nullptr};
  leash::testing::record receiver{nullptr};
  leash::testing::record locker{nullptr};
};

namespace shop {

class till {
 public:
  explicit till(leash::testing::record& mine) : mine_(mine) {}
  task<> innermost(leash::channel<int> from) const {
    mine_ = leash::testing::this_record();
    co_await from.receive();  // place: receive
  }

 private:
  leash::testing::record& mine_;
};

task<> middle(leash::channel<int> from, leash::testing::record& mine) {
  const till mine_to_open(mine);
  co_await mine_to_open.innermost(from);  // place: middle
}

}  // namespace shop

template <class T>
task<> send_one(leash::channel<T> to, T value, leash::testing::record& mine) {
  mine = leash::testing::this_record();
  co_await to.send(value);  // place: send
}

task<> park_all() {
  records parked;
  const leash::channel<int> nobody_receives;
  const leash::channel<int> nobody_sends;
  const leash::mutex mutex;
  const leash::mutex::guard held = co_await mutex.lock();
  const auto outermost = [nobody_sends, &parked]() -> task<> {
    co_await shop::middle(nobody_sends, parked.receiver);  // place: outermost
  };
  const auto lock = [mutex, &parked]() -> task<> {
    parked.locker = leash::testing::this_record();
    const leash::mutex::guard mine = co_await mutex.lock();  // place: lock
  };
  leash::go(send_one<int>, nobody_receives, 7, std::ref(parked.sender));  // place: go sender
  leash::go(outermost);                                                   // place: go receiver
  leash::go(lock);                                                        // place: go locker
  using leash::detail::wait_reason;
  co_await leash::testing::until_waits(parked.sender, wait_reason::chan_send);
  co_await leash::testing::until_waits(parked.receiver, wait_reason::chan_receive);
  co_await leash::testing::until_waits(parked.locker, wait_reason::mutex_lock);
  std::puts("parked");
  std::fflush(stdout);
  co_await leash::select();  // place: main
}

}  // namespace

int main() { leash::run(park_all, {.processors = 1}); }
