#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// The lock of all URLs is held while one URL's is waited for, and is needed to let that one go.

namespace {

using namespace leash;

struct url_locks {
  rw_mutex all;
  mutex one;
};

namespace leaky {

task<> lock_url(traced_ptr<url_locks> of, traced_ptr<mutex::guard> into) {
  const auto written = co_await of->all.lock();
  *into = co_await of->one.lock();
}

task<> unlock_url(traced_ptr<url_locks> of, traced_ptr<mutex::guard> held) {
  const auto read = co_await of->all.lock_shared();
  held->unlock();
}

task<> get_resource(traced_ptr<url_locks> of, wait_group_token) {
  for (int i = 0; i < 2; ++i) {
    const auto held = make_traced<mutex::guard>();
    co_await lock_url(of, held);
    co_await unlock_url(of, held);
  }
}

task<> get_all() {
  const auto locks = make_traced<url_locks>();
  const wait_group all;
  for (const auto& by : {locks, locks})
    go(get_resource, by, all.token());  // leaks: sync.Mutex.Lock, sync.RWMutex.RLock
  co_await all.wait();
}

task<> program() {
  go(get_all);  // leaks: sync.WaitGroup.Wait
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> lock_url(traced_ptr<url_locks> of, traced_ptr<mutex::guard> into) {
  {
    const auto written = co_await of->all.lock();
  }
  *into = co_await of->one.lock();
}

task<> unlock_url(traced_ptr<url_locks> of, traced_ptr<mutex::guard> held) {
  const auto read = co_await of->all.lock_shared();
  held->unlock();
}

task<> get_resource(traced_ptr<url_locks> of, wait_group_token) {
  for (int i = 0; i < 2; ++i) {
    const auto held = make_traced<mutex::guard>();
    co_await lock_url(of, held);
    co_await unlock_url(of, held);
  }
}

task<> get_all() {
  const auto locks = make_traced<url_locks>();
  const wait_group all;
  for (const auto& by : {locks, locks}) go(get_resource, by, all.token());
  co_await all.wait();
}

task<> program() {
  go(get_all);
  co_return;
}

}  // namespace fixed

namespace idiomatic {

task<> lock_url(std::shared_ptr<url_locks> of, std::shared_ptr<mutex::guard> into) {
  const auto written = co_await of->all.lock();
  *into = co_await of->one.lock();
}

task<> unlock_url(std::shared_ptr<url_locks> of, std::shared_ptr<mutex::guard> held) {
  const auto read = co_await of->all.lock_shared();
  held->unlock();
}

task<> get_resource(std::shared_ptr<url_locks> of, wait_group_token) {
  for (int i = 0; i < 2; ++i) {
    const auto held = std::make_shared<mutex::guard>();
    co_await lock_url(of, held);
    co_await unlock_url(of, held);
  }
}

task<> get_all() {
  const auto locks = std::make_shared<url_locks>();
  const wait_group all;
  for (const auto& by : {locks, locks})
    go(get_resource, by, all.token());  // leaks: sync.Mutex.Lock, sync.RWMutex.RLock
  co_await all.wait();
}

task<> program() {
  go(get_all);  // leaks: sync.WaitGroup.Wait
  co_return;
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "hugo3251",
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
