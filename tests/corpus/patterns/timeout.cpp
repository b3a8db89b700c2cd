#include <chrono>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// The context ends first; the answer comes later, and nobody is there.

namespace {

using namespace leash;
using namespace std::chrono_literals;

namespace leaky {

task<> work(channel<int> into) {
  co_await sleep(1s);
  co_await into.send(1);
}

task<> program() {
  const auto limit = with_timeout(background(), 10ms);
  const channel<int> answer;
  go(work, answer);  // leaks: chan send
  co_await limit.context().done();
}

}  // namespace leaky

namespace fixed {

task<> work(channel<int> into) {
  co_await sleep(1s);
  co_await into.send(1);
}

task<> program() {
  const auto limit = with_timeout(background(), 10ms);
  const channel<int> answer(1);
  go(work, answer);
  co_await select(on_receive(answer), on_done(limit.context()));
}

}  // namespace fixed

const corpus::entry entered{
    {.name = "timeout", .always = true, .leaky = leaky::program, .fixed = fixed::program}};

}  // namespace
