#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// One takes a status, then the lock; another takes the lock, then sends a status.

namespace {

using namespace leash;

struct status_manager {
  mutex lock;
  channel<bool> statuses;
};

namespace leaky {

task<> synchronize(traced_ptr<status_manager> of) {
  for (int i = 0; i < 2; ++i) {
    co_await of->statuses.receive();
    const auto held = co_await of->lock.lock();
  }
}

task<> set_status(traced_ptr<status_manager> of) {
  const auto held = co_await of->lock.lock();
  co_await of->statuses.send(true);
}

task<> program() {
  const auto one = make_traced<status_manager>();
  go(synchronize, one);                             // leaks: sync.Mutex.Lock
  for (int i = 0; i < 2; ++i) go(set_status, one);  // leaks: chan send
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> synchronize(traced_ptr<status_manager> of) {
  for (int i = 0; i < 2; ++i) {
    co_await of->statuses.receive();
    const auto held = co_await of->lock.lock();
  }
}

task<> set_status(traced_ptr<status_manager> of) {
  {
    const auto held = co_await of->lock.lock();
  }
  co_await of->statuses.send(true);
}

task<> program() {
  const auto one = make_traced<status_manager>();
  go(synchronize, one);
  for (int i = 0; i < 2; ++i) go(set_status, one);
  co_return;
}

}  // namespace fixed

namespace idiomatic {

task<> synchronize(std::shared_ptr<status_manager> of) {
  for (int i = 0; i < 2; ++i) {
    co_await of->statuses.receive();
    const auto held = co_await of->lock.lock();
  }
}

task<> set_status(std::shared_ptr<status_manager> of) {
  const auto held = co_await of->lock.lock();
  co_await of->statuses.send(true);
}

task<> program() {
  const auto one = std::make_shared<status_manager>();
  go(synchronize, one);                             // leaks: sync.Mutex.Lock
  for (int i = 0; i < 2; ++i) go(set_status, one);  // leaks: chan send
  co_return;
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "kubernetes10182",
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
