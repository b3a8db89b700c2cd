#include <chrono>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// The article's fourth leak: a loop without a done channel. It runs, so nothing is proven.

namespace {

using namespace leash;
using namespace std::chrono_literals;

namespace leaky {

task<> poll() {
  for (;;) co_await sleep(1s);
}

task<> program() {
  go(poll);  // suspect: sleep
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> poll(context until) {
  while (co_await select(on_done(until), on_timeout(1s)) != 0) {
  }
}

task<> program() {
  const auto owner = with_cancel(background());
  go(poll, owner.context());
  co_return;
}

}  // namespace fixed

const corpus::entry entered{
    {.name = "endless_loop", .always = true, .leaky = leaky::program, .fixed = fixed::program}};

}  // namespace
