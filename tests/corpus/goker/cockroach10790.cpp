#include <array>
#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// The context ends before the channels are drained: the drain waits for what nobody sends any more.

namespace {

using namespace leash;

struct replica {
  std::array<channel<bool>, 2> commands;
};

namespace leaky {

task<> drain(traced_ptr<replica> of) {
  for (const auto& each : of->commands) co_await each.receive();
}

task<> begin_commands(traced_ptr<replica> of, context until) {
  for (const auto& each : of->commands)
    if (co_await select(on_receive(each), on_done(until)) == 1) {
      go(drain, of);  // leaks: chan receive
      co_return;
    }
}

task<> send_commands(traced_ptr<replica> of, context until) {
  for (const auto& each : of->commands)
    if (co_await select(on_send(each, true), on_done(until)) == 1) co_return;
}

task<> give_up(cancelable_context given) {
  given.cancel();
  co_return;
}

task<> program() {
  const auto one = make_traced<replica>();
  auto owner = with_cancel(background());
  go(send_commands, one, owner.context());
  go(begin_commands, one, owner.context());
  go(give_up, std::move(owner));
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> drain(traced_ptr<replica> of, context until) {
  for (const auto& each : of->commands) co_await select(on_receive(each), on_done(until));
}

task<> begin_commands(traced_ptr<replica> of, context until) {
  for (const auto& each : of->commands)
    if (co_await select(on_receive(each), on_done(until)) == 1) {
      go(drain, of, until);
      co_return;
    }
}

task<> send_commands(traced_ptr<replica> of, context until) {
  for (const auto& each : of->commands)
    if (co_await select(on_send(each, true), on_done(until)) == 1) co_return;
}

task<> give_up(cancelable_context given) {
  given.cancel();
  co_return;
}

task<> program() {
  const auto one = make_traced<replica>();
  auto owner = with_cancel(background());
  go(send_commands, one, owner.context());
  go(begin_commands, one, owner.context());
  go(give_up, std::move(owner));
  co_return;
}

}  // namespace fixed

namespace idiomatic {

task<> drain(std::shared_ptr<replica> of) {
  for (const auto& each : of->commands) co_await each.receive();
}

task<> begin_commands(std::shared_ptr<replica> of, context until) {
  for (const auto& each : of->commands)
    if (co_await select(on_receive(each), on_done(until)) == 1) {
      go(drain, of);  // leaks: chan receive
      co_return;
    }
}

task<> send_commands(std::shared_ptr<replica> of, context until) {
  for (const auto& each : of->commands)
    if (co_await select(on_send(each, true), on_done(until)) == 1) co_return;
}

task<> give_up(cancelable_context given) {
  given.cancel();
  co_return;
}

task<> program() {
  const auto one = std::make_shared<replica>();
  auto owner = with_cancel(background());
  go(send_commands, one, owner.context());
  go(begin_commands, one, owner.context());
  go(give_up, std::move(owner));
  co_return;
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "cockroach10790",
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
