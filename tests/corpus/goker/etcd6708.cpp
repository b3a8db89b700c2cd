#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// A call, two functions down, reads what its caller has locked for writing.

namespace {

using namespace leash;

struct cluster {
  rw_mutex lock;
};

namespace leaky {

task<> request(traced_ptr<cluster> to) { const auto read = co_await to->lock.lock_shared(); }

task<> set_endpoints(traced_ptr<cluster> of) { co_await request(of); }

task<> synchronize(traced_ptr<cluster> of) {
  const auto written = co_await of->lock.lock();
  co_await set_endpoints(of);
}

task<> program() {
  go(synchronize, make_traced<cluster>());  // leaks: sync.RWMutex.RLock
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> request(traced_ptr<cluster> to) { const auto read = co_await to->lock.lock_shared(); }

task<> set_endpoints(traced_ptr<cluster> of) { co_await request(of); }

task<> synchronize(traced_ptr<cluster> of) {
  {
    const auto written = co_await of->lock.lock();
  }
  co_await set_endpoints(of);
}

task<> program() {
  go(synchronize, make_traced<cluster>());
  co_return;
}

}  // namespace fixed

namespace idiomatic {

task<> request(std::shared_ptr<cluster> to) { const auto read = co_await to->lock.lock_shared(); }

task<> set_endpoints(std::shared_ptr<cluster> of) { co_await request(of); }

task<> synchronize(std::shared_ptr<cluster> of) {
  const auto written = co_await of->lock.lock();
  co_await set_endpoints(of);
}

task<> program() {
  go(synchronize, std::make_shared<cluster>());  // leaks: sync.RWMutex.RLock
  co_return;
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "etcd6708",
                             .always = true,
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
