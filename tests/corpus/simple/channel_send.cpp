#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

namespace {

using namespace leash;

namespace leaky {

task<> child(channel<> ch) { co_await ch.send(); }

task<> program() {
  go(child, channel<>());  // leaks: chan send
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> child(channel<> ch) { co_await ch.send(); }

task<> program() {
  const channel<> ch;
  go(child, ch);
  co_await ch.receive();
}

}  // namespace fixed

const corpus::entry entered{
    {.name = "channel_send", .always = true, .leaky = leaky::program, .fixed = fixed::program}};

}  // namespace
