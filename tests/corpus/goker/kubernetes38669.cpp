#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// A watcher is stopped before its first events were taken: nobody will.

namespace {

using namespace leash;

struct watcher {
  mutex lock;
  channel<int> input;
  channel<int> results;
  bool stopped = false;
};

namespace leaky {

task<> stop(traced_ptr<watcher> what) {
  const auto held = co_await what->lock.lock();
  if (!what->stopped) what->input.close();
  what->stopped = true;
}

task<> process(traced_ptr<watcher> self) {
  for (int event = 0; event < 2; ++event) co_await self->results.send(event);
  while (co_await self->input.receive()) {
  }
  co_await stop(self);
}

task<> watch() {
  const auto one = make_traced<watcher>();
  go(process, one);  // leaks: chan send
  co_await stop(one);
}

task<> program() {
  go(watch);
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> stop(traced_ptr<watcher> what) {
  const auto held = co_await what->lock.lock();
  if (!what->stopped) what->input.close();
  what->stopped = true;
}

task<> process(traced_ptr<watcher> self) {
  for (int event = 0; event < 2; ++event)
    if (co_await select(on_send(self->results, event), on_receive(self->input)) == 1) co_return;
  while (co_await self->input.receive()) {
  }
  co_await stop(self);
}

task<> watch() {
  const auto one = make_traced<watcher>();
  go(process, one);
  co_await stop(one);
}

task<> program() {
  go(watch);
  co_return;
}

}  // namespace fixed

namespace idiomatic {

task<> stop(std::shared_ptr<watcher> what) {
  const auto held = co_await what->lock.lock();
  if (!what->stopped) what->input.close();
  what->stopped = true;
}

task<> process(std::shared_ptr<watcher> self) {
  for (int event = 0; event < 2; ++event) co_await self->results.send(event);
  while (co_await self->input.receive()) {
  }
  co_await stop(self);
}

task<> watch() {
  const auto one = std::make_shared<watcher>();
  go(process, one);  // leaks: chan send
  co_await stop(one);
}

task<> program() {
  go(watch);
  co_return;
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "kubernetes38669",
                             .always = true,
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
