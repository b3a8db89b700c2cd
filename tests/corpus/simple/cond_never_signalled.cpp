#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// A wait for a condition that nobody can signal.

namespace {

using namespace leash;

namespace leaky {

task<> child() {
  const mutex lock;
  const cond changed(lock);
  auto held = co_await lock.lock();
  co_await changed.wait(held);
}

task<> program() {
  go(child);  // leaks: sync.Cond.Wait
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> child(mutex lock, cond changed, traced_ptr<bool> ready) {
  auto held = co_await lock.lock();
  while (!*ready) co_await changed.wait(held);
}

task<> program() {
  const mutex lock;
  const cond changed(lock);
  const auto ready = make_traced<bool>(false);
  go(child, lock, changed, ready);
  const auto held = co_await lock.lock();
  *ready = true;
  changed.signal();
}

}  // namespace fixed

const corpus::entry entered{{.name = "cond_never_signalled",
                             .always = true,
                             .leaky = leaky::program,
                             .fixed = fixed::program}};

}  // namespace
