#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// At start-up a value is sent to a channel that is full already, before the worker runs that would take it.

namespace {

using namespace leash;

struct compactor {
  channel<> suggestions = channel<>(1);
  channel<> stopped;
};

namespace leaky {

task<> compact(traced_ptr<compactor> one, wait_group_token) {
  while (co_await select(on_receive(one->stopped), on_receive(one->suggestions)) == 1) {
  }
}

task<> start(traced_ptr<compactor> one) {
  co_await one->suggestions.send();
  co_await one->suggestions.send();
  const wait_group workers;
  go(compact, one, workers.token());
  one->stopped.close();
}

task<> program() {
  go(start, make_traced<compactor>());  // leaks: chan send
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> compact(traced_ptr<compactor> one, wait_group_token) {
  while (co_await select(on_receive(one->stopped), on_receive(one->suggestions)) == 1) {
  }
}

task<> start(traced_ptr<compactor> one) {
  const wait_group workers;
  go(compact, one, workers.token());
  co_await one->suggestions.send();
  co_await one->suggestions.send();
  one->stopped.close();
}

task<> program() {
  go(start, make_traced<compactor>());
  co_return;
}

}  // namespace fixed

namespace idiomatic {

task<> compact(std::shared_ptr<compactor> one, wait_group_token) {
  while (co_await select(on_receive(one->stopped), on_receive(one->suggestions)) == 1) {
  }
}

task<> start(std::shared_ptr<compactor> one) {
  co_await one->suggestions.send();
  co_await one->suggestions.send();
  const wait_group workers;
  go(compact, one, workers.token());
  one->stopped.close();
}

task<> program() {
  go(start, std::make_shared<compactor>());  // leaks: chan send
  co_return;
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "cockroach24808",
                             .always = true,
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
