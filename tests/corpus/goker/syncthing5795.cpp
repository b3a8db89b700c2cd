#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// The dispatcher closes the connection, which waits for the dispatcher.

namespace {

using namespace leash;

struct connection {
  channel<int> inbox;
  channel<> closed;
  channel<> dispatcher_stopped;
  once closing;
};

namespace leaky {

task<> close_connection(traced_ptr<connection> what) {
  const auto close = [what]() -> task<> {
    what->closed.close();
    co_await what->dispatcher_stopped.receive();
  };
  co_await what->closing.call(close);
}

task<> dispatch(traced_ptr<connection> self) {
  while (co_await select(on_receive(self->inbox), on_receive(self->closed)) == 0)
    co_await close_connection(self);
  self->dispatcher_stopped.close();
}

task<> connect() {
  const auto one = make_traced<connection>();
  go(dispatch, one);  // leaks: chan receive
  co_await one->inbox.send(1);
  co_await one->dispatcher_stopped.receive();
}

task<> program() {
  go(connect);  // leaks: chan receive
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> close_connection(traced_ptr<connection> what) {
  const auto close = [what]() -> task<> {
    what->closed.close();
    co_await what->dispatcher_stopped.receive();
  };
  co_await what->closing.call(close);
}

task<> dispatch(traced_ptr<connection> self) {
  while (co_await select(on_receive(self->inbox), on_receive(self->closed)) == 0)
    go(close_connection, self);
  self->dispatcher_stopped.close();
}

task<> connect() {
  const auto one = make_traced<connection>();
  go(dispatch, one);
  co_await one->inbox.send(1);
  co_await one->dispatcher_stopped.receive();
}

task<> program() {
  go(connect);
  co_return;
}

}  // namespace fixed

namespace idiomatic {

task<> close_connection(std::shared_ptr<connection> what) {
  const auto close = [what]() -> task<> {
    what->closed.close();
    co_await what->dispatcher_stopped.receive();
  };
  co_await what->closing.call(close);
}

task<> dispatch(std::shared_ptr<connection> self) {
  while (co_await select(on_receive(self->inbox), on_receive(self->closed)) == 0)
    co_await close_connection(self);
  self->dispatcher_stopped.close();
}

task<> connect() {
  const auto one = std::make_shared<connection>();
  go(dispatch, one);  // leaks: chan receive
  co_await one->inbox.send(1);
  co_await one->dispatcher_stopped.receive();
}

task<> program() {
  go(connect);  // leaks: chan receive
  co_return;
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "syncthing5795",
                             .always = true,
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
