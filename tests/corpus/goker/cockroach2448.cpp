#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// Two loops, each in a select that offers what the other would have to take.

namespace {

using namespace leash;

struct raft {
  channel<> stopped;
  channel<int> events;
  channel<int> callbacks;
};

namespace leaky {

task<> process_events(traced_ptr<raft> node) {
  for (;;) {
    if (co_await select(on_receive(node->events), on_receive(node->stopped)) == 1) co_return;
    if (co_await select(on_send(node->callbacks, 1), on_receive(node->stopped)) == 1) co_return;
  }
}

task<> keep_state(traced_ptr<raft> node) {
  for (int i = 0; i < 3; ++i) {
    const std::size_t happened =
        co_await select(on_receive(node->stopped), on_receive(node->callbacks), otherwise);
    if (happened == 0) co_return;
    if (happened == 2) co_await select(on_send(node->events, i), on_receive(node->stopped));
  }
  co_await node->callbacks.receive();
  node->stopped.close();
}

task<> program() {
  const auto node = make_traced<raft>();
  go(process_events, node);  // leaks: select
  go(keep_state, node);      // leaks: select
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> process_events(traced_ptr<raft> node) {
  while (co_await select(on_receive(node->events), on_receive(node->stopped)) == 0) {
  }
}

task<> keep_state(traced_ptr<raft> node) {
  for (int i = 0; i < 3; ++i) co_await select(on_send(node->events, i), on_receive(node->stopped));
  node->stopped.close();
}

task<> program() {
  const auto node = make_traced<raft>();
  go(process_events, node);
  go(keep_state, node);
  co_return;
}

}  // namespace fixed

namespace idiomatic {

task<> process_events(std::shared_ptr<raft> node) {
  for (;;) {
    if (co_await select(on_receive(node->events), on_receive(node->stopped)) == 1) co_return;
    if (co_await select(on_send(node->callbacks, 1), on_receive(node->stopped)) == 1) co_return;
  }
}

task<> keep_state(std::shared_ptr<raft> node) {
  for (int i = 0; i < 3; ++i) {
    const std::size_t happened =
        co_await select(on_receive(node->stopped), on_receive(node->callbacks), otherwise);
    if (happened == 0) co_return;
    if (happened == 2) co_await select(on_send(node->events, i), on_receive(node->stopped));
  }
  co_await node->callbacks.receive();
  node->stopped.close();
}

task<> program() {
  const auto node = std::make_shared<raft>();
  go(process_events, node);  // leaks: select
  go(keep_state, node);      // leaks: select
  co_return;
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "cockroach2448",
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
