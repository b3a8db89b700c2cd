#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// A loop is left while the lock is held, and the next one locks again.

namespace {

using namespace leash;

struct gossip {
  mutex lock;
  bool closed = true;
};

namespace leaky {

task<> until_closed(traced_ptr<gossip> network) {
  for (;;) {
    auto held = co_await network->lock.lock();
    if (network->closed) {
      held.abandon();
      break;
    }
  }
}

task<> run_gossip(traced_ptr<gossip> network) {
  co_await until_closed(network);
  co_await until_closed(network);
}

task<> program() {
  go(run_gossip, make_traced<gossip>());  // leaks: sync.Mutex.Lock
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> until_closed(traced_ptr<gossip> network) {
  for (;;) {
    const auto held = co_await network->lock.lock();
    if (network->closed) break;
  }
}

task<> run_gossip(traced_ptr<gossip> network) {
  co_await until_closed(network);
  co_await until_closed(network);
}

task<> program() {
  go(run_gossip, make_traced<gossip>());
  co_return;
}

}  // namespace fixed

namespace idiomatic {

task<> until_closed(std::shared_ptr<gossip> network) {
  for (;;) {
    auto held = co_await network->lock.lock();
    if (network->closed) {
      held.abandon();
      break;
    }
  }
}

task<> run_gossip(std::shared_ptr<gossip> network) {
  co_await until_closed(network);
  co_await until_closed(network);
}

task<> program() {
  go(run_gossip, std::make_shared<gossip>());  // leaks: sync.Mutex.Lock
  co_return;
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "cockroach584",
                             .always = true,
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
