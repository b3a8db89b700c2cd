#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// A wait for a task that was counted and never begun.

namespace {

using namespace leash;

namespace leaky {

task<> child(wait_group all) {
  all.add(1);
  co_await all.wait();
}

task<> program() {
  go(child, wait_group());  // leaks: sync.WaitGroup.Wait
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> child(wait_group all) {
  all.go([]() -> task<> { co_return; });
  co_await all.wait();
}

task<> program() {
  go(child, wait_group());
  co_return;
}

}  // namespace fixed

const corpus::entry entered{{.name = "wait_group_never_done",
                             .always = true,
                             .leaky = leaky::program,
                             .fixed = fixed::program}};

}  // namespace
