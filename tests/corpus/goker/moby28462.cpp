#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// The monitor looks for a stop, then locks; the stop is sent by who holds the lock.

namespace {

using namespace leash;

struct container {
  mutex lock;
  channel<> stop;
};

namespace leaky {

task<> monitor(traced_ptr<container> of) {
  while (co_await select(on_receive(of->stop), otherwise) != 0) {
    co_await this_goroutine::yield();
    const auto held = co_await of->lock.lock();
  }
}

task<> state_changed(traced_ptr<container> of) {
  const auto held = co_await of->lock.lock();
  co_await of->stop.send();
}

task<> program() {
  const auto one = make_traced<container>();
  go(monitor, one);        // leaks: sync.Mutex.Lock
  go(state_changed, one);  // leaks: chan send
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> monitor(traced_ptr<container> of) {
  while (co_await select(on_receive(of->stop), otherwise) != 0) {
    co_await this_goroutine::yield();
    const auto held = co_await of->lock.lock();
  }
}

task<> state_changed(traced_ptr<container> of) {
  {
    const auto held = co_await of->lock.lock();
  }
  of->stop.close();
}

task<> program() {
  const auto one = make_traced<container>();
  go(monitor, one);
  go(state_changed, one);
  co_return;
}

}  // namespace fixed

namespace idiomatic {

task<> monitor(std::shared_ptr<container> of) {
  while (co_await select(on_receive(of->stop), otherwise) != 0) {
    co_await this_goroutine::yield();
    const auto held = co_await of->lock.lock();
  }
}

task<> state_changed(std::shared_ptr<container> of) {
  const auto held = co_await of->lock.lock();
  co_await of->stop.send();
}

task<> program() {
  const auto one = std::make_shared<container>();
  go(monitor, one);        // leaks: sync.Mutex.Lock
  go(state_changed, one);  // leaks: chan send
  co_return;
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "moby28462",
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
