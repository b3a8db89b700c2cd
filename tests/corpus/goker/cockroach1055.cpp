#include <array>
#include <atomic>
#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// Stop waits for tasks to be drained, which wait to be stopped, or for the lock that stop holds.

namespace {

using namespace leash;

struct stopper {
  channel<> stopped;
  wait_group workers;
  mutex lock;
  std::atomic<bool> draining{false};
  wait_group tasks;
};

namespace leaky {

using stoppers = std::array<traced_ptr<stopper>, 2>;

task<> start_task(traced_ptr<stopper> by) {
  if (by->draining) co_return;
  co_await this_goroutine::yield();  // between the look and the lock others run
  const auto held = co_await by->lock.lock();
  by->tasks.add(1);
}

task<> work(traced_ptr<stopper> by, wait_group_token) {
  co_await start_task(by);
  co_await by->stopped.receive();
}

task<> quiesce(traced_ptr<stopper> all) {
  const auto held = co_await all->lock.lock();
  all->draining = true;
  co_await all->tasks.wait();
  all->draining = false;
}

task<> stop(traced_ptr<stopper> all) {
  const auto held = co_await all->lock.lock();
  all->draining = true;
  co_await all->tasks.wait();
  all->stopped.close();
  co_await all->workers.wait();
}

task<> stop_all(stoppers all, channel<> done) {
  for (const auto& each : all) co_await quiesce(each);
  for (const auto& each : all) co_await stop(each);
  done.close();
}

task<> server() {
  const stoppers all{make_traced<stopper>(), make_traced<stopper>()};
  for (const auto& each : all)
    go(work, each, each->workers.token());  // leaks: chan receive, sync.Mutex.Lock
  const channel<> done;
  go(stop_all, all, done);  // leaks: sync.WaitGroup.Wait
  co_await done.receive();
}

task<> program() {
  go(server);  // leaks: chan receive
  co_return;
}

}  // namespace leaky

namespace fixed {

using stoppers = std::array<traced_ptr<stopper>, 2>;

task<> start_task(traced_ptr<stopper> by) {
  const auto held = co_await by->lock.lock();
  if (by->draining) co_return;
  const auto task = by->tasks.token();
}

task<> work(traced_ptr<stopper> by, wait_group_token) {
  co_await start_task(by);
  co_await by->stopped.receive();
}

task<> quiesce(traced_ptr<stopper> all) {
  const auto held = co_await all->lock.lock();
  all->draining = true;
  co_await all->tasks.wait();
  all->draining = false;
}

task<> stop(traced_ptr<stopper> all) {
  {
    const auto held = co_await all->lock.lock();
    all->draining = true;
  }
  co_await all->tasks.wait();
  all->stopped.close();
  co_await all->workers.wait();
}

task<> stop_all(stoppers all, channel<> done) {
  for (const auto& each : all) co_await quiesce(each);
  for (const auto& each : all) co_await stop(each);
  done.close();
}

task<> server() {
  const stoppers all{make_traced<stopper>(), make_traced<stopper>()};
  for (const auto& each : all) go(work, each, each->workers.token());
  const channel<> done;
  go(stop_all, all, done);
  co_await done.receive();
}

task<> program() {
  go(server);
  co_return;
}

}  // namespace fixed

namespace idiomatic {

using stoppers = std::array<std::shared_ptr<stopper>, 2>;

task<> start_task(std::shared_ptr<stopper> by) {
  if (by->draining) co_return;
  co_await this_goroutine::yield();  // between the look and the lock others run
  const auto held = co_await by->lock.lock();
  by->tasks.add(1);
}

task<> work(std::shared_ptr<stopper> by, wait_group_token) {
  co_await start_task(by);
  co_await by->stopped.receive();
}

task<> quiesce(std::shared_ptr<stopper> all) {
  const auto held = co_await all->lock.lock();
  all->draining = true;
  co_await all->tasks.wait();
  all->draining = false;
}

task<> stop(std::shared_ptr<stopper> all) {
  const auto held = co_await all->lock.lock();
  all->draining = true;
  co_await all->tasks.wait();
  all->stopped.close();
  co_await all->workers.wait();
}

task<> stop_all(stoppers all, channel<> done) {
  for (const auto& each : all) co_await quiesce(each);
  for (const auto& each : all) co_await stop(each);
  done.close();
}

task<> server() {
  const stoppers all{std::make_shared<stopper>(), std::make_shared<stopper>()};
  for (const auto& each : all)
    go(work, each, each->workers.token());  // leaks: chan receive, sync.Mutex.Lock
  const channel<> done;
  go(stop_all, all, done);  // leaks: sync.WaitGroup.Wait
  co_await done.receive();
}

task<> program() {
  go(server);  // leaks: chan receive
  co_return;
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "cockroach1055",
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
