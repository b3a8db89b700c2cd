#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// A reader asks for the lock again while a writer waits behind it.

namespace {

using namespace leash;

struct range_cache {
  rw_mutex lock;
};

namespace leaky {

task<> describe(traced_ptr<range_cache> cache) {
  const auto read = co_await cache->lock.lock_shared();
}

task<> look_up(traced_ptr<range_cache> cache, wait_group_token) {
  {
    const auto read = co_await cache->lock.lock_shared();
    co_await describe(cache);
  }
  const auto write = co_await cache->lock.lock();
}

task<> look_up_together() {
  const auto cache = make_traced<range_cache>();
  const wait_group all;
  for (int i = 0; i < 3; ++i)
    go(look_up, cache, all.token());  // leaks: sync.RWMutex.RLock, sync.RWMutex.Lock
  co_await all.wait();
}

task<> program() {
  go(look_up_together);  // leaks: sync.WaitGroup.Wait
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> describe(traced_ptr<range_cache> cache) {
  const auto read = co_await cache->lock.lock_shared();
}

task<> look_up(traced_ptr<range_cache> cache, wait_group_token) {
  {
    const auto read = co_await cache->lock.lock_shared();
  }
  co_await describe(cache);
  const auto write = co_await cache->lock.lock();
}

task<> look_up_together() {
  const auto cache = make_traced<range_cache>();
  const wait_group all;
  for (int i = 0; i < 3; ++i) go(look_up, cache, all.token());
  co_await all.wait();
}

task<> program() {
  go(look_up_together);
  co_return;
}

}  // namespace fixed

namespace idiomatic {

task<> describe(std::shared_ptr<range_cache> cache) {
  const auto read = co_await cache->lock.lock_shared();
}

task<> look_up(std::shared_ptr<range_cache> cache, wait_group_token) {
  {
    const auto read = co_await cache->lock.lock_shared();
    co_await describe(cache);
  }
  const auto write = co_await cache->lock.lock();
}

task<> look_up_together() {
  const auto cache = std::make_shared<range_cache>();
  const wait_group all;
  for (int i = 0; i < 3; ++i)
    go(look_up, cache, all.token());  // leaks: sync.RWMutex.RLock, sync.RWMutex.Lock
  co_await all.wait();
}

task<> program() {
  go(look_up_together);  // leaks: sync.WaitGroup.Wait
  co_return;
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "cockroach6181",
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
