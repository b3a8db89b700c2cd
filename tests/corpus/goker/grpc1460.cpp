#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// Keepalive waits, with the lock, for a new stream to wake it; a new stream needs the lock to do so.

namespace {

using namespace leash;

struct transport {
  mutex lock;
  channel<> wake_keepalive;
  int streams = 0;
};

namespace leaky {

task<> keepalive(traced_ptr<transport> of) {
  const auto held = co_await of->lock.lock();
  if (of->streams == 0) co_await of->wake_keepalive.receive();
}

task<> new_stream(traced_ptr<transport> of) {
  const auto held = co_await of->lock.lock();
  if (++of->streams == 1) co_await select(on_send(of->wake_keepalive), otherwise);
}

task<> program() {
  const auto one = make_traced<transport>();
  go(keepalive, one);   // leaks: chan receive
  go(new_stream, one);  // leaks: sync.Mutex.Lock
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> keepalive(traced_ptr<transport> of) {
  auto held = co_await of->lock.lock();
  const bool idle = of->streams == 0;
  held.unlock();
  if (idle) co_await of->wake_keepalive.receive();
}

task<> new_stream(traced_ptr<transport> of) {
  const auto held = co_await of->lock.lock();
  if (++of->streams == 1) of->wake_keepalive.close();
}

task<> program() {
  const auto one = make_traced<transport>();
  go(keepalive, one);
  go(new_stream, one);
  co_return;
}

}  // namespace fixed

namespace idiomatic {

task<> keepalive(std::shared_ptr<transport> of) {
  const auto held = co_await of->lock.lock();
  if (of->streams == 0) co_await of->wake_keepalive.receive();
}

task<> new_stream(std::shared_ptr<transport> of) {
  const auto held = co_await of->lock.lock();
  if (++of->streams == 1) co_await select(on_send(of->wake_keepalive), otherwise);
}

task<> program() {
  const auto one = std::make_shared<transport>();
  go(keepalive, one);   // leaks: chan receive
  go(new_stream, one);  // leaks: sync.Mutex.Lock
  co_return;
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "grpc1460",
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
