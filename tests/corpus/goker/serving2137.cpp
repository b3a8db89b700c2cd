#include <array>
#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// A request that is in the breaker waits for a lock that is released only when the one before it is through.

namespace {

using namespace leash;

struct breaker {
  channel<> pending = channel<>(2);
  channel<> active = channel<>(1);
};

namespace leaky {

struct pending_request {
  mutex lock;
  channel<bool> accepted = channel<bool>(1);
};

task<> attempt(traced_ptr<breaker> by, traced_ptr<pending_request> what) {
  const bool ok = by->pending.try_send() == op_status::success;
  if (ok) {
    co_await by->active.send();
    {
      const auto held = co_await what->lock.lock();
    }
    co_await by->active.receive();
    co_await by->pending.receive();
  }
  co_await what->accepted.send(ok);
}

task<> server() {
  const auto one = make_traced<breaker>();
  const std::array all{make_traced<pending_request>(), make_traced<pending_request>()};
  std::array<mutex::guard, 2> held;
  for (std::size_t i = 0; i < all.size(); ++i) {
    held[i] = co_await all[i]->lock.lock();
    go(attempt, one, all[i]);  // leaks: chan send, sync.Mutex.Lock
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    held[i].unlock();
    co_await all[i]->accepted.receive();
  }
}

task<> program() {
  go(server);  // leaks: chan receive
  co_return;
}

}  // namespace leaky

namespace fixed {

struct pending_request {
  mutex lock;
  channel<bool> accepted = channel<bool>(1);
};

task<> attempt(traced_ptr<breaker> by, traced_ptr<pending_request> what) {
  const bool ok = by->pending.try_send() == op_status::success;
  if (ok) {
    co_await by->active.send();
    {
      const auto held = co_await what->lock.lock();
    }
    co_await by->active.receive();
    co_await by->pending.receive();
  }
  co_await what->accepted.send(ok);
}

task<> server() {
  const auto one = make_traced<breaker>();
  const std::array all{make_traced<pending_request>(), make_traced<pending_request>()};
  std::array<mutex::guard, 2> held;
  for (std::size_t i = 0; i < all.size(); ++i) {
    held[i] = co_await all[i]->lock.lock();
    go(attempt, one, all[i]);
  }
  for (auto& each : held) each.unlock();
  for (const auto& each : all) co_await each->accepted.receive();
}

task<> program() {
  go(server);
  co_return;
}

}  // namespace fixed

namespace idiomatic {

struct pending_request {
  mutex lock;
  channel<bool> accepted = channel<bool>(1);
};

task<> attempt(std::shared_ptr<breaker> by, std::shared_ptr<pending_request> what) {
  const bool ok = by->pending.try_send() == op_status::success;
  if (ok) {
    co_await by->active.send();
    {
      const auto held = co_await what->lock.lock();
    }
    co_await by->active.receive();
    co_await by->pending.receive();
  }
  co_await what->accepted.send(ok);
}

task<> server() {
  const auto one = std::make_shared<breaker>();
  const std::array all{std::make_shared<pending_request>(), std::make_shared<pending_request>()};
  std::array<mutex::guard, 2> held;
  for (std::size_t i = 0; i < all.size(); ++i) {
    held[i] = co_await all[i]->lock.lock();
    go(attempt, one, all[i]);  // leaks: chan send, sync.Mutex.Lock
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    held[i].unlock();
    co_await all[i]->accepted.receive();
  }
}

task<> program() {
  go(server);  // leaks: chan receive
  co_return;
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "serving2137",
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
