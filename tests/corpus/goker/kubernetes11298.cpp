#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// The signal comes before the wait.

namespace {

using namespace leash;

struct notifier {
  mutex lock;
  cond changed{lock};
  bool aborted = false;
};

namespace leaky {

task<> wait_for_change(traced_ptr<notifier> of, channel<> ended) {
  auto held = co_await of->lock.lock();
  co_await of->changed.wait(held);
  ended.close();
}

task<> notify(traced_ptr<notifier> self, channel<> abort, channel<> ended) {
  const channel<> changed;
  go(wait_for_change, self, changed);  // leaks: sync.Cond.Wait
  if (co_await select(on_receive(abort), on_receive(changed)) == 0) {
    self->changed.signal();
    co_await changed.receive();
  }
  ended.close();
}

task<> finish(channel<> what) {
  what.close();
  co_return;
}

task<> controller() {
  const channel<> abort;
  const channel<> ended;
  go(notify, make_traced<notifier>(), abort, ended);  // leaks: chan receive
  go(finish, abort);
  co_await ended.receive();
}

task<> program() {
  go(controller);  // leaks: chan receive
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> wait_for_change(traced_ptr<notifier> of, channel<> ended) {
  auto held = co_await of->lock.lock();
  while (!of->aborted) co_await of->changed.wait(held);
  ended.close();
}

task<> notify(traced_ptr<notifier> self, channel<> abort, channel<> ended) {
  const channel<> changed;
  go(wait_for_change, self, changed);
  if (co_await select(on_receive(abort), on_receive(changed)) == 0) {
    {
      const auto held = co_await self->lock.lock();
      self->aborted = true;
    }
    self->changed.signal();
    co_await changed.receive();
  }
  ended.close();
}

task<> finish(channel<> what) {
  what.close();
  co_return;
}

task<> controller() {
  const channel<> abort;
  const channel<> ended;
  go(notify, make_traced<notifier>(), abort, ended);
  go(finish, abort);
  co_await ended.receive();
}

task<> program() {
  go(controller);
  co_return;
}

}  // namespace fixed

namespace idiomatic {

task<> wait_for_change(std::shared_ptr<notifier> of, channel<> ended) {
  auto held = co_await of->lock.lock();
  co_await of->changed.wait(held);
  ended.close();
}

task<> notify(std::shared_ptr<notifier> self, channel<> abort, channel<> ended) {
  const channel<> changed;
  go(wait_for_change, self, changed);  // leaks: sync.Cond.Wait
  if (co_await select(on_receive(abort), on_receive(changed)) == 0) {
    self->changed.signal();
    co_await changed.receive();
  }
  ended.close();
}

task<> finish(channel<> what) {
  what.close();
  co_return;
}

task<> controller() {
  const channel<> abort;
  const channel<> ended;
  go(notify, std::make_shared<notifier>(), abort, ended);  // leaks: chan receive
  go(finish, abort);
  co_await ended.receive();
}

task<> program() {
  go(controller);  // leaks: chan receive
  co_return;
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "kubernetes11298",
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
