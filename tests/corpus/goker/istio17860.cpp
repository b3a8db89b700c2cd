#include <chrono>
#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// The agent has ended, by its context or with the last epoch; nobody takes the status of another.

namespace {

using namespace leash;

using namespace std::chrono_literals;

struct agent {
  mutex lock;
  channel<int> statuses;
  int epoch = 0;
  int active = 0;
};

namespace leaky {

task<> run_agent(traced_ptr<agent> self, context until) {
  for (;;) {
    if (co_await select(on_receive(self->statuses), on_done(until)) == 1) co_return;
    const auto held = co_await self->lock.lock();
    if (--self->active == 0) co_return;
  }
}

task<> run_wait(traced_ptr<agent> of, int epoch) { co_await of->statuses.send(epoch); }

task<> restart(traced_ptr<agent> of) {
  const auto held = co_await of->lock.lock();
  ++of->active;
  go(run_wait, of, ++of->epoch);  // leaks: chan send
}

task<> proxy() {
  const auto owner = with_cancel(background());
  const auto one = make_traced<agent>();
  go(run_agent, one, owner.context());
  co_await restart(one);
  go(restart, one);
  co_await sleep(1ms);
}

task<> program() {
  go(proxy);
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> run_agent(traced_ptr<agent> self, context until) {
  for (;;) {
    if (co_await select(on_receive(self->statuses), on_done(until)) == 1) co_return;
    const auto held = co_await self->lock.lock();
    if (--self->active == 0) co_return;
  }
}

task<> run_wait(traced_ptr<agent> of, context until, int epoch) {
  co_await select(on_send(of->statuses, epoch), on_done(until));
}

task<> restart(traced_ptr<agent> of, context until) {
  const auto held = co_await of->lock.lock();
  ++of->active;
  go(run_wait, of, until, ++of->epoch);
}

task<> proxy() {
  const auto owner = with_cancel(background());
  const auto one = make_traced<agent>();
  go(run_agent, one, owner.context());
  co_await restart(one, owner.context());
  go(restart, one, owner.context());
  co_await sleep(1ms);
}

task<> program() {
  go(proxy);
  co_return;
}

}  // namespace fixed

namespace idiomatic {

task<> run_agent(std::shared_ptr<agent> self, context until) {
  for (;;) {
    if (co_await select(on_receive(self->statuses), on_done(until)) == 1) co_return;
    const auto held = co_await self->lock.lock();
    if (--self->active == 0) co_return;
  }
}

task<> run_wait(std::shared_ptr<agent> of, int epoch) { co_await of->statuses.send(epoch); }

task<> restart(std::shared_ptr<agent> of) {
  const auto held = co_await of->lock.lock();
  ++of->active;
  go(run_wait, of, ++of->epoch);  // leaks: chan send
}

task<> proxy() {
  const auto owner = with_cancel(background());
  const auto one = std::make_shared<agent>();
  go(run_agent, one, owner.context());
  co_await restart(one);
  go(restart, one);
  co_await sleep(1ms);
}

task<> program() {
  go(proxy);
  co_return;
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "istio17860",
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
