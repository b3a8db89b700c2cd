#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// An error path returns without giving the read lock back; closing the client needs the write lock.

namespace {

using namespace leash;

struct client {
  rw_mutex lock;
  bool closed = true;
};

namespace leaky {

task<> acquire(traced_ptr<client> of, channel<> done) {
  auto read = co_await of->lock.lock_shared();
  if (of->closed) read.abandon();
  done.close();
}

task<> close_client(traced_ptr<client> of) {
  const channel<> done;
  go(acquire, of, done);
  co_await done.receive();
  const auto written = co_await of->lock.lock();
}

task<> program() {
  go(close_client, make_traced<client>());  // leaks: sync.RWMutex.Lock
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> acquire(traced_ptr<client> of, channel<> done) {
  const auto read = co_await of->lock.lock_shared();
  done.close();
}

task<> close_client(traced_ptr<client> of) {
  const channel<> done;
  go(acquire, of, done);
  co_await done.receive();
  const auto written = co_await of->lock.lock();
}

task<> program() {
  go(close_client, make_traced<client>());
  co_return;
}

}  // namespace fixed

namespace idiomatic {

task<> acquire(std::shared_ptr<client> of, channel<> done) {
  auto read = co_await of->lock.lock_shared();
  if (of->closed) read.abandon();
  done.close();
}

task<> close_client(std::shared_ptr<client> of) {
  const channel<> done;
  go(acquire, of, done);
  co_await done.receive();
  const auto written = co_await of->lock.lock();
}

task<> program() {
  go(close_client, std::make_shared<client>());  // leaks: sync.RWMutex.Lock
  co_return;
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "etcd5509",
                             .always = true,
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
