#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// The caller returns on an error before it receives.

namespace {

using namespace leash;

namespace leaky {

task<> compute(channel<int> into) { co_await into.send(1); }

task<> caller(bool fails) {
  const channel<int> ch;
  go(compute, ch);  // leaks: chan send
  if (fails) co_return;
  co_await ch.receive();
}

task<> program() { co_await caller(true); }

}  // namespace leaky

namespace fixed {

task<> compute(channel<int> into) { co_await into.send(1); }

task<> caller(bool fails) {
  const channel<int> ch(1);
  go(compute, ch);
  if (fails) co_return;
  co_await ch.receive();
}

task<> program() { co_await caller(true); }

}  // namespace fixed

const corpus::entry entered{
    {.name = "early_return", .always = true, .leaky = leaky::program, .fixed = fixed::program}};

}  // namespace
