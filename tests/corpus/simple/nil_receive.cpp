#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// A receive from a channel that was never made.

namespace {

using namespace leash;

namespace leaky {

task<> child() { co_await channel<int>::nil().receive(); }

task<> program() {
  go(child);  // leaks: chan receive (nil chan)
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> child(channel<int> from) { co_await from.receive(); }

task<> program() {
  const channel<int> ch(1);
  go(child, ch);
  co_await ch.send(1);
}

}  // namespace fixed

const corpus::entry entered{
    {.name = "nil_receive", .always = true, .leaky = leaky::program, .fixed = fixed::program}};

}  // namespace
