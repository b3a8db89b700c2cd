#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// One waits for a task that cannot send what nobody receives.

namespace {

using namespace leash;

namespace leaky {

task<> worker(wait_group_token, channel<int> results) { co_await results.send(1); }

task<> collector(wait_group all) { co_await all.wait(); }

task<> program() {
  const wait_group all;
  go(worker, all.token(), channel<int>());  // leaks: chan send
  go(collector, all);                       // leaks: sync.WaitGroup.Wait
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> worker(wait_group_token, channel<int> results) { co_await results.send(1); }

task<> collector(wait_group all) { co_await all.wait(); }

task<> program() {
  const wait_group all;
  go(worker, all.token(), channel<int>(1));
  go(collector, all);
  co_return;
}

}  // namespace fixed

const corpus::entry entered{{.name = "waiter_and_sender",
                             .always = true,
                             .leaky = leaky::program,
                             .fixed = fixed::program}};

}  // namespace
