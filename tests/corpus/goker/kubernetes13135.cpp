#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// The cacher locks the cache it watches; that cache, when something is added, locks the cacher.

namespace {

using namespace leash;

struct cacher {
  mutex lock;
  mutex watched;
  channel<> initialized;
};

namespace leaky {

task<> replace(traced_ptr<cacher> self) {
  const auto held = co_await self->lock.lock();
  const auto watched = co_await self->watched.lock();
}

task<> keep_caching(traced_ptr<cacher> self) {
  co_await replace(self);
  self->initialized.close();
  co_await replace(self);
}

task<> add(traced_ptr<cacher> to) {
  const auto watched = co_await to->watched.lock();
  const auto held = co_await to->lock.lock();
}

task<> program() {
  const auto one = make_traced<cacher>();
  go(keep_caching, one);  // leaks: sync.Mutex.Lock
  co_await one->initialized.receive();
  go(add, one);  // leaks: sync.Mutex.Lock
}

}  // namespace leaky

namespace fixed {

task<> replace(traced_ptr<cacher> self) {
  const auto held = co_await self->lock.lock();
  const auto watched = co_await self->watched.lock();
}

task<> keep_caching(traced_ptr<cacher> self) {
  co_await replace(self);
  self->initialized.close();
  co_await replace(self);
}

task<> add(traced_ptr<cacher> to) {
  const auto held = co_await to->lock.lock();
  const auto watched = co_await to->watched.lock();
}

task<> program() {
  const auto one = make_traced<cacher>();
  go(keep_caching, one);
  co_await one->initialized.receive();
  go(add, one);
}

}  // namespace fixed

namespace idiomatic {

task<> replace(std::shared_ptr<cacher> self) {
  const auto held = co_await self->lock.lock();
  const auto watched = co_await self->watched.lock();
}

task<> keep_caching(std::shared_ptr<cacher> self) {
  co_await replace(self);
  self->initialized.close();
  co_await replace(self);
}

task<> add(std::shared_ptr<cacher> to) {
  const auto watched = co_await to->watched.lock();
  const auto held = co_await to->lock.lock();
}

task<> program() {
  const auto one = std::make_shared<cacher>();
  go(keep_caching, one);  // leaks: sync.Mutex.Lock
  co_await one->initialized.receive();
  go(add, one);  // leaks: sync.Mutex.Lock
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "kubernetes13135",
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
