#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// The store's heartbeats lock a replica; a replica's tick locks the heartbeats.

namespace {

using namespace leash;

struct store {
  mutex heartbeats;
  mutex replica;
};

namespace leaky {

task<> send_heartbeats(traced_ptr<store> of) {
  const auto queued = co_await of->heartbeats.lock();
  const auto reported = co_await of->replica.lock();
}

task<> tick(traced_ptr<store> of) {
  const auto ticking = co_await of->replica.lock();
  const auto coalesced = co_await of->heartbeats.lock();
}

task<> program() {
  const auto one = make_traced<store>();
  go(send_heartbeats, one);  // leaks: sync.Mutex.Lock
  go(tick, one);             // leaks: sync.Mutex.Lock
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> send_heartbeats(traced_ptr<store> of) {
  {
    const auto queued = co_await of->heartbeats.lock();
  }
  const auto reported = co_await of->replica.lock();
}

task<> tick(traced_ptr<store> of) {
  const auto ticking = co_await of->replica.lock();
  const auto coalesced = co_await of->heartbeats.lock();
}

task<> program() {
  const auto one = make_traced<store>();
  go(send_heartbeats, one);
  go(tick, one);
  co_return;
}

}  // namespace fixed

namespace idiomatic {

task<> send_heartbeats(std::shared_ptr<store> of) {
  const auto queued = co_await of->heartbeats.lock();
  const auto reported = co_await of->replica.lock();
}

task<> tick(std::shared_ptr<store> of) {
  const auto ticking = co_await of->replica.lock();
  const auto coalesced = co_await of->heartbeats.lock();
}

task<> program() {
  const auto one = std::make_shared<store>();
  go(send_heartbeats, one);  // leaks: sync.Mutex.Lock
  go(tick, one);             // leaks: sync.Mutex.Lock
  co_return;
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "cockroach10214",
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
