#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// A receive from a channel that nobody sends to.

namespace {

using namespace leash;

namespace leaky {

task<> child(channel<> ch) { co_await ch.receive(); }

task<> program() {
  go(child, channel<>());  // leaks: chan receive
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> child(channel<> ch) { co_await ch.receive(); }

task<> program() {
  const channel<> ch;
  go(child, ch);
  ch.close();
  co_return;
}

}  // namespace fixed

const corpus::entry entered{
    {.name = "channel_receive", .always = true, .leaky = leaky::program, .fixed = fixed::program}};

}  // namespace
