#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// The node's loop takes the stop; who asks for its status afterwards finds nobody.

namespace {

using namespace leash;

struct node {
  channel<channel<int>> status;
  channel<> stopping;
  channel<> done;
};

namespace leaky {

task<> run_node(traced_ptr<node> self) {
  for (;;) {
    std::optional<channel<int>> reply;
    if (co_await select(on_receive(self->status, reply), on_receive(self->stopping)) == 1) {
      self->done.close();
      co_return;
    }
    co_await reply->send(1);
  }
}

task<> ask_status(traced_ptr<node> of) {
  const channel<int> reply;
  co_await of->status.send(reply);
  co_await reply.receive();
}

task<> stop(traced_ptr<node> of) {
  if (co_await select(on_send(of->stopping), on_receive(of->done)) == 0)
    co_await of->done.receive();
}

task<> program() {
  const auto one = make_traced<node>();
  go(run_node, one);
  go(ask_status, one);  // leaks: chan send
  go(stop, one);
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> run_node(traced_ptr<node> self) {
  for (;;) {
    std::optional<channel<int>> reply;
    if (co_await select(on_receive(self->status, reply), on_receive(self->stopping)) == 1) {
      self->done.close();
      co_return;
    }
    co_await reply->send(1);
  }
}

task<> ask_status(traced_ptr<node> of) {
  const channel<int> reply;
  if (co_await select(on_send(of->status, reply), on_receive(of->done)) == 0)
    co_await reply.receive();
}

task<> stop(traced_ptr<node> of) {
  if (co_await select(on_send(of->stopping), on_receive(of->done)) == 0)
    co_await of->done.receive();
}

task<> program() {
  const auto one = make_traced<node>();
  go(run_node, one);
  go(ask_status, one);
  go(stop, one);
  co_return;
}

}  // namespace fixed

namespace idiomatic {

task<> run_node(std::shared_ptr<node> self) {
  for (;;) {
    std::optional<channel<int>> reply;
    if (co_await select(on_receive(self->status, reply), on_receive(self->stopping)) == 1) {
      self->done.close();
      co_return;
    }
    co_await reply->send(1);
  }
}

task<> ask_status(std::shared_ptr<node> of) {
  const channel<int> reply;
  co_await of->status.send(reply);
  co_await reply.receive();
}

task<> stop(std::shared_ptr<node> of) {
  if (co_await select(on_send(of->stopping), on_receive(of->done)) == 0)
    co_await of->done.receive();
}

task<> program() {
  const auto one = std::make_shared<node>();
  go(run_node, one);
  go(ask_status, one);  // leaks: chan send
  go(stop, one);
  co_return;
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "etcd6857",
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
