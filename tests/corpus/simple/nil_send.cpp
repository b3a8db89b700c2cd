#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// A send to a channel that was never made.

namespace {

using namespace leash;

namespace leaky {

task<> child() { co_await channel<int>::nil().send(1); }

task<> program() {
  go(child);  // leaks: chan send (nil chan)
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> child(channel<int> to) { co_await to.send(1); }

task<> program() {
  go(child, channel<int>(1));
  co_return;
}

}  // namespace fixed

const corpus::entry entered{
    {.name = "nil_send", .always = true, .leaky = leaky::program, .fixed = fixed::program}};

}  // namespace
