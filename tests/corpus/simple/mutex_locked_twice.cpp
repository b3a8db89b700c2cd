#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// A mutex of the goroutine's own, locked again by who holds it.

namespace {

using namespace leash;

namespace leaky {

task<> child() {
  const mutex lock;
  const auto held = co_await lock.lock();
  const auto again = co_await lock.lock();
}

task<> program() {
  go(child);  // leaks: sync.Mutex.Lock
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> child() {
  const mutex lock;
  {
    const auto held = co_await lock.lock();
  }
  const auto again = co_await lock.lock();
}

task<> program() {
  go(child);
  co_return;
}

}  // namespace fixed

const corpus::entry entered{{.name = "mutex_locked_twice",
                             .always = true,
                             .leaky = leaky::program,
                             .fixed = fixed::program}};

}  // namespace
