#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// A read lock is taken again through another name, with a writer in between.

namespace {

using namespace leash;

struct executor {
  rw_mutex config;
};

namespace leaky {

task<> database_cache(traced_ptr<executor> of) {
  const auto read = co_await of->config.lock_shared();
}

task<> execute(traced_ptr<executor> of) {
  const auto held = co_await of->config.lock_shared();
  co_await database_cache(of);
}

task<> update(traced_ptr<executor> of) { const auto written = co_await of->config.lock(); }

task<> program() {
  const auto one = make_traced<executor>();
  go(update, one);   // leaks: sync.RWMutex.Lock
  go(execute, one);  // leaks: sync.RWMutex.RLock
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> database_cache(traced_ptr<executor> of) {
  const auto read = co_await of->config.lock_shared();
}

task<> execute(traced_ptr<executor> of) {
  {
    const auto held = co_await of->config.lock_shared();
  }
  co_await database_cache(of);
}

task<> update(traced_ptr<executor> of) { const auto written = co_await of->config.lock(); }

task<> program() {
  const auto one = make_traced<executor>();
  go(update, one);
  go(execute, one);
  co_return;
}

}  // namespace fixed

namespace idiomatic {

task<> database_cache(std::shared_ptr<executor> of) {
  const auto read = co_await of->config.lock_shared();
}

task<> execute(std::shared_ptr<executor> of) {
  const auto held = co_await of->config.lock_shared();
  co_await database_cache(of);
}

task<> update(std::shared_ptr<executor> of) { const auto written = co_await of->config.lock(); }

task<> program() {
  const auto one = std::make_shared<executor>();
  go(update, one);   // leaks: sync.RWMutex.Lock
  go(execute, one);  // leaks: sync.RWMutex.RLock
  co_return;
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "cockroach16167",
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
