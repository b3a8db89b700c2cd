#include <vector>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// The wait for all plugins stands inside the loop that is to start them.

namespace {

using namespace leash;

struct manager {
  wait_group ready;
  int plugins = 2;
};

namespace leaky {

task<> start_plugin(wait_group_token) { co_return; }

task<> start_all(traced_ptr<manager> of) {
  std::vector<wait_group_token, traced_allocator<wait_group_token>> tokens;
  for (int i = 0; i < of->plugins; ++i) tokens.push_back(of->ready.token());
  while (!tokens.empty()) {
    go(start_plugin, std::move(tokens.back()));
    tokens.pop_back();
    co_await of->ready.wait();
  }
}

task<> program() {
  go(start_all, make_traced<manager>());  // leaks: sync.WaitGroup.Wait
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> start_plugin(wait_group_token) { co_return; }

task<> start_all(traced_ptr<manager> of) {
  std::vector<wait_group_token, traced_allocator<wait_group_token>> tokens;
  for (int i = 0; i < of->plugins; ++i) tokens.push_back(of->ready.token());
  while (!tokens.empty()) {
    go(start_plugin, std::move(tokens.back()));
    tokens.pop_back();
  }
  co_await of->ready.wait();
}

task<> program() {
  go(start_all, make_traced<manager>());
  co_return;
}

}  // namespace fixed

namespace idiomatic {

task<> start_plugin(std::shared_ptr<manager> of) {
  of->ready.done();
  co_return;
}

task<> start_all(std::shared_ptr<manager> of) {
  of->ready.add(of->plugins);
  for (int i = 0; i < of->plugins; ++i) {
    go(start_plugin, of);
    co_await of->ready.wait();
  }
}

task<> program() {
  go(start_all, std::make_shared<manager>());  // leaks: sync.WaitGroup.Wait
  co_return;
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "moby25348",
                             .always = true,
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
