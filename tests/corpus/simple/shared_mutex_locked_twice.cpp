#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// The same with a mutex in a block that is shared.

namespace {

using namespace leash;
struct account {
  mutex lock;
  int balance = 0;
};

namespace leaky {

task<> pay_in(traced_ptr<account> into, int amount) {
  const auto held = co_await into->lock.lock();
  into->balance += amount;
}

task<> move_money(traced_ptr<account> into) {
  const auto held = co_await into->lock.lock();
  co_await pay_in(into, 1);
}

task<> program() {
  const auto shared = make_traced<account>();
  go(move_money, shared);  // leaks: sync.Mutex.Lock
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> move_money(traced_ptr<account> into) {
  const auto held = co_await into->lock.lock();
  into->balance += 1;
}

task<> program() {
  const auto shared = make_traced<account>();
  go(move_money, shared);
  co_return;
}

}  // namespace fixed

namespace idiomatic {

task<> pay_in(std::shared_ptr<account> into, int amount) {
  const auto held = co_await into->lock.lock();
  into->balance += amount;
}

task<> move_money(std::shared_ptr<account> into) {
  const auto held = co_await into->lock.lock();
  co_await pay_in(into, 1);
}

task<> program() {
  const auto shared = std::make_shared<account>();
  go(move_money, shared);  // leaks: sync.Mutex.Lock
  co_return;
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "shared_mutex_locked_twice",
                             .always = true,
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
