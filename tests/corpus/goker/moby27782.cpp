#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// A watch is removed by an event that is not to come, and the watcher offers another one.

namespace {

using namespace leash;

struct watcher {
  channel<int> events;
  channel<> done;
  mutex lock;
  cond removed{lock};
};

namespace leaky {

task<> read_events(traced_ptr<watcher> self) {
  for (int event = 1;; ++event) {
    if (self->done.is_closed()) co_return;
    if (event == 0) self->removed.broadcast();
    if (co_await select(on_send(self->events, event), on_receive(self->done)) == 1) co_return;
  }
}

task<> remove(traced_ptr<watcher> what) {
  auto held = co_await what->lock.lock();
  co_await what->removed.wait(held);
}

task<> read_logs(channel<> closed) {
  const auto files = make_traced<watcher>();
  go(read_events, files);  // leaks: select
  if (co_await select(on_receive(files->events), on_receive(closed)) == 1) co_await remove(files);
  files->done.close();
}

task<> reset(channel<> reader) {
  reader.close();
  co_return;
}

task<> program() {
  const channel<> closed;
  go(read_logs, closed);  // leaks: sync.Cond.Wait
  go(reset, closed);
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> read_events(traced_ptr<watcher> self) {
  for (int event = 1;; ++event) {
    if (self->done.is_closed()) co_return;
    if (event == 0) self->removed.broadcast();
    if (co_await select(on_send(self->events, event), on_receive(self->done)) == 1) co_return;
  }
}

task<> read_logs(channel<> closed) {
  const auto files = make_traced<watcher>();
  go(read_events, files);
  co_await select(on_receive(files->events), on_receive(closed));
  files->done.close();
}

task<> reset(channel<> reader) {
  reader.close();
  co_return;
}

task<> program() {
  const channel<> closed;
  go(read_logs, closed);
  go(reset, closed);
  co_return;
}

}  // namespace fixed

namespace idiomatic {

task<> read_events(std::shared_ptr<watcher> self) {
  for (int event = 1;; ++event) {
    if (self->done.is_closed()) co_return;
    if (event == 0) self->removed.broadcast();
    if (co_await select(on_send(self->events, event), on_receive(self->done)) == 1) co_return;
  }
}

task<> remove(std::shared_ptr<watcher> what) {
  auto held = co_await what->lock.lock();
  co_await what->removed.wait(held);
}

task<> read_logs(channel<> closed) {
  const auto files = std::make_shared<watcher>();
  go(read_events, files);  // leaks: select
  if (co_await select(on_receive(files->events), on_receive(closed)) == 1) co_await remove(files);
  files->done.close();
}

task<> reset(channel<> reader) {
  reader.close();
  co_return;
}

task<> program() {
  const channel<> closed;
  go(read_logs, closed);  // leaks: sync.Cond.Wait
  go(reset, closed);
  co_return;
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "moby27782",
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
