#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// To stop a second time locks twice: an unlock was written as a lock.

namespace {

using namespace leash;

struct server {
  mutex lock;
  bool drains = false;
};

namespace leaky {

task<> serve(traced_ptr<server> self) { const auto held = co_await self->lock.lock(); }

task<> graceful_stop(traced_ptr<server> of) {
  auto held = co_await of->lock.lock();
  if (of->drains) {
    const auto again = co_await of->lock.lock();
    co_return;
  }
  of->drains = true;
}

task<> stop_thrice() {
  const auto one = make_traced<server>();
  go(serve, one);  // leaks: sync.Mutex.Lock
  for (int i = 0; i < 3; ++i) co_await graceful_stop(one);
}

task<> program() {
  go(stop_thrice);  // leaks: sync.Mutex.Lock
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> serve(traced_ptr<server> self) { const auto held = co_await self->lock.lock(); }

task<> graceful_stop(traced_ptr<server> of) {
  const auto held = co_await of->lock.lock();
  if (of->drains) co_return;
  of->drains = true;
}

task<> stop_thrice() {
  const auto one = make_traced<server>();
  go(serve, one);
  for (int i = 0; i < 3; ++i) co_await graceful_stop(one);
}

task<> program() {
  go(stop_thrice);
  co_return;
}

}  // namespace fixed

namespace idiomatic {

task<> serve(std::shared_ptr<server> self) { const auto held = co_await self->lock.lock(); }

task<> graceful_stop(std::shared_ptr<server> of) {
  auto held = co_await of->lock.lock();
  if (of->drains) {
    const auto again = co_await of->lock.lock();
    co_return;
  }
  of->drains = true;
}

task<> stop_thrice() {
  const auto one = std::make_shared<server>();
  go(serve, one);  // leaks: sync.Mutex.Lock
  for (int i = 0; i < 3; ++i) co_await graceful_stop(one);
}

task<> program() {
  go(stop_thrice);  // leaks: sync.Mutex.Lock
  co_return;
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "grpc795",
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
