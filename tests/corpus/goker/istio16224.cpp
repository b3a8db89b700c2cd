#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// An event's handler holds a lock while it tells of the event; who waits for that takes the lock first.

namespace {

using namespace leash;

struct monitor {
  channel<int> events;
  mutex lock;
  channel<> done;
};

namespace leaky {

task<> handle(traced_ptr<monitor> of) {
  const auto held = co_await of->lock.lock();
  co_await of->done.send();
}

task<> run_monitor(traced_ptr<monitor> of, channel<> stop) {
  for (;;) {
    if (co_await select(on_receive(stop), on_receive(of->events)) == 0) {
      co_await of->events.receive();
      co_return;
    }
    co_await handle(of);
  }
}

task<> controller() {
  const auto one = make_traced<monitor>();
  const channel<> stop;
  go(run_monitor, one, stop);  // leaks: chan send, chan receive
  co_await one->events.send(0);
  {
    const auto held = co_await one->lock.lock();
  }
  co_await one->done.receive();
  stop.close();
}

task<> program() {
  go(controller);  // leaks: sync.Mutex.Lock
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> handle(traced_ptr<monitor> of) {
  {
    const auto held = co_await of->lock.lock();
  }
  co_await of->done.send();
}

task<> run_monitor(traced_ptr<monitor> of, channel<> stop) {
  for (;;) {
    if (co_await select(on_receive(stop), on_receive(of->events)) == 0) co_return;
    co_await handle(of);
  }
}

task<> controller() {
  const auto one = make_traced<monitor>();
  const channel<> stop;
  go(run_monitor, one, stop);
  co_await one->events.send(0);
  {
    const auto held = co_await one->lock.lock();
  }
  co_await one->done.receive();
  stop.close();
}

task<> program() {
  go(controller);
  co_return;
}

}  // namespace fixed

namespace idiomatic {

task<> handle(std::shared_ptr<monitor> of) {
  const auto held = co_await of->lock.lock();
  co_await of->done.send();
}

task<> run_monitor(std::shared_ptr<monitor> of, channel<> stop) {
  for (;;) {
    if (co_await select(on_receive(stop), on_receive(of->events)) == 0) {
      co_await of->events.receive();
      co_return;
    }
    co_await handle(of);
  }
}

task<> controller() {
  const auto one = std::make_shared<monitor>();
  const channel<> stop;
  go(run_monitor, one, stop);  // leaks: chan send, chan receive
  co_await one->events.send(0);
  {
    const auto held = co_await one->lock.lock();
  }
  co_await one->done.receive();
  stop.close();
}

task<> program() {
  go(controller);  // leaks: sync.Mutex.Lock
  co_return;
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "istio16224",
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
